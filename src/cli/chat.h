// SPDX-License-Identifier: Apache-2.0
/* chat.h — what the files of `carillon chat` share: one user, the conversations of that user, and
 * the one that is open. Main thread. */
#ifndef CLI_CHAT_H
#define CLI_CHAT_H

#include <carillon.h>

#include "base/str.h"

#define CHAT_LABEL_BYTES_MAX 128u /* of a conversation's name on the screen; past it: cut */
#define CHAT_HISTORY 20u          /* messages that are shown when a conversation is opened */
#define CHAT_TYPING_MS 4000u      /* the server shows a typist for 10 s */

struct chat {
    struct carillon_client *client;
    const char *wanted;                   /* the conversation of the command line, or NULL */
    json_t *names;                        /* user id to display name */
    json_t *conversations;                /* as they were listed last */
    json_t *typists;                      /* user ids of those who type in the open one */
    char conversation[CARILLON_ID_BYTES]; /* the open one, "" when none is */
    char label[CHAT_LABEL_BYTES_MAX];     /* of the open one */
    char own_message[CARILLON_ID_BYTES];  /* the user's newest in it, for /edit and /delete */
    char last_message[CARILLON_ID_BYTES]; /* the newest in it, for /react */
    char task[CARILLON_ID_BYTES];         /* the newest in it that is not at its end, for /cancel */
    char streamed[CARILLON_ID_BYTES];     /* the task whose text grew on the screen */
    bool is_listed;
    bool is_over; /* nothing more is typed */
    bool is_failed;
    unsigned busy_count;  /* lists and openings under way: typed lines wait for them */
    unsigned sends_count; /* on their way */
    uint64_t typing_told_ms;
};

/* chat_room.c: lists, the open conversation, and what happens in it. */
void chat_list(struct chat *c);
/* The one of this number in the list, or of this id or name. */
void chat_open(struct chat *c, struct str which);
void chat_on_message(struct carillon_client *client, const struct carillon_message *m, void *arg);
void chat_on_event(struct carillon_client *client, const struct carillon_event *event, void *arg);
void chat_on_gap(struct carillon_client *client, void *arg);

/* chat_commands.c: a line that was typed: a text, a number, or a /command. */
void chat_obey(struct chat *c, struct str line);
/* What went wrong goes on the screen; false: nothing did. */
bool chat_is_refused(const struct carillon_reply *reply);

#endif
