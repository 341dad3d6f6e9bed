// SPDX-License-Identifier: Apache-2.0
/* ws_replay.h — a tool of the tests and the fuzzer: feed a stream to a parser in reads of given
 * sizes and write down what it says, so that two ways of cutting the same stream can be compared.
 * Every read lies in memory of exactly its size that is freed right after it, so that the address
 * sanitizer sees each byte read past the end and each view kept for too long. It CHECKs on the way
 * what must hold for any input. Functions are inline because only tests include them. */
#ifndef PROTO_WS_REPLAY_H
#define PROTO_WS_REPLAY_H

#include <stdlib.h>

#include "base/buf.h"
#include "base/check.h"
#include "proto/ws_parse.h"

struct ws_replay {
    struct buf events;        /* one word per event, as "text(abc)close(1000,bye)" */
    enum ws_verdict verdict;  /* the last one */
    size_t fed_bytes;         /* up to and with the read that the last verdict came from */
    size_t pinned_bytes_peak; /* of the parser's heap memory */
};

/* The first read has first_bytes, each later one next_bytes; both at least 1. */
struct ws_reads {
    size_t first_bytes;
    size_t next_bytes;
};

static inline void ws_replay_release(struct ws_replay *r)
{
    buf_release(&r->events);
}

static inline void ws_replay_write(struct buf *out, const struct ws_event *event)
{
    static const char *const names[] = {
        [WS_EVENT_TEXT] = "text", [WS_EVENT_BINARY] = "binary", [WS_EVENT_PING] = "ping",
        [WS_EVENT_PONG] = "pong", [WS_EVENT_CLOSE] = "close",
    };

    CHECK(event->type != WS_EVENT_NONE);
    buf_append_format(out, "%s(", names[event->type]);
    if (event->type == WS_EVENT_CLOSE) buf_append_format(out, "%u,", event->close_code);
    buf_append(out, event->payload);
    buf_append(out, STR(")"));
}

/* One read: everything that is in it. `wire_bytes` counts what came since the parser last held
 * nothing, and bounds what it may hold (case W17). */
static inline void ws_replay_read(struct ws_replay *r, struct ws_parser *p, struct str read,
                                  size_t *wire_bytes)
{
    char *bytes = malloc(read.len);
    size_t done = 0;
    struct ws_event event;

    CHECK(bytes != NULL);
    memcpy(bytes, read.at, read.len);
    do {
        size_t consumed = SIZE_MAX;
        size_t pinned_bytes;

        r->verdict = ws_parse(p, bytes + done, read.len - done, &consumed, &event);
        CHECK(consumed <= read.len - done);
        CHECK(r->verdict == WS_OK || consumed == read.len - done);
        done += consumed;
        *wire_bytes += consumed;
        if (r->verdict == WS_OK) ws_replay_write(&r->events, &event);
        pinned_bytes = ws_parser_pinned_bytes(p);
        CHECK(pinned_bytes <= 2 * *wire_bytes + WS_PARSER_OVERHEAD_BYTES_MAX);
        CHECK(r->verdict == WS_OK || !ws_parser_is_idle(p) || pinned_bytes == 0);
        if (pinned_bytes > r->pinned_bytes_peak) r->pinned_bytes_peak = pinned_bytes;
        if (pinned_bytes == 0) *wire_bytes = 0;
    } while (r->verdict == WS_OK);
    free(bytes);
    r->fed_bytes += read.len;
}

/* Feed `stream` up to its end or to the first fault. */
static inline void ws_replay_run(struct ws_replay *r, enum ws_side side, struct ws_limits limits,
                                 struct str stream, struct ws_reads reads)
{
    struct ws_parser parser;
    size_t read_bytes = reads.first_bytes;
    size_t wire_bytes = 0;

    *r = (struct ws_replay){.verdict = WS_NEED_MORE};
    buf_init(&r->events, SIZE_MAX / 4);
    ws_parser_init(&parser, side, limits);
    while (r->fed_bytes < stream.len && r->verdict == WS_NEED_MORE) {
        ws_replay_read(r, &parser, str_slice(stream, r->fed_bytes, read_bytes), &wire_bytes);
        read_bytes = reads.next_bytes;
    }
    CHECK(!buf_overflowed(&r->events));
    ws_parser_release(&parser);
    CHECK(ws_parser_pinned_bytes(&parser) == 0);
}

#endif
