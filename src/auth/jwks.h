// SPDX-License-Identifier: Apache-2.0
/* jwks.h — the public keys of an issuer (RFC 7517), as its JWKS document lists them: those that can
 * verify RS256 or ES256. A set is immutable and counted; whoever has a reference may use it, on any
 * thread. A key is for one algorithm, which its type decides and no token; private parts, shared
 * secrets and keys for anything else are passed over. */
#ifndef AUTH_JWKS_H
#define AUTH_JWKS_H

#include "auth/jws.h"

struct jwks;

/* One reference, the caller's. R_INVALID: no such document, or not one key in it that can be used;
 * `reason` gets a snake_case literal. */
MUST_USE enum result jwks_parse(struct jwks **out, struct str document, const char **reason);
struct jwks *jwks_ref(struct jwks *set);
/* Accepts NULL. */
void jwks_unref(struct jwks *set);

size_t jwks_count(const struct jwks *set);
/* NULL: none. A token that names no key (`id.at` == NULL) is for the only one of its algorithm. The
 * key lives as long as the set. */
const cjose_jwk_t *jwks_find(const struct jwks *set, struct str id, enum jws_algorithm algorithm);

#endif
