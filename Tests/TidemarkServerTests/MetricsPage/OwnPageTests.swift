// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Testing

@testable import TidemarkServer

struct OwnPageTests {
    @Test func `the page about itself is empty before there is a server, and then what that makes`() {
        let page = OwnPage()
        #expect(String(buffer: page.text) == "# EOF\n")
        page.come(from: { ByteBuffer(string: "up 1\n# EOF\n") })
        #expect(String(buffer: page.text) == "up 1\n# EOF\n")
    }

    @Test func `asking for years takes no more stack than asking once`() {
        let page = OwnPage()
        page.come(from: { ByteBuffer() })
        // Two months of scrapes; with a wrapper for each the last call would need tens of megabytes.
        for _ in 0..<400_000 { _ = page.text }
    }
}
