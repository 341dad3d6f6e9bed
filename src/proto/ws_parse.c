// SPDX-License-Identifier: Apache-2.0
/* ws_parse.c — a parser that can stop after any byte and go on with the next read.
 * Each header is gathered in the parser and judged byte by byte, so that a fault is found at the
 * same byte however the stream is cut, and before anything is allocated for the payload. A message
 * or control frame that lies in the caller's buffer as one whole frame is handed out from there.
 * Anything else goes through the *assembly*, which lives from the first byte that must be kept
 * until the call after the event.
 *
 * Invariants: between two calls the header is either incomplete, or complete with a payload that is
 * not. The assembly holds the unfinished message and, behind it, the unfinished control frame that
 * came in its middle; there is at most one of each. */
#include "proto/ws_parse.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/check.h"
#include "base/utf8.h"
#include "limits.h"

#define FIN_BIT 0x80
#define RESERVED_BITS 0x70
#define OPCODE_BITS 0x0F
#define MASK_BIT 0x80
#define LENGTH_BITS 0x7F
#define LENGTH_IN_16_BITS 126
#define LENGTH_IN_64_BITS 127

struct ws_assembly {
    struct buf bytes;         /* the message so far, then the control frame so far */
    uint32_t fragments_count; /* frames of the message that are complete */
    enum utf8_state utf8;     /* of the message so far, if it is a text */
    enum ws_opcode opcode;    /* of the message; WS_OPCODE_CONTINUATION while there is none */
};

static_assert(sizeof(struct ws_parser) <= 40, "tens of thousands of idle connections hold one");
static_assert(sizeof(struct ws_assembly) <= WS_PARSER_OVERHEAD_BYTES_MAX / 2,
              "the first allocation of a buf needs the other half");

/* What is left of the caller's bytes. */
struct input {
    char *at;
    size_t left;
};

/* A complete header, decoded. */
struct frame {
    enum ws_opcode opcode;
    bool is_final;
    bool is_masked;
    uint8_t key[WS_MASK_KEY_BYTES];
    size_t payload_bytes; /* within the limits */
};

void ws_parser_init(struct ws_parser *p, enum ws_side side, struct ws_limits limits)
{
    CHECK(limits.message_bytes_max > 0);
    CHECK(limits.fragments_max > 0);
    *p = (struct ws_parser){.side = (uint8_t)side, .limits = limits};
}

static void assembly_free(struct ws_parser *p)
{
    if (p->assembly == NULL) return;
    buf_release(&p->assembly->bytes);
    free(p->assembly);
    p->assembly = NULL;
}

void ws_parser_release(struct ws_parser *p)
{
    assembly_free(p);
}

static bool is_within_message(const struct ws_parser *p)
{
    return p->assembly != NULL && p->assembly->opcode != WS_OPCODE_CONTINUATION;
}

/* The message that the current frame would continue; control frames do not count. */
static size_t message_got_bytes(const struct ws_parser *p)
{
    const struct ws_assembly *a = p->assembly;

    return a == NULL || a->opcode == WS_OPCODE_CONTINUATION ? 0 : a->bytes.len;
}

/* ---- header ---- */

/* How many bytes the length takes behind the first two. */
static size_t long_length_bytes(const struct ws_parser *p)
{
    switch (p->header[1] & LENGTH_BITS) {
    case LENGTH_IN_16_BITS: return 2;
    case LENGTH_IN_64_BITS: return 8;
    default: return 0;
    }
}

/* How long the header is, as far as its first bytes tell. */
static size_t header_bytes_needed(const struct ws_parser *p)
{
    if (p->header_bytes < 2) return 2;
    return 2 + long_length_bytes(p) + ((p->header[1] & MASK_BIT) != 0 ? WS_MASK_KEY_BYTES : 0);
}

static uint64_t header_payload_bytes(const struct ws_parser *p)
{
    size_t count = long_length_bytes(p);
    uint64_t value = 0;

    if (count == 0) return p->header[1] & LENGTH_BITS;
    for (size_t i = 0; i < count; i++) value = value << 8 | p->header[2 + i];
    return value;
}

static enum ws_verdict check_first_byte(const struct ws_parser *p)
{
    uint8_t opcode = p->header[0] & OPCODE_BITS;

    if ((p->header[0] & RESERVED_BITS) != 0) return WS_RESERVED_BITS;
    if (!ws_opcode_is_known(opcode)) return WS_BAD_OPCODE;
    if (ws_opcode_is_control(opcode)) {
        return (p->header[0] & FIN_BIT) == 0 ? WS_BAD_CONTROL : WS_OK;
    }
    if (opcode != WS_OPCODE_CONTINUATION) {
        return is_within_message(p) ? WS_BAD_INTERLEAVING : WS_OK;
    }
    if (!is_within_message(p)) return WS_BAD_CONTINUATION;
    if (p->assembly->fragments_count >= p->limits.fragments_max) return WS_TOO_MANY_FRAGMENTS;
    return WS_OK;
}

static enum ws_verdict check_second_byte(const struct ws_parser *p)
{
    bool is_masked = (p->header[1] & MASK_BIT) != 0;

    if (p->side == WS_SIDE_SERVER && !is_masked) return WS_UNMASKED;
    if (p->side == WS_SIDE_CLIENT && is_masked) return WS_MASKED;
    if (ws_opcode_is_control(p->header[0] & OPCODE_BITS)) {
        if (long_length_bytes(p) > 0) return WS_BAD_CONTROL;
    }
    return WS_OK;
}

static enum ws_verdict check_length(const struct ws_parser *p)
{
    uint64_t payload_bytes = header_payload_bytes(p);
    size_t count = long_length_bytes(p);

    if (count == 2 && payload_bytes < LENGTH_IN_16_BITS) return WS_BAD_LENGTH;
    if (count == 8 && payload_bytes <= UINT16_MAX) return WS_BAD_LENGTH;
    if (payload_bytes > INT64_MAX) return WS_BAD_LENGTH;
    if (ws_opcode_is_control(p->header[0] & OPCODE_BITS)) {
        bool is_close = (p->header[0] & OPCODE_BITS) == WS_OPCODE_CLOSE;
        return is_close && payload_bytes == 1 ? WS_BAD_CLOSE_LENGTH : WS_OK;
    }
    if (payload_bytes > p->limits.message_bytes_max - message_got_bytes(p)) return WS_TOO_LARGE;
    return WS_OK;
}

/* Judge the header after each byte, as soon as that byte can be judged. */
static enum ws_verdict check_header(const struct ws_parser *p)
{
    enum ws_verdict verdict = WS_OK;

    if (p->header_bytes == 1) return check_first_byte(p);
    if (p->header_bytes == 2) verdict = check_second_byte(p);
    if (verdict == WS_OK && p->header_bytes == 2 + long_length_bytes(p)) verdict = check_length(p);
    return verdict;
}

static struct frame decode_header(const struct ws_parser *p)
{
    struct frame frame = {
        .opcode = p->header[0] & OPCODE_BITS,
        .is_final = (p->header[0] & FIN_BIT) != 0,
        .is_masked = (p->header[1] & MASK_BIT) != 0,
        .payload_bytes = (size_t)header_payload_bytes(p),
    };

    if (frame.is_masked) {
        memcpy(frame.key, p->header + p->header_bytes - WS_MASK_KEY_BYTES, WS_MASK_KEY_BYTES);
    }
    return frame;
}

/* Gather the header. WS_OK: it is complete, perhaps since an earlier call, and fine. */
static enum ws_verdict take_header(struct ws_parser *p, struct input *in)
{
    enum ws_verdict verdict = WS_OK;

    while (verdict == WS_OK && p->header_bytes < header_bytes_needed(p)) {
        if (in->left == 0) return WS_NEED_MORE;
        p->header[p->header_bytes++] = (uint8_t)*in->at++;
        in->left--;
        verdict = check_header(p);
    }
    return verdict;
}

/* ---- payload ---- */

static enum ws_verdict finish_close(struct ws_parser *p, struct str payload, struct ws_event *event)
{
    uint16_t code = WS_CLOSE_NO_CODE;
    struct str reason = str_slice(payload, 2, payload.len);

    if (payload.len > 0) {
        code = (uint16_t)((unsigned char)payload.at[0] << 8 | (unsigned char)payload.at[1]);
        if (!ws_close_code_is_valid_from_peer(code)) return WS_BAD_CLOSE_CODE;
        if (utf8_feed(UTF8_COMPLETE, reason) != UTF8_COMPLETE) return WS_BAD_UTF8;
    }
    p->is_closed = true;
    *event = (struct ws_event){WS_EVENT_CLOSE, code, reason};
    return WS_OK;
}

static enum ws_verdict finish_control(struct ws_parser *p, enum ws_opcode opcode,
                                      struct str payload, struct ws_event *event)
{
    if (opcode == WS_OPCODE_CLOSE) return finish_close(p, payload, event);
    event->type = opcode == WS_OPCODE_PING ? WS_EVENT_PING : WS_EVENT_PONG;
    event->payload = payload;
    return WS_OK;
}

static enum ws_verdict finish_message(enum ws_opcode opcode, enum utf8_state utf8,
                                      struct str payload, struct ws_event *event)
{
    if (opcode == WS_OPCODE_TEXT && utf8 != UTF8_COMPLETE) return WS_BAD_UTF8;
    event->type = opcode == WS_OPCODE_TEXT ? WS_EVENT_TEXT : WS_EVENT_BINARY;
    event->payload = payload;
    return WS_OK;
}

static void end_frame(struct ws_parser *p)
{
    p->header_bytes = 0;
    p->frame_got_bytes = 0;
}

/* The payload is in the caller's buffer from its first byte to its last, and is all there is. */
static enum ws_verdict take_in_place(struct ws_parser *p, struct frame frame, struct str payload,
                                     struct ws_event *event)
{
    enum utf8_state utf8 = UTF8_COMPLETE;

    end_frame(p);
    if (ws_opcode_is_control((uint8_t)frame.opcode)) {
        return finish_control(p, frame.opcode, payload, event);
    }
    if (frame.opcode == WS_OPCODE_TEXT) utf8 = utf8_feed(utf8, payload);
    return finish_message(frame.opcode, utf8, payload, event);
}

/* Append a piece of the current frame to what is kept already; false without memory. */
static bool keep(struct ws_parser *p, enum ws_opcode opcode, struct str piece)
{
    if (p->assembly == NULL) {
        p->assembly = calloc(1, sizeof *p->assembly);
        if (p->assembly == NULL) return false;
        buf_init(&p->assembly->bytes, (size_t)p->limits.message_bytes_max + WS_CONTROL_BYTES_MAX);
    }
    if (opcode == WS_OPCODE_TEXT || opcode == WS_OPCODE_BINARY) p->assembly->opcode = opcode;
    buf_append(&p->assembly->bytes, piece);
    return !buf_overflowed(&p->assembly->bytes); /* of its two reasons, the limits exclude size */
}

/* Unmask the piece that was kept last and, in a text, see whether it can go on like that. */
static enum ws_verdict read_kept(struct ws_parser *p, struct frame frame, size_t len)
{
    struct ws_assembly *a = p->assembly;
    char *piece;

    if (len == 0) return WS_OK;
    piece = a->bytes.bytes + a->bytes.len - len;
    if (frame.is_masked) ws_mask(piece, len, frame.key, p->frame_got_bytes);
    if (ws_opcode_is_control((uint8_t)frame.opcode) || a->opcode != WS_OPCODE_TEXT) return WS_OK;
    a->utf8 = utf8_feed(a->utf8, str_of(piece, len));
    return a->utf8 == UTF8_BROKEN ? WS_BAD_UTF8 : WS_OK;
}

/* A control frame came in pieces and is complete. It is taken off the message that it lies behind,
 * whose next piece will overwrite it; until then, which is the next call, the view holds. */
static enum ws_verdict end_kept_control(struct ws_parser *p, struct frame frame,
                                        struct ws_event *event)
{
    struct buf *bytes = &p->assembly->bytes;

    bytes->len -= frame.payload_bytes;
    end_frame(p);
    return finish_control(p, frame.opcode, str_of(bytes->bytes + bytes->len, frame.payload_bytes),
                          event);
}

/* A frame of a message that lies in the assembly is complete; perhaps the message is, too. Without
 * an opcode the assembly holds nothing unfinished, and the next call frees it. */
static enum ws_verdict end_kept_fragment(struct ws_parser *p, struct frame frame,
                                         struct ws_event *event)
{
    struct ws_assembly *a = p->assembly;
    enum ws_opcode opcode = a->opcode;

    end_frame(p);
    a->fragments_count++;
    if (!frame.is_final) return WS_OK;
    a->opcode = WS_OPCODE_CONTINUATION;
    return finish_message(opcode, a->utf8, buf_str(&a->bytes), event);
}

static enum ws_verdict take_into_assembly(struct ws_parser *p, struct frame frame, struct str piece,
                                          struct ws_event *event)
{
    enum ws_verdict verdict;

    if (!keep(p, frame.opcode, piece)) return WS_NO_MEMORY;
    if ((verdict = read_kept(p, frame, piece.len)) != WS_OK) return verdict;
    p->frame_got_bytes += (uint32_t)piece.len;
    if (p->frame_got_bytes < frame.payload_bytes) return WS_NEED_MORE;
    if (ws_opcode_is_control((uint8_t)frame.opcode)) return end_kept_control(p, frame, event);
    return end_kept_fragment(p, frame, event);
}

static enum ws_verdict take_payload(struct ws_parser *p, struct input *in, struct ws_event *event)
{
    struct frame frame = decode_header(p);
    size_t missing = frame.payload_bytes - p->frame_got_bytes;
    struct str piece = str_of(in->at, in->left < missing ? in->left : missing);
    bool is_control = ws_opcode_is_control((uint8_t)frame.opcode);
    bool is_alone = is_control || (frame.is_final && frame.opcode != WS_OPCODE_CONTINUATION);

    if (missing > 0 && piece.len == 0) return WS_NEED_MORE;
    in->at += piece.len;
    in->left -= piece.len;
    if (!is_alone || piece.len < frame.payload_bytes) {
        return take_into_assembly(p, frame, piece, event);
    }
    if (frame.is_masked) ws_mask(in->at - piece.len, piece.len, frame.key, 0);
    return take_in_place(p, frame, piece, event);
}

/* ---- the parser ---- */

/* Free what the last event lay in, unless a message or control frame is unfinished there. */
static void forget_delivered(struct ws_parser *p)
{
    if (is_within_message(p) || p->frame_got_bytes > 0) return;
    assembly_free(p);
}

static void end_of_stream(struct ws_parser *p)
{
    assembly_free(p);
    end_frame(p);
}

enum ws_verdict ws_parse(struct ws_parser *p, char *bytes, size_t len, size_t *consumed,
                         struct ws_event *event)
{
    struct input in = {.left = len};
    struct ws_event found = {.type = WS_EVENT_NONE};
    enum ws_verdict verdict = WS_OK;

    CHECK(bytes != NULL || len == 0);
    in.at = bytes;
    if (p->is_closed || p->fault != WS_OK) {
        end_of_stream(p);
        *consumed = len;
        return p->is_closed ? WS_NEED_MORE : (enum ws_verdict)p->fault;
    }
    forget_delivered(p);
    while (verdict == WS_OK && found.type == WS_EVENT_NONE) {
        verdict = take_header(p, &in);
        if (verdict == WS_OK) verdict = take_payload(p, &in, &found);
    }
    if (verdict == WS_OK) {
        *consumed = len - in.left;
        *event = found;
        return WS_OK;
    }
    if (verdict != WS_NEED_MORE) {
        p->fault = (uint8_t)verdict;
        end_of_stream(p);
    }
    *consumed = len;
    return verdict;
}

bool ws_parser_is_idle(const struct ws_parser *p)
{
    return p->header_bytes == 0 && !is_within_message(p);
}

size_t ws_parser_pinned_bytes(const struct ws_parser *p)
{
    return p->assembly == NULL ? 0 : sizeof *p->assembly + p->assembly->bytes.capacity;
}

enum ws_close_code ws_verdict_close_code(enum ws_verdict verdict)
{
    switch (verdict) {
    case WS_TOO_LARGE:
    case WS_TOO_MANY_FRAGMENTS: return WS_CLOSE_TOO_LARGE;
    case WS_BAD_UTF8: return WS_CLOSE_BAD_TEXT;
    case WS_NO_MEMORY: return WS_CLOSE_OVERLOAD;
    case WS_UNMASKED:
    case WS_MASKED:
    case WS_RESERVED_BITS:
    case WS_BAD_OPCODE:
    case WS_BAD_CONTROL:
    case WS_BAD_LENGTH:
    case WS_BAD_CONTINUATION:
    case WS_BAD_INTERLEAVING:
    case WS_BAD_CLOSE_LENGTH:
    case WS_BAD_CLOSE_CODE: return WS_CLOSE_PROTOCOL_ERROR;
    case WS_OK:
    case WS_NEED_MORE: break;
    }
    check_failed("the verdict is a fault", __FILE__, __LINE__);
}

const char *ws_verdict_text(enum ws_verdict verdict)
{
    switch (verdict) {
    case WS_OK: return "event complete";
    case WS_NEED_MORE: return "more bytes needed";
    case WS_UNMASKED: return "frame without a mask";
    case WS_MASKED: return "frame with a mask";
    case WS_RESERVED_BITS: return "reserved bit set";
    case WS_BAD_OPCODE: return "unknown opcode";
    case WS_BAD_CONTROL: return "control frame fragmented or too long";
    case WS_BAD_LENGTH: return "length not in its shortest form";
    case WS_BAD_CONTINUATION: return "continuation without a message";
    case WS_BAD_INTERLEAVING: return "new message inside a message";
    case WS_TOO_LARGE: return "message too large";
    case WS_TOO_MANY_FRAGMENTS: return "too many fragments";
    case WS_BAD_UTF8: return "invalid UTF-8";
    case WS_BAD_CLOSE_LENGTH: return "close frame with half a code";
    case WS_BAD_CLOSE_CODE: return "close code not allowed";
    case WS_NO_MEMORY: return "out of memory";
    }
    return "?";
}
