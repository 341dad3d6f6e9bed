// SPDX-License-Identifier: Apache-2.0
/* foreign_login.h — who comes with a token of the OIDC issuer: verify it, wait for the issuer's
 * keys when its own is not there, find or make its user. As with keys of ours, the last two
 * happen when the request is complete. Afterwards the token is in the cache of access tokens.
 * Worker thread. */
#ifndef API_FOREIGN_LOGIN_H
#define API_FOREIGN_LOGIN_H

#include "api/request.h"

/* Is r->bearer such a token? */
bool foreign_login_is(const struct request *r);
/* Sets r->foreign. False: the token is not good, `reason` is for the log. */
bool foreign_login_begin(struct request *r, const char **reason);
/* Calls one of these two when it is over, or answers 503. `known`: who the caller is, and until
 * when that may be believed. */
struct foreign_login_ends {
    void (*known)(struct request *r, const struct token_claims *claims);
    void (*refused)(struct request *r, const char *reason);
};
void foreign_login_finish(struct request *r, const struct foreign_login_ends *ends);

#endif
