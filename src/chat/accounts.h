// SPDX-License-Identifier: Apache-2.0
/* accounts.h — becoming a user, and what one says of oneself. Jobs as in chat/sessions.h: fill the
 * inputs after ..._init, read the outputs when the result is R_OK. */
#ifndef CHAT_ACCOUNTS_H
#define CHAT_ACCOUNTS_H

#include "chat/email.h"
#include "chat/sessions.h"

/* Inside a job: the caller, who must be a user that is not disabled and has at least this role in
 * the tenant. R_UNAUTHENTICATED "account_disabled", R_FORBIDDEN "not_allowed". */
MUST_USE enum result account_require_role(struct tx *tx, const struct caller *caller,
                                          enum user_role role, struct arena *arena,
                                          struct problem *problem);

/* A new user: of a tenant of their own, which they own, or of the one that invites them. R_CONFLICT
 * "email_taken"; R_INVALID "invite_invalid": used, expired, for another address, or none. */
struct signup {
    struct job job;
    struct email email;
    struct str password_hash;
    struct str display_name; /* absent: the part of the address before the @ */
    struct str tenant_name;  /* absent: the display name; not looked at with an invite */
    bool has_invite;
    uint8_t invite_hash[SECRET_HASH_BYTES];
    struct session_grant grant;
    struct account account; /* out */
};
void signup_init(struct signup *cmd);
/* On the worker, before a hash is computed for it: reads the address and tidies the names that are
 * there already. R_INVALID names the field. */
MUST_USE enum result signup_read(struct signup *cmd, struct str email, struct arena *arena,
                                 struct problem *problem);

/* A read job: the caller's own account. R_UNAUTHENTICATED "account_disabled". */
struct account_get {
    struct job job;
    struct caller caller;
    struct account account; /* out */
};
void account_get_init(struct account_get *cmd);

/* What is absent stays as it is; an empty text is removed. R_INVALID names the field. */
struct profile_update {
    struct job job;
    struct caller caller;
    struct str display_name; /* cannot be removed */
    struct str avatar_url;   /* http or https */
    struct str timezone;
    struct str bio;
    struct str language;
    struct str job_title;
    struct user user; /* out */
};
void profile_update_init(struct profile_update *cmd);

/* Checks a text for `avatar_url`: absent, empty or an http(s) URL. R_INVALID. */
MUST_USE enum result avatar_url_check(struct str url, struct problem *problem);

#endif
