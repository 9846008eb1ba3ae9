// SPDX-License-Identifier: Apache-2.0

/// What all pages share: head, menu and foot.
struct PageFrame {
    let title: String
    /// The address of the page in the menu.
    let path: String
    /// Of all dashboards: address and title.
    let menu: [(path: String, title: String)]

    static let queryPath = "/query"

    func markup(_ content: Markup) -> Markup {
        let entries = (menu + [(Self.queryPath, "Query")]).map { entry -> Markup in
            let current: Markup = entry.path == path ? #" aria-current="page""# : ""
            return #"<li><a href="\#(entry.path)"\#(current)>\#(entry.title)</a></li>"#
        }
        return """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <title>\(title) – Tidemark</title>
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <link rel="icon" href="data:,">
            <link rel="stylesheet" href="/page.css">
            </head>
            <body>
            <a class="skip" href="#content">Skip to the content</a>
            <header>
            <p class="brand">Tidemark</p>
            <nav aria-label="Pages"><ul>\(entries)</ul></nav>
            </header>
            <main id="content" tabindex="-1">
            <h1>\(title)</h1>
            \(content)
            </main>
            <footer><p>Times are UTC. Tidemark \(BuildInformation.version); <a href="/endpoints">endpoints for programs</a>.</p></footer>
            </body>
            </html>

            """
    }

    /// The choice of a time.
    static func times(_ address: PageAddress) -> Markup {
        var offered = PageAddress.times
        if !offered.contains(where: { $0.0 == address.from }) { offered.append((address.from, address.from)) }
        let options = offered.map { from, text -> Markup in
            #"<option value="\#(from)"\#(from == address.from ? " selected" : "" as Markup)>\#(text)</option>"#
        }
        let end: Markup = address.to == "now" ? "" : #"<input type="hidden" name="to" value="\#(address.to)">"#
        return #"<label>Time <select name="from">\#(options)</select></label>\#(end)"#
    }
}
