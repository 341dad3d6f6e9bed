// SPDX-License-Identifier: Apache-2.0
/* ws_frame.h — the words of RFC 6455 (opcodes, close codes, masking) and how frames are written.
 * Reading frames is ws_parse.h. Pure: writes into the caller's memory, allocates nothing, any
 * thread, cannot fail. */
#ifndef PROTO_WS_FRAME_H
#define PROTO_WS_FRAME_H

#include "base/str.h"

#define WS_FRAME_HEADER_BYTES_MAX 10u        /* of a frame that is not masked */
#define WS_FRAME_MASKED_HEADER_BYTES_MAX 14u /* the same and the key */
#define WS_MASK_KEY_BYTES 4u
#define WS_CLOSE_REASON_BYTES_MAX 123u /* a control payload without the code */
#define WS_CLOSE_FRAME_BYTES_MAX 127u  /* header, code and the longest reason */

/* Section 5.2. */
enum ws_opcode {
    WS_OPCODE_CONTINUATION = 0x0,
    WS_OPCODE_TEXT = 0x1,
    WS_OPCODE_BINARY = 0x2,
    WS_OPCODE_CLOSE = 0x8,
    WS_OPCODE_PING = 0x9,
    WS_OPCODE_PONG = 0xA,
};

/* Why a connection ends: section 7.4 and the range 4000-4999 that is ours to define. */
enum ws_close_code {
    WS_CLOSE_NORMAL = 1000,
    WS_CLOSE_GOING_AWAY = 1001,
    WS_CLOSE_PROTOCOL_ERROR = 1002,
    WS_CLOSE_UNSUPPORTED = 1003, /* a binary message, for instance */
    WS_CLOSE_NO_CODE = 1005,     /* never sent: stands for a close frame without a code */
    WS_CLOSE_BAD_TEXT = 1007,
    WS_CLOSE_POLICY = 1008, /* too many requests */
    WS_CLOSE_TOO_LARGE = 1009,
    WS_CLOSE_INTERNAL_ERROR = 1011,
    WS_CLOSE_RESTART = 1012,         /* connect again, after a random delay */
    WS_CLOSE_OVERLOAD = 1013,        /* try again later */
    WS_CLOSE_SESSION_REVOKED = 4001, /* do not try again */
    WS_CLOSE_TOKEN_EXPIRED = 4002,   /* fetch a new messaging token first */
    WS_CLOSE_SLOW = 4008,            /* the client did not read fast enough; it may resume */
};

/* Write the header of a final, unmasked frame, as a server sends it; returns its length. */
size_t ws_frame_header(enum ws_opcode opcode, size_t payload_bytes,
                       char out[WS_FRAME_HEADER_BYTES_MAX]);

/* Write a whole unmasked close frame; returns its length. WS_CLOSE_NO_CODE gives one without a
 * payload. A reason too long for a control frame is cut at the end of a character. */
size_t ws_frame_close(enum ws_close_code code, struct str reason,
                      char out[WS_CLOSE_FRAME_BYTES_MAX]);

/* Write a final, masked frame, as a client sends it; returns its length. `out` has room for the
 * payload and WS_FRAME_MASKED_HEADER_BYTES_MAX. The key must not be foreseeable (section 10.3). */
size_t ws_frame_masked(enum ws_opcode opcode, struct str payload,
                       const uint8_t key[WS_MASK_KEY_BYTES], char *out);

/* Mask or unmask in place (it is the same). `offset` is the position of bytes[0] in the payload. */
void ws_mask(char *bytes, size_t len, const uint8_t key[WS_MASK_KEY_BYTES], size_t offset);

bool ws_opcode_is_known(uint8_t opcode);
bool ws_opcode_is_control(uint8_t opcode);

/* May a peer send this code in a close frame? Codes that only stand for something that happened
 * locally (1005, 1006, 1015) may not, nor those that nobody has defined. */
bool ws_close_code_is_valid_from_peer(uint16_t code);

#endif
