// SPDX-License-Identifier: Apache-2.0
//
// The short way through an object as programs write them: no escapes in its names and strings, and the members of one
// line after the other under the same names in the same order. What stands between two values, `,"campaign":` with its
// white space, is compared as a whole with what stood there in the last object; a string is searched sixteen bytes at a
// time for its end. No index of the text is made, which is what most of simdjson's time goes into.
//
// Takes nothing that simdjson and the checks around it would not take. What it does not take it leaves to them, and the
// fault, if there is one, is theirs to name.

#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include <simdjson.h>

#include "csimdjson.h"
#include "field_table.h"
#include "json_grammar.h"

// Measured: as calls these take a third more, for the place in the text then lives in memory.
#define CSJ_INLINE inline __attribute__((always_inline))

struct plain_object {
    /// Bytes behind the object that must be readable.
    static constexpr size_t padding = 64;

    /// Reads the object `text[0..<length]` into `slots`, which are all absent; false when it has not, and some of the
    /// slots may be set then. `length + padding` bytes are readable.
    bool read(const csj_fields &fields, const uint8_t *text, size_t length, size_t max_fields, csj_value *slots) {
        const uint8_t *const end = text + length;
        const uint8_t *at = text;
        any_high = false;
        for (size_t place = 0;; place++) {
            int32_t slot;
            if (place == max_fields || !pass_name(fields, at, end, place, slot)) return false;
            csj_value value;
            if (!read_value(at, end, value)) return false;
            if (slot >= 0) slots[slot] = value;
            if (*at == '}') break;
            if (*at == ',') continue;
            skip_space(at, end);
            if (at == end) return false;
            if (*at == '}') break;
        }
        at++;
        skip_space(at, end);
        if (at != end) return false;
        return !any_high || simdjson::validate_utf8(reinterpret_cast<const char *>(text), length);
    }

private:
    /// From behind a value, or from the beginning, to the next value.
    struct passage {
        uint8_t bytes[32];
        uint32_t mask;  // a bit for each byte; 0: not known yet
        uint32_t length;
        int32_t slot;
    };

    static constexpr size_t most_places = 32;

    /// What stood at each place in the last object.
    passage passages[most_places] = {};
    /// Whether a byte of the object may be no ASCII.
    bool any_high = false;

    /// Whether text[0..<32] begins with the passage.
    static CSJ_INLINE bool matches(const passage &known, const uint8_t *text) {
#if defined(__SSE2__)
        uint32_t equal = equal_bytes(known.bytes, text);
        if (known.length > 16) equal |= equal_bytes(known.bytes + 16, text + 16) << 16;
        return (equal & known.mask) == known.mask && known.mask != 0;
#else
        return known.mask != 0 && memcmp(known.bytes, text, known.length) == 0;
#endif
    }

#if defined(__SSE2__)
    /// A bit for each of sixteen bytes that are equal.
    static CSJ_INLINE uint32_t equal_bytes(const uint8_t *a, const uint8_t *b) {
        const __m128i left = _mm_loadu_si128(reinterpret_cast<const __m128i *>(a));
        const __m128i right = _mm_loadu_si128(reinterpret_cast<const __m128i *>(b));
        return uint32_t(_mm_movemask_epi8(_mm_cmpeq_epi8(left, right)));
    }
#endif

    /// Moves from behind a value to the next one, and finds the slot of its name, -1 for one that is not wanted.
    CSJ_INLINE bool pass_name(
        const csj_fields &fields, const uint8_t *&at, const uint8_t *end, size_t place, int32_t &slot) {
        if (at >= end) return false;
        if (place < most_places && matches(passages[place], at)) {
            at += passages[place].length;
            slot = passages[place].slot;
            return true;
        }
        return read_name(fields, at, end, place, slot);
    }

    bool read_name(const csj_fields &fields, const uint8_t *&at, const uint8_t *end, size_t place, int32_t &slot) {
        const uint8_t *start = at;
        skip_space(at, end);
        if (at == end || *at != (place == 0 ? '{' : ',')) return false;
        at++;
        skip_space(at, end);
        if (at == end || *at != '"') return false;
        const uint8_t *name = at + 1;
        bool high = false;
        const uint8_t *close = string_end(name, end, high);
        if (close == nullptr) return false;
        any_high = any_high || high;
        slot = fields.find(name, size_t(close - name));
        at = close + 1;
        skip_space(at, end);
        if (at == end || *at != ':') return false;
        at++;
        skip_space(at, end);
        // A name that is no ASCII may be no UTF-8 either; the passage would hide it.
        const size_t length = size_t(at - start);
        if (place < most_places && length <= sizeof(passage::bytes) && !high) {
            passage &known = passages[place];
            memcpy(known.bytes, start, sizeof(known.bytes));
            known.mask = uint32_t((uint64_t(1) << length) - 1);
            known.length = uint32_t(length);
            known.slot = slot;
        }
        return true;
    }

    CSJ_INLINE bool read_value(const uint8_t *&at, const uint8_t *end, csj_value &value) {
        if (at >= end) return false;
        if (*at == '"') {
            const uint8_t *close = string_end(at + 1, end, any_high);
            if (close == nullptr) return false;
            value = {at + 1, uint32_t(close - at - 1), CSJ_STRING};
            at = close + 1;
            return true;
        }
        return read_other(at, end, value);
    }

    bool read_other(const uint8_t *&at, const uint8_t *end, csj_value &value) {
        const uint8_t *start = at;
        if (*at == '{' || *at == '[') {
            any_high = true;  // not looked at here
            if (!skip_value(at, end, 0)) return false;
            value = {start, uint32_t(at - start), uint8_t(*start == '{' ? CSJ_OBJECT : CSJ_ARRAY)};
            return true;
        }
        while (at < end && *at > ' ' && *at != ',' && *at != '}') at++;
        const size_t length = size_t(at - start);
        if (length == 0) return false;
        value = {start, uint32_t(length), scalar_kind(start, length)};
        return value.kind != CSJ_ABSENT;
    }

    /// The quote that closes a string, from behind the one that opened it; nullptr when an escape or a control
    /// character comes first, or the end. Sets `high` when a byte of the string is no ASCII, and perhaps when one
    /// behind it is none. Sixteen bytes behind `end` may be read.
    static CSJ_INLINE const uint8_t *string_end(const uint8_t *text, const uint8_t *end, bool &high) {
#if defined(__SSE2__)
        for (; text < end; text += 16) {
            const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i *>(text));
            const __m128i special = _mm_or_si128(
                _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')), _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'))),
                _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(0x1F)), bytes));
            const unsigned mask = unsigned(_mm_movemask_epi8(special));
            if (_mm_movemask_epi8(bytes) != 0) high = true;
            if (mask == 0) continue;
            text += __builtin_ctz(mask);
            return *text == '"' && text < end ? text : nullptr;
        }
#else
        for (; text < end; text++) {
            if (*text == '"') return text;
            if (*text == '\\' || *text < 0x20) return nullptr;
            if (*text >= 0x80) high = true;
        }
#endif
        return nullptr;
    }
};
