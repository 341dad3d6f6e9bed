// SPDX-License-Identifier: Apache-2.0
/* authenticate.h — from the bearer token to the caller, the one way in for every REST route.
 * Access tokens are checked at once, before the body is read; keys (`sk_…`, `ak_…`) are looked
 * up in the database when the request is complete. Worker thread. */
#ifndef API_AUTHENTICATE_H
#define API_AUTHENTICATE_H

#include "api/request.h"

/* Sets r->caller from an access token, or leaves it for authenticate_and_handle. False: answered
 * 401 or 403. */
bool authenticate_token(struct request *r);

/* Look the key up if that is what the token is, then call the route's handler. */
void authenticate_and_handle(struct request *r);

#endif
