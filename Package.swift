// swift-tools-version: 6.1
// SPDX-License-Identifier: Apache-2.0

import PackageDescription

/// One set of rules for every Swift target.
let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

let package = Package(
    name: "tidemark",
    products: [
        .library(name: "Tidemark", targets: ["Tidemark"]),
        .executable(name: "tidemark", targets: ["TidemarkCLI"]),
    ],
    dependencies: [
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.5.1"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.34.1"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
    ],
    targets: [
        // C libraries, from Debian's packages; `make` installs them.
        .systemLibrary(name: "CCurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "CCrypt", providers: [.apt(["libcrypt-dev"])]),
        .systemLibrary(name: "CCrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CLevelDB", providers: [.apt(["libleveldb-dev"])]),
        .systemLibrary(name: "CChecksum"),
        .systemLibrary(name: "CMalloc"),
        .systemLibrary(name: "CSnappy", providers: [.apt(["libsnappy-dev"])]),
        .systemLibrary(name: "CZlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CZstd", providers: [.apt(["libzstd-dev"])]),
        .target(name: "CRE2", linkerSettings: [.linkedLibrary("re2")]),
        .target(name: "CSimdJSON", linkerSettings: [.linkedLibrary("simdjson")]),

        // The way of the data, one direction.
        .target(name: "LevelDB", dependencies: ["CLevelDB"], swiftSettings: settings),
        .target(name: "TimeSeries", dependencies: ["CRE2"], swiftSettings: settings),
        .target(name: "PromQL", dependencies: ["TimeSeries"], swiftSettings: settings),
        .target(name: "YAML", dependencies: ["Yams"], swiftSettings: settings),
        .target(name: "Ingest", dependencies: ["TimeSeries", "YAML", "CSimdJSON"], swiftSettings: settings),
        .target(
            name: "Store",
            dependencies: ["TimeSeries", "LevelDB", "CChecksum", "CSnappy", "CZstd"],
            swiftSettings: settings
        ),
        .target(name: "Rules", dependencies: ["TimeSeries", "PromQL", "YAML"], swiftSettings: settings),
        .target(
            name: "Tidemark",
            dependencies: ["TimeSeries", "YAML", "Ingest", "Store", "PromQL", "Rules"],
            resources: [
                .embedInCode("Shipped/metrics-campaign.yml"),
                .embedInCode("Shipped/metrics-model.yml"),
                .embedInCode("Shipped/recording-campaign.yml"),
                .embedInCode("Shipped/recording-model.yml"),
                .embedInCode("Shipped/recording-model_quality.yml"),
                .embedInCode("Shipped/alerts-campaign.yml"),
                .embedInCode("Shipped/alerts-model.yml"),
                .embedInCode("Shipped/alerts-model_quality.yml"),
                .embedInCode("Shipped/alerts-tidemark.yml"),
            ],
            swiftSettings: settings
        ),
        .target(
            name: "TidemarkServer",
            dependencies: [
                "PromQL", "Rules", "Tidemark", "TimeSeries", "YAML", "CCrypt", "CCrypto", "CCurl", "CSnappy", "CZlib",
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "NIOTLS", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            resources: [
                .embedInCode("Page/page.css"),
                .embedInCode("Page/Shipped/campaigns.json"),
                .embedInCode("Page/Shipped/models.json"),
                .embedInCode("Page/Shipped/quality.json"),
                .embedInCode("Page/Shipped/self.json"),
            ],
            swiftSettings: settings
        ),
        .executableTarget(
            name: "TidemarkCLI",
            dependencies: [
                "CMalloc", "PromQL", "Rules", "Tidemark", "TidemarkServer", "TimeSeries",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            swiftSettings: settings
        ),

        .target(name: "TestSupport", path: "Tests/TestSupport", swiftSettings: settings),
        .testTarget(name: "LevelDBTests", dependencies: ["LevelDB", "TestSupport"], swiftSettings: settings),
        .testTarget(name: "TimeSeriesTests", dependencies: ["TimeSeries", "TestSupport"], swiftSettings: settings),
        .testTarget(
            name: "PromQLTests",
            dependencies: ["PromQL", "TestSupport"],
            exclude: ["Golden"],
            swiftSettings: settings
        ),
        .testTarget(name: "IngestTests", dependencies: ["Ingest", "YAML", "TestSupport"], swiftSettings: settings),
        .testTarget(
            name: "RulesTests",
            dependencies: ["Rules", "PromQL", "TimeSeries", "YAML", "TestSupport"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "StoreTests",
            dependencies: ["Store", "TestSupport"],
            exclude: ["Fixtures"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "TidemarkTests",
            dependencies: ["Tidemark", "Rules", "TimeSeries", "TestSupport"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "TidemarkServerTests",
            dependencies: [
                "PromQL", "Rules", "TestSupport", "Tidemark", "TidemarkServer", "TimeSeries", "YAML",
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "TidemarkCLITests",
            dependencies: [
                "Rules", "TestSupport", "Tidemark", "TidemarkCLI", "TidemarkServer", "TimeSeries", "Yams",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: settings
        ),
    ],
    swiftLanguageModes: [.v6],
    cxxLanguageStandard: .cxx17
)
