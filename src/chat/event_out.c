// SPDX-License-Identifier: Apache-2.0
/* event_out.c — a payload is small, so it never overflows: whoever puts a text into one has
 * bounded it. */
#include "chat/event_out.h"

#include "base/check.h"
#include "limits.h"

struct json_out *event_out_open(struct event_out *e)
{
    buf_init(&e->payload, EVENT_PAYLOAD_BYTES_MAX);
    json_out_init(&e->json, &e->payload);
    json_object_open(&e->json);
    return &e->json;
}

enum result event_out_emit(struct event_out *e, struct tx *tx, const struct tx_event *event)
{
    struct tx_event complete = *event;
    enum result result;

    json_object_close(&e->json);
    CHECK(!buf_overflowed(&e->payload));
    complete.payload = buf_str(&e->payload);
    result = tx_emit(tx, &complete);
    buf_release(&e->payload);
    return result;
}
