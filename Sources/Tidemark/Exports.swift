// SPDX-License-Identifier: Apache-2.0

// What an embedder needs comes with `import Tidemark` alone.
@_exported import struct Ingest.Event
@_exported import enum Ingest.EventFormat
@_exported import enum Ingest.EventLimits
@_exported import struct Ingest.EventMapping
@_exported import struct Ingest.FileError
@_exported import struct Ingest.IngestReport
@_exported import struct Ingest.MetricDefinition
@_exported import struct Ingest.Reject
@_exported import enum Ingest.RejectReason
@_exported import enum Ingest.TextFile
@_exported import struct Ingest.YAMLValue
@_exported import struct Store.TotalsSnapshot
@_exported import struct TimeSeries.EventCounts
@_exported import struct TimeSeries.Labels
@_exported import struct TimeSeries.MetricFamily
@_exported import struct TimeSeries.SystemClock
@_exported import struct TimeSeries.Timestamp
@_exported import protocol TimeSeries.WallClock
