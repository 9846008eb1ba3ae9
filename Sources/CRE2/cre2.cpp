// SPDX-License-Identifier: Apache-2.0

#include "cre2.h"

#include <exception>
#include <new>

#include <re2/re2.h>

namespace {

RE2::Options options(int64_t max_memory) {
    RE2::Options options(RE2::Quiet);
    options.set_encoding(RE2::Options::EncodingUTF8);
    options.set_dot_nl(true);
    options.set_never_capture(true);  // nobody asks for groups
    options.set_max_mem(max_memory);
    return options;
}

cre2_fault fault_of(RE2::ErrorCode code) {
    switch (code) {
    case RE2::NoError: return CRE2_OK;
    case RE2::ErrorInternal: return CRE2_INTERNAL;
    case RE2::ErrorBadEscape: return CRE2_BAD_ESCAPE;
    case RE2::ErrorBadCharClass: return CRE2_BAD_CLASS;
    case RE2::ErrorBadCharRange: return CRE2_BAD_RANGE;
    case RE2::ErrorMissingBracket: return CRE2_MISSING_BRACKET;
    case RE2::ErrorMissingParen: return CRE2_MISSING_PAREN;
    case RE2::ErrorUnexpectedParen: return CRE2_UNEXPECTED_PAREN;
    case RE2::ErrorTrailingBackslash: return CRE2_TRAILING_BACKSLASH;
    case RE2::ErrorRepeatArgument: return CRE2_REPEAT_ARGUMENT;
    case RE2::ErrorRepeatSize: return CRE2_REPEAT_SIZE;
    case RE2::ErrorRepeatOp: return CRE2_REPEAT_OPERATOR;
    case RE2::ErrorBadPerlOp: return CRE2_BAD_PERL_OPERATOR;
    case RE2::ErrorBadUTF8: return CRE2_BAD_UTF8;
    case RE2::ErrorBadNamedCapture: return CRE2_BAD_CAPTURE;
    case RE2::ErrorPatternTooLarge: return CRE2_TOO_LARGE;
    }
    return CRE2_INTERNAL;
}

/// What is thrown inside a noexcept function ends the process.
bool matches(const RE2 &re, const re2::StringPiece &text) noexcept {
    return re.Match(text, 0, text.size(), RE2::ANCHOR_BOTH, nullptr, 0);
}

}  // namespace

struct cre2_regex {
    RE2 re;

    cre2_regex(const re2::StringPiece &pattern, int64_t max_memory) : re(pattern, options(max_memory)) {}
};

extern "C" {

cre2_regex *cre2_compile(const char *pattern, size_t length, int64_t max_memory) {
    try {
        return new cre2_regex(re2::StringPiece(length == 0 ? "" : pattern, length), max_memory);
    } catch (const std::exception &) {
        return nullptr;
    }
}

void cre2_free(cre2_regex *regex) { delete regex; }

cre2_fault cre2_regex_fault(const cre2_regex *regex) { return fault_of(regex->re.error_code()); }

const char *cre2_fault_text(const cre2_regex *regex, size_t *length) {
    *length = regex->re.error_arg().size();
    return regex->re.error_arg().data();
}

int cre2_matches(const cre2_regex *regex, const uint8_t *text, size_t length) {
    return matches(regex->re, re2::StringPiece(length == 0 ? "" : reinterpret_cast<const char *>(text), length));
}

}  // extern "C"
