// SPDX-License-Identifier: Apache-2.0

/// The two text formats of the metrics page.
enum PageFormat: Sendable, CaseIterable {
    /// Prometheus text, version 0.0.4.
    case text
    /// OpenMetrics 1.0.
    case openMetrics
}

/// The format a client asked for, and how it is named in the answer.
struct NegotiatedFormat: Equatable, Sendable {
    var format: PageFormat
    /// The escaping scheme to name in `Content-Type`; nil when the request named none.
    var escaping: String?

    /// One concrete media type: Prometheus 3 fails a scrape without a valid one.
    var contentType: String {
        let base =
            switch format {
            case .text: "text/plain; version=0.0.4; charset=utf-8"
            case .openMetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8"
            }
        return escaping.map { "\(base); escaping=\($0)" } ?? base
    }

    /// Picks the acceptable format with the highest quality, the first one among equals.
    ///
    /// Text 0.0.4 is the answer to everything else: no header, `*/*`, a browser, a version that does not exist here.
    /// Never 406: a scraper that gets a page it can read is better off than one that gets none.
    /// Source: prometheus/common `expfmt.NegotiateIncludingOpenMetrics`.
    init(accept: String?) {
        for item in acceptedItems(accept ?? "") {
            switch (item.name, item["version"]) {
            case ("application/openmetrics-text", nil), ("application/openmetrics-text", "1.0.0"):
                self.init(format: .openMetrics, escaping: Self.escaping(asked: item["escaping"]))
                return
            case ("text/plain", nil), ("text/plain", "0.0.4"):
                self.init(format: .text, escaping: Self.escaping(asked: item["escaping"]))
                return
            case ("*/*", _), ("text/*", _):
                self.init(format: .text, escaping: nil)
                return
            default:
                continue
            }
        }
        self.init(format: .text, escaping: nil)
    }

    /// A format without asking anybody.
    init(format: PageFormat, escaping: String?) {
        self.format = format
        self.escaping = escaping
    }

    /// Every name on the page is a legacy name, which is the same text under `allow-utf-8`, `underscores` and `values`.
    /// `dots` would double each underscore, and an unknown scheme means `underscores`.
    private static func escaping(asked: String?) -> String? {
        switch asked {
        case nil: nil
        case "allow-utf-8", "allow-utf8": "allow-utf-8"
        case "values": "values"
        default: "underscores"
        }
    }
}
