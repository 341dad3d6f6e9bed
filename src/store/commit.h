// SPDX-License-Identifier: Apache-2.0
/* commit.h — what a committed transaction tells the world, in order.
 * The writer fills it while jobs run and publishes it after the fsync; from then on it is immutable
 * and counted, shared by every worker. The order of effects is the order of delivery. commit_ref
 * and commit_unref may be called on any thread, the rest on the writer. */
#ifndef STORE_COMMIT_H
#define STORE_COMMIT_H

#include "base/arena.h"
#include "base/frame.h"
#include "base/uuid.h"

/* Something that can be heard: everybody with the key hears the same events in the same order. */
enum channel_kind { CHANNEL_USER = 1, CHANNEL_CONVERSATION = 2, CHANNEL_SESSION = 3 };

enum event_flags {
    EVENT_PLAIN = 0,
    EVENT_LIVE = 1, /* not in the event log: typing, deltas; may be dropped for a slow listener */
    /* The rest stands in the log, for replays (hub/outlook.h). */
    EVENT_INTERNAL = 2,  /* for agents, owners and admins only */
    EVENT_BLOCKABLE = 4, /* not for those who blocked the author, or the sender of the message */
    EVENT_FAREWELL = 8,  /* of a user's channel: also when they are not in the conversation now */
    EVENT_LOG_ONLY = 16, /* heard live by another event of the same commit, just after this one */
};

/* Who of a channel's listeners gets an event. The writer decides it from the rows as they are at
 * the commit (roles, blocks), so that no worker keeps a copy of them that could be stale. */
struct audience {
    enum audience_kind {
        AUDIENCE_EVERYONE,
        AUDIENCE_ONLY,  /* the users of the list: an internal message */
        AUDIENCE_EXCEPT /* all but the users of the list: those who blocked the author */
    } kind;
    const struct uuid *user_ids;
    size_t count;
    bool is_blockable; /* follows the blocks of the author: the event is EVENT_BLOCKABLE */
};

struct message;

enum effect_kind {
    EFFECT_EVENT,           /* an event for a channel */
    EFFECT_JOIN,            /* users are participants of a conversation from here on */
    EFFECT_LEAVE,           /* users are no longer participants from here on */
    EFFECT_SESSION_REVOKED, /* `id` is a session: its sockets close, its tokens are void */
    EFFECT_USER_REVOKED,    /* `id` is a user: all their sessions end */
    EFFECT_PRESENCE,        /* `id` is a user: whether they are there has changed */
};

/* Views point into the commit's arena. */
struct effect {
    enum effect_kind kind;
    enum channel_kind channel; /* EVENT: where it is heard */
    enum event_flags flags;    /* EVENT */
    struct uuid id; /* EVENT: the channel's id; JOIN, LEAVE: the conversation; REVOKED: see above */
    struct uuid tenant_id;
    struct uuid author_id;       /* EVENT: who caused it, nil when nobody did */
    struct uuid conversation_id; /* EVENT: goes into the envelope, nil when it has none */
    uint64_t cursor;             /* EVENT: its place in the event log, 0 when live */
    uint64_t seq_num;            /* EVENT: of the message that it is about, 0 when of none */
    struct uuid sender_id;       /* EVENT: the sender of that message */
    /* EVENT: a message.created has it whole, for the encoding that shows it; else NULL. */
    const struct message *message;
    struct audience audience;    /* EVENT */
    struct str type;             /* EVENT, PRESENCE: "message.created" */
    struct str payload;          /* EVENT, PRESENCE: a JSON object */
    const struct uuid *user_ids; /* JOIN, LEAVE */
    size_t user_ids_count;
    struct str status;        /* PRESENCE: "online", "away", "busy", "offline" */
    struct str status_detail; /* PRESENCE: at == NULL when there is none */
    /* PRESENCE: who is in one of these hears it, on their user channel and once. EVENT on a
     * session's channel: of those who hear the session, only who is in one of these. */
    const struct uuid *conversation_ids;
    size_t conversation_ids_count;
    /* EVENT, PRESENCE: the frame in base encoding, and the one in carillon.v1 when somebody may
     * listen in it. hub/bus sets them. */
    struct frame *frame;
    struct frame *frame_v1;
    struct effect *next;
};

struct commit {
    _Atomic uint32_t refs_count; /* private */
    struct arena arena;          /* private: owns the effects */
    struct effect *first;
    struct effect *last;
    size_t effects_count;
    uint64_t committed_ns; /* clock_mono_ns when it became durable */
};

/* Empty, one reference. */
struct commit *commit_new(void);
struct commit *commit_ref(struct commit *c);
/* The last one also drops the frames. Accepts NULL. */
void commit_unref(struct commit *c);
/* A zeroed effect at the end; fill it before the commit is shared. */
struct effect *commit_add(struct commit *c, enum effect_kind kind);

/* Where the effects end now; commit_cut takes back all that were added since. */
struct commit_mark {
    struct effect *last;
    size_t effects_count;
};
struct commit_mark commit_mark(const struct commit *c);
void commit_cut(struct commit *c, struct commit_mark mark);

#endif
