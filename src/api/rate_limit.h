// SPDX-License-Identifier: Apache-2.0
/* rate_limit.h — whether a request is one too many of its kind for whoever asks. Counted are the
 * user of an access token, the key of an agent or a backend, and for routes without a token the
 * address. Worker thread. */
#ifndef API_RATE_LIMIT_H
#define API_RATE_LIMIT_H

#include "api/request.h"

/* Count the request, whose token was looked at; what was found is put into r->rate, from where the
 * reply takes it. False: answered with 429. */
bool rate_limit_admit(struct request *r);

#endif
