// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import TidemarkServer

@Suite struct MarkupTests {
    @Test func `what is put in is text`() {
        let name = #"<script>alert("1")</script> & 'more'"#
        let markup: Markup = #"<a title="\#(name)">\#(name)</a>"#
        let escaped = "&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; &#39;more&#39;"
        #expect(markup.text == #"<a title="\#(escaped)">\#(escaped)</a>"#)
    }

    @Test func `markup in markup stays what it is, and numbers are short`() {
        let inner: [Markup] = ["<b>\("<")</b>", "<i>\(3)</i>"]
        let outer: Markup = "<p>\(inner)\(inner[0])</p>"
        #expect(outer.text == "<p><b>&lt;</b><i>3</i><b>&lt;</b></p>")
        let lengths: Markup = "\(1.0) \(2.25) \(-0.04) \(-3.96) \(1_000.06) \(0.05)"
        #expect(lengths.text == "1 2.3 0 -4 1000.1 0.1")
    }

    @Test func `characters that HTML may not have are replaced`() {
        var bad = ""
        for code: UInt32 in [0x61, 0, 0x1B, 0x7F, 0x9F, 0xFDD0, 0xFFFF, 0x1_FFFE, 0x09, 0x0A, 0x2028, 0xE9, 0x1_F600] {
            if let scalar = Unicode.Scalar(code) { bad.unicodeScalars.append(scalar) }
        }
        #expect(bad.unicodeScalars.count == 13)
        let markup: Markup = "\(bad)"
        #expect(markup.text == "a" + String(repeating: "\u{FFFD}", count: 7) + "\t\n\u{2028}é😀")
    }

    @Test func `text in a URL is escaped byte by byte`() {
        #expect(percentEncoded("a-Z_0.9~") == "a-Z_0.9~")
        #expect(percentEncoded("a b&c=d/é\n\"") == "a%20b%26c%3Dd%2F%C3%A9%0A%22")
    }
}
