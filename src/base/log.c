// SPDX-License-Identifier: Apache-2.0
/* log.c — building one line on the stack and writing it in one piece.
 * It allocates nothing, takes no lock and cannot fail: a line that stderr does not take (a full
 * disk, a closed pipe) is lost, because a server that stops serving for want of its log helps
 * nobody. Invariant: a line ends with its only newline and has no other control character. */
#include "base/log.h"

#include <errno.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "limits.h"

static _Atomic int level_min = LOG_INFO;

static const struct str line_end = STR("\n");
static const struct str line_end_cut = STR(" cut=true\n");

/* A field that does not fit is left out as a whole, so that no half value misleads. */
struct line {
    char bytes[LOG_LINE_BYTES_MAX];
    size_t len;
    bool is_cut;
};

void log_set_level(enum log_level level)
{
    atomic_store_explicit(&level_min, (int)level, memory_order_relaxed);
}

static const char *level_name(enum log_level level)
{
    switch (level) {
    case LOG_DEBUG: return "debug";
    case LOG_INFO: return "info";
    case LOG_WARN: return "warn";
    case LOG_ERROR: return "error";
    }
    return "?";
}

static void append(struct line *line, struct str s)
{
    size_t room = sizeof line->bytes - line_end_cut.len - line->len;

    if (s.len > room) line->is_cut = true;
    if (line->is_cut || s.len == 0) return;
    memcpy(line->bytes + line->len, s.at, s.len);
    line->len += s.len;
}

static void append_number(struct line *line, const char *format, uint64_t number)
{
    char text[32];
    // cppcheck-suppress wrongPrintfScanfArgNum ; the formats are PRI macros of <inttypes.h>
    int len = snprintf(text, sizeof text, format, number);

    append(line, str_of(text, (size_t)len));
}

/* The code point at the front of `s` and how many bytes it has; 0 bytes when they are not UTF-8. */
static size_t decode(struct str s, uint32_t *point)
{
    static const uint8_t lead_bits[] = {0, 0x7F, 0x1F, 0x0F, 0x07};

    for (size_t len = 1; len <= 4 && len <= s.len; len++) {
        if (!str_is_utf8(str_of(s.at, len))) continue;
        *point = (uint8_t)s.at[0] & lead_bits[len];
        for (size_t i = 1; i < len; i++) *point = *point << 6 | ((uint8_t)s.at[i] & 0x3F);
        return len;
    }
    return 0;
}

/* Would this character break a line, or make a terminal show something that is not there? That is
 * the controls of ASCII and Latin-1, the line and paragraph separators, and what turns the
 * direction of writing around. */
static bool is_misleading(uint32_t point)
{
    return point < 0x20 || (point >= 0x7F && point < 0xA0) || point == 0x061C || point == 0x200E ||
           point == 0x200F || (point >= 0x2028 && point <= 0x202E) ||
           (point >= 0x2066 && point <= 0x2069) || point == 0xFEFF;
}

static bool is_plain(struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.at[i];
        if (c <= ' ' || c >= 0x7F || c == '"' || c == '\\' || c == '=') return false;
    }
    return s.len > 0;
}

/* Writes the character at the front of `s`; returns how many bytes it has. */
static size_t append_character(struct line *line, struct str s)
{
    uint32_t point = 0;
    size_t len = decode(s, &point);

    if (len == 0) {
        append_number(line, "\\x%02" PRIx64, (uint8_t)s.at[0]);
        return 1;
    }
    if (is_misleading(point)) {
        append_number(line, "\\u%04" PRIx64, point);
        return len;
    }
    if (point == '"' || point == '\\') append(line, STR("\\"));
    append(line, str_of(s.at, len));
    return len;
}

static void append_quoted(struct line *line, struct str s)
{
    append(line, STR("\""));
    while (s.len > 0) {
        size_t len = append_character(line, s);
        s = str_of(s.at + len, s.len - len);
    }
}

static void append_value(struct line *line, struct str s)
{
    bool is_long = s.len > LOG_VALUE_BYTES_MAX;
    struct str kept = str_slice(s, 0, LOG_VALUE_BYTES_MAX);

    /* Not in the middle of a character: what is left of it would show as bytes that nobody sent. */
    while (is_long && kept.len > 0 && ((uint8_t)s.at[kept.len] & 0xC0) == 0x80 &&
           LOG_VALUE_BYTES_MAX - kept.len < 4)
        kept.len--;
    if (!is_long && is_plain(s)) {
        append(line, s);
        return;
    }
    append_quoted(line, kept);
    append(line, is_long ? STR("...\"") : STR("\""));
}

static void append_field(struct line *line, const struct log_field *field)
{
    size_t len_before = line->len;
    char id[UUID_TEXT_LEN];

    append(line, STR(" "));
    append(line, str_from(field->key));
    append(line, STR("="));
    switch (field->kind) {
    case LOG_STR: append_value(line, field->str); break;
    case LOG_U64: append_number(line, "%" PRIu64, field->number); break;
    case LOG_I64: append_number(line, "%" PRId64, field->number); break;
    case LOG_UUID:
        uuid_write(&field->id, id);
        append(line, str_of(id, sizeof id));
        break;
    }
    if (line->is_cut) line->len = len_before;
}

static void write_line(const struct line *line)
{
    size_t done = 0;

    while (done < line->len) {
        ssize_t written = write(STDERR_FILENO, line->bytes + done, line->len - done);
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return;
        done += (size_t)written;
    }
}

void log_write_fields(enum log_level level, const char *event, const struct log_field *fields)
{
    struct line line;
    struct str end;
    char at[CLOCK_TEXT_LEN];

    if ((int)level < atomic_load_explicit(&level_min, memory_order_relaxed)) return;
    line.len = 0;
    line.is_cut = false;
    clock_write(clock_wall_ms(), at);
    append(&line, STR("at="));
    append(&line, str_of(at, sizeof at));
    append(&line, STR(" level="));
    append(&line, str_from(level_name(level)));
    append(&line, STR(" event="));
    append(&line, str_from(event));
    for (; fields->key != NULL && !line.is_cut; fields++) append_field(&line, fields);

    end = line.is_cut ? line_end_cut : line_end;
    memcpy(line.bytes + line.len, end.at, end.len); /* append leaves room for either */
    line.len += end.len;
    write_line(&line);
}
