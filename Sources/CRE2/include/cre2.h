// SPDX-License-Identifier: Apache-2.0
//
// Regular expressions of RE2, matched against whole texts. No C++ type and no exception leaves.

#ifndef CRE2_H
#define CRE2_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// What is wrong with a pattern; the same faults, under the same names, as in Go's `regexp/syntax`.
enum cre2_fault {
    CRE2_OK = 0,
    CRE2_INTERNAL,
    CRE2_BAD_ESCAPE,
    CRE2_BAD_CLASS,
    CRE2_BAD_RANGE,
    CRE2_MISSING_BRACKET,
    CRE2_MISSING_PAREN,
    CRE2_UNEXPECTED_PAREN,
    CRE2_TRAILING_BACKSLASH,
    CRE2_REPEAT_ARGUMENT,
    CRE2_REPEAT_SIZE,
    CRE2_REPEAT_OPERATOR,
    CRE2_BAD_PERL_OPERATOR,
    CRE2_BAD_UTF8,
    CRE2_BAD_CAPTURE,
    CRE2_TOO_LARGE
};

typedef struct cre2_regex cre2_regex;

/// Compiles `pattern[0..<length]`, UTF-8; a dot matches line feeds too. The program and the state of its matching take
/// about `max_memory` bytes at most. NULL when out of memory; look at `cre2_regex_fault` before it is used.
cre2_regex *cre2_compile(const char *pattern, size_t length, int64_t max_memory);
/// As `cre2_compile`, for `cre2_match_groups`, which the other cannot be asked for.
cre2_regex *cre2_compile_capturing(const char *pattern, size_t length, int64_t max_memory);
void cre2_free(cre2_regex *regex);

/// What is wrong with the pattern, or CRE2_OK.
enum cre2_fault cre2_regex_fault(const cre2_regex *regex);

/// The part of the pattern that is at fault; `length` bytes, good until the regex is freed.
const char *cre2_fault_text(const cre2_regex *regex, size_t *length);

/// Whether all of `text[0..<length]` matches. Any number of threads may ask at once. Time is linear in the text. Out of
/// memory ends the process, as it does in Swift.
int cre2_matches(const cre2_regex *regex, const uint8_t *text, size_t length);

/// How many groups capture, the whole match not counted. The regex was compiled without fault.
int cre2_group_count(const cre2_regex *regex);

/// The name of group 1 to `cre2_group_count`, NULL when it has none; `length` bytes, good until the regex is freed.
const char *cre2_group_name(const cre2_regex *regex, int group, size_t *length);

/// Whether all of `text[0..<length]` matches. Then `bounds[2 * g]..<bounds[2 * g + 1]` is where group g matched, −1 for
/// one that did not; group 0 is the whole. There is room for 2 × `groups` bounds; `groups` is at most the count plus 1.
/// -1 when out of memory.
int cre2_match_groups(const cre2_regex *regex, const uint8_t *text, size_t length, int64_t *bounds, int groups);

#ifdef __cplusplus
}
#endif

#endif
