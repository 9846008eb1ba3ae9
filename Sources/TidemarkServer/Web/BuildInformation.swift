// SPDX-License-Identifier: Apache-2.0

/// What this build calls itself, on `--version`, on `/metrics` and in the API.
public enum BuildInformation {
    /// The version, as in CHANGELOG.md.
    public static let version = "0.1.0"
    /// The version of the Prometheus whose query API is answered, for clients that ask only newer ones for some things.
    public static let prometheusVersion = "3.5.0"
}
