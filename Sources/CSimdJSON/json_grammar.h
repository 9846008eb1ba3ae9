// SPDX-License-Identifier: Apache-2.0
//
// The grammar of RFC 8259, where simdjson's On-Demand API passes over text without a look.

#pragma once

#include <cctype>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "csimdjson.h"

namespace {

/// Values nested deeper than this are refused; it bounds the recursion of `check`.
constexpr int max_depth = 64;

inline bool is_digit(uint8_t byte) { return byte - '0' < 10u; }

inline bool is_space(uint8_t byte) { return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r'; }

/// Whether text[0..<length] is a number of RFC 8259, section 6.
inline bool is_number(const uint8_t *text, size_t length) {
    const uint8_t *end = text + length;
    if (text < end && *text == '-') text++;
    if (text == end || !is_digit(*text)) return false;
    if (*text == '0') {
        text++;
    } else {
        while (text < end && is_digit(*text)) text++;
    }
    if (text < end && *text == '.') {
        text++;
        if (text == end || !is_digit(*text)) return false;
        while (text < end && is_digit(*text)) text++;
    }
    if (text < end && (*text == 'e' || *text == 'E')) {
        text++;
        if (text < end && (*text == '+' || *text == '-')) text++;
        if (text == end || !is_digit(*text)) return false;
        while (text < end && is_digit(*text)) text++;
    }
    return text == end;
}

/// The kind of the scalar token, or CSJ_ABSENT when it is none of JSON's.
inline uint8_t scalar_kind(const uint8_t *token, size_t length) {
    switch (token[0]) {
    case 't': return length == 4 && memcmp(token, "true", 4) == 0 ? CSJ_TRUE : CSJ_ABSENT;
    case 'f': return length == 5 && memcmp(token, "false", 5) == 0 ? CSJ_FALSE : CSJ_ABSENT;
    case 'n': return length == 4 && memcmp(token, "null", 4) == 0 ? CSJ_NULL : CSJ_ABSENT;
    default: return is_number(token, length) ? CSJ_NUMBER : CSJ_ABSENT;
    }
}

inline void skip_space(const uint8_t *&at, const uint8_t *end) {
    while (at < end && is_space(*at)) at++;
}

inline bool skip_string(const uint8_t *&at, const uint8_t *end) {
    at++;
    while (at < end && *at != '"') {
        if (*at < 0x20) return false;
        if (*at == '\\') {
            at++;
            if (at == end || strchr("\"\\/bfnrtu", *at) == nullptr || *at == 0) return false;
            if (*at == 'u') {
                for (int i = 0; i < 4; i++) {
                    at++;
                    if (at == end || !isxdigit(*at)) return false;
                }
            }
        }
        at++;
    }
    if (at == end) return false;
    at++;
    return true;
}

/// Whether one well-formed value starts at `at`; moves behind it.
inline bool skip_value(const uint8_t *&at, const uint8_t *end, int depth) {
    if (depth > max_depth || at == end) return false;
    if (*at == '"') return skip_string(at, end);
    if (*at == '{' || *at == '[') {
        const bool object = *at == '{';
        const uint8_t close = object ? '}' : ']';
        at++;
        skip_space(at, end);
        if (at < end && *at == close) {
            at++;
            return true;
        }
        for (;;) {
            if (object) {
                if (at == end || *at != '"' || !skip_string(at, end)) return false;
                skip_space(at, end);
                if (at == end || *at != ':') return false;
                at++;
                skip_space(at, end);
            }
            if (!skip_value(at, end, depth + 1)) return false;
            skip_space(at, end);
            if (at == end) return false;
            if (*at == close) {
                at++;
                return true;
            }
            if (*at != ',') return false;
            at++;
            skip_space(at, end);
        }
    }
    const uint8_t *start = at;
    while (at < end && !is_space(*at) && *at != ',' && *at != '}' && *at != ']') at++;
    return at > start && scalar_kind(start, size_t(at - start)) != CSJ_ABSENT;
}

}  // namespace
