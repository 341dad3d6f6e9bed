// SPDX-License-Identifier: Apache-2.0
/* jws.h — the outside of a compact JWS (RFC 7515), the form in which every JWT comes: three parts
 * of canonical base64url, a strict JSON header, a signature. Two readers of one token must never
 * disagree, so a token has exactly one spelling that is accepted, and the key, never the token,
 * says how it is verified. What the claims mean is the caller's business. Any thread; no state.
 *
 * In this order: jws_open, look at the header and choose the key, jws_check_header, jws_verify,
 * jws_close. R_UNAUTHENTICATED: `reason` gets a snake_case literal for the log, which is not for
 * the peer. */
#ifndef AUTH_JWS_H
#define AUTH_JWS_H

#include <cjose/cjose.h>
#include <jansson.h>

#include "base/buf.h"
#include "base/result.h"

enum jws_algorithm { JWS_HS256, JWS_RS256, JWS_ES256 };

struct jws {
    struct str token;     /* the caller's, as the parts are */
    struct str payload;   /* encoded */
    struct str signature; /* encoded */
    json_t *header;       /* an object */
};

/* Appends a token of this payload. `type` and `key_id` go into the header; NULL leaves them out.
 * Whether it fitted is asked of `out`. The key must be one for the algorithm. */
struct jws_signer {
    const cjose_jwk_t *key;
    enum jws_algorithm algorithm;
    const char *type;
    const char *key_id;
};
void jws_sign(const struct jws_signer *signer, struct str payload, struct buf *out);

/* The token outlives `j`. Opens nothing on failure. */
MUST_USE enum result jws_open(struct jws *j, struct str token, const char **reason);
/* Accepts a zeroed struct. */
void jws_close(struct jws *j);

/* Does the header name this algorithm, and nothing that would bring a key along or change the
 * meaning of the rest? */
MUST_USE enum result jws_check_header(const struct jws *j, enum jws_algorithm algorithm,
                                      const char **reason);
/* Does the header have this text in this field? */
bool jws_header_is(const struct jws *j, const char *field, const char *expected);

/* The key is one for the algorithm. On success the caller owns `payload`, a strict JSON object, and
 * gives it back with json_decref. */
MUST_USE enum result jws_verify(const struct jws *j, enum jws_algorithm algorithm,
                                const cjose_jwk_t *key, json_t **payload, const char **reason);

/* Is the text in this field of an object exactly this? */
bool jws_text_is(const json_t *object, const char *field, struct str expected);

#endif
