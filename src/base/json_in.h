// SPDX-License-Identifier: Apache-2.0
/* json_in.h — reading request bodies: strict JSON, and fields with a type and a bound.
 * Stricter than RFC 8259 where leniency lets two readers of one text disagree: a key may not occur
 * twice, a surrogate may not stand alone, no U+0000, no byte order mark, nothing after the value,
 * no number that does not fit; nesting is bounded by JSON_DEPTH_MAX. Unknown fields are ignored,
 * null counts as absent.
 *
 * The tree is jansson's: the caller owns what json_in_parse returns (json_decref) and keeps it on
 * one thread; everything the getters return is a view of it. R_INVALID: the peer's fault, explained
 * in `fault`, which may be NULL. */
#ifndef BASE_JSON_IN_H
#define BASE_JSON_IN_H

#include <jansson.h>

#include "base/arena.h"
#include "base/result.h"
#include "base/uuid.h"

/* What is wrong, as a sentence for whoever wrote the JSON. */
struct json_in_fault {
    const char *field; /* the getter's, NULL when the text as such is wrong */
    size_t offset;     /* of the text's fault, in bytes from 0 */
    size_t line;       /* from 1; 0 when a field is wrong */
    size_t column;     /* from 1, in characters */
    char text[200];
};

/* Any value is accepted. R_UNAVAILABLE: no memory. */
MUST_USE enum result json_in_parse(struct str text, json_t **out, struct json_in_fault *fault);
/* The same, and it must be an object, as every body is. */
MUST_USE enum result json_in_parse_object(struct str text, json_t **out,
                                          struct json_in_fault *fault);

/* ---- fields of an object ----
 * `field` must be a literal. An optional field that is absent is R_OK and leaves `out` as it was,
 * so give it its default before. */
enum json_in_flags { JSON_IN_REQUIRED = 0, JSON_IN_OPTIONAL = 1 };

/* Longer than `bytes_max` is R_INVALID, like any value out of range. The string may be empty. */
MUST_USE enum result json_in_str(const json_t *object, const char *field, enum json_in_flags flags,
                                 size_t bytes_max, struct str *out, struct json_in_fault *fault);

/* Both ends included; value_max is at most INT64_MAX. A number with a fraction or an exponent is
 * not one. */
struct json_in_range {
    uint64_t value_min;
    uint64_t value_max;
};
MUST_USE enum result json_in_u64(const json_t *object, const char *field, enum json_in_flags flags,
                                 struct json_in_range range, uint64_t *out,
                                 struct json_in_fault *fault);
MUST_USE enum result json_in_bool(const json_t *object, const char *field, enum json_in_flags flags,
                                  bool *out, struct json_in_fault *fault);
/* An RFC 3339 time, as milliseconds since 1970. */
MUST_USE enum result json_in_time(const json_t *object, const char *field, enum json_in_flags flags,
                                  uint64_t *wall_ms, struct json_in_fault *fault);
/* The nil id, which stands for "none" inside, is refused. */
MUST_USE enum result json_in_uuid(const json_t *object, const char *field, enum json_in_flags flags,
                                  struct uuid *out, struct json_in_fault *fault);
/* `out` gets an array in `arena`; it may be empty, and an id may be in it twice. */
struct uuid_list {
    const struct uuid *ids;
    size_t count;
};
MUST_USE enum result json_in_uuid_array(const json_t *object, const char *field,
                                        enum json_in_flags flags, size_t count_max,
                                        struct arena *arena, struct uuid_list *out,
                                        struct json_in_fault *fault);
/* One of `names`, which end with NULL: `index` gets which. */
MUST_USE enum result json_in_enum(const json_t *object, const char *field, enum json_in_flags flags,
                                  const char *const *names, size_t *index,
                                  struct json_in_fault *fault);
/* For what has no getter of its own: the elements are read with json_array_get. */
MUST_USE enum result json_in_array(const json_t *object, const char *field,
                                   enum json_in_flags flags, size_t count_max, const json_t **out,
                                   struct json_in_fault *fault);
MUST_USE enum result json_in_object(const json_t *object, const char *field,
                                    enum json_in_flags flags, const json_t **out,
                                    struct json_in_fault *fault);

#endif
