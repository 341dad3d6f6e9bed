// SPDX-License-Identifier: Apache-2.0
/* ws_url.h — where a client opens its socket: the absolute URL in the answer with a messaging
 * token. Pure, any thread. */
#ifndef API_WS_URL_H
#define API_WS_URL_H

#include "base/arena.h"

/* From the configured URL (http or https; at == NULL: not set), else from the request's Host, whose
 * connection to us is not encrypted: a proxy that ends TLS needs `public_url`. */
struct str ws_url(struct str public_url, struct str host, struct arena *arena);

#endif
