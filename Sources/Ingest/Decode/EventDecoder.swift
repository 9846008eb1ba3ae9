// SPDX-License-Identifier: Apache-2.0

public import TimeSeries

/// Turns text into batches of events. The parallel half of the event path: each thread has a decoder of its own.
public final class EventDecoder {
    private let schema: EventSchema
    private let key: HashKey
    private let mapping: EventMapping?
    private let fields: JSONFieldTable
    /// Reads JSON; made with the first text of it, and kept with what it has learnt.
    private lazy var jsonReader = JSONObjectReader(fields)
    private lazy var mappedRow = mapping.map { MappedRow($0, schema: schema) }
    private var csvPlace = CSVPlace()
    /// Lines of NDJSON that this decoder has read.
    private var linesBefore = 0

    /// A decoder for one body, file or stream; or for the pieces of several files, where none of them has to be read in
    /// order.
    ///
    /// - Parameter key: the store's secret.
    public init(schema: EventSchema, key: HashKey, mapping: EventMapping? = nil) {
        self.schema = schema
        self.key = key
        self.mapping = mapping
        fields = JSONFieldTable(
            names: mapping.map { MappedRow($0, schema: schema).columnNames } ?? schema.fieldNames
        )
    }

    /// The format in which a text will be read.
    public static func format(_ asked: EventFormat, mapping: EventMapping?, text: UnsafeRawBufferPointer) -> EventFormat
    {
        if asked != .auto { return asked }
        if let mapping, mapping.format == .csv { return .csv }
        return EventFormat.detect(text.bindMemory(to: UInt8.self))
    }

    /// Decodes a whole text, or a piece of NDJSON or CSV that ends with a whole line or row. The pieces of a file go to one
    /// decoder in their order when it is CSV, or when the mapping counts rows (`EventMapping.countsRows`).
    ///
    /// - Parameters:
    ///   - format: not `.auto`; `.csv` needs the mapping.
    ///   - arrival: the time of events that have none.
    ///   - isFirst: whether the text begins a file; a byte order mark is passed over there.
    ///   - isLast: whether the text ends a file. If not, CSV may end inside a row, which is left unread:
    ///     `EventBatch.consumed` says where the next piece has to begin.
    ///   - spent: a batch of the same definitions that nobody needs any more; it is emptied and filled again.
    /// - Returns: the events and the rejects. The text may go.
    public func decode(
        _ text: UnsafeRawBufferPointer,
        format: EventFormat,
        arrival: Timestamp,
        isFirst: Bool = true,
        isLast: Bool = true,
        reusing spent: EventBatch? = nil
    ) -> EventBatch {
        var text = text.bindMemory(to: UInt8.self)
        let whole = text.count
        if isFirst { text = TextLines.withoutByteOrderMark(text) }
        let assembler = makeAssembler(arrival: arrival, reusing: spent)
        switch format {
        case .csv:
            guard let mapping else { preconditionFailure("CSV is read through a mapping") }
            let decoder = CSVEventDecoder(assembler: assembler, mapping: mapping, schema: schema)
            let read = decoder.decode(text, isLast: isLast, place: &csvPlace)
            assembler.batch.lines = read.lines
            assembler.batch.consumed = whole - text.count + read.consumed
            return assembler.batch
        case .json:
            assembler.batch.lines = jsonDecoder(assembler).decodeElements(text)
        case .ndjson, .auto:
            assembler.batch.lines = jsonDecoder(assembler).decodeLines(text, before: linesBefore)
            linesBefore += assembler.batch.lines
        }
        assembler.batch.consumed = whole
        return assembler.batch
    }

    var fieldNames: [String] { schema.fieldNames }

    func makeAssembler(arrival: Timestamp, reusing spent: EventBatch? = nil) -> EventAssembler {
        let batch: EventBatch
        if let spent, spent.schema === schema {
            spent.removeAll(arrival: arrival)
            batch = spent
        } else {
            batch = EventBatch(schema: schema, arrival: arrival)
        }
        return EventAssembler(schema: schema, key: key, batch: batch)
    }

    private func jsonDecoder(_ assembler: EventAssembler) -> JSONEventDecoder {
        JSONEventDecoder(assembler: assembler, table: fields, reader: jsonReader, mapped: mappedRow)
    }
}
