// SPDX-License-Identifier: Apache-2.0
/* call_json.h — a call as the protocol shows it. Any thread. */
#ifndef CHAT_CALL_JSON_H
#define CHAT_CALL_JSON_H

#include "base/json_out.h"
#include "store/calls.h"

/* "audio" and "video", in the order of enum call_type; ends with NULL. */
extern const char *const call_type_names[];

void call_json(struct json_out *o, const struct call *call);

#endif
