// SPDX-License-Identifier: Apache-2.0
/* http_body_fuzz.c — no bytes may stop the process, be read out of bounds, pass a limit, or be a
 * different body when they are cut differently.
 * The first byte of an input chooses framing, limit and one way of cutting; the rest is the body.
 * What is accepted as chunked is also written again in the plainest way and must read the same. */
#include <stdlib.h>

#include "base/buf.h"
#include "base/check.h"
#include "proto/http_body.h"

#define SIZED_BIT 0x01
#define SMALL_LIMIT_BIT 0x02

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct decoded {
    enum http_verdict verdict;
    size_t consumed;
    struct buf data;
};

/* Feed one block, of exactly its size, until it has no more to give. */
static void feed_block(struct http_body *body, struct str in, struct decoded *d)
{
    char *copy = malloc(in.len + 1);
    struct str rest = str_of(copy + 1, in.len);
    struct str piece;
    size_t consumed;

    CHECK(copy != NULL);
    if (in.len > 0) memcpy(copy + 1, in.at, in.len);
    do {
        d->verdict = http_body_feed(body, rest, &consumed, &piece);
        CHECK(consumed <= rest.len);
        if (d->verdict == HTTP_OK) {
            CHECK(piece.len > 0 && piece.len <= consumed);
            CHECK(piece.at + piece.len == rest.at + consumed);
            buf_append(&d->data, piece);
        }
        rest = str_of(rest.at + consumed, rest.len - consumed);
        d->consumed += consumed;
    } while (d->verdict == HTTP_OK);
    CHECK(d->verdict != HTTP_NEED_MORE || rest.len == 0);
    free(copy);
}

static void decode(struct decoded *d, const struct http_request_head *head, size_t bytes_max,
                   struct str in, size_t step)
{
    struct http_body body;

    *d = (struct decoded){.verdict = http_body_init(&body, head, bytes_max)};
    buf_init(&d->data, in.len + 1);
    if (d->verdict != HTTP_OK) return;
    for (size_t at = 0; at == 0 || (at < in.len && d->verdict == HTTP_NEED_MORE); at += step) {
        feed_block(&body, str_slice(in, at, step), d);
    }
    CHECK(d->data.len <= bytes_max);
    CHECK(d->data.len <= d->consumed);
    CHECK(!buf_overflowed(&d->data));
}

static void expect_same(struct decoded *a, struct decoded *b)
{
    CHECK(a->verdict == b->verdict);
    CHECK(a->consumed == b->consumed);
    CHECK(str_equals(buf_str(&a->data), buf_str(&b->data)));
    buf_release(&b->data);
}

static void expect_same_when_written_again(struct str content)
{
    static const struct http_request_head chunked = {.chunked = true};
    struct decoded again;
    struct buf body;

    buf_init(&body, content.len + 100);
    if (content.len > 0) {
        buf_append_format(&body, "%zx\r\n", content.len);
        buf_append(&body, content);
        buf_append(&body, STR("\r\n"));
    }
    buf_append(&body, STR("0\r\n\r\n"));
    decode(&again, &chunked, content.len, buf_str(&body), body.len);
    CHECK(again.verdict == HTTP_BODY_DONE);
    CHECK(again.consumed == body.len);
    CHECK(str_equals(buf_str(&again.data), content));
    buf_release(&again.data);
    buf_release(&body);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct http_request_head head = {.chunked = true};
    struct decoded whole, cut, by_byte;
    size_t bytes_max;
    struct str in;

    if (size == 0) return 0;
    if ((data[0] & SIZED_BIT) != 0) {
        head = (struct http_request_head){.has_content_length = true, .content_length = data[0]};
    }
    bytes_max = (data[0] & SMALL_LIMIT_BIT) != 0 ? 40 : SIZE_MAX;
    in = str_of((const char *)data + 1, size - 1);
    decode(&whole, &head, bytes_max, in, in.len + 1);
    decode(&cut, &head, bytes_max, in, 1 + (data[0] >> 2));
    expect_same(&whole, &cut);
    decode(&by_byte, &head, bytes_max, in, 1);
    expect_same(&whole, &by_byte);
    if (whole.verdict == HTTP_BODY_DONE) expect_same_when_written_again(buf_str(&whole.data));
    buf_release(&whole.data);
    return 0;
}
