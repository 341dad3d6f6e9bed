// SPDX-License-Identifier: Apache-2.0
/* tenant.h — the people of a measurement: one tenant, its users, what they talk in.
 * Users are made with a key of the tenant (POST /v1/tenant/keys, POST /v1/chat/tokens), which needs
 * no password and so no argon2: thousands take seconds. Everything here is setup, done before the
 * clock starts. One thread; errors end the program (fail.h). */
#ifndef BENCH_TENANT_H
#define BENCH_TENANT_H

#include "base/uuid.h"
#include "bench/rest_client.h"

#define TENANT_PARTICIPANTS_BATCH_MAX 100u /* of one request that adds people to a group */

struct tenant_user {
    char id[UUID_TEXT_LEN + 1];
    char *access_token;
};

struct tenant {
    char id[UUID_TEXT_LEN + 1];
    struct rest_crowd crowd;
    char *key;         /* sk_... */
    char *owner_token; /* of the person who signed up */
    struct tenant_user *users;
    size_t users_count;
    struct buf body; /* private: of the request that is being made */
    char path[128];  /* private: the same */
};

/* Signs an owner up and makes `users_count` users. */
void tenant_open(struct tenant *t, uint16_t port, size_t users_count);
void tenant_close(struct tenant *t);

/* Groups of consecutive users: group g is one of the users from (g / each) * members_count on, so
 * everyone is in `each` groups, the last block may be smaller, and its first user made it. */
struct tenant_groups {
    size_t groups_count;
    size_t members_count;
    size_t each;
    char (*ids)[UUID_TEXT_LEN + 1]; /* owned by the caller: room for groups_count, filled in */
};
void tenant_add_groups(struct tenant *t, const struct tenant_groups *groups);

/* Add one user or agent more to all of these groups. */
void tenant_add_to_groups(struct tenant *t, const struct tenant_groups *groups, const char *id);

struct tenant_agent {
    char id[UUID_TEXT_LEN + 1];
    char *key; /* ak_..., the caller frees it */
};
void tenant_make_agent(struct tenant *t, struct tenant_agent *out);

/* Fetch messaging tokens for the sockets first..first+count-1 into tokens[0..count-1]; socket i is
 * one of user i % users_count. They live for a minute. The caller frees them. */
void tenant_fetch_ws_tokens(struct tenant *t, size_t first, size_t count, char **tokens);

#endif
