// SPDX-License-Identifier: Apache-2.0

import Glibc

/// The members of an object of an event, each as an entry of its own behind the event's.
extension EventAssembler {
    /// Appends an entry for each member of an object that definitions take.
    ///
    /// - Parameters:
    ///   - member: which object, and where name, value and bin of a member go.
    ///   - fields: of the event.
    ///   - index: the event's entry.
    @inline(never)
    func appendMembers(
        _ member: RouteTable.Member,
        _ fields: UnsafeMutablePointer<FieldValue>,
        ofEntry index: Int
    ) throws(Fault) {
        let object = fields[member.field]
        guard object.isObject else {
            throw Fault(reason: .malformed, message: "\(schema.fieldNames[member.field]): not an object")
        }
        let event = storage.pointee.entries.base[index]
        let model = member.bin < 0 ? FeatureBins.Model.none : findModel(fields)
        var members = ObjectMembers(object.text)
        var name = FieldValue.absent
        var value = FieldValue.absent
        var count = 0
        let before = storage.pointee.entries.count
        var digest = UInt64(event.digest)
        while members.next(&name, &value, scratch: &resolved) {
            count &+= 1
            guard count <= EventLimits.fields else {
                throw Fault(
                    reason: .tooManyFields,
                    message: "\(schema.fieldNames[member.field]): over \(EventLimits.fields) members"
                )
            }
            guard value.rawKind < FieldValue.Kind.object.rawValue else {
                throw Fault(
                    reason: .malformed,
                    message: "\(schema.fieldNames[member.field]).\(name.string): neither a number nor a text"
                )
            }
            fields[member.name] = name
            fields[member.value] = value
            var feature: Int32 = -1
            if member.bin >= 0 {
                feature = findBin(member, model, name, value, fields)
            } else if !value.isPresent || value.length == 0 {
                continue
            }
            digest = try appendMember(member, fields, event, feature, digest)
        }
        storage.pointee.entries.base[index].digest = UInt32(truncatingIfNeeded: digest)
        storage.pointee.members &+= storage.pointee.entries.count &- before
    }

    /// Appends one member; returns the digest of the event with it.
    private func appendMember(
        _ member: RouteTable.Member,
        _ fields: UnsafeMutablePointer<FieldValue>,
        _ event: EventBatch.Entry,
        _ feature: Int32,
        _ digest: UInt64
    ) throws(Fault) -> UInt64 {
        let keyMark = storage.pointee.keys.count
        let valueMark = storage.pointee.values.count
        try appendKey(routes.keyFields(member.route), fields)
        try appendValues(member.route, fields)
        let keyLength = storage.pointee.keys.count - keyMark
        let keyHash = FoldedHash.hash(storage.pointee.keys.base + keyMark, count: keyLength, key: key)
        storage.pointee.entries.append(
            EventBatch.Entry(
                fingerprint: 0,
                keyHash: keyHash,
                time: event.time,
                keyOffset: UInt32(keyMark),
                keyLength: UInt32(keyLength),
                valueOffset: UInt32(valueMark),
                digest: 0,
                route: UInt32(member.route),
                isMember: true,
                feature: feature
            )
        )
        // Members are a set: their order does not tell a conflict from a duplicate. Neither does the bin, which goes by
        // the baseline of the day: what tells is what stands in the event.
        return digest &+ FoldedHash.mix(hash(fields[member.name]), hash(fields[member.value]) | 1) >> 32
    }

    private func hash(_ value: FieldValue) -> UInt64 {
        guard let bytes = value.bytes else { return key.second }
        return FoldedHash.hash(bytes, count: value.count, key: key)
    }

    // MARK: - Bins

    /// The baseline of the event's model.
    private func findModel(_ fields: UnsafeMutablePointer<FieldValue>) -> FeatureBins.Model {
        let model = modelFields.model
        guard model >= 0, fields[model].isText else { return .none }
        let version = modelFields.version >= 0 ? fields[modelFields.version] : .absent
        return schema.featureBins.model(
            fields[model].text,
            version.isText ? version.text : UnsafeBufferPointer(start: nil, count: 0)
        )
    }

    /// Puts the baseline and the bin of a value into `fields`; the bin is absent for a missing value. Returns the feature
    /// among those of baselines, or -1.
    @inline(__always)
    private func findBin(
        _ member: RouteTable.Member,
        _ model: FeatureBins.Model,
        _ name: FieldValue,
        _ value: FieldValue,
        _ fields: UnsafeMutablePointer<FieldValue>
    ) -> Int32 {
        fields[member.baseline] = .absent
        fields[member.bin] = .absent
        let bins = schema.featureBins
        let feature = bins.feature(name.text, of: model)
        // A missing value is seen beside its baseline, too.
        guard value.isPresent, value.length > 0 else { return feature.index }
        if feature != .none {
            let bin =
                value.isNumber
                ? bins.bin(of: FeatureText.number(value.text) ?? .nan, text: value.text, in: feature)
                : bins.bin(of: value.text, in: feature)
            guard bin != .missing else { return feature.index }
            fields[member.baseline] = .text(bins.baselineLabel(of: feature))
            fields[member.bin] = .text(bins.label(of: bin))
            return feature.index
        }
        if value.isNumber, let number = FeatureText.number(value.text) {
            fields[member.bin] = .text(GenericBins.shared.label(GenericBins.shared.index(of: number)))
        } else if !FeatureText.isMissing(value.text) {
            fields[member.bin] = .text(FeatureText.category(value.text))
        }
        return -1
    }
}
