// SPDX-License-Identifier: Apache-2.0
/* foreign_login.c — a subject of the issuer is the user `oidc:<subject>` of its tenant, made on
 * first sight as a backend's users are. */
#include "api/foreign_login.h"

#include "api/reply.h"
#include "auth/issuer_keys.h"
#include "base/check.h"
#include "base/clock.h"
#include "chat/backend_users.h"
#include "chat/text.h"
#include "limits.h"

static const struct str prefix = STR("oidc:");
static_assert(FOREIGN_SUBJECT_BYTES_MAX + 5 == EXTERNAL_ID_BYTES_MAX, "every subject is an id");

/* In the request's arena. */
struct foreign_login {
    struct backend_user_find find; /* first, so that the job leads here */
    struct issuer_wait wait;
    struct foreign_claims claims; /* once is_verified */
    bool is_verified;
    uint64_t jwks_number; /* of the keys that verified it */
    const struct foreign_login_ends *ends;
};

static MUST_USE enum result verify(struct request *r, const char **reason)
{
    const struct api *api = r->api;
    struct foreign_login *login = r->foreign;
    enum result result =
        foreign_token_verify(issuer_keys_issuer(api->issuer_keys), api->issuer_jwks, r->bearer,
                             clock_wall_ms(), &r->arena, &login->claims, reason);

    login->is_verified = result == R_OK;
    login->jwks_number = api->issuer_jwks_number;
    return result;
}

bool foreign_login_is(const struct request *r)
{
    return r->api->issuer_keys != NULL && foreign_token_is(r->bearer);
}

bool foreign_login_begin(struct request *r, const char **reason)
{
    enum result result;

    r->foreign = ARENA_NEW(&r->arena, struct foreign_login);
    result = verify(r, reason);
    return result == R_OK || result == R_NOT_FOUND;
}

/* ---- the user ---- */

static struct str join(struct arena *arena, struct str a, struct str b)
{
    char *text = arena_alloc(arena, a.len + b.len);

    memcpy(text, a.at, a.len);
    memcpy(text + a.len, b.at, b.len);
    return str_of(text, a.len + b.len);
}

/* What can be shown in a list of names: what the issuer says, or the subject. */
static struct str display_name(const struct foreign_claims *claims)
{
    struct problem unused;
    struct str name = claims->name;

    if (name.at != NULL && text_clean_name(&name, "name", DISPLAY_NAME_BYTES_MAX, &unused) == R_OK)
        return name;
    name = claims->subject;
    if (text_clean_name(&name, "sub", DISPLAY_NAME_BYTES_MAX, &unused) == R_OK) return name;
    return STR("Somebody");
}

/* Believed for a while without asking for the user again, and never longer than the token is. */
static void on_user(struct job *job)
{
    struct request *r = job->owner;
    struct foreign_login *login = r->foreign;
    uint64_t now_sec = clock_wall_ms() / 1000;
    struct token_claims claims = {
        .user_id = login->find.user.user_id,
        .tenant_id = login->find.user.tenant_id,
        .token_id = uuid_new(),
        .issued_at_sec = now_sec,
        .expires_at_sec = foreign_token_believed_until(now_sec, login->claims.expires_at_sec),
        .session_expires_at_sec = login->claims.expires_at_sec,
    };

    if (job->result == R_FORBIDDEN) {
        login->ends->refused(r, "user_disabled");
    } else if (job->result == R_NOT_FOUND) {
        login->ends->refused(r, "unknown_tenant");
    } else if (!reply_failed_job(r, job)) {
        /* Newer keys have emptied the cache, and this is older. */
        if (login->jwks_number == r->api->issuer_jwks_number)
            token_cache_put(r->api->token_cache, r->bearer, &claims);
        login->ends->known(r, &claims);
    }
}

static void find_user(struct request *r)
{
    struct foreign_login *login = r->foreign;
    struct backend_user_find *find = &login->find;
    struct problem unused;

    backend_user_find_init(find);
    find->tenant_id = issuer_keys_issuer(r->api->issuer_keys)->tenant_id;
    find->external_id = join(&r->arena, prefix, login->claims.subject);
    find->display_name = display_name(&login->claims);
    find->avatar_url = login->claims.picture;
    if (avatar_url_check(find->avatar_url, &unused) != R_OK) find->avatar_url = STR_NONE;
    request_write(r, &find->job, on_user);
}

/* ---- the key ---- */

static void refuse_for_now(struct request *r)
{
    struct problem problem;

    problem_set(&problem, R_UNAVAILABLE, "issuer_unavailable", NULL,
                "The keys of the token's issuer cannot be fetched; try again in a moment.");
    reply_problem(r, &problem);
}

static void on_waited(struct issuer_wait *wait)
{
    struct request *r = wait->owner;
    struct foreign_login *login = r->foreign;
    const char *reason = NULL;
    enum result result = verify(r, &reason);

    if (result == R_OK) find_user(r);
    else if (result == R_NOT_FOUND && !wait->is_fresh) refuse_for_now(r);
    else login->ends->refused(r, reason);
}

void foreign_login_finish(struct request *r, const struct foreign_login_ends *ends)
{
    struct foreign_login *login = r->foreign;

    login->ends = ends;
    if (login->is_verified) {
        find_user(r);
        return;
    }
    login->wait = (struct issuer_wait){.done = on_waited, .reply_to = r->api->inbox, .owner = r};
    if (issuer_keys_wait(r->api->issuer_keys, &login->wait) != R_OK) refuse_for_now(r);
}
