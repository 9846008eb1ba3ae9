// SPDX-License-Identifier: Apache-2.0

public import Ingest
public import YAML

extension MetricDefinition {
    /// The definitions that come with Tidemark, compiled in from `rules/metrics/`.
    ///
    /// - Throws: never for a released Tidemark; a test reads them.
    public static var shipped: [MetricDefinition] {
        get throws(FileError) {
            try parse(
                String(decoding: PackageResources.campaign_yml, as: UTF8.self),
                file: "rules/metrics/campaign.yml"
            )
        }
    }
}
