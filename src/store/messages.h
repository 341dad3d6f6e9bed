// SPDX-License-Identifier: Apache-2.0
/* messages.h — rows of messages. SQL only: who may read or write them is decided in chat/. All
 * functions run inside a transaction, on the thread of its connection. Rows that are read are
 * copied into `arena`. R_NOT_FOUND: no such row in this tenant. Errors beside the named ones are
 * the engine's (db.h) and end the transaction. */
#ifndef STORE_MESSAGES_H
#define STORE_MESSAGES_H

#include "store/tx.h"

/* Stored as these integers, like the enums below. */
enum sender_type { SENDER_HUMAN = 0, SENDER_AGENT = 1 };

enum content_type {
    CONTENT_TEXT = 0,
    CONTENT_IMAGE = 1,
    CONTENT_AUDIO = 2,
    CONTENT_VIDEO = 3,
    CONTENT_FILE = 4,
    CONTENT_TASK = 5,
    CONTENT_RESULT = 6,
    CONTENT_SYSTEM = 7,
};

enum thread_role { THREAD_MAIN = 0, THREAD_ASIDE = 1 };

struct reaction_kind;

struct message {
    struct uuid message_id;
    struct uuid conversation_id;
    struct uuid tenant_id;
    uint64_t seq_num; /* its place in the conversation: 1, 2, 3, … */
    /* Its place among all messages, in the order of commit; 0: none, as for a tombstone that a
     * repair makes. For an insert only; not read. */
    uint64_t order_num;
    struct uuid sender_id;
    enum sender_type sender_type;
    enum content_type content_type;
    enum thread_role thread_role;
    struct str content_text;
    struct str content_meta; /* at == NULL: none */
    struct uuid reply_to_id; /* these three may be nil */
    struct uuid thread_id;
    struct uuid task_id;
    bool is_internal; /* everybody but plain members sees it */
    bool is_forwarded;
    uint64_t created_at_ms;
    uint64_t edit_count;
    uint64_t edited_at_ms;        /* 0: never */
    uint64_t deleted_at_ms;       /* 0: it is there; else only its place is */
    struct str client_msg_id;     /* at == NULL: none */
    struct str client_msg_digest; /* of the content as it was sent; set with client_msg_id */
    /* Not of the row: reactions_load (store/reactions.h) fills these in. */
    const struct reaction_kind *reactions;
    size_t reactions_count;
};

/* A range of one conversation, both ends included. The list is in rising order in any case. */
struct message_filter {
    struct uuid conversation_id;
    struct uuid viewer_id; /* who reads: without what those wrote whom this one blocked */
    uint64_t seq_min;
    uint64_t seq_max;
    size_t limit;     /* > 0 */
    size_t bytes_max; /* of texts; one message more may pass it, so that there is always progress */
    enum message_filter_flags {
        MESSAGES_PLAIN = 0,
        MESSAGES_NEWEST = 1,   /* the last ones of the range, not the first ones */
        MESSAGES_INTERNAL = 2, /* internal ones too */
    } flags;
};
struct message_list {
    struct message *messages;
    size_t count;
    size_t bytes_count; /* of texts */
    bool has_more;      /* the range holds more than the limits let through */
};

/* What a reader sees of it, without reactions; for what outlives the original. */
const struct message *message_copy(struct arena *arena, const struct message *message);

/* R_CONFLICT: the id, a place or the client_msg_id is taken; nothing was written. */
MUST_USE enum result messages_insert(struct tx *tx, const struct message *message);
/* The message stays, its client_msg_id is free again. R_NOT_FOUND. */
MUST_USE enum result messages_forget_client_msg_id(struct tx *tx, const struct message *message);
/* The texts, edit_count and edited_at_ms as they stand in `message`. R_NOT_FOUND. */
MUST_USE enum result messages_set_texts(struct tx *tx, const struct message *message);
/* Only its place stays, with the time. R_NOT_FOUND. */
MUST_USE enum result messages_bury(struct tx *tx, const struct message *message);
/* At most `count_max` of a conversation, for good, with their reactions and earlier versions.
 * `count` gets how many; fewer than count_max: none is left. */
MUST_USE enum result messages_delete_some(struct tx *tx, const struct uuid *tenant_id,
                                          const struct uuid *conversation_id, size_t count_max,
                                          size_t *count);

/* In whatever conversation. R_NOT_FOUND. */
MUST_USE enum result messages_find_anywhere(struct tx *tx, const struct uuid *tenant_id,
                                            const struct uuid *message_id, struct arena *arena,
                                            struct message *out);
/* R_NOT_FOUND, also when it is in another conversation. */
MUST_USE enum result messages_find(struct tx *tx, const struct uuid *tenant_id,
                                   const struct uuid *conversation_id,
                                   const struct uuid *message_id, struct arena *arena,
                                   struct message *out);
/* By its place in the conversation. R_NOT_FOUND. */
MUST_USE enum result messages_find_at(struct tx *tx, const struct uuid *tenant_id,
                                      const struct uuid *conversation_id, uint64_t seq_num,
                                      struct arena *arena, struct message *out);
/* The order_num of the first message of a conversation from `seq_num` on that has one. R_NOT_FOUND:
 * there is none. */
MUST_USE enum result messages_find_order(struct tx *tx, const struct uuid *tenant_id,
                                         const struct uuid *conversation_id, uint64_t seq_num,
                                         uint64_t *order_num);
/* What this sender sent to this conversation under this id. R_NOT_FOUND. */
MUST_USE enum result messages_find_by_client_msg_id(struct tx *tx, const struct message *like,
                                                    struct arena *arena, struct message *out);
MUST_USE enum result messages_list(struct tx *tx, const struct uuid *tenant_id,
                                   const struct message_filter *filter, struct arena *arena,
                                   struct message_list *out);

#endif
