// SPDX-License-Identifier: Apache-2.0

/// A share with three decimals: 0.0234567 is `2.346%`.
func percentText(_ share: Double) -> String {
    let thousandths = Int((share * 100_000).rounded())
    let decimals = String(1000 + thousandths % 1000).dropFirst()
    return "\(thousandths / 1000).\(decimals)%"
}
