// SPDX-License-Identifier: Apache-2.0
/* roles.c — the table of rights. An agent works in the conversation without running it. Who is
 * removed by whom follows the order owner, admin, everybody else: nobody removes their equals but
 * owners. */
#include "chat/roles.h"

#include "base/check.h"

#define ROLES_COUNT 4

#define OWNER (1u << PARTICIPANT_OWNER)
#define ADMIN (1u << PARTICIPANT_ADMIN)
#define AGENT (1u << PARTICIPANT_AGENT)

/* Who may what, row by row as in docs/protocol.md. */
static const struct {
    enum role_rights right;
    unsigned roles;
    const char *may;
} table[] = {
    {RIGHT_INTERNAL, OWNER | ADMIN | AGENT, "read and send internal messages"},
    {RIGHT_ADD, OWNER | ADMIN, "add participants"},
    {RIGHT_REMOVE, OWNER | ADMIN, "remove members and agents"},
    {RIGHT_REMOVE_ADMINS, OWNER, "remove owners and admins"},
    {RIGHT_PROMOTE, OWNER, "change the roles of others"},
    {RIGHT_RENAME, OWNER | ADMIN, "change the name and the description"},
    {RIGHT_DELETE, OWNER | ADMIN, "delete it for everyone"},
    {RIGHT_MODERATE, OWNER | ADMIN, "delete messages of others"},
    {RIGHT_END_CALLS, OWNER | ADMIN, "end a call that they are not in"},
};

static const struct str names[ROLES_COUNT] = {
    [PARTICIPANT_OWNER] = {"owner", 5},
    [PARTICIPANT_ADMIN] = {"admin", 5},
    [PARTICIPANT_MEMBER] = {"member", 6},
    [PARTICIPANT_AGENT] = {"agent", 5},
};

const char *const role_names_of_people[] = {
    [PARTICIPANT_OWNER] = "owner",
    [PARTICIPANT_ADMIN] = "admin",
    [PARTICIPANT_MEMBER] = "member",
    NULL,
};

bool role_has(enum participant_role role, enum role_rights right)
{
    CHECK((size_t)role < ROLES_COUNT);
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        if (table[i].right == right) return (table[i].roles & 1u << role) != 0;
    }
    return false;
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
    case RIGHT_PROMOTE: return "Only owners of the conversation change roles.";
    case RIGHT_END_CALLS:
        return "Only those who are in a call, and owners and admins, end it for everyone.";
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
