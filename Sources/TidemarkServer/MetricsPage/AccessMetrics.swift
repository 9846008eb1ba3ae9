// SPDX-License-Identifier: Apache-2.0

extension AccessControl {
    /// Appends whether the files of access are in use as they are; nothing when there are none.
    func append(to page: inout PageText) {
        guard let isCurrent else { return }
        page.beginFamily(
            "tidemark_web_config_last_reload_successful",
            help: "1 while the web configuration, tokens and certificates are in use as their files are.",
            kind: .gauge
        )
        page.sample("tidemark_web_config_last_reload_successful", isCurrent ? "1" : "0")
    }
}
