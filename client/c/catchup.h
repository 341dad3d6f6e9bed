// SPDX-License-Identifier: Apache-2.0
/* catchup.h — up to which message each conversation was told, and asking for what is missing.
 * Every message goes through here, so that each is told once and in order: heard with its text it
 * is told at once; heard without it (base protocol), or missed, it is fetched with a sync. */
#ifndef CLIENT_CATCHUP_H
#define CLIENT_CATCHUP_H

#include <carillon.h>

#define CATCHUP_CONVERSATIONS_MAX 100000u /* remembered; past it: told without being remembered */
#define CATCHUP_PULL_MAX 100u             /* conversations of one sync; the rest in the next one */
#define CATCHUP_LIST_PAGE "1000"          /* conversations of one page of the list */

struct progress {
    char id[CARILLON_ID_BYTES]; /* "" when the place is free */
    uint64_t last_seq;
    uint64_t change_seq; /* up to which of its changes it is known, if */
    bool knows_changes;
    bool wants_changes; /* and what came after that may have been missed */
    bool is_dirty;      /* there is more than last_seq, or there are changes to ask for */
    bool is_fresh;      /* told since the list was asked for, which may be older */
    bool is_pulled;     /* a sync that asks for it is under way */
    bool is_recovered;  /* what comes was missed */
};

struct catchup {
    struct progress *places; /* open addressing; a power of two of them, half of them free */
    size_t capacity;
    size_t count;
    size_t dirty_count;
    bool wants_list; /* after a gap: find out what is missing */
    bool is_listing;
    bool is_beginning; /* that list is what the first connection waits for */
    bool is_listed;    /* where every conversation was is known: what is beyond it was missed */
    bool is_pulling;
    bool has_asked_changes;            /* once: where every conversation is in its changes */
    char newest_id[CARILLON_ID_BYTES]; /* of all that was seen: ids rise with time */
};

void catchup_release(struct catchup *u);
/* Before the first connection: remember where every conversation is now, which is told to
 * connection_on_listed. False: no memory. */
CARILLON_MUST_USE bool catchup_begin(struct carillon_client *c);
/* A connection that replays nothing: what is changed from now on can be asked for after it. */
void catchup_on_plain(struct carillon_client *c);
/* After a loss that the server could not make up for: find what is missing. */
void catchup_after_gap(struct carillon_client *c);
/* A message.created was heard; `message` is NULL when the server did not send it along. */
void catchup_on_message(struct carillon_client *c, const char *conversation_id, uint64_t seq_num,
                        const json_t *message);
/* When nothing is owed, what was heard was told: the cursor may be given out. */
void catchup_note_whole(struct carillon_client *c);
/* Begin a list or a sync when something is missing and none is under way. */
void catchup_tick(struct carillon_client *c);

#endif
