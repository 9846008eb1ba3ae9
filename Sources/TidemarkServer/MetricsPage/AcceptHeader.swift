// SPDX-License-Identifier: Apache-2.0

/// One element of an `Accept` or `Accept-Encoding` header, lower-cased.
struct AcceptedItem: Equatable {
    /// `text/plain`, `*/*`, `gzip`.
    var name: String
    /// The parameters other than `q`, in their order; values are unquoted.
    var parameters: [(name: String, value: String)] = []
    /// 0 to 1; 1 when the header does not say, 0 ("never") when it says nonsense.
    var quality: Double = 1

    /// The value of a parameter, or nil.
    subscript(parameter: String) -> String? {
        parameters.first { $0.name == parameter }?.value
    }

    static func == (left: AcceptedItem, right: AcceptedItem) -> Bool {
        left.name == right.name && left.quality == right.quality
            && left.parameters.elementsEqual(right.parameters) { $0 == $1 }
    }
}

/// The elements of an `Accept`-like header, best first; those of equal quality keep their order.
///
/// Source: RFC 9110, 12.4.2 and 12.5. Elements with quality 0 are left out.
func acceptedItems(_ header: String) -> [AcceptedItem] {
    var items: [(order: Int, item: AcceptedItem)] = []
    for (order, element) in header.split(separator: ",").enumerated() {
        var parts = element.split(separator: ";").map(trimmed)
        guard let name = parts.first, !name.isEmpty else { continue }
        parts.removeFirst()
        var item = AcceptedItem(name: name.lowercased())
        for part in parts {
            let pair = part.split(separator: "=", maxSplits: 1).map(trimmed)
            guard pair.count == 2 else { continue }
            let key = pair[0].lowercased()
            if key == "q" {
                let quality = Double(pair[1]) ?? 0
                item.quality = quality >= 0 && quality <= 1 ? quality : 0
            } else {
                item.parameters.append((key, pair[1].filter { $0 != "\"" }.lowercased()))
            }
        }
        if item.quality > 0 { items.append((order, item)) }
    }
    return items.sorted { ($1.item.quality, $0.order) < ($0.item.quality, $1.order) }.map(\.item)
}

/// Whether the client takes gzip: named, or covered by `*`, with a quality above 0.
func acceptsGzip(_ header: String?) -> Bool {
    guard let header else { return false }
    let named = header.lowercased().split(separator: ",").contains { trimmed($0.prefix { $0 != ";" }) == "gzip" }
    return acceptedItems(header).contains { $0.name == "gzip" || $0.name == "x-gzip" || ($0.name == "*" && !named) }
}

private func trimmed(_ text: some StringProtocol) -> String {
    var bytes = Substring(text)
    while bytes.first == " " || bytes.first == "\t" { bytes.removeFirst() }
    while bytes.last == " " || bytes.last == "\t" { bytes.removeLast() }
    return String(bytes)
}
