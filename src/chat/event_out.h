// SPDX-License-Identifier: Apache-2.0
/* event_out.h — writing the payload of an event and emitting it.
 *     struct json_out *o = event_out_open(&event);
 *     json_field_uuid(o, "conversation_id", &id);
 *     result = event_out_emit(&event, tx, &(struct tx_event){…});
 * Every open is followed by one emit. The writer thread, inside a transaction. */
#ifndef CHAT_EVENT_OUT_H
#define CHAT_EVENT_OUT_H

#include "base/json_out.h"
#include "store/tx.h"

struct event_out {
    struct buf payload;   /* private */
    struct json_out json; /* private */
};

/* The payload's object is open: write its fields. */
struct json_out *event_out_open(struct event_out *e);
/* Sets the payload of a copy of `event` and emits it; what was opened is released in any case. */
MUST_USE enum result event_out_emit(struct event_out *e, struct tx *tx,
                                    const struct tx_event *event);

#endif
