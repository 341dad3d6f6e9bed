// SPDX-License-Identifier: Apache-2.0
/* roles.h — what the role of a participant allows in its conversation. The table is in roles.c
 * and, for people, in docs/protocol.md, which a test compares with it. Pure, any thread. */
#ifndef CHAT_ROLES_H
#define CHAT_ROLES_H

#include "store/job.h"
#include "store/participants.h"

/* Reading, sending and leaving need no right: every participant may. */
enum role_rights {
    RIGHT_INTERNAL = 1,      /* read and write internal messages */
    RIGHT_ADD = 2,           /* add participants */
    RIGHT_REMOVE = 4,        /* remove members and agents */
    RIGHT_REMOVE_ADMINS = 8, /* remove admins and owners */
    RIGHT_RENAME = 16,       /* change the name and the description */
    RIGHT_DELETE = 32,       /* delete the conversation for everyone */
    RIGHT_MODERATE = 64,     /* delete messages of others */
    RIGHT_PROMOTE = 128,     /* change the roles of others, and pass the ownership on */
    RIGHT_END_CALLS = 256,   /* end a call that one is not in */
};

bool role_has(enum participant_role role, enum role_rights right);
/* R_FORBIDDEN "not_allowed": a participant knows that the conversation exists. `field` may be
 * NULL. */
MUST_USE enum result role_require(enum participant_role role, enum role_rights right,
                                  const char *field, struct problem *problem);
/* The right it takes to remove somebody of this role. */
enum role_rights role_right_to_remove(enum participant_role role);
/* As in the protocol: "owner". */
struct str role_name(enum participant_role role);
/* The names of the roles that a person can be given, by their numbers; ends with NULL. */
extern const char *const role_names_of_people[];

#endif
