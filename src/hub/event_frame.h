// SPDX-License-Identifier: Apache-2.0
/* event_frame.h — an event as the bytes of one WebSocket frame (docs/protocol.md), in one of two
 * encodings: the base, `{"type":"event","conversation_id"?,"payload":{"type","payload"}}`, and that
 * of carillon.v1, which adds the cursor of a durable event and the message of a message.created.
 * What is heard on the channel of an agent's session is a `brain_event` instead, the same in both.
 * Encoded once, by the thread that publishes or replays; shared by everybody who hears it. Any
 * thread. */
#ifndef HUB_EVENT_FRAME_H
#define HUB_EVENT_FRAME_H

#include "base/json_out.h"
#include "hub/cursor.h"
#include "store/commit.h"

/* What carillon.v1 needs to know; immutable while the server runs. */
struct event_v1 {
    struct cursor_key key;
    void (*write_message)(struct json_out *o, const struct message *message);
};

/* One reference, the caller's. The payload was bounded when the event was made. */
struct frame *event_frame_new(const struct effect *event);
/* The same in carillon.v1. */
struct frame *event_frame_new_v1(const struct effect *event, const struct event_v1 *v1);
/* Append the frame in carillon.v1 to others. */
void event_frame_append_v1(struct buf *out, const struct effect *event, const struct event_v1 *v1);

#endif
