// SPDX-License-Identifier: Apache-2.0
/* json_out.h — writing JSON straight into a buffer: no tree, no allocation of its own.
 * Commas are placed by the writer. Strings are escaped as RFC 8259 asks, and U+2028, U+2029 and DEL
 * too, so that the text is safe inside scripts and logs. Input must be valid UTF-8. The field_opt
 * functions leave an absent value out, as the protocol never sends null. */
#ifndef BASE_JSON_OUT_H
#define BASE_JSON_OUT_H

#include "base/buf.h"
#include "base/uuid.h"

struct json_out {
    struct buf *buf;  /* the caller's; overflow is asked for there */
    bool needs_comma; /* private */
};

void json_out_init(struct json_out *o, struct buf *buf);

void json_object_open(struct json_out *o);
void json_object_close(struct json_out *o);
void json_array_open(struct json_out *o);
void json_array_close(struct json_out *o);
/* The next value belongs to this key. Keys are literals of ours and are not escaped. */
void json_key(struct json_out *o, const char *key);

void json_str(struct json_out *o, struct str s);
void json_u64(struct json_out *o, uint64_t value);
void json_bool(struct json_out *o, bool value);
void json_uuid(struct json_out *o, const struct uuid *id);
/* RFC 3339 in UTC. */
void json_time(struct json_out *o, uint64_t wall_ms);
/* Bytes that are JSON already, kept as they are. */
void json_raw(struct json_out *o, struct str json);

void json_field_str(struct json_out *o, const char *key, struct str s);
void json_field_u64(struct json_out *o, const char *key, uint64_t value);
void json_field_bool(struct json_out *o, const char *key, bool value);
void json_field_uuid(struct json_out *o, const char *key, const struct uuid *id);
void json_field_time(struct json_out *o, const char *key, uint64_t wall_ms);
void json_field_raw(struct json_out *o, const char *key, struct str json);

/* Left out when: the view has at == NULL (an empty string with a pointer is a value); the id is
 * nil; the time is 0; the flag is false. */
void json_field_opt_str(struct json_out *o, const char *key, struct str s);
void json_field_opt_uuid(struct json_out *o, const char *key, const struct uuid *id);
void json_field_opt_time(struct json_out *o, const char *key, uint64_t wall_ms);
void json_field_opt_flag(struct json_out *o, const char *key, bool flag);

#endif
