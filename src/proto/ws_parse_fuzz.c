// SPDX-License-Identifier: Apache-2.0
/* ws_parse_fuzz.c — no stream of bytes may stop the process, read out of bounds, pin more memory
 * than it paid for, or mean something else when it is cut differently.
 * The first byte of an input chooses the side, the limits and one way of cutting; the rest is the
 * stream. What must hold for each read alone is CHECKed in ws_replay.h. */
#include "limits.h"
#include "proto/ws_replay.h"

#define SIDE_BIT 0x01
#define SMALL_LIMITS_BIT 0x02

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect_same(const struct ws_replay *a, const struct ws_replay *b)
{
    CHECK(a->verdict == b->verdict);
    CHECK(str_equals(buf_str(&a->events), buf_str(&b->events)));
}

/* What the server answers to a fault must be a frame that a client accepts. */
static void expect_close_frame(enum ws_verdict verdict, struct ws_limits limits)
{
    enum ws_close_code code = ws_verdict_close_code(verdict);
    char frame[WS_CLOSE_FRAME_BYTES_MAX];
    size_t len = ws_frame_close(code, str_from(ws_verdict_text(verdict)), frame);
    struct ws_parser client;
    struct ws_event event;
    size_t consumed;

    ws_parser_init(&client, WS_SIDE_CLIENT, limits);
    CHECK(ws_parse(&client, frame, len, &consumed, &event) == WS_OK);
    CHECK(consumed == len);
    CHECK(event.type == WS_EVENT_CLOSE);
    CHECK(event.close_code == code);
    ws_parser_release(&client);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ws_replay whole, cut, by_byte;
    struct ws_limits limits = {.message_bytes_max = WS_MESSAGE_BYTES_MAX,
                               .fragments_max = WS_FRAGMENTS_MAX};
    enum ws_side side;
    struct str stream;

    if (size < 2) return 0;
    side = (data[0] & SIDE_BIT) != 0 ? WS_SIDE_CLIENT : WS_SIDE_SERVER;
    if ((data[0] & SMALL_LIMITS_BIT) != 0) {
        limits = (struct ws_limits){.message_bytes_max = 200, .fragments_max = 3};
    }
    stream = str_of((const char *)data + 1, size - 1);
    ws_replay_run(&whole, side, limits, stream, (struct ws_reads){stream.len, 1});
    ws_replay_run(&cut, side, limits, stream, (struct ws_reads){1 + (data[0] >> 2), 17});
    ws_replay_run(&by_byte, side, limits, stream, (struct ws_reads){1, 1});
    expect_same(&whole, &by_byte);
    expect_same(&whole, &cut);
    if (whole.verdict != WS_NEED_MORE) expect_close_frame(whole.verdict, limits);
    ws_replay_release(&whole);
    ws_replay_release(&cut);
    ws_replay_release(&by_byte);
    return 0;
}
