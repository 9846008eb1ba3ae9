// SPDX-License-Identifier: Apache-2.0

#include "csimdjson.h"

#include <cstring>
#include <memory>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include <simdjson.h>

#include "field_table.h"
#include "json_grammar.h"
#include "plain_object.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace ondemand = simdjson::ondemand;

namespace {

struct string_scan {
    const uint8_t *end;  // the closing quote, or nullptr when a control character came first
    bool escaped;
};

/// From behind the opening quote to the closing one. Stage 1 of simdjson has seen that there is one, and the padding
/// behind the text may be read. Most names and values fit the first sixteen bytes.
inline string_scan scan_string(const uint8_t *text) {
    bool escaped = false;
    for (;;) {
#if defined(__SSE2__)
        const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i *>(text));
        const __m128i special = _mm_or_si128(
            _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')), _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'))),
            _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(0x1F)), bytes));
        const unsigned mask = unsigned(_mm_movemask_epi8(special));
        if (mask == 0) {
            text += 16;
            continue;
        }
        text += __builtin_ctz(mask);
#endif
        const uint8_t byte = *text;
        if (byte == '"') return {text, escaped};
        if (byte < 0x20) return {nullptr, escaped};
        if (byte == '\\') {
            escaped = true;
            text++;
            if (*text < 0x20) return {nullptr, escaped};
        }
        text++;
    }
}

}  // namespace

struct csj_parser {
    /// A member name as it stood at one place of the last object, with the quote behind it.
    struct expected_name {
        uint64_t bytes;  // the first eight, the quote included when it is among them
        uint64_t mask;
        uint32_t length;
        int32_t slot;
    };

    static constexpr size_t most_expected = 32;

    ondemand::parser parser;
    /// Lines of one sender have the same members in the same order: what stood at a place last time is tried first.
    expected_name expected[most_expected] = {};
    plain_object plain;
    std::vector<uint8_t> padded;
    const char *error = "";

    csj_result fail(csj_result result, const char *message) {
        error = message;
        return result;
    }

    csj_result fail(simdjson::error_code code) {
        switch (code) {
        case simdjson::UTF8_ERROR: return fail(CSJ_BAD_UTF8, "the text is not valid UTF-8");
        case simdjson::UNCLOSED_STRING: return fail(CSJ_MALFORMED, "a string is not closed");
        case simdjson::UNESCAPED_CHARS: return fail(CSJ_MALFORMED, "a control character inside a string");
        case simdjson::STRING_ERROR: return fail(CSJ_MALFORMED, "a wrong escape sequence inside a string");
        case simdjson::INCORRECT_TYPE: return fail(CSJ_NOT_AN_OBJECT, "not a JSON object");
        case simdjson::EMPTY: return fail(CSJ_MALFORMED, "nothing but white space");
        case simdjson::MEMALLOC: return fail(CSJ_OUT_OF_MEMORY, "out of memory");
        default: return fail(CSJ_MALFORMED, "not valid JSON");
        }
    }

    /// Checks one value and fills `out` when it is wanted. A scalar is not consumed: On-Demand passes over it when the
    /// next member is asked for.
    csj_result read(ondemand::value &value, csj_value *out) {
        const std::string_view token = value.raw_json_token();
        switch (token[0]) {
        case '"': return read_string(value, reinterpret_cast<const uint8_t *>(token.data()) + 1, out);
        case '{': return read_container(value, ondemand::json_type::object, out);
        case '[': return read_container(value, ondemand::json_type::array, out);
        default: return read_scalar(token, out);
        }
    }

    csj_result read_string(ondemand::value &value, const uint8_t *text, csj_value *out) {
        const string_scan scan = scan_string(text);
        if (scan.end == nullptr) return fail(CSJ_MALFORMED, "a control character inside a string");
        // Passing over a string, On-Demand takes one with a colon behind it for a key. (Some `}` ends the text.)
        const uint8_t *next = scan.end + 1;
        while (is_space(*next)) next++;
        if (*next == ':') return fail(CSJ_MALFORMED, "a colon behind a value");
        if (scan.escaped) {
            std::string_view resolved;
            if (auto error = value.get_string().get(resolved)) return fail(error);
            if (out) *out = {reinterpret_cast<const uint8_t *>(resolved.data()), uint32_t(resolved.size()), CSJ_STRING};
            return CSJ_OK;
        }
        if (out) *out = {text, uint32_t(scan.end - text), CSJ_STRING};
        return CSJ_OK;
    }

    csj_result read_scalar(std::string_view token, csj_value *out) {
        const uint8_t *text = reinterpret_cast<const uint8_t *>(token.data());
        size_t length = token.size();
        while (length > 0 && is_space(text[length - 1])) length--;
        uint8_t kind = length == 0 ? uint8_t(CSJ_ABSENT) : scalar_kind(text, length);
        if (kind == CSJ_ABSENT) return fail(CSJ_MALFORMED, "a value that is neither string, number, true, false nor null");
        if (out) *out = {text, uint32_t(length), kind};
        return CSJ_OK;
    }

    csj_result read_container(ondemand::value &value, ondemand::json_type type, csj_value *out) {
        std::string_view raw;
        if (type == ondemand::json_type::object) {
            ondemand::object object;
            if (auto error = value.get_object().get(object)) return fail(error);
            if (auto error = object.raw_json().get(raw)) return fail(error);
        } else {
            ondemand::array array;
            if (auto error = value.get_array().get(array)) return fail(error);
            if (auto error = array.raw_json().get(raw)) return fail(error);
        }
        const uint8_t *text = reinterpret_cast<const uint8_t *>(raw.data());
        const uint8_t *end = text + raw.size();
        while (end > text && is_space(end[-1])) end--;
        const uint8_t *at = text;
        if (!skip_value(at, end, 0) || at != end) return fail(CSJ_MALFORMED, "not valid JSON inside a nested value");
        if (out) {
            *out = {text, uint32_t(end - text), uint8_t(type == ondemand::json_type::object ? CSJ_OBJECT : CSJ_ARRAY)};
        }
        return CSJ_OK;
    }

    /// The name that stood at this place last time, when it stands there again. Eight bytes may be read.
    const expected_name *guess_name(const csj_fields &fields, const uint8_t *name, size_t place) const {
        if (place >= most_expected) return nullptr;
        const expected_name &guess = expected[place];
        uint64_t bytes;
        memcpy(&bytes, name, 8);
        if (guess.mask == 0 || (bytes & guess.mask) != guess.bytes) return nullptr;
        if (guess.length < 8) return &guess;
        // Only wanted names are remembered when they are long; the rest of the name is there to compare.
        const std::string &whole = fields.names[size_t(guess.slot)];
        return memcmp(whole.data() + 8, name + 8, guess.length - 8) == 0 && name[guess.length] == '"' ? &guess : nullptr;
    }

    void expect_name(const uint8_t *name, size_t length, int slot, size_t place) {
        if (place >= most_expected) return;
        expected_name &guess = expected[place];
        guess.mask = 0;
        // The padding behind the text may be read to compare, and no more.
        if (length >= 8 && (slot < 0 || length > simdjson::SIMDJSON_PADDING)) return;
        // A name shorter than eight bytes is compared together with its closing quote.
        const size_t compared = length < 8 ? length + 1 : 8;
        guess.mask = compared == 8 ? ~uint64_t(0) : (uint64_t(1) << (8 * compared)) - 1;
        memcpy(&guess.bytes, name, 8);
        guess.bytes &= guess.mask;
        guess.length = uint32_t(length);
        guess.slot = slot;
    }

    csj_result parse(
        const csj_fields &fields, const uint8_t *text, size_t length, size_t readable, size_t max_fields,
        csj_value *slots) {
        memset(static_cast<void *>(slots), 0, fields.names.size() * sizeof(csj_value));
        if (readable >= length + plain_object::padding) {
            if (plain.read(fields, text, length, max_fields, slots)) return CSJ_OK;
            memset(static_cast<void *>(slots), 0, fields.names.size() * sizeof(csj_value));
        }
        if (readable < length + simdjson::SIMDJSON_PADDING) {
            padded.resize(length + simdjson::SIMDJSON_PADDING);
            if (length > 0) memcpy(padded.data(), text, length);
            memset(padded.data() + length, ' ', simdjson::SIMDJSON_PADDING);
            text = padded.data();
            readable = padded.size();
        }

        ondemand::document document;
        if (auto error = parser.iterate(text, length, readable).get(document)) return fail(error);
        ondemand::object object;
        if (auto error = document.get_object().get(object)) return fail(error);
        size_t count = 0;
        for (auto result : object) {
            if (auto error = result.error()) return fail(error);
            // By reference: a copy of a field costs a stalled store forward, a third of the whole parse.
            auto &field = const_cast<ondemand::field &>(std::as_const(result).value_unsafe());
            if (++count > max_fields) return fail(CSJ_TOO_MANY_FIELDS, "too many fields in one event");
            const uint8_t *name = reinterpret_cast<const uint8_t *>(field.key().raw());
            if (const expected_name *guess = guess_name(fields, name, count - 1)) {
                csj_result outcome = read(field.value(), guess->slot < 0 ? nullptr : &slots[guess->slot]);
                if (outcome != CSJ_OK) return outcome;
                continue;
            }
            string_scan scan = scan_string(name);
            if (scan.end == nullptr) return fail(CSJ_MALFORMED, "a control character inside a field name");
            int slot;
            if (scan.escaped) {
                std::string_view resolved;
                if (auto error = field.unescaped_key().get(resolved)) return fail(error);
                slot = fields.find(reinterpret_cast<const uint8_t *>(resolved.data()), resolved.size());
            } else {
                slot = fields.find(name, size_t(scan.end - name));
                expect_name(name, size_t(scan.end - name), slot, count - 1);
            }
            csj_result outcome = read(field.value(), slot < 0 ? nullptr : &slots[slot]);
            if (outcome != CSJ_OK) return outcome;
        }
        if (document.current_location().error() != simdjson::OUT_OF_BOUNDS) {
            return fail(CSJ_MALFORMED, "text after the end of the object");
        }
        return CSJ_OK;
    }
};

extern "C" {

csj_fields *csj_fields_create(const char *const *names, size_t count) {
    if (count > 200) return nullptr;
    auto fields = std::unique_ptr<csj_fields>(new (std::nothrow) csj_fields);
    if (!fields) return nullptr;
    try {
        for (size_t i = 0; i < count; i++) fields->insert(names[i]);
    } catch (const std::bad_alloc &) {
        return nullptr;
    }
    return fields.release();
}

void csj_fields_destroy(csj_fields *fields) { delete fields; }

csj_parser *csj_parser_create(void) { return new (std::nothrow) csj_parser; }

void csj_parser_destroy(csj_parser *parser) { delete parser; }

enum csj_result csj_parse_object(
    csj_parser *parser, const csj_fields *fields, const uint8_t *text, size_t length, size_t readable,
    size_t max_fields, struct csj_value *slots) {
    try {
        return parser->parse(*fields, text, length, readable, max_fields, slots);
    } catch (const std::bad_alloc &) {
        return parser->fail(CSJ_OUT_OF_MEMORY, "out of memory");
    } catch (...) {
        return parser->fail(CSJ_MALFORMED, "not valid JSON");
    }
}

const char *csj_last_error(const csj_parser *parser) { return parser->error; }

int csj_is_utf8(const uint8_t *text, size_t length) {
    return simdjson::validate_utf8(reinterpret_cast<const char *>(text), length);
}

}  // extern "C"
