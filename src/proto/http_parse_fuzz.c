// SPDX-License-Identifier: Apache-2.0
/* http_parse_fuzz.c — no bytes may stop the process, be read out of bounds, or be two requests.
 * The input is what a peer sends; the length of the input chooses where it is cut. A head that is
 * accepted goes on to the target and the query, and all that comes out must lie in what went in. */
#include <stdlib.h>

#include "base/check.h"
#include "proto/http_char.h"
#include "proto/http_parse.h"
#include "proto/http_scan.h"
#include "proto/http_target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct scanned {
    enum http_verdict verdict;
    size_t head_len;
};

/* Scan with `first` bytes, then `step` more at a time, each time in a block of that size. */
static struct scanned scan_in_steps(struct str bytes, size_t first, size_t step)
{
    struct http_head_scan scan = {0};
    struct scanned scanned = {.verdict = HTTP_NEED_MORE};

    for (size_t len = first;; len += step) {
        struct str seen = str_slice(bytes, 0, len);
        char *copy = malloc(seen.len + 1);

        CHECK(copy != NULL);
        if (seen.len > 0) memcpy(copy + 1, seen.at, seen.len);
        scanned.verdict = http_head_scan(&scan, str_of(copy + 1, seen.len), &scanned.head_len);
        free(copy);
        if (scanned.verdict != HTTP_NEED_MORE || len >= bytes.len) return scanned;
    }
}

static void expect_same(struct scanned a, struct scanned b)
{
    CHECK(a.verdict == b.verdict);
    CHECK(a.head_len == b.head_len);
}

/* Is the view inside of `owner`? Empty and static ones are. */
static void expect_inside(struct str view, struct str owner)
{
    if (view.at == NULL || str_equals(view, STR("/"))) return;
    CHECK(view.at >= owner.at);
    CHECK(view.at + view.len <= owner.at + owner.len);
}

static void expect_text(struct str s)
{
    CHECK(str_is_utf8(s));
    for (size_t i = 0; i < s.len; i++) CHECK((unsigned char)s.at[i] >= 0x20 && s.at[i] != 0x7F);
}

static void expect_clear_path(struct str path)
{
    CHECK(path.len > 0);
    expect_text(path);
    for (size_t i = 0; i + 1 < path.len; i++) CHECK(path.at[i] != '/' || path.at[i + 1] != '/');
    CHECK(memmem(path.at, path.len, "/../", 4) == NULL);
    CHECK(memmem(path.at, path.len, "/./", 3) == NULL);
}

static void expect_sound_target(struct str text)
{
    static char room[HTTP_TARGET_BYTES_MAX];
    struct http_target target;
    struct str value;

    if (http_target_parse(text, room, sizeof room, &target) != HTTP_OK) return;
    expect_clear_path(target.path);
    expect_inside(target.query, text);
    if (http_query_find(target.query, STR("a"), room, 16, &value) == HTTP_OK) {
        CHECK(value.len <= 16);
        expect_text(value);
    }
}

static void expect_sound_head(const struct http_request_head *r, struct str head)
{
    CHECK(!(r->chunked && r->has_content_length));
    CHECK(r->has_content_length || r->content_length == 0);
    CHECK(r->version_minor == 1 || (!r->chunked && !r->expect_100 && !r->upgrade_websocket));
    CHECK(r->version_minor == 0 || r->host.len > 0);
    CHECK(!r->upgrade_websocket || (r->connection_upgrade && !http_has_body(r)));
    CHECK(r->target.len > 0 && r->target.len <= HTTP_TARGET_BYTES_MAX);
    CHECK(r->target.at[0] == '/' || r->method == HTTP_METHOD_OPTIONS);
    CHECK(r->headers_count <= HTTP_HEADERS_MAX);
    expect_inside(r->method_text, head);
    expect_inside(r->target, head);
    expect_inside(r->host, head);
    for (size_t i = 0; i < r->headers_count; i++) {
        const struct http_header *h = &r->headers[i];

        expect_inside(h->name, head);
        expect_inside(h->value, head);
        CHECK(h->name.len > 0);
        CHECK(http_char_span(h->name, 0, HTTP_CHAR_TOKEN) == h->name.len);
        CHECK(http_char_span(h->value, 0, HTTP_CHAR_VALUE) == h->value.len);
        CHECK(http_header(r, h->name).at != NULL);
    }
}

/* Parse from a block of exactly the size of `text`, scanned or not. */
static enum http_verdict parse_copy(struct str text)
{
    static struct http_request_head head;
    char *copy = malloc(text.len + 1);
    struct str bytes = str_of(copy + 1, text.len);
    enum http_verdict verdict;

    CHECK(copy != NULL);
    if (text.len > 0) memcpy(copy + 1, text.at, text.len);
    verdict = http_parse_head(bytes, &head);
    CHECK(verdict == HTTP_OK || http_verdict_is_refusal(verdict));
    if (verdict == HTTP_OK) {
        expect_sound_head(&head, bytes);
        expect_sound_target(head.target);
    }
    free(copy);
    return verdict;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str bytes = str_of((const char *)data, size);
    struct scanned whole = scan_in_steps(bytes, size, 1);
    size_t cut = size * 7 % 97; /* any place will do, if the input decides it */

    expect_same(whole, scan_in_steps(bytes, cut < size ? cut : 0, size + 1));
    if (size < 1024) expect_same(whole, scan_in_steps(bytes, 0, 1));
    if (whole.verdict == HTTP_OK) {
        CHECK(whole.head_len <= size);
        (void)parse_copy(str_slice(bytes, 0, whole.head_len));
    }
    /* What the scan does not pass, and what has a part of the next request, is no head. */
    if (whole.verdict != HTTP_OK || whole.head_len < size) CHECK(parse_copy(bytes) != HTTP_OK);
    return 0;
}
