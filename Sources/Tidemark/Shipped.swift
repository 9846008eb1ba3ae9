// SPDX-License-Identifier: Apache-2.0

public import Ingest
public import Rules
import YAML

extension MetricDefinition {
    /// The definitions that come with Tidemark, compiled in from `rules/metrics/`.
    ///
    /// - Throws: never for a released Tidemark; a test reads them.
    public static var shipped: [MetricDefinition] {
        get throws(FileError) {
            let files: [(name: String, bytes: [UInt8])] = [
                ("rules/metrics/campaign.yml", PackageResources.metrics_campaign_yml),
                ("rules/metrics/model.yml", PackageResources.metrics_model_yml),
            ]
            var definitions: [MetricDefinition] = []
            for file in files {
                definitions += try parse(String(decoding: file.bytes, as: UTF8.self), file: file.name)
            }
            return definitions
        }
    }
}

extension RuleGroup {
    /// The rules that come with Tidemark, compiled in from `rules/recording/` and `rules/alerts/`.
    ///
    /// - Throws: never for a released Tidemark; a test reads them.
    public static var shipped: [RuleGroup] {
        get throws(RuleFileFaults) {
            let files: [(name: String, bytes: [UInt8])] = [
                ("rules/recording/campaign.yml", PackageResources.recording_campaign_yml),
                ("rules/recording/model.yml", PackageResources.recording_model_yml),
                ("rules/recording/model_quality.yml", PackageResources.recording_model_quality_yml),
                ("rules/alerts/campaign.yml", PackageResources.alerts_campaign_yml),
                ("rules/alerts/model.yml", PackageResources.alerts_model_yml),
                ("rules/alerts/model_quality.yml", PackageResources.alerts_model_quality_yml),
                ("rules/alerts/tidemark.yml", PackageResources.alerts_tidemark_yml),
            ]
            var groups: [RuleGroup] = []
            for file in files { groups += try parse(String(decoding: file.bytes, as: UTF8.self), file: file.name) }
            return groups
        }
    }
}
