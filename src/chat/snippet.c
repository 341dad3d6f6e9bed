// SPDX-License-Identifier: Apache-2.0
/* snippet.c — where to cut, and writing it. A cut is made at white space, if there is some near. */
#include "chat/snippet.h"

#include "base/buf.h"
#include "base/check.h"
#include "limits.h"

/* "&quot;" is the longest reference, one for a byte; each span has two tags. */
#define SNIPPET_BYTES_MAX (SNIPPET_CHARS_MAX * 6u + SEARCH_SPANS_MAX * 13u + 6u)
#define ELLIPSIS STR("…")

static bool is_continuation(char c)
{
    return ((uint8_t)c & 0xC0) == 0x80;
}

static bool is_space(char c)
{
    return (uint8_t)c <= ' ';
}

/* `chars` characters before `at`, or the start. */
static size_t step_back(struct str text, size_t at, size_t chars)
{
    while (at > 0 && chars > 0) {
        at--;
        if (!is_continuation(text.at[at])) chars--;
    }
    return at;
}

static size_t step_on(struct str text, size_t at, size_t chars)
{
    while (at < text.len && chars > 0) {
        at++;
        while (at < text.len && is_continuation(text.at[at])) at++;
        chars--;
    }
    return at;
}

static size_t find_start(struct str text, const struct search_span *first)
{
    size_t start = step_back(text, first->start, SNIPPET_LEAD_CHARS);

    if (start == 0) return 0;
    for (size_t at = start; at < first->start; at++) {
        if (is_space(text.at[at]) && !is_space(text.at[at + 1])) return at + 1;
    }
    return start;
}

static size_t find_end(struct str text, size_t start, const struct search_match *match)
{
    size_t end = step_on(text, start, SNIPPET_CHARS_MAX);
    size_t earliest = step_back(text, end, SNIPPET_LEAD_CHARS);

    if (end == text.len) return end;
    for (size_t i = 0; i < match->count; i++) {
        if (match->spans[i].end <= end && match->spans[i].end > earliest)
            earliest = match->spans[i].end;
    }
    for (size_t at = end; at > earliest; at--) {
        if (is_space(text.at[at])) return at;
    }
    return end;
}

static void write_text(struct buf *out, struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];

        if (c == '&') buf_append(out, STR("&amp;"));
        else if (c == '<') buf_append(out, STR("&lt;"));
        else if (c == '>') buf_append(out, STR("&gt;"));
        else if (c == '"') buf_append(out, STR("&quot;"));
        else if (c == '\'') buf_append(out, STR("&#39;"));
        else buf_append_byte(out, is_space(c) || c == '\x7f' ? ' ' : c);
    }
}

struct str snippet_make(struct str text, const struct search_match *match, struct arena *arena)
{
    size_t start = find_start(text, &match->spans[0]);
    size_t end = find_end(text, start, match);
    size_t at = start;
    struct buf out;
    struct str snippet;

    CHECK(match->count > 0);
    buf_init(&out, 4 * SNIPPET_BYTES_MAX);
    if (start > 0) buf_append(&out, ELLIPSIS);
    for (size_t i = 0; i < match->count && match->spans[i].start < end; i++) {
        const struct search_span *span = &match->spans[i];
        size_t span_end = span->end < end ? span->end : end;

        write_text(&out, str_slice(text, at, span->start - at));
        buf_append(&out, STR("<mark>"));
        write_text(&out, str_slice(text, span->start, span_end - span->start));
        buf_append(&out, STR("</mark>"));
        at = span_end;
    }
    write_text(&out, str_slice(text, at, end - at));
    if (end < text.len) buf_append(&out, ELLIPSIS);
    CHECK(!buf_overflowed(&out));
    snippet = arena_copy(arena, buf_str(&out));
    buf_release(&out);
    return snippet;
}
