// SPDX-License-Identifier: Apache-2.0
/* event_frame.h — an event as the bytes of one WebSocket frame, in the base encoding
 * (`{"type":"event","conversation_id"?,"payload":{"type","payload"}}`, docs/protocol.md).
 * Encoded once, by the thread that publishes; shared by everybody who hears it. Any thread. */
#ifndef HUB_EVENT_FRAME_H
#define HUB_EVENT_FRAME_H

#include "store/commit.h"

/* One reference, the caller's. The payload was bounded when the event was made. */
struct frame *event_frame_new(const struct effect *event);

#endif
