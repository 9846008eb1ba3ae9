// SPDX-License-Identifier: Apache-2.0

import Rules
import Tidemark

/// The shipped alerts, and the dashboard that each leads to.
enum RuleGroupAlerts {
    struct Alert {
        let name: String
        /// A template of the dashboard's address.
        let dashboard: String
    }

    static var shipped: [Alert] {
        get throws {
            try RuleGroup.shipped.flatMap(\.rules).filter { $0.kind == .alerting }.map { rule in
                Alert(name: rule.name, dashboard: rule.annotations.first { $0.name == "dashboard" }?.text ?? "")
            }
        }
    }
}
