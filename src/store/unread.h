// SPDX-License-Identifier: Apache-2.0
/* unread.h — what "unread" means, once: the messages after a participant's last_read_seq that the
 * participant did not send and may see. A deleted message is not unread. Seen is what came since
 * the participant deleted the conversation for themselves (first_seq), not what somebody they
 * blocked wrote, and an internal message by everybody but plain members. Pieces of SQL for the
 * nouns of the store; `p` is the alias of the participant and `m` of the message. */
#ifndef STORE_UNREAD_H
#define STORE_UNREAD_H

#include "store/participants.h"

static_assert(PARTICIPANT_MEMBER == 2, "the SQL below says so");

#define SQL_PARTICIPANT_SEES_MESSAGE                                                  \
    "((m.is_internal = 0 OR p.role <> 2) AND m.seq_num >= p.first_seq AND NOT EXISTS" \
    " (SELECT 1 FROM user_block b WHERE b.blocker_id = p.user_id AND b.blocked_id = m.sender_id))"

#define SQL_UNREAD_COUNT                                                          \
    "(SELECT count(*) FROM message m WHERE m.conversation_id = p.conversation_id" \
    " AND m.tenant_id = p.tenant_id AND m.seq_num > p.last_read_seq"              \
    " AND m.sender_id <> p.user_id AND m.deleted_at_ms IS NULL"                   \
    " AND " SQL_PARTICIPANT_SEES_MESSAGE ")"

#endif
