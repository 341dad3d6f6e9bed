// SPDX-License-Identifier: Apache-2.0
/* conversation_json.h — the protocol's Conversation and Participant, and the words of the type.
 * Pure, any thread. */
#ifndef CHAT_CONVERSATION_JSON_H
#define CHAT_CONVERSATION_JSON_H

#include "base/json_out.h"
#include "store/conversations.h"
#include "store/participants.h"

/* In the order of the enum, with a NULL at the end, as json_in_enum takes them. */
extern const char *const conversation_type_names[];

/* The answer to making one: `{id,type,name?,created_by}`. */
void conversation_json_write_created(struct json_out *o, const struct conversation *c);
/* As it stands in a list. The statuses, of the contact and of the participant, are as in
 * user_json.h. */
void conversation_json_write(struct json_out *o, const struct conversation_summary *summary,
                             struct str contact_status);
void participant_json_write(struct json_out *o, const struct attendee *attendee, struct str status);

#endif
