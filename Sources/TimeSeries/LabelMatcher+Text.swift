// SPDX-License-Identifier: Apache-2.0

extension LabelMatcher: CustomStringConvertible {
    /// As Prometheus prints it: `job=~"a|b"`. A name that older versions would not take is quoted too.
    public var description: String {
        let isPlain =
            name.utf8.first.map(Labels.isLetter) == true
            && name.utf8.allSatisfy { Labels.isLetter($0) || (0x30...0x39).contains($0) }
        return (isPlain ? name : QuotedText.string(name)) + operation.rawValue + QuotedText.string(value)
    }
}
