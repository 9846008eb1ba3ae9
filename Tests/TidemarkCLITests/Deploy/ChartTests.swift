// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import Rules
import Testing
import Tidemark
import TidemarkServer
import Yams

@testable import TidemarkCLI

@Suite struct ChartTests {
    private static var open: [String: Any] { ["security": ["allowUnauthenticated": true]] }
    private static var secured: [String: Any] {
        [
            "security": ["existingSecret": "tidemark-web", "tls": true],
            "config": ["retention": "400d", "alertmanagers": [["url": "http://alertmanager:9093"]]],
            "serviceMonitor": [
                "enabled": true, "labels": ["release": "prometheus"],
                "endpoint": ["basicAuth": ["username": ["name": "s", "key": "u"]], "honorLabels": false],
            ],
            "prometheusRule": ["enabled": true, "labels": ["release": "prometheus"]],
            "persistence": ["storageClassName": "fast"],
            "tolerations": [["key": "dedicated", "operator": "Exists"]],
            "extraVolumes": [["name": "rules", "configMap": ["name": "shop-rules"]] as [String: Any]],
            "extraVolumeMounts": [["name": "rules", "mountPath": "/etc/tidemark/rules"]],
            "podAnnotations": ["example.com/team": "shop"],
        ]
    }

    private func object(_ kind: String, of chart: Chart) throws -> [String: Any] {
        try #require(try chart.objects().first { $0.object["kind"] as? String == kind }?.object, "no \(kind)")
    }

    @Test func `objects name each other as they are called`() throws {
        for values in [Self.open, Self.secured] {
            let objects = try Chart(values).objects().map(\.object)
            var names: [String: [String: Any]] = [:]
            for object in objects {
                let kind = try #require(object["kind"] as? String)
                #expect(object["apiVersion"] is String)
                #expect((object["metadata"] as? [String: Any])?["name"] as? String == "shop-tidemark")
                names[kind] = object["spec"] as? [String: Any] ?? [:]
            }
            let set = try #require(names["StatefulSet"])
            let template = try #require(set["template"] as? [String: Any])
            let labels = try #require((template["metadata"] as? [String: Any])?["labels"] as? [String: String])
            let pod = try #require(template["spec"] as? [String: Any])
            for selector in [
                (set["selector"] as? [String: Any])?["matchLabels"] as? [String: String],
                names["Service"]?["selector"] as? [String: String],
            ] {
                let selector = try #require(selector)
                #expect(!selector.isEmpty && selector.allSatisfy { labels[$0.key] == $0.value })
            }
            #expect(set["serviceName"] as? String == "shop-tidemark")
            #expect(set["replicas"] as? Int == 1)
            let container = try #require((pod["containers"] as? [[String: Any]])?.first)
            let volumes = (pod["volumes"] as? [[String: Any]] ?? []).compactMap { $0["name"] as? String }
            let claims = (set["volumeClaimTemplates"] as? [[String: Any]] ?? [])
                .compactMap { ($0["metadata"] as? [String: Any])?["name"] as? String }
            let mounts = (container["volumeMounts"] as? [[String: Any]] ?? []).compactMap { $0["name"] as? String }
            #expect(mounts.sorted() == (volumes + claims).sorted())
            #expect(mounts.contains("rules") == (values["extraVolumes"] != nil))
            // `verify` and `restore` write there.
            let paths = (container["volumeMounts"] as? [[String: Any]] ?? []).compactMap { $0["mountPath"] as? String }
            #expect(paths.contains("/tmp"))
            let port = try #require((container["ports"] as? [[String: Any]])?.first)
            #expect(port["name"] as? String == "http-metrics")
            let service = try #require((names["Service"]?["ports"] as? [[String: Any]])?.first)
            #expect(service["targetPort"] as? String == "http-metrics")
            #expect((pod["securityContext"] as? [String: Any])?["runAsNonRoot"] as? Bool == true)
            #expect((container["securityContext"] as? [String: Any])?["readOnlyRootFilesystem"] as? Bool == true)
        }
    }

    @Test func `what is off is not there, and what is on is`() throws {
        let kinds = { (values: [String: Any]) in
            Set(try Chart(values).objects().compactMap { $0.object["kind"] as? String })
        }
        #expect(try kinds(Self.open) == ["ConfigMap", "Service", "ServiceAccount", "StatefulSet"])
        #expect(try kinds(Self.secured).isSuperset(of: ["PrometheusRule", "ServiceMonitor"]))
    }

    @Test func `the arguments of the container are taken by the binary, and its configuration read`() throws {
        for values in [Self.open, Self.secured] {
            let chart = try Chart(values)
            let set = try object("StatefulSet", of: chart)
            let text = try Yams.dump(object: set)
            #expect(text.contains("allow-unauthenticated") == (values["serviceMonitor"] == nil))
            #expect(text.contains("--web-config=") == (values["serviceMonitor"] != nil))
            let pod = ((set["spec"] as? [String: Any])?["template"] as? [String: Any])?["spec"] as? [String: Any]
            let container = (pod?["containers"] as? [[String: Any]])?.first
            let arguments = try #require(container?["args"] as? [String])
            #expect(throws: Never.self) { try TidemarkCommand.parseAsRoot(arguments) }
            let map = try object("ConfigMap", of: chart)
            let yaml = try #require((map["data"] as? [String: String])?["tidemark.yml"])
            let settings = try ServeSettings(yaml: yaml, file: "tidemark.yml")
            // Nothing is dropped unless somebody has asked for it.
            #expect(settings.options.retention.leastFreeBytes == nil)
            #expect(settings.server.maximumQueries == 4)
            if values["config"] != nil { #expect(settings.notify.alertmanagers.count == 1) }
            let path = try #require(arguments.first { $0.hasPrefix("--config=") }).dropFirst("--config=".count)
            let mounts = try #require(container?["volumeMounts"] as? [[String: Any]])
            let mount = try #require(mounts.first { $0["name"] as? String == "config" })
            // A file that is mounted by itself is never updated.
            #expect(mount["subPath"] == nil)
            #expect(mount["mountPath"] as? String == (String(path) as NSString).deletingLastPathComponent)
        }
    }

    @Test func `links in alerts lead to the Service, unless the values say where`() throws {
        func url(_ values: [String: Any]) throws -> String {
            let map = try object("ConfigMap", of: try Chart(values))
            let yaml = try #require((map["data"] as? [String: String])?["tidemark.yml"])
            return try ServeSettings(yaml: yaml, file: "tidemark.yml").ruleSettings.externalURL
        }
        #expect(try url(Self.open) == "http://shop-tidemark:9590")
        #expect(try url(Self.secured) == "https://shop-tidemark:9590")
        let told = "https://tidemark.example.com"
        #expect(try url(Self.open.merging(["config": ["external_url": told]]) { $1 }) == told)
    }

    @Test func `other settings are another pod, and nothing else is`() throws {
        func annotations(_ values: [String: Any]) throws -> [String: String] {
            let spec = try object("StatefulSet", of: try Chart(values))["spec"] as? [String: Any]
            let metadata = (spec?["template"] as? [String: Any])?["metadata"] as? [String: Any]
            return try #require(metadata?["annotations"] as? [String: String])
        }
        let digest = try #require(try annotations(Self.open)["checksum/config"])
        #expect(digest.count == 64)
        let older = Self.open.merging(["config": ["retention": "400d"]]) { $1 }
        #expect(try #require(try annotations(older)["checksum/config"]) != digest)
        let larger = Self.open.merging(["resources": ["limits": ["memory": "8Gi"]]]) { $1 }
        #expect(try annotations(larger) == ["checksum/config": digest])
        #expect(try annotations(Self.secured)["example.com/team"] == "shop")
    }

    @Test func `a monitor scrapes what there is, as whom it is told to`() throws {
        let monitor = try object("ServiceMonitor", of: try Chart(Self.secured))
        let spec = try #require(monitor["spec"] as? [String: Any])
        let endpoint = try #require((spec["endpoints"] as? [[String: Any]])?.first)
        #expect(endpoint["port"] as? String == "http-metrics")
        #expect(endpoint["path"] as? String == "/metrics")
        #expect(endpoint["scheme"] as? String == "https")
        #expect(endpoint["honorLabels"] as? Bool == false)
        #expect(((endpoint["basicAuth"] as? [String: Any])?["username"] as? [String: String])?["key"] == "u")
        let labels = (monitor["metadata"] as? [String: Any])?["labels"] as? [String: String]
        #expect(labels?["release"] == "prometheus")
    }

    @Test(.enabled("promtool is not installed") { Program.exists("/usr/bin/promtool") })
    func `the rules of the chart are rules`() throws {
        let rule = try object("PrometheusRule", of: try Chart(Self.secured))
        let folder = try Program.temporaryFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let text = try Yams.dump(object: rule["spec"])
        #expect(text.contains("{{ $labels.instance }}"))
        // Those for a Prometheus without the operator are the same.
        let file = try String(contentsOfFile: Program.packageRoot + "/deploy/tidemark-alerts.yml", encoding: .utf8)
        let alerts = try Yams.dump(object: try Yams.load(yaml: file), sortKeys: true)
        #expect(try Yams.dump(object: rule["spec"], sortKeys: true) == alerts)
        try text.write(toFile: folder + "/rules.yml", atomically: true, encoding: .utf8)
        let checked = try Program.run("/usr/bin/promtool", ["check", "rules", folder + "/rules.yml"])
        #expect(checked.status == 0, "\(checked.output)\(checked.errors)")
    }

    @Test(.enabled("python3-jsonschema is not installed") { Program.exists("/usr/bin/python3") })
    func `values have to say how clients are known, or that they are not`() throws {
        let script = """
            import json, sys, yaml, jsonschema
            schema = json.load(open(sys.argv[1] + "/values.schema.json"))
            jsonschema.Draft7Validator.check_schema(schema)
            def merge(base, over):
                for key, value in over.items():
                    base[key] = merge(base.get(key, {}), value) if isinstance(value, dict) else value
                return base
            values = yaml.safe_load(open(sys.argv[1] + "/values.yaml"))
            jsonschema.validate(merge(values, json.loads(sys.argv[2])), schema)
            """
        func isValid(_ values: [String: Any]) throws -> Bool {
            let json = String(decoding: try JSONSerialization.data(withJSONObject: values), as: UTF8.self)
            let result = try Program.run("/usr/bin/python3", ["-c", script, Chart.folder, json])
            #expect(result.status == 0 || result.errors.contains("ValidationError"), "\(result.errors)")
            return result.status == 0
        }
        #expect(try isValid(Self.open))
        #expect(try isValid(Self.secured))
        #expect(try !isValid([:]))
        #expect(try !isValid(["security": ["existingSecret": ""]]))
        #expect(try !isValid(Self.open.merging(["replicas": 2]) { $1 }))
        #expect(try !isValid(Self.open.merging(["extraVolumes": [["hostPath": "/"]]]) { $1 }))
    }
}
