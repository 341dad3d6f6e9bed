// SPDX-License-Identifier: Apache-2.0
/* ws_url.h — where a client opens its socket: the absolute URL in the answer with a messaging
 * token. Pure, any thread. */
#ifndef API_WS_URL_H
#define API_WS_URL_H

#include "base/arena.h"

enum ws_scheme { WS_SCHEME_PLAIN, WS_SCHEME_SECURE };

/* From the configured URL (http or https; at == NULL: not set), else from the request's Host and
 * how the client came to us: by https directly, or to a trusted proxy that says so. */
struct str ws_url(struct str public_url, struct str host, enum ws_scheme scheme,
                  struct arena *arena);

#endif
