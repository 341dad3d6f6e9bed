// SPDX-License-Identifier: Apache-2.0
/* users.h — the rows of people, agents and users of a backend.
 * All functions run inside a transaction, on the thread of its connection. Rows that are read are
 * copied into `arena`. A user is found within a tenant, except by e-mail, which is unique in all of
 * them. Errors beside the named ones are the engine's (db.h) and end the transaction. */
#ifndef STORE_USERS_H
#define STORE_USERS_H

#include "store/tx.h"

/* In rising order of rights, so that they can be compared. */
enum user_role { USER_MEMBER, USER_ADMIN, USER_OWNER };

/* A text that is absent has at == NULL; a time that is absent is 0. */
struct user {
    struct uuid user_id;
    struct uuid tenant_id;
    struct str email;       /* as it was typed; absent for agents and users of a backend */
    struct str email_key;   /* the form that is compared, see chat/email.h */
    struct str external_id; /* a backend's own id for its user */
    struct str display_name;
    struct str password_hash; /* never leaves the server; absent when there is no password */
    enum user_role role;
    bool is_agent;
    bool is_default_agent;
    struct str avatar_url;
    struct str bio;
    struct str timezone;
    struct str language;
    struct str job_title;
    struct str job_role;
    uint64_t created_at_ms; /* set by users_insert */
    uint64_t disabled_at_ms;
    uint64_t last_seen_ms;
};

/* The word in the database and in the protocol. */
struct str user_role_name(enum user_role role);
/* False leaves `out` alone. */
bool user_role_parse(struct str name, enum user_role *out);

/* R_CONFLICT: the e-mail address or the external id is taken; nothing was written. */
MUST_USE enum result users_insert(struct tx *tx, const struct user *user);

/* R_NOT_FOUND. Disabled users are found too: look at disabled_at_ms. */
MUST_USE enum result users_find(struct tx *tx, const struct uuid *tenant_id,
                                const struct uuid *user_id, struct arena *arena, struct user *out);
MUST_USE enum result users_find_by_email(struct tx *tx, struct str email_key, struct arena *arena,
                                         struct user *out);
MUST_USE enum result users_find_by_external_id(struct tx *tx, const struct uuid *tenant_id,
                                               struct str external_id, struct arena *arena,
                                               struct user *out);

/* Those who are not disabled, in the order of their ids. */
struct users_filter {
    bool is_agent;     /* agents, or else people */
    struct str q;      /* a part of the display name in any (ASCII) case; empty: all */
    struct uuid after; /* ids above this one; nil: from the first */
    size_t limit;      /* > 0 */
};
struct user_list {
    struct user *users;
    size_t count;
};
MUST_USE enum result users_list(struct tx *tx, const struct uuid *tenant_id,
                                const struct users_filter *filter, struct arena *arena,
                                struct user_list *out);
/* Everybody, disabled users and agents too: for the command line. */
MUST_USE enum result users_list_all(struct tx *tx, const struct uuid *tenant_id,
                                    struct arena *arena, struct user_list *out);

/* Writes what a profile shows: display_name, avatar_url, bio, timezone, language, job_title,
 * job_role. R_NOT_FOUND. */
MUST_USE enum result users_update_profile(struct tx *tx, const struct user *user);
/* Sessions go on; end them beside it (sessions.h). R_NOT_FOUND. */
MUST_USE enum result users_set_password(struct tx *tx, const struct uuid *tenant_id,
                                        const struct uuid *user_id, struct str password_hash);
MUST_USE enum result users_set_last_seen(struct tx *tx, const struct uuid *tenant_id,
                                         const struct uuid *user_id, uint64_t last_seen_ms);
/* Ends the user's sessions, keys and sockets, also in a server that runs meanwhile. A second time
 * changes nothing. R_NOT_FOUND. */
MUST_USE enum result users_disable(struct tx *tx, const struct uuid *tenant_id,
                                   const struct uuid *user_id);

#endif
