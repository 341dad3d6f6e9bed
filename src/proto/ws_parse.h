// SPDX-License-Identifier: Apache-2.0
/* ws_parse.h — WebSocket frames in (RFC 6455 section 5), whole messages out.
 * Knows nothing of sockets, time or sending: the caller answers pings, echoes a close, limits the
 * rate, and gives up on a message that stays unfinished for too long (`ws_parser_is_idle`).
 *
 * One thread at a time. An idle parser is one small struct without memory of its own; memory is
 * taken only while a message or control frame is spread over several frames or reads, and stays
 * below twice the bytes received for it plus WS_PARSER_OVERHEAD_BYTES_MAX. What a peer does wrong
 * is a verdict, which ends the connection. */
#ifndef PROTO_WS_PARSE_H
#define PROTO_WS_PARSE_H

#include "base/result.h"
#include "base/str.h"
#include "proto/ws_frame.h"

#define WS_PARSER_OVERHEAD_BYTES_MAX 256u /* the price of the first byte of an unfinished message */

/* Which end of the connection reads: frames of a client are masked, those of a server are not. */
enum ws_side { WS_SIDE_SERVER, WS_SIDE_CLIENT };

struct ws_limits {
    uint32_t message_bytes_max; /* WS_MESSAGE_BYTES_MAX; > 0 */
    uint32_t fragments_max;     /* WS_FRAGMENTS_MAX: frames of one message, the first too; > 0 */
};

enum ws_verdict {
    WS_OK,        /* one event was found */
    WS_NEED_MORE, /* everything was read, and it ends in the middle of something or nowhere */
    /* The faults. The parser gives the same one for whatever follows. */
    WS_UNMASKED,         /* a client's frame without a mask */
    WS_MASKED,           /* a server's frame with one */
    WS_RESERVED_BITS,    /* RSV1-3; no extension was negotiated */
    WS_BAD_OPCODE,       /* one that nobody defined */
    WS_BAD_CONTROL,      /* a control frame that is fragmented or longer than 125 bytes */
    WS_BAD_LENGTH,       /* a length not in its shortest form, or with its highest bit set */
    WS_BAD_CONTINUATION, /* a continuation of nothing */
    WS_BAD_INTERLEAVING, /* a new message before the last one ended */
    WS_TOO_LARGE,        /* message_bytes_max; known from the header, before any memory is taken */
    WS_TOO_MANY_FRAGMENTS, /* fragments_max */
    WS_BAD_UTF8,           /* in a text or in the reason of a close */
    WS_BAD_CLOSE_LENGTH,   /* half a close code */
    WS_BAD_CLOSE_CODE,     /* one that must not be sent */
    WS_NO_MEMORY,          /* not the peer's fault */
};

enum ws_event_type {
    WS_EVENT_NONE,
    WS_EVENT_TEXT, /* valid UTF-8 */
    WS_EVENT_BINARY,
    WS_EVENT_PING, /* to be answered with a pong of the same payload */
    WS_EVENT_PONG,
    WS_EVENT_CLOSE, /* the last event: what a peer sends after its close frame is ignored */
};

struct ws_event {
    enum ws_event_type type;
    uint16_t close_code; /* of a close; WS_CLOSE_NO_CODE when the peer gave none */
    struct str payload;  /* the message, or the reason of a close; see ws_parse for how long */
};

/* Private, but embedded: there is one in every connection. */
struct ws_parser {
    struct ws_assembly *assembly; /* NULL unless something is spread over frames or reads */
    struct ws_limits limits;
    uint32_t frame_got_bytes;                         /* of the payload of the current frame */
    uint8_t header[WS_FRAME_MASKED_HEADER_BYTES_MAX]; /* of the current frame, as it came */
    uint8_t header_bytes;
    uint8_t side;  /* enum ws_side */
    uint8_t fault; /* enum ws_verdict; WS_OK while there was none */
    bool is_closed;
};

/* Takes no memory. */
void ws_parser_init(struct ws_parser *p, enum ws_side side, struct ws_limits limits);
/* Accepts a zeroed struct and may be called twice. */
void ws_parser_release(struct ws_parser *p);

/* Read `bytes` up to the end of the next event; call again with the rest until the verdict is not
 * WS_OK, also when nothing is left, because that call frees what the last event lay in. `event` is
 * written on WS_OK, `consumed` always; after any other verdict it is `len`.
 *
 * The bytes are unmasked in place, and the event is a view of them when it lies in them whole, else
 * of the parser's memory: it is valid until the next call with this parser and no longer than the
 * caller keeps `bytes`. */
MUST_USE enum ws_verdict ws_parse(struct ws_parser *p, char *bytes, size_t len, size_t *consumed,
                                  struct ws_event *event);

/* Is nothing begun that the peer has yet to finish? */
bool ws_parser_is_idle(const struct ws_parser *p);
/* The heap memory that the parser holds now. */
size_t ws_parser_pinned_bytes(const struct ws_parser *p);

/* What to close the connection with; a fault is asked for. */
enum ws_close_code ws_verdict_close_code(enum ws_verdict verdict);
/* A few words for the reason of the close frame and the log. Never NULL. */
const char *ws_verdict_text(enum ws_verdict verdict);

#endif
