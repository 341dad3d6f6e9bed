// SPDX-License-Identifier: Apache-2.0
/* message_json.h — the protocol's Message, and the words of its enums. Pure, any thread. */
#ifndef CHAT_MESSAGE_JSON_H
#define CHAT_MESSAGE_JSON_H

#include "base/json_out.h"
#include "store/messages.h"

/* In the order of the enums, with a NULL at the end, as json_in_enum takes them. */
extern const char *const content_type_names[];
extern const char *const thread_role_names[];

/* The whole value. A deleted message has an empty text and says when it was deleted. */
void message_json_write(struct json_out *o, const struct message *m);

#endif
