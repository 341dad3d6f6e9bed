// SPDX-License-Identifier: Apache-2.0
/* json_out.c — the event and reply writer.
 * Invariant: needs_comma is true exactly when a value was the last thing written at this level.
 * It does not check that keys and brackets match; the tests of whoever writes a shape parse it
 * back. */
#include "base/json_out.h"

#include "base/check.h"
#include "base/clock.h"

void json_out_init(struct json_out *o, struct buf *buf)
{
    *o = (struct json_out){.buf = buf};
}

static void before_value(struct json_out *o)
{
    if (o->needs_comma) buf_append_byte(o->buf, ',');
    o->needs_comma = true;
}

static void open_with(struct json_out *o, char bracket)
{
    before_value(o);
    buf_append_byte(o->buf, bracket);
    o->needs_comma = false;
}

static void close_with(struct json_out *o, char bracket)
{
    buf_append_byte(o->buf, bracket);
    o->needs_comma = true;
}

void json_object_open(struct json_out *o)
{
    open_with(o, '{');
}

void json_object_close(struct json_out *o)
{
    close_with(o, '}');
}

void json_array_open(struct json_out *o)
{
    open_with(o, '[');
}

void json_array_close(struct json_out *o)
{
    close_with(o, ']');
}

void json_key(struct json_out *o, const char *key)
{
    before_value(o);
    buf_append_byte(o->buf, '"');
    buf_append(o->buf, str_from(key));
    buf_append(o->buf, STR("\":"));
    o->needs_comma = false;
}

/* How many bytes from `s` on need no escape. */
static size_t plain_length(struct str s)
{
    size_t i = 0;

    for (; i < s.len; i++) {
        unsigned char c = (unsigned char)s.at[i];
        if (c < 0x20 || c == '"' || c == '\\' || c == 0x7F) break;
        /* U+2028 and U+2029 are E2 80 A8 and E2 80 A9. */
        if (c == 0xE2 && s.len - i >= 3 && s.at[i + 1] == '\x80' &&
            (s.at[i + 2] == '\xA8' || s.at[i + 2] == '\xA9'))
            break;
    }
    return i;
}

/* Writes the escape for the character at the front of `s`; returns its length in bytes. */
static size_t write_escape(struct buf *buf, struct str s)
{
    unsigned char c = (unsigned char)s.at[0];

    switch (c) {
    case '"': buf_append(buf, STR("\\\"")); return 1;
    case '\\': buf_append(buf, STR("\\\\")); return 1;
    case '\n': buf_append(buf, STR("\\n")); return 1;
    case '\r': buf_append(buf, STR("\\r")); return 1;
    case '\t': buf_append(buf, STR("\\t")); return 1;
    case 0xE2: buf_append(buf, s.at[2] == '\xA8' ? STR("\\u2028") : STR("\\u2029")); return 3;
    default: {
        static const char digits[] = "0123456789abcdef";
        char escape[6] = {'\\', 'u', '0', '0', digits[c >> 4], digits[c & 15]};
        buf_append(buf, str_of(escape, sizeof escape));
        return 1;
    }
    }
}

void json_str(struct json_out *o, struct str s)
{
    before_value(o);
    buf_append_byte(o->buf, '"');
    while (s.len > 0) {
        size_t plain = plain_length(s);
        buf_append(o->buf, str_of(s.at, plain));
        s = str_of(s.at + plain, s.len - plain);
        if (s.len > 0) {
            size_t escaped = write_escape(o->buf, s);
            s = str_of(s.at + escaped, s.len - escaped);
        }
    }
    buf_append_byte(o->buf, '"');
}

void json_u64(struct json_out *o, uint64_t value)
{
    before_value(o);
    buf_append_u64(o->buf, value);
}

void json_bool(struct json_out *o, bool value)
{
    before_value(o);
    buf_append(o->buf, value ? STR("true") : STR("false"));
}

void json_uuid(struct json_out *o, const struct uuid *id)
{
    char text[UUID_TEXT_LEN + 2];

    text[0] = '"';
    uuid_write(id, text + 1);
    text[UUID_TEXT_LEN + 1] = '"';
    json_raw(o, str_of(text, sizeof text));
}

void json_time(struct json_out *o, uint64_t wall_ms)
{
    char text[CLOCK_TEXT_LEN + 2];

    text[0] = '"';
    clock_write(wall_ms, text + 1);
    text[CLOCK_TEXT_LEN + 1] = '"';
    json_raw(o, str_of(text, sizeof text));
}

void json_raw(struct json_out *o, struct str json)
{
    CHECK(json.len > 0);
    before_value(o);
    buf_append(o->buf, json);
}

void json_field_str(struct json_out *o, const char *key, struct str s)
{
    json_key(o, key);
    json_str(o, s);
}

void json_field_u64(struct json_out *o, const char *key, uint64_t value)
{
    json_key(o, key);
    json_u64(o, value);
}

void json_field_bool(struct json_out *o, const char *key, bool value)
{
    json_key(o, key);
    json_bool(o, value);
}

void json_field_uuid(struct json_out *o, const char *key, const struct uuid *id)
{
    json_key(o, key);
    json_uuid(o, id);
}

void json_field_time(struct json_out *o, const char *key, uint64_t wall_ms)
{
    json_key(o, key);
    json_time(o, wall_ms);
}

void json_field_raw(struct json_out *o, const char *key, struct str json)
{
    json_key(o, key);
    json_raw(o, json);
}

void json_field_opt_str(struct json_out *o, const char *key, struct str s)
{
    if (s.at != NULL) json_field_str(o, key, s);
}

void json_field_opt_uuid(struct json_out *o, const char *key, const struct uuid *id)
{
    if (!uuid_is_nil(id)) json_field_uuid(o, key, id);
}

void json_field_opt_time(struct json_out *o, const char *key, uint64_t wall_ms)
{
    if (wall_ms != 0) json_field_time(o, key, wall_ms);
}

void json_field_opt_flag(struct json_out *o, const char *key, bool flag)
{
    if (flag) json_field_bool(o, key, true);
}
