// SPDX-License-Identifier: Apache-2.0
/* origin.h — which web pages may talk to us: one rule for CORS and for the WebSocket's Origin.
 * With a configured list, exactly its entries. Without: the server's own origin, and any localhost
 * origin while it listens on loopback only. Pure. */
#ifndef API_ORIGIN_H
#define API_ORIGIN_H

#include "api/api.h"

/* `origin` as the browser sent it; `host` the request's Host. */
bool origin_is_allowed(const struct api_settings *settings, struct str origin, struct str host);

#endif
