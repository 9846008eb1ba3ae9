// SPDX-License-Identifier: Apache-2.0

#include "cre2.h"

#include <exception>
#include <new>
#include <vector>

#include <re2/re2.h>

namespace {

RE2::Options options(int64_t max_memory, bool captures) {
    RE2::Options options(RE2::Quiet);
    options.set_encoding(RE2::Options::EncodingUTF8);
    options.set_dot_nl(true);
    options.set_never_capture(!captures);
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

    cre2_regex(const re2::StringPiece &pattern, int64_t max_memory, bool captures)
        : re(pattern, options(max_memory, captures)) {}
};

namespace {

cre2_regex *compile(const char *pattern, size_t length, int64_t max_memory, bool captures) {
    try {
        return new cre2_regex(re2::StringPiece(length == 0 ? "" : pattern, length), max_memory, captures);
    } catch (const std::exception &) {
        return nullptr;
    }
}

}  // namespace

extern "C" {

cre2_regex *cre2_compile(const char *pattern, size_t length, int64_t max_memory) {
    return compile(pattern, length, max_memory, false);
}

cre2_regex *cre2_compile_capturing(const char *pattern, size_t length, int64_t max_memory) {
    return compile(pattern, length, max_memory, true);
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

int cre2_group_count(const cre2_regex *regex) { return regex->re.NumberOfCapturingGroups(); }

const char *cre2_group_name(const cre2_regex *regex, int group, size_t *length) {
    const auto &names = regex->re.CapturingGroupNames();
    const auto found = names.find(group);
    if (found == names.end()) return nullptr;
    *length = found->second.size();
    return found->second.data();
}

int cre2_match_groups(const cre2_regex *regex, const uint8_t *bytes, size_t length, int64_t *bounds, int groups) {
    try {
        const re2::StringPiece text(length == 0 ? "" : reinterpret_cast<const char *>(bytes), length);
        std::vector<re2::StringPiece> found(static_cast<size_t>(groups));
        if (!regex->re.Match(text, 0, length, RE2::ANCHOR_BOTH, found.data(), groups)) return 0;
        for (int group = 0; group < groups; group++) {
            const auto &part = found[static_cast<size_t>(group)];
            const bool matched = part.data() != nullptr;
            bounds[2 * group] = matched ? part.data() - text.data() : -1;
            bounds[2 * group + 1] = matched ? bounds[2 * group] + static_cast<int64_t>(part.size()) : -1;
        }
        return 1;
    } catch (const std::exception &) {
        return -1;
    }
}

}  // extern "C"
