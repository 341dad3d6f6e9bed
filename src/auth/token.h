// SPDX-License-Identifier: Apache-2.0
/* token.h — our own JWTs (RFC 7519, HS256): signing and verifying. A token is good for one
 * purpose, which its `typ` and its `aud` name: an access token for requests, a messaging token for
 * opening one socket. The key, never the token, says how it is verified. Whether a session was
 * revoked meanwhile, and whether a messaging token was spent, is asked elsewhere. Any thread; no
 * state. */
#ifndef AUTH_TOKEN_H
#define AUTH_TOKEN_H

#include "auth/keyring.h"
#include "base/buf.h"
#include "base/uuid.h"

enum token_purpose { TOKEN_ACCESS, TOKEN_MESSAGING };

struct token_claims {
    struct uuid user_id;    /* sub */
    struct uuid tenant_id;  /* tid */
    struct uuid session_id; /* sid: a login, or the id of a key; left out when nil */
    struct uuid token_id;   /* jti */
    uint64_t issued_at_sec; /* iat */
    uint64_t expires_at_sec;
    uint64_t session_expires_at_sec; /* sxp: when whoever has it is signed out; left out when 0 */
};

/* Appends the token. R_TOO_LARGE: the bound of `out`. */
MUST_USE enum result token_sign(const struct keyring *k, enum token_purpose purpose,
                                const struct token_claims *claims, struct buf *out);
/* R_UNAUTHENTICATED: `reason` gets a snake_case literal for the log, which is not for the peer.
 * Takes some 10 µs: workers ask token_cache for access tokens. */
MUST_USE enum result token_verify(const struct keyring *k, enum token_purpose purpose,
                                  struct str token, uint64_t now_ms, struct token_claims *out,
                                  const char **reason);
/* Is the lifetime over? Access tokens get TOKEN_LEEWAY_SEC for clocks that differ. */
bool token_is_expired(enum token_purpose purpose, const struct token_claims *claims,
                      uint64_t now_ms);

#endif
