// SPDX-License-Identifier: Apache-2.0
/* http_body.c — a state machine that takes framing byte by byte and data in views.
 * The grammar is narrower than RFC 9112 where readers are known to differ: no space around a chunk
 * size, at most 16 digits, CR LF and nothing else as a line end, also inside of extensions.
 * Invariants: a state with a name in *_DATA has left > 0; `room` has already been charged for the
 * current chunk, so the limit is enforced before the data of a chunk comes. */
#include "proto/http_body.h"

#include "base/check.h"
#include "proto/http_char.h"

enum body_state {
    SIZED_DATA,
    CHUNK_FIRST_DIGIT,
    CHUNK_SIZE,
    CHUNK_EXTENSION,
    CHUNK_SIZE_LF,
    CHUNK_DATA,
    CHUNK_DATA_CR,
    CHUNK_DATA_LF,
    TRAILER_START, /* of a trailer line, or of the empty line that ends the body */
    TRAILER_NAME,
    TRAILER_VALUE,
    TRAILER_LF,
    LAST_LF,
    DONE,
    REFUSED,
};

static_assert(HTTP_VERDICTS_COUNT <= UINT8_MAX, "a refusal fits its field");

static enum http_verdict refuse(struct http_body *body, enum http_verdict refusal)
{
    CHECK(http_verdict_is_refusal(refusal));
    body->state = REFUSED;
    body->refusal = (uint8_t)refusal;
    return refusal;
}

enum http_verdict http_body_init(struct http_body *body, const struct http_request_head *head,
                                 size_t bytes_max)
{
    CHECK(!(head->chunked && head->has_content_length));
    *body = (struct http_body){.room = bytes_max, .left = head->content_length};
    if (head->content_length > bytes_max) return refuse(body, HTTP_BODY_TOO_LARGE);
    if (head->chunked) {
        body->state = CHUNK_FIRST_DIGIT;
    } else {
        body->state = body->left > 0 ? SIZED_DATA : DONE;
    }
    return HTTP_OK;
}

/* ---- Framing: one byte moves the state and gives HTTP_OK or a refusal ---- */

static enum http_verdict expect_byte(struct http_body *body, char byte, char wanted,
                                     enum body_state next, enum http_verdict refusal)
{
    if (byte != wanted) return refuse(body, refusal);
    body->state = (uint8_t)next;
    return HTTP_OK;
}

static enum http_verdict take_digit(struct http_body *body, char byte)
{
    int digit = http_char_hex(byte);

    if (digit < 0 || body->line_len > HTTP_CHUNK_DIGITS_MAX) return refuse(body, HTTP_BAD_CHUNK);
    body->left = body->left << 4 | (uint64_t)digit;
    body->state = CHUNK_SIZE;
    return HTTP_OK;
}

static enum http_verdict take_size_byte(struct http_body *body, char byte)
{
    if (byte == '\r') {
        body->state = CHUNK_SIZE_LF;
        return HTTP_OK;
    }
    if (byte == ';') {
        body->state = CHUNK_EXTENSION;
        return HTTP_OK;
    }
    return take_digit(body, byte);
}

/* Extensions mean nothing to us, so only their bytes are checked, and their sum is bounded: a body
 * of tiny chunks with long extensions would cost far more to receive than its limit allows. */
static enum http_verdict take_extension_byte(struct http_body *body, char byte)
{
    if (byte == '\r') {
        body->state = CHUNK_SIZE_LF;
        return HTTP_OK;
    }
    if (!http_char_is(byte, HTTP_CHAR_VALUE)) return refuse(body, HTTP_BAD_CHUNK);
    if (++body->ignored_len > HTTP_CHUNK_EXTENSIONS_BYTES_MAX) return refuse(body, HTTP_BAD_CHUNK);
    return HTTP_OK;
}

/* The line of a chunk size ends here: charge the chunk to the room that is left. */
static enum http_verdict end_size_line(struct http_body *body, char byte)
{
    if (byte != '\n') return refuse(body, HTTP_BAD_CHUNK);
    if (body->left > body->room) return refuse(body, HTTP_BODY_TOO_LARGE);
    body->room -= body->left;
    body->line_len = 0;
    body->state = body->left > 0 ? CHUNK_DATA : TRAILER_START;
    return HTTP_OK;
}

static enum http_verdict take_trailer_start(struct http_body *body, char byte)
{
    if (byte == '\r') {
        body->state = LAST_LF;
        return HTTP_OK;
    }
    if (!http_char_is(byte, HTTP_CHAR_TOKEN)) return refuse(body, HTTP_BAD_TRAILER);
    body->state = TRAILER_NAME;
    return HTTP_OK;
}

static enum http_verdict take_trailer_name_byte(struct http_body *body, char byte)
{
    if (byte == ':') {
        body->state = TRAILER_VALUE;
        return HTTP_OK;
    }
    return http_char_is(byte, HTTP_CHAR_TOKEN) ? HTTP_OK : refuse(body, HTTP_BAD_TRAILER);
}

static enum http_verdict take_trailer_value_byte(struct http_body *body, char byte)
{
    if (byte == '\r') {
        body->state = TRAILER_LF;
        return HTTP_OK;
    }
    return http_char_is(byte, HTTP_CHAR_VALUE) ? HTTP_OK : refuse(body, HTTP_BAD_TRAILER);
}

/* Is the chunk line, or are the trailers, of which `byte` is one more, still within bounds? */
static bool fits_its_line(struct http_body *body)
{
    bool is_trailer = body->state >= TRAILER_START;

    body->line_len++;
    return body->line_len <= (is_trailer ? HTTP_TRAILER_BYTES_MAX : HTTP_CHUNK_LINE_BYTES_MAX);
}

static enum http_verdict take_framing_byte(struct http_body *body, char byte)
{
    if (!fits_its_line(body)) {
        return refuse(body, body->state >= TRAILER_START ? HTTP_BAD_TRAILER : HTTP_BAD_CHUNK);
    }
    switch ((enum body_state)body->state) {
    case CHUNK_FIRST_DIGIT: return take_digit(body, byte);
    case CHUNK_SIZE: return take_size_byte(body, byte);
    case CHUNK_EXTENSION: return take_extension_byte(body, byte);
    case CHUNK_SIZE_LF: return end_size_line(body, byte);
    case CHUNK_DATA_CR: return expect_byte(body, byte, '\r', CHUNK_DATA_LF, HTTP_BAD_CHUNK);
    case CHUNK_DATA_LF:
        body->line_len = 0;
        return expect_byte(body, byte, '\n', CHUNK_FIRST_DIGIT, HTTP_BAD_CHUNK);
    case TRAILER_START: return take_trailer_start(body, byte);
    case TRAILER_NAME: return take_trailer_name_byte(body, byte);
    case TRAILER_VALUE: return take_trailer_value_byte(body, byte);
    case TRAILER_LF: return expect_byte(body, byte, '\n', TRAILER_START, HTTP_BAD_TRAILER);
    case LAST_LF: return expect_byte(body, byte, '\n', DONE, HTTP_BAD_TRAILER);
    case SIZED_DATA:
    case CHUNK_DATA:
    case DONE:
    case REFUSED: break;
    }
    check_failed("the state takes a framing byte", __FILE__, __LINE__);
}

/* ---- Data ---- */

static bool is_data(const struct http_body *body)
{
    return body->state == SIZED_DATA || body->state == CHUNK_DATA;
}

/* A view of as much data as there is, which is at least one byte. */
static struct str take_data(struct http_body *body, struct str in)
{
    struct str piece = in;

    CHECK(body->left > 0);
    if (piece.len > body->left) piece.len = (size_t)body->left;
    body->left -= piece.len;
    if (body->left == 0) body->state = body->state == SIZED_DATA ? DONE : CHUNK_DATA_CR;
    return piece;
}

enum http_verdict http_body_feed(struct http_body *body, struct str in, size_t *consumed,
                                 struct str *piece)
{
    *consumed = 0;
    while (body->state < DONE) {
        if (*consumed == in.len) return HTTP_NEED_MORE;
        if (is_data(body)) {
            *piece = take_data(body, str_slice(in, *consumed, in.len));
            *consumed += piece->len;
            return HTTP_OK;
        }
        if (take_framing_byte(body, in.at[*consumed]) == HTTP_OK) ++*consumed;
    }
    return body->state == DONE ? HTTP_BODY_DONE : (enum http_verdict)body->refusal;
}
