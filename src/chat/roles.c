// SPDX-License-Identifier: Apache-2.0
/* roles.c — the table of rights. An agent works in the conversation without running it. Who is
 * removed by whom follows the order owner, admin, everybody else: nobody removes their equals but
 * owners. */
#include "chat/roles.h"

#include "base/check.h"

#define ROLES_COUNT 4

#define RIGHTS_OF_ADMIN \
    (RIGHT_INTERNAL | RIGHT_ADD | RIGHT_REMOVE | RIGHT_RENAME | RIGHT_DELETE | RIGHT_MODERATE)

static const unsigned rights_of[ROLES_COUNT] = {
    [PARTICIPANT_OWNER] = RIGHTS_OF_ADMIN | RIGHT_REMOVE_ADMINS,
    [PARTICIPANT_ADMIN] = RIGHTS_OF_ADMIN,
    [PARTICIPANT_MEMBER] = 0,
    [PARTICIPANT_AGENT] = RIGHT_INTERNAL,
};

static const struct str names[ROLES_COUNT] = {
    [PARTICIPANT_OWNER] = {"owner", 5},
    [PARTICIPANT_ADMIN] = {"admin", 5},
    [PARTICIPANT_MEMBER] = {"member", 6},
    [PARTICIPANT_AGENT] = {"agent", 5},
};

bool role_has(enum participant_role role, enum role_rights right)
{
    CHECK((size_t)role < ROLES_COUNT);
    return (rights_of[role] & right) != 0;
}

static const char *what_it_takes(enum role_rights right)
{
    switch (right) {
    case RIGHT_INTERNAL:
        return "Only agents, owners and admins of the conversation write internal messages.";
    case RIGHT_ADD: return "Only owners and admins of the conversation add participants.";
    case RIGHT_REMOVE: return "Only owners and admins of the conversation remove participants.";
    case RIGHT_RENAME: return "Only owners and admins of the conversation change its name.";
    case RIGHT_DELETE: return "Only owners and admins delete the conversation for everyone.";
    case RIGHT_MODERATE: return "Only owners and admins delete the messages of others.";
    case RIGHT_REMOVE_ADMINS: break;
    }
    return "Only owners of the conversation remove its owners and admins.";
}

enum result role_require(enum participant_role role, enum role_rights right, const char *field,
                         struct problem *problem)
{
    if (role_has(role, right)) return R_OK;
    return problem_set(problem, R_FORBIDDEN, "not_allowed", field, "%s", what_it_takes(right));
}

enum role_rights role_right_to_remove(enum participant_role role)
{
    bool is_leader = role == PARTICIPANT_OWNER || role == PARTICIPANT_ADMIN;

    return is_leader ? RIGHT_REMOVE_ADMINS : RIGHT_REMOVE;
}

struct str role_name(enum participant_role role)
{
    CHECK((size_t)role < ROLES_COUNT);
    return names[role];
}
