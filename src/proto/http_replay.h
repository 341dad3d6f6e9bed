// SPDX-License-Identifier: Apache-2.0
/* http_replay.h — for tests: read request heads by scan and parser, in every way they can come.
 * A head is read whole, cut at every byte, and with a second request behind it; all must be read in
 * the same one way. To be included after cmocka.h. */
#ifndef PROTO_HTTP_REPLAY_H
#define PROTO_HTTP_REPLAY_H

#include <stdlib.h>

#include "base/buf.h"
#include "proto/http_parse.h"
#include "proto/http_scan.h"

#define START "GET / HTTP/1.1\r\nHost: a\r\n"
#define END "\r\n\r\n"

/* Whole heads that differ in one place. */
#define GET(fields) STR(START fields END)
#define POST(fields) STR("POST / HTTP/1.1\r\nHost: a\r\n" fields END)
#define HOST(value) STR("GET / HTTP/1.1\r\nHost:" value END)
#define LINE(line) STR(line "\r\nHost: a" END)

#define SECOND "GET /second HTTP/1.1\r\nHost: b\r\n\r\n"

struct row {
    const char *name;
    struct str head;
    enum http_verdict verdict;
};

/* What reading a request gave. Views point into `copy`, which has no byte to spare. */
struct reading {
    enum http_verdict verdict;
    size_t head_len;
    struct http_request_head head;
    char *copy;
};

static inline void reading_release(struct reading *r)
{
    free(r->copy);
}

/* Read the first request of `bytes`, of which the first `cut` bytes come alone. */
static inline void read_cut(struct reading *r, struct str bytes, size_t cut)
{
    struct http_head_scan scan = {0};

    r->head_len = 0;
    r->copy = malloc(bytes.len + 1);
    assert_non_null(r->copy);
    memcpy(r->copy, bytes.at, bytes.len);
    r->verdict = http_head_scan(&scan, str_of(r->copy, cut), &r->head_len);
    if (r->verdict == HTTP_NEED_MORE) {
        r->verdict = http_head_scan(&scan, str_of(r->copy, bytes.len), &r->head_len);
    }
    if (r->verdict == HTTP_OK) {
        /* Parse from a block of just the head, so that the sanitizer sees a read past its end. */
        char *head = malloc(r->head_len);

        assert_non_null(head);
        memcpy(head, bytes.at, r->head_len);
        free(r->copy);
        r->copy = head;
        r->verdict = http_parse_head(str_of(head, r->head_len), &r->head);
    }
}

static inline void read_whole(struct reading *r, struct str bytes)
{
    read_cut(r, bytes, bytes.len);
}

static inline void assert_second_request(struct str bytes, const char *name)
{
    struct reading second;

    read_whole(&second, bytes);
    if (second.verdict != HTTP_OK || !str_equals(second.head.target, STR("/second"))) {
        fail_msg("%s: the second request was misread", name);
    }
    reading_release(&second);
}

static inline void assert_row(const struct row *row)
{
    struct buf pipelined;

    buf_init(&pipelined, row->head.len + 100);
    buf_append(&pipelined, row->head);
    buf_append(&pipelined, STR(SECOND));
    for (size_t cut = 0; cut <= pipelined.len; cut++) {
        bool is_alone = cut <= row->head.len;
        struct reading r;

        read_cut(&r, is_alone ? row->head : buf_str(&pipelined), cut);
        if (r.verdict != row->verdict) {
            fail_msg("%s: cut at %zu: verdict %d, not %d", row->name, cut, (int)r.verdict,
                     (int)row->verdict);
        }
        if (r.verdict == HTTP_OK) assert_int_equal(r.head_len, row->head.len);
        reading_release(&r);
    }
    if (row->verdict == HTTP_OK) {
        assert_second_request(str_slice(buf_str(&pipelined), row->head.len, pipelined.len),
                              row->name);
    }
    buf_release(&pipelined);
}

static inline void assert_rows(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) assert_row(&rows[i]);
}

#define ASSERT_ROWS(rows) assert_rows((rows), sizeof(rows) / sizeof(rows)[0])

static inline void assert_str(struct str actual, const char *expected)
{
    if (!str_equals(actual, str_from(expected))) {
        fail_msg("\"%.*s\" is not \"%s\"", STR_ARGS(actual), expected);
    }
}

#endif
