// SPDX-License-Identifier: Apache-2.0
/* discovery.h — where an issuer's keys are (OpenID Connect Discovery 1.0). Pure; any thread. */
#ifndef AUTH_DISCOVERY_H
#define AUTH_DISCOVERY_H

#include "base/arena.h"
#include "base/result.h"

/* https, or http to this machine: whoever can change what is fetched can be anybody. No user, no
 * fragment, nothing but visible ASCII. */
bool discovery_url_is_good(struct str url);
/* The address of an issuer's document; a slash at its end counts once. */
struct str discovery_url(struct str issuer, struct arena *arena);
/* The address of the keys, from that document; it must be the issuer's own and the address a good
 * one, and https when the issuer is. R_INVALID: `reason` gets a snake_case literal. */
MUST_USE enum result discovery_parse(struct str document, struct str issuer, struct arena *arena,
                                     struct str *jwks_url, const char **reason);

#endif
