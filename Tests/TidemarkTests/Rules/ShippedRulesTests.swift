// SPDX-License-Identifier: Apache-2.0

import Foundation
import Rules
import Testing
import Tidemark

/// What comes with Tidemark, as files and compiled in.
@Suite struct `The shipped rules` {
    @Test func `are those of the files`() throws {
        let files = [
            "recording/campaign.yml", "recording/model.yml", "recording/model_quality.yml", "alerts/campaign.yml",
            "alerts/model.yml", "alerts/model_quality.yml", "alerts/tidemark.yml",
        ]
        let loaded = try RuleGroup.load(files.map { Project.root + "/rules/" + $0 })
        let shipped = try RuleGroup.shipped
        #expect(shipped.map(\.name) == loaded.map(\.name))
        #expect(shipped.flatMap(\.rules).map(\.formattedQuery) == loaded.flatMap(\.rules).map(\.formattedQuery))
        #expect(shipped.map(\.file) == files.map { "rules/" + $0 })
    }

    @Test func `have a severity, a summary, a description, a dashboard and a runbook that is there`() throws {
        let alerts = try RuleGroup.shipped.flatMap(\.rules).filter { $0.kind == .alerting }
        #expect(
            Set(alerts.map(\.name)) == [
                "CampaignCTRDrop", "CampaignTrafficStopped", "IngestStalled", "EventRejectsHigh", "EventDuplicatesHigh",
                "StoreUnhealthy", "ModelErrorRateHigh", "ModelFeatureDrift", "ModelLabelsMissing",
                "ModelNoBetterThanTrivial", "ModelVersionWorse", "RemoteWriteBehind", "DiskSpaceLow",
                "CommitsSlow", "StoreMaintenanceFailing", "BackupTooOld",
            ]
        )
        for alert in alerts {
            #expect(alert.labels.contains { $0.name == "severity" }, "\(alert.name)")
            for name in ["summary", "description", "dashboard"] {
                #expect(alert.annotations.contains { $0.name == name }, "\(alert.name) \(name)")
            }
            let runbook = alert.annotations.first { $0.name == "runbook_url" }?.text ?? ""
            #expect(runbook.hasSuffix("/docs/runbooks/\(alert.name).md"), "\(runbook)")
            #expect(FileManager.default.fileExists(atPath: Project.root + "/docs/runbooks/\(alert.name).md"))
        }
    }

    @Test func `have unit tests that can be read here as with promtool`() throws {
        let folder = Project.root + "/rules/tests"
        let files = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".yml") }
        #expect(files.count >= 5)
        // CI runs them with promtool; unoptimised they take minutes here.
        for file in files { #expect(try RuleUnitTests(contentsOf: folder + "/" + file).count > 0, "\(file)") }
    }
}
