// SPDX-License-Identifier: Apache-2.0
/* accounts.c — the rules of signing up and of the profile. */
#include "chat/accounts.h"

#include "base/check.h"
#include "chat/text.h"
#include "limits.h"
#include "store/invites.h"

static enum result refuse_disabled(struct problem *problem)
{
    return problem_set(problem, R_UNAUTHENTICATED, "account_disabled", NULL,
                       "This account does not exist any more.");
}

/* The caller as a user who may still do something. */
static MUST_USE enum result load_caller(struct tx *tx, const struct caller *caller,
                                        struct arena *arena, struct user *out,
                                        struct problem *problem)
{
    enum result result = R_NOT_FOUND;

    if (!uuid_is_nil(&caller->user_id)) {
        result = users_find(tx, &caller->tenant_id, &caller->user_id, arena, out);
    }
    if (result == R_NOT_FOUND) return refuse_disabled(problem);
    if (result == R_OK && out->disabled_at_ms != 0) return refuse_disabled(problem);
    return result;
}

enum result account_require_role(struct tx *tx, const struct caller *caller, enum user_role role,
                                 struct arena *arena, struct problem *problem)
{
    struct user user = {0};
    enum result result = load_caller(tx, caller, arena, &user, problem);

    if (result != R_OK || user.role >= role) return result;
    return problem_set(problem, R_FORBIDDEN, "not_allowed", NULL,
                       role == USER_OWNER ? "Only the owner of the tenant may do this."
                                          : "Only owners and admins of the tenant may do this.");
}

/* ---- signing up ---- */

static enum result refuse_invite(struct problem *problem)
{
    return problem_set(problem, R_INVALID, "invite_invalid", "invite_token",
                       "The invite was used, has expired, or is not for you; ask for a new one.");
}

static MUST_USE enum result find_invite(struct tx *tx, struct signup *cmd, struct invite *out)
{
    struct problem *problem = &cmd->job.problem;
    enum result result = invites_find(tx, secret_hash_str(cmd->invite_hash), cmd->job.arena, out);

    if (result == R_NOT_FOUND) return refuse_invite(problem);
    if (result != R_OK) return result;
    if (out->used_at_ms != 0 || out->expires_at_ms <= tx->now_ms) return refuse_invite(problem);
    if (out->email_key.at != NULL && !str_equals(out->email_key, cmd->email.key)) {
        return refuse_invite(problem);
    }
    return R_OK;
}

static MUST_USE enum result make_tenant(struct tx *tx, struct signup *cmd)
{
    struct account *account = &cmd->account;

    account->tenant = (struct tenant){
        .tenant_id = uuid_new(),
        .name = cmd->tenant_name.at != NULL ? cmd->tenant_name : account->user.display_name,
        .created_at_ms = tx->now_ms};
    account->user.tenant_id = account->tenant.tenant_id;
    account->user.role = USER_OWNER;
    return tenants_insert(tx, &account->tenant);
}

/* The tenant is made, or the invite used, before it is known whether the address is free: the job
 * is undone as a whole when it is not. */
static enum result signup_run(struct job *job, struct tx *tx)
{
    struct signup *cmd = (struct signup *)job;
    struct user *user = &cmd->account.user;
    struct invite invite = {0};
    enum result result;

    *user = (struct user){.user_id = uuid_new(),
                          .email = cmd->email.text,
                          .email_key = cmd->email.key,
                          .password_hash = cmd->password_hash,
                          .display_name = cmd->display_name,
                          .created_at_ms = tx->now_ms};
    if (user->display_name.at == NULL) {
        user->display_name = str_slice(cmd->email.text, 0, str_find(cmd->email.text, '@'));
    }
    if (cmd->has_invite) {
        if ((result = find_invite(tx, cmd, &invite)) != R_OK) return result;
        user->tenant_id = invite.tenant_id;
        user->role = invite.role;
        result = account_load_tenant(tx, job->arena, &cmd->account);
    } else {
        result = make_tenant(tx, cmd);
    }
    if (result != R_OK) return result;
    result = users_insert(tx, user);
    if (result == R_CONFLICT) {
        return problem_set(&job->problem, R_CONFLICT, "email_taken", "email",
                           "There is an account with this e-mail address; log in instead.");
    }
    if (result != R_OK) return result;
    if (cmd->has_invite && (result = invites_use(tx, &invite, &user->user_id)) != R_OK) {
        return result;
    }
    return session_start(tx, &cmd->grant, user);
}

enum result signup_read(struct signup *cmd, struct str email, struct arena *arena,
                        struct problem *problem)
{
    enum result result = email_parse(email, arena, &cmd->email, problem);

    if (result == R_OK && cmd->display_name.at != NULL) {
        result =
            text_clean_name(&cmd->display_name, "display_name", DISPLAY_NAME_BYTES_MAX, problem);
    }
    if (result == R_OK && cmd->tenant_name.at != NULL) {
        result = text_clean_name(&cmd->tenant_name, "tenant_name", DISPLAY_NAME_BYTES_MAX, problem);
    }
    return result;
}

void signup_init(struct signup *cmd)
{
    *cmd = (struct signup){.job.run = signup_run, .job.flags = JOB_UNDO};
}

/* ---- oneself ---- */

static enum result account_get_run(struct job *job, struct tx *tx)
{
    struct account_get *cmd = (struct account_get *)job;
    enum result result =
        load_caller(tx, &cmd->caller, job->arena, &cmd->account.user, &job->problem);

    if (result != R_OK) return result;
    return account_load_tenant(tx, job->arena, &cmd->account);
}

void account_get_init(struct account_get *cmd)
{
    *cmd = (struct account_get){.job.run = account_get_run};
}

/* A page shows it as the source of an image, so it must not be able to be a script. */
enum result avatar_url_check(struct str url, struct problem *problem)
{
    bool is_url = str_starts_with(url, STR("https://")) || str_starts_with(url, STR("http://"));

    for (size_t i = 0; i < url.len && is_url; i++) {
        is_url = url.at[i] > ' ' && url.at[i] != 0x7f && url.at[i] != '"' && url.at[i] != '<';
    }
    if (is_url || url.len == 0) return R_OK;
    return problem_set(problem, R_INVALID, "avatar_url_invalid", "avatar_url",
                       "An avatar is an http or https URL in ASCII.");
}

/* A short text of one line; `from` absent: as it is, empty: none. */
static MUST_USE enum result set_word(struct str *to, struct str from, const char *field,
                                     struct problem *problem)
{
    enum result result;

    if (from.at == NULL) return R_OK;
    if (from.len > 0) {
        result = text_clean_name(&from, field, PROFILE_WORD_BYTES_MAX, problem);
        if (result != R_OK) return result;
    }
    *to = from.len > 0 ? from : STR_NONE;
    return R_OK;
}

static MUST_USE enum result change_profile(const struct profile_update *cmd, struct user *user,
                                           struct problem *problem)
{
    enum result result;

    if (cmd->display_name.at != NULL) {
        user->display_name = cmd->display_name;
        result =
            text_clean_name(&user->display_name, "display_name", DISPLAY_NAME_BYTES_MAX, problem);
        if (result != R_OK) return result;
    }
    if ((result = avatar_url_check(cmd->avatar_url, problem)) != R_OK) return result;
    if (cmd->avatar_url.at != NULL) {
        user->avatar_url = cmd->avatar_url.len > 0 ? cmd->avatar_url : STR_NONE;
    }
    if (cmd->bio.at != NULL) user->bio = cmd->bio.len > 0 ? cmd->bio : STR_NONE;
    result = set_word(&user->timezone, cmd->timezone, "timezone", problem);
    if (result != R_OK) return result;
    result = set_word(&user->language, cmd->language, "language", problem);
    if (result != R_OK) return result;
    return set_word(&user->job_title, cmd->job_title, "job_title", problem);
}

static enum result profile_update_run(struct job *job, struct tx *tx)
{
    struct profile_update *cmd = (struct profile_update *)job;
    enum result result = load_caller(tx, &cmd->caller, job->arena, &cmd->user, &job->problem);

    if (result != R_OK) return result;
    if ((result = change_profile(cmd, &cmd->user, &job->problem)) != R_OK) return result;
    return users_update_profile(tx, &cmd->user);
}

void profile_update_init(struct profile_update *cmd)
{
    *cmd = (struct profile_update){.job.run = profile_update_run};
}
