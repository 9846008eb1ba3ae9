// SPDX-License-Identifier: Apache-2.0
//
// One JSON object at a time, read with simdjson's On-Demand API into an array of the members that the caller asked
// for. Everything else in the object is checked for syntax and passed over. No C++ type and no exception leaves.

#ifndef CSIMDJSON_H
#define CSIMDJSON_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// What a member's value is.
enum csj_kind {
    CSJ_ABSENT = 0,
    CSJ_STRING = 1,  ///< data: the text without quotes, escapes resolved
    CSJ_NUMBER = 2,  ///< data: the number as it was written, valid JSON grammar
    CSJ_TRUE = 3,
    CSJ_FALSE = 4,
    CSJ_NULL = 5,
    CSJ_OBJECT = 6,  ///< data: the raw text of the object
    CSJ_ARRAY = 7    ///< data: the raw text of the array
};

/// One member's value. `data` points into the caller's text, or into the parser where escapes had to be resolved; the
/// latter is good until the parser reads its next object.
struct csj_value {
    const uint8_t *data;
    uint32_t length;
    uint8_t kind;
};

enum csj_result {
    CSJ_OK = 0,
    CSJ_MALFORMED = 1,
    CSJ_BAD_UTF8 = 2,
    CSJ_TOO_MANY_FIELDS = 3,
    CSJ_NOT_AN_OBJECT = 4,
    CSJ_OUT_OF_MEMORY = 5
};

typedef struct csj_fields csj_fields;
typedef struct csj_parser csj_parser;

/// The names of the wanted members; slot i of a parse belongs to names[i]. Names are unique. NULL when out of memory.
csj_fields *csj_fields_create(const char *const *names, size_t count);
void csj_fields_destroy(csj_fields *fields);

/// A parser keeps its memory between objects, and what it learnt of their names: it is used with one table of fields,
/// and by one thread at a time. NULL when out of memory.
csj_parser *csj_parser_create(void);
void csj_parser_destroy(csj_parser *parser);

/// Reads the object `text[0..<length]` and fills `slots`, one per wanted name; a name that occurs twice keeps its last
/// value. `readable` bytes may be read from `text` on (at least `length`); simdjson reads up to 64 bytes past the end,
/// and the text is copied when there are fewer. `max_fields` bounds the number of members of the object.
enum csj_result csj_parse_object(
    csj_parser *parser, const csj_fields *fields, const uint8_t *text, size_t length, size_t readable,
    size_t max_fields, struct csj_value *slots);

/// Why the last parse of this parser failed: a static string.
const char *csj_last_error(const csj_parser *parser);

/// Whether text[0..<length] is valid UTF-8.
int csj_is_utf8(const uint8_t *text, size_t length);

#ifdef __cplusplus
}
#endif

#endif
