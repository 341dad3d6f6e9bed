// SPDX-License-Identifier: Apache-2.0
/* http_scan.c — one pass over the bytes of a head, resumable anywhere.
 * Each refusal is tied to the position of one byte, never to the size of what arrived at once: this
 * is why a head cut into single bytes gets the verdict of the whole.
 * Invariant: line_start <= scanned <= HTTP_HEAD_BYTES_MAX; bytes before `scanned` are fine. */
#include "proto/http_scan.h"

#include "base/check.h"
#include "limits.h"
#include "proto/http_char.h"

/* Is the request line, of which `len` bytes are known, still one that could be accepted? */
static enum http_verdict check_request_line(const char *line, size_t len)
{
    if (len > HTTP_METHOD_BYTES_MAX && memchr(line, ' ', HTTP_METHOD_BYTES_MAX + 1) == NULL) {
        return HTTP_METHOD_TOO_LONG;
    }
    return len > HTTP_REQUEST_LINE_BYTES_MAX ? HTTP_TARGET_TOO_LONG : HTTP_OK;
}

/* Account for the line that ends in the CR LF at `end`. HTTP_OK: the head is complete. */
static enum http_verdict end_line(struct http_head_scan *scan, size_t end)
{
    bool is_blank = end == scan->line_start;

    scan->scanned = scan->line_start = end + 2;
    if (is_blank && scan->lines_count > 0) return HTTP_OK;
    if (is_blank) {
        return ++scan->blank_lines_count > HTTP_BLANK_LINES_MAX ? HTTP_BAD_BLANK_LINES
                                                                : HTTP_NEED_MORE;
    }
    return ++scan->lines_count > 1 + HTTP_HEADERS_MAX ? HTTP_TOO_MANY_HEADERS : HTTP_NEED_MORE;
}

enum http_verdict http_head_scan(struct http_head_scan *scan, struct str bytes, size_t *head_len)
{
    struct str seen = str_slice(bytes, 0, HTTP_HEAD_BYTES_MAX);
    enum http_verdict verdict = HTTP_NEED_MORE;

    CHECK(scan->scanned <= seen.len);
    CHECK(scan->line_start <= scan->scanned);
    while (verdict == HTTP_NEED_MORE) {
        size_t i = http_char_span(seen, scan->scanned, HTTP_CHAR_VALUE);

        scan->scanned = i;
        if (scan->lines_count == 0 && i > scan->line_start) {
            verdict = check_request_line(seen.at + scan->line_start, i - scan->line_start);
            if (verdict != HTTP_OK) return verdict;
        }
        if (i < seen.len && seen.at[i] != '\r') {
            return seen.at[i] == '\n' ? HTTP_BAD_LINE_END : HTTP_BAD_CONTROL_BYTE;
        }
        if (i + 1 >= seen.len) {
            return seen.len == HTTP_HEAD_BYTES_MAX ? HTTP_HEAD_TOO_LARGE : HTTP_NEED_MORE;
        }
        if (seen.at[i + 1] != '\n') return HTTP_BAD_LINE_END;
        verdict = end_line(scan, i);
    }
    if (verdict == HTTP_OK) *head_len = scan->scanned;
    return verdict;
}
