// SPDX-License-Identifier: Apache-2.0
/* ws_frame.c — writing frames, masking, and which codes are allowed.
 * Every frame written here is final: the server and its tools never fragment. Lengths are always in
 * their shortest form, as section 5.2 demands. */
#include "proto/ws_frame.h"

#include <assert.h>

#include "base/check.h"
#include "base/utf8.h"
#include "limits.h"

#define FIN_BIT 0x80
#define MASK_BIT 0x80
#define LENGTH_IN_16_BITS 126
#define LENGTH_IN_64_BITS 127

static_assert(WS_CLOSE_REASON_BYTES_MAX + 2 == WS_CONTROL_BYTES_MAX, "the code takes two bytes");
static_assert(WS_CLOSE_FRAME_BYTES_MAX == WS_CONTROL_BYTES_MAX + 2, "its header takes two more");

static void put_big_endian(char *out, uint64_t value, size_t bytes_count)
{
    for (size_t i = 0; i < bytes_count; i++) {
        out[i] = (char)(unsigned char)(value >> (8 * (bytes_count - 1 - i)));
    }
}

size_t ws_frame_header(enum ws_opcode opcode, size_t payload_bytes,
                       char out[WS_FRAME_HEADER_BYTES_MAX])
{
    CHECK(!ws_opcode_is_control((uint8_t)opcode) || payload_bytes <= WS_CONTROL_BYTES_MAX);
    out[0] = (char)(FIN_BIT | (unsigned char)opcode);
    if (payload_bytes < LENGTH_IN_16_BITS) {
        out[1] = (char)payload_bytes;
        return 2;
    }
    if (payload_bytes <= UINT16_MAX) {
        out[1] = LENGTH_IN_16_BITS;
        put_big_endian(out + 2, payload_bytes, 2);
        return 4;
    }
    out[1] = LENGTH_IN_64_BITS;
    put_big_endian(out + 2, payload_bytes, 8);
    return 10;
}

/* The longest beginning of `reason` that fits into a close frame and ends with a character. */
static struct str cut_reason(struct str reason)
{
    struct str cut = str_slice(reason, 0, WS_CLOSE_REASON_BYTES_MAX);

    if (cut.len == reason.len) return cut;
    while (cut.len > 0 && utf8_feed(UTF8_COMPLETE, cut) != UTF8_COMPLETE) cut.len--;
    return cut;
}

size_t ws_frame_close(enum ws_close_code code, struct str reason,
                      char out[WS_CLOSE_FRAME_BYTES_MAX])
{
    struct str cut = cut_reason(reason);

    if (code == WS_CLOSE_NO_CODE) return ws_frame_header(WS_OPCODE_CLOSE, 0, out);
    CHECK(ws_close_code_is_valid_from_peer((uint16_t)code));
    ws_frame_header(WS_OPCODE_CLOSE, 2 + cut.len, out);
    put_big_endian(out + 2, code, 2);
    if (cut.len > 0) memcpy(out + 4, cut.at, cut.len);
    return 4 + cut.len;
}

size_t ws_frame_masked(enum ws_opcode opcode, struct str payload,
                       const uint8_t key[WS_MASK_KEY_BYTES], char *out)
{
    size_t header_bytes = ws_frame_header(opcode, payload.len, out);

    out[1] = (char)(MASK_BIT | (unsigned char)out[1]);
    memcpy(out + header_bytes, key, WS_MASK_KEY_BYTES);
    header_bytes += WS_MASK_KEY_BYTES;
    if (payload.len > 0) memcpy(out + header_bytes, payload.at, payload.len);
    ws_mask(out + header_bytes, payload.len, key, 0);
    return header_bytes + payload.len;
}

void ws_mask(char *bytes, size_t len, const uint8_t key[WS_MASK_KEY_BYTES], size_t offset)
{
    uint8_t turned[8]; /* the key twice, from the byte on that falls on bytes[0] */
    uint64_t eight_keys;
    uint64_t eight;
    size_t i = 0;

    for (size_t k = 0; k < sizeof turned; k++) turned[k] = key[(offset + k) % WS_MASK_KEY_BYTES];
    memcpy(&eight_keys, turned, sizeof eight_keys);
    /* memcpy is how C reads eight bytes at any address; it compiles to one load. */
    for (; len - i >= sizeof eight; i += sizeof eight) {
        memcpy(&eight, bytes + i, sizeof eight);
        eight ^= eight_keys;
        memcpy(bytes + i, &eight, sizeof eight);
    }
    for (; i < len; i++) bytes[i] = (char)((unsigned char)bytes[i] ^ turned[i % sizeof turned]);
}

bool ws_opcode_is_known(uint8_t opcode)
{
    return opcode <= WS_OPCODE_BINARY || (opcode >= WS_OPCODE_CLOSE && opcode <= WS_OPCODE_PONG);
}

bool ws_opcode_is_control(uint8_t opcode)
{
    return (opcode & 0x8) != 0;
}

bool ws_close_code_is_valid_from_peer(uint16_t code)
{
    if (code >= 3000 && code <= 4999) return true; /* registered, or of the application */
    if (code >= 1000 && code <= 1003) return true;
    return code >= 1007 && code <= 1014; /* 1012-1014 came later, by IANA's registry */
}
