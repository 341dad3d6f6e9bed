// SPDX-License-Identifier: Apache-2.0
/* foreign_token.h — JWTs of an OIDC issuer (OpenID Connect Core 3.1.3.7, RFC 9068), verified
 * against the issuer's keys. Which user of ours its subject is, is asked elsewhere. Any thread;
 * no state. */
#ifndef AUTH_FOREIGN_TOKEN_H
#define AUTH_FOREIGN_TOKEN_H

#include "auth/jwks.h"
#include "base/arena.h"
#include "base/uuid.h"

/* Whom we believe, about whom, and whose users they are. */
struct foreign_issuer {
    struct str url;      /* `iss`, exactly */
    struct str audience; /* `aud` is it, or has it */
    struct uuid tenant_id;
};

/* Texts are in the arena of the call; absent ones have at == NULL. */
struct foreign_claims {
    struct str subject; /* 1 to FOREIGN_SUBJECT_BYTES_MAX bytes */
    struct str name;    /* what it wants to be called, if it says so */
    struct str picture;
    uint64_t expires_at_sec;
};

/* Is it signed in a way that tokens of ours never are? Says nothing else about it. */
bool foreign_token_is(struct str token);

/* Until when one that was verified now is believed without another look at it and its user. */
uint64_t foreign_token_believed_until(uint64_t now_sec, uint64_t expires_at_sec);

/* R_UNAUTHENTICATED: `reason` gets a snake_case literal for the log. R_NOT_FOUND: no key of the
 * set is that of the token; `keys` may be NULL, which has none. Takes some 20 µs (RS256) or 50
 * µs (ES256). */
MUST_USE enum result foreign_token_verify(const struct foreign_issuer *issuer,
                                          const struct jwks *keys, struct str token,
                                          uint64_t now_ms, struct arena *arena,
                                          struct foreign_claims *out, const char **reason);

#endif
