// SPDX-License-Identifier: Apache-2.0
/* user.c — `carillon user add|list|passwd|disable`: people, for whoever may write the server's
 * files. Passwords are asked for or piped in, never taken from the command line. They are asked for
 * before the transaction begins, and hashed before it too: both take longer than a server should
 * wait. */
#include <sodium.h>

#include "auth/password.h"
#include "chat/email.h"
#include "chat/text.h"
#include "cli/args.h"
#include "cli/cli.h"
#include "cli/database.h"
#include "cli/prompt.h"
#include "limits.h"
#include "store/sessions.h"
#include "store/users.h"

/* ---- what the commands share ---- */

/* A password that was typed, as its hash. */
static MUST_USE enum result hash_password(const struct database *d,
                                          const struct prompt_password *password,
                                          char hash[PASSWORD_HASH_BYTES], struct fault *fault)
{
    struct password_cost cost = PASSWORD_COST_DEFAULT;
    const char *wrong = password_fault(prompt_str(password));

    if (wrong != NULL) return fault_set(fault, R_INVALID, 0, "%s", wrong);
    cost.memory_kib = (uint32_t)d->config.password_memory_kib;
    if (password_hash(prompt_str(password), &cost, hash) != R_OK)
        return fault_set(fault, R_UNAVAILABLE, 0, "not enough memory to hash the password");
    return R_OK;
}

/* ---- add ---- */

enum { ADD_EMAIL, ADD_NAME, ADD_ROLE, ADD_TENANT, ADD_NEW_TENANT, ADD_DATA, ADD_CONFIG, ADD_COUNT };

static const struct arg add_args[ADD_COUNT] = {
    [ADD_EMAIL] = {"EMAIL", NULL, ARG_REQUIRED, "What they log in with."},
    [ADD_NAME] = {"--name", "NAME", ARG_OPTIONAL,
                  "What others see; without it, EMAIL up to the @."},
    [ADD_ROLE] = {"--role", "ROLE", ARG_OPTIONAL,
                  "member, admin or owner (default: owner in a new tenant, else member)."},
    [ADD_TENANT] = {"--tenant", "ID", ARG_OPTIONAL, "Where; needed when there are several."},
    [ADD_NEW_TENANT] = {"--new-tenant", "NAME", ARG_OPTIONAL, "Make a tenant for them."},
    [ADD_DATA] = DATABASE_ARG_DATA,
    [ADD_CONFIG] = DATABASE_ARG_CONFIG,
};

struct add {
    const struct str *values;
    struct prompt_password password;
};

/* The user's fields from the words, except the tenant and the password. */
static MUST_USE enum result describe(struct database *d, const struct str *values,
                                     struct user *user, struct fault *fault)
{
    struct problem problem = {0};
    struct email email;

    if (email_parse(values[ADD_EMAIL], &d->arena, &email, &problem) != R_OK)
        return fault_set(fault, R_INVALID, 0, "%s", problem.text);
    user->user_id = uuid_new();
    user->email = email.text;
    user->email_key = email.key;
    user->display_name = values[ADD_NAME].at != NULL
                             ? values[ADD_NAME]
                             : str_slice(email.text, 0, str_find(email.text, '@'));
    if (text_clean_name(&user->display_name, "--name", DISPLAY_NAME_BYTES_MAX, &problem) != R_OK)
        return fault_set(fault, R_INVALID, 0, "%s", problem.text);
    user->role = values[ADD_NEW_TENANT].at != NULL ? USER_OWNER : USER_MEMBER;
    if (values[ADD_ROLE].at != NULL && !user_role_parse(values[ADD_ROLE], &user->role))
        return fault_set(fault, R_INVALID, 0, "--role must be member, admin or owner");
    return R_OK;
}

static MUST_USE enum result place_user(struct database *d, const struct str *values,
                                       struct user *user, struct fault *fault)
{
    struct problem problem = {0};
    struct tenant tenant = {.name = values[ADD_NEW_TENANT]};
    enum result result;

    if (tenant.name.at == NULL) {
        result = database_find_tenant(d, values[ADD_TENANT], &tenant, fault);
        if (result == R_NOT_FOUND && values[ADD_TENANT].at == NULL)
            return fault_set(fault, result, 0, "there is no tenant yet: give --new-tenant NAME");
        if (result == R_OK) user->tenant_id = tenant.tenant_id;
        return result;
    }
    if (values[ADD_TENANT].at != NULL)
        return fault_set(fault, R_INVALID, 0, "--tenant and --new-tenant exclude each other");
    if (text_clean_name(&tenant.name, "--new-tenant", DISPLAY_NAME_BYTES_MAX, &problem) != R_OK)
        return fault_set(fault, R_INVALID, 0, "%s", problem.text);
    tenant.tenant_id = uuid_new();
    user->tenant_id = tenant.tenant_id;
    result = tenants_insert(&d->tx, &tenant);
    return result == R_OK ? R_OK : database_fault(fault, result, "write the tenant");
}

static MUST_USE enum result add_user(struct database *d, void *arg, struct fault *fault)
{
    const struct add *add = arg;
    char hash[PASSWORD_HASH_BYTES];
    char text[UUID_TEXT_LEN];
    struct user user = {0};
    enum result result;

    if ((result = describe(d, add->values, &user, fault)) != R_OK) return result;
    if ((result = hash_password(d, &add->password, hash, fault)) != R_OK) return result;
    user.password_hash = str_from(hash);
    if ((result = database_begin(d, fault)) != R_OK) return result;
    if ((result = place_user(d, add->values, &user, fault)) != R_OK) return result;
    result = users_insert(&d->tx, &user);
    if (result == R_CONFLICT)
        return fault_set(fault, result, 0, "there is a user with this e-mail address already");
    if (result != R_OK) return database_fault(fault, result, "write the user");
    if ((result = database_commit(d, fault)) != R_OK) return result;
    uuid_write(&user.user_id, text);
    printf("%.*s\n", (int)sizeof text, text);
    return R_OK;
}

static enum cli_exit add(int argc, char **argv, char **envp)
{
    struct str values[ADD_COUNT];
    struct add add = {.values = values};
    struct database_place place;
    struct fault fault = {0};
    enum cli_exit code;

    if (args_parse(add_args, ADD_COUNT, argc, argv, values, &fault) != R_OK)
        return cli_fail(CLI_USAGE, &fault);
    if (prompt_read(&add.password, &fault) != R_OK) return cli_fail(CLI_FAILED, &fault);
    place = (struct database_place){values[ADD_DATA], values[ADD_CONFIG], envp, DATABASE_MAKE};
    code = database_command(&place, add_user, &add);
    prompt_wipe(&add.password);
    return code;
}

/* ---- list ---- */

enum { LIST_TENANT, LIST_DATA, LIST_CONFIG, LIST_COUNT };

static const struct arg list_args[LIST_COUNT] = {
    [LIST_TENANT] = {"--tenant", "ID", ARG_OPTIONAL, "Of this tenant only."},
    [LIST_DATA] = DATABASE_ARG_DATA,
    [LIST_CONFIG] = DATABASE_ARG_CONFIG,
};

static void print_user(const struct user *user)
{
    char user_id[UUID_TEXT_LEN];

    uuid_write(&user->user_id, user_id);
    printf("%.*s  %-6.*s  %-8s  ", (int)sizeof user_id, user_id,
           STR_ARGS(user->is_agent ? STR("agent") : user_role_name(user->role)),
           user->disabled_at_ms == 0 ? "good" : "disabled");
    cli_print_cell(user->email);
    fputs("  ", stdout);
    cli_print_cell(user->display_name);
    putchar('\n');
}

static MUST_USE enum result print_users(struct database *d, const struct str *values,
                                        struct fault *fault)
{
    struct tenant_list tenants;
    enum result result;

    if ((result = database_begin(d, fault)) != R_OK) return result;
    result = database_list_tenants(d, values[LIST_TENANT], &tenants, fault);
    for (size_t i = 0; i < tenants.count && result == R_OK; i++) {
        struct user_list users;
        char tenant_id[UUID_TEXT_LEN];
        uuid_write(&tenants.tenants[i].tenant_id, tenant_id);
        printf("%stenant %.*s  ", i == 0 ? "" : "\n", (int)sizeof tenant_id, tenant_id);
        cli_print_cell(tenants.tenants[i].name);
        putchar('\n');
        result = users_list_all(&d->tx, &tenants.tenants[i].tenant_id, &d->arena, &users);
        if (result != R_OK) return database_fault(fault, result, "list the users");
        for (size_t k = 0; k < users.count; k++) print_user(&users.users[k]);
    }
    return result;
}

static enum cli_exit list(int argc, char **argv, char **envp)
{
    static const struct database_words words = {list_args, LIST_COUNT, DATABASE_EXISTING,
                                                print_users};

    return database_command_of_words(&words, argc, argv, envp);
}

/* ---- passwd and disable, which take the same words ---- */

enum { WHO_USER, WHO_DATA, WHO_CONFIG, WHO_COUNT };

static const struct arg who_args[WHO_COUNT] = {
    [WHO_USER] = {"USER", NULL, ARG_REQUIRED, "Their e-mail address or id."},
    [WHO_DATA] = DATABASE_ARG_DATA,
    [WHO_CONFIG] = DATABASE_ARG_CONFIG,
};

struct passwd {
    struct str who;
    struct prompt_password password;
};

static MUST_USE enum result set_password(struct database *d, void *arg, struct fault *fault)
{
    static const struct uuid no_session; /* is kept */
    const struct passwd *passwd = arg;
    char hash[PASSWORD_HASH_BYTES];
    struct user user = {0};
    enum result result;

    if ((result = hash_password(d, &passwd->password, hash, fault)) != R_OK) return result;
    if ((result = database_begin(d, fault)) != R_OK) return result;
    if ((result = database_find_user(d, passwd->who, &user, fault)) != R_OK) return result;
    if (user.email.at == NULL)
        return fault_set(fault, R_INVALID, 0, "this user has no e-mail address to log in with");
    result = users_set_password(&d->tx, &user.tenant_id, &user.user_id, str_from(hash));
    if (result == R_OK)
        result = sessions_revoke_others(&d->tx, &user.tenant_id, &user.user_id, &no_session);
    if (result != R_OK) return database_fault(fault, result, "write the password");
    return database_commit(d, fault);
}

static enum cli_exit passwd(int argc, char **argv, char **envp)
{
    struct str values[WHO_COUNT];
    struct passwd passwd = {0};
    struct database_place place;
    struct fault fault = {0};
    enum cli_exit code;

    if (args_parse(who_args, WHO_COUNT, argc, argv, values, &fault) != R_OK)
        return cli_fail(CLI_USAGE, &fault);
    if (prompt_read(&passwd.password, &fault) != R_OK) return cli_fail(CLI_FAILED, &fault);
    passwd.who = values[WHO_USER];
    place = (struct database_place){values[WHO_DATA], values[WHO_CONFIG], envp, DATABASE_EXISTING};
    code = database_command(&place, set_password, &passwd);
    prompt_wipe(&passwd.password);
    return code;
}

static MUST_USE enum result disable_user(struct database *d, const struct str *values,
                                         struct fault *fault)
{
    struct user user = {0};
    enum result result;

    if ((result = database_begin(d, fault)) != R_OK) return result;
    if ((result = database_find_user(d, values[WHO_USER], &user, fault)) != R_OK) return result;
    result = users_disable(&d->tx, &user.tenant_id, &user.user_id);
    if (result != R_OK) return database_fault(fault, result, "disable the user");
    return database_commit(d, fault);
}

static enum cli_exit disable(int argc, char **argv, char **envp)
{
    static const struct database_words words = {who_args, WHO_COUNT, DATABASE_EXISTING,
                                                disable_user};

    return database_command_of_words(&words, argc, argv, envp);
}

const struct cli_command user_add_command = {
    .name = "user add",
    .summary = "Make a user.",
    .run = add,
    .args = add_args,
    .args_count = ADD_COUNT,
    .about =
        "Makes a user and prints their id. The password is asked for, or is the first line of\n"
        "stdin when that is no terminal.",
};

const struct cli_command user_list_command = {
    .name = "user list",
    .summary = "List tenants and users.",
    .run = list,
    .args = list_args,
    .args_count = LIST_COUNT,
    .about = "Lists the tenants and everybody in them: id, role, state, e-mail address and name.",
};

const struct cli_command user_passwd_command = {
    .name = "user passwd",
    .summary = "Give a user a new password.",
    .run = passwd,
    .args = who_args,
    .args_count = WHO_COUNT,
    .about =
        "Gives the user a new password and ends their sessions. The password is asked for, or is\n"
        "the first line of stdin when that is no terminal.",
};

const struct cli_command user_disable_command = {
    .name = "user disable",
    .summary = "Keep a user out.",
    .run = disable,
    .args = who_args,
    .args_count = WHO_COUNT,
    .about =
        "The user cannot come in any more; their sessions, keys and sockets end, also in a server\n"
        "that runs. What they wrote stays.",
};
