// SPDX-License-Identifier: Apache-2.0
/* ws_v1.h — what the subprotocol carillon.v1 says beside events: a hello, and how resuming went
 * (docs/protocol.md). Worker thread. */
#ifndef API_WS_V1_H
#define API_WS_V1_H

#include "api/api.h"
#include "auth/token.h"

#define WS_V1_PROTOCOL "carillon.v1"

/* Append the frame. `cursor` is where the socket begins to hear, NULL when a replay comes first. */
void ws_v1_append_hello(const struct api *api, const struct token_claims *who,
                        const struct uuid *connection_id, const uint64_t *cursor, struct buf *out);

/* How resuming went, and from where on the socket hears. */
struct ws_v1_resumed {
    bool is_complete;
    uint64_t replayed_count;
    uint64_t cursor;
};
struct frame *ws_v1_resumed(const struct api *api, const struct uuid *tenant_id,
                            const struct ws_v1_resumed *resumed);

#endif
