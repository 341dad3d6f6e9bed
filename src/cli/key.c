// SPDX-License-Identifier: Apache-2.0
/* key.c — `carillon key add|list|revoke`: bearer keys for backends and agents.
 * A key is shown once, when it is made; the database has its hash. */
#include "auth/secret.h"
#include "base/clock.h"
#include "chat/text.h"
#include "cli/args.h"
#include "cli/cli.h"
#include "cli/database.h"
#include "limits.h"
#include "store/api_keys.h"
#include "store/users.h"

/* ---- add ---- */

enum { ADD_NAME, ADD_AGENT, ADD_TENANT, ADD_DATA, ADD_CONFIG, ADD_COUNT };

static const struct arg add_args[ADD_COUNT] = {
    [ADD_NAME] = {"NAME", NULL, ARG_REQUIRED, "What the key is for, shown in lists."},
    [ADD_AGENT] = {"--agent", "USER_ID", ARG_OPTIONAL,
                   "A key of this agent. Without it, a key for the tenant's backend."},
    [ADD_TENANT] = {"--tenant", "ID", ARG_OPTIONAL, "Needed when there are several."},
    [ADD_DATA] = DATABASE_ARG_DATA,
    [ADD_CONFIG] = DATABASE_ARG_CONFIG,
};

static MUST_USE enum result check_agent(struct database *d, const struct uuid *tenant_id,
                                        struct str text, struct uuid *out, struct fault *fault)
{
    struct user user;
    enum result result;

    if (!uuid_parse(text, out)) return fault_set(fault, R_INVALID, 0, "--agent must be a user id");
    result = users_find(&d->tx, tenant_id, out, &d->arena, &user);
    if (result != R_OK) return database_fault(fault, result, "find the agent");
    if (!user.is_agent || user.disabled_at_ms != 0)
        return fault_set(fault, R_INVALID, 0, "--agent must be an agent that is not disabled");
    return R_OK;
}

static MUST_USE enum result add_key(struct database *d, const struct str *values,
                                    struct fault *fault)
{
    struct api_key key = {.key_id = uuid_new(), .name = values[ADD_NAME]};
    struct problem problem = {0};
    struct secret secret;
    struct tenant tenant;
    enum result result;

    if (text_clean_name(&key.name, "NAME", DISPLAY_NAME_BYTES_MAX, &problem) != R_OK)
        return fault_set(fault, R_INVALID, 0, "NAME: %s", problem.text);
    if ((result = database_begin(d, fault)) != R_OK) return result;
    if ((result = database_find_tenant(d, values[ADD_TENANT], &tenant, fault)) != R_OK)
        return result;
    key.tenant_id = tenant.tenant_id;
    if (values[ADD_AGENT].at != NULL) {
        key.kind = API_KEY_AGENT;
        result = check_agent(d, &tenant.tenant_id, values[ADD_AGENT], &key.user_id, fault);
        if (result != R_OK) return result;
    }
    secret_new(key.kind == API_KEY_AGENT ? SECRET_AGENT_KEY : SECRET_TENANT_KEY, &secret);
    result = api_keys_insert(&d->tx, &key, secret_hash_str(secret.hash));
    if (result != R_OK) return database_fault(fault, result, "write the key");
    if ((result = database_commit(d, fault)) == R_OK) puts(secret.text);
    secret_wipe(&secret);
    return result;
}

static enum cli_exit add(int argc, char **argv, char **envp)
{
    static const struct database_words words = {add_args, ADD_COUNT, DATABASE_EXISTING, add_key};

    return database_command_of_words(&words, argc, argv, envp);
}

/* ---- list ---- */

enum { LIST_TENANT, LIST_DATA, LIST_CONFIG, LIST_COUNT };

static const struct arg list_args[LIST_COUNT] = {
    [LIST_TENANT] = {"--tenant", "ID", ARG_OPTIONAL, "Of this tenant only."},
    [LIST_DATA] = DATABASE_ARG_DATA,
    [LIST_CONFIG] = DATABASE_ARG_CONFIG,
};

static void print_key(const struct api_key *key)
{
    char key_id[UUID_TEXT_LEN];
    char tenant_id[UUID_TEXT_LEN];
    char created_at[CLOCK_TEXT_LEN];

    uuid_write(&key->key_id, key_id);
    uuid_write(&key->tenant_id, tenant_id);
    clock_write(key->created_at_ms, created_at);
    printf("%.*s  %.*s  %-6.*s  %-7s  %.*s  ", (int)sizeof key_id, key_id, (int)sizeof tenant_id,
           tenant_id, STR_ARGS(api_key_kind_name(key->kind)),
           key->revoked_at_ms == 0 ? "good" : "revoked", (int)sizeof created_at, created_at);
    cli_print_cell(key->name);
    putchar('\n');
}

static MUST_USE enum result print_keys(struct database *d, const struct str *values,
                                       struct fault *fault)
{
    struct tenant_list tenants;
    enum result result;

    if ((result = database_begin(d, fault)) != R_OK) return result;
    if ((result = database_list_tenants(d, values[LIST_TENANT], &tenants, fault)) != R_OK)
        return result;
    printf("%-36s  %-36s  %-6s  %-7s  %-24s  %s\n", "key", "tenant", "kind", "state", "created",
           "name");
    for (size_t i = 0; i < tenants.count; i++) {
        struct api_key_list keys;
        result = api_keys_list(&d->tx, &tenants.tenants[i].tenant_id, &d->arena, &keys);
        if (result != R_OK) return database_fault(fault, result, "list the keys");
        for (size_t k = 0; k < keys.count; k++) print_key(&keys.keys[k]);
    }
    return R_OK;
}

static enum cli_exit list(int argc, char **argv, char **envp)
{
    static const struct database_words words = {list_args, LIST_COUNT, DATABASE_EXISTING,
                                                print_keys};

    return database_command_of_words(&words, argc, argv, envp);
}

/* ---- revoke ---- */

enum { REVOKE_KEY, REVOKE_DATA, REVOKE_CONFIG, REVOKE_COUNT };

static const struct arg revoke_args[REVOKE_COUNT] = {
    [REVOKE_KEY] = {"KEY_ID", NULL, ARG_REQUIRED, "The id, as `carillon key list` shows it."},
    [REVOKE_DATA] = DATABASE_ARG_DATA,
    [REVOKE_CONFIG] = DATABASE_ARG_CONFIG,
};

/* Whoever can write the files of the server needs no tenant to find a key. */
static MUST_USE enum result revoke_key(struct database *d, const struct str *values,
                                       struct fault *fault)
{
    struct tenant_list tenants;
    struct uuid key_id;
    enum result result;

    if (!uuid_parse(values[REVOKE_KEY], &key_id))
        return fault_set(fault, R_INVALID, 0, "KEY_ID must be an id, not the key itself");
    if ((result = database_begin(d, fault)) != R_OK) return result;
    if ((result = database_list_tenants(d, STR_NONE, &tenants, fault)) != R_OK) return result;
    for (size_t i = 0; i < tenants.count; i++) {
        result = api_keys_revoke(&d->tx, &tenants.tenants[i].tenant_id, &key_id);
        if (result == R_OK) return database_commit(d, fault);
        if (result != R_NOT_FOUND) return database_fault(fault, result, "revoke the key");
    }
    return fault_set(fault, R_NOT_FOUND, 0, "there is no such key");
}

static enum cli_exit end(int argc, char **argv, char **envp)
{
    static const struct database_words words = {revoke_args, REVOKE_COUNT, DATABASE_EXISTING,
                                                revoke_key};

    return database_command_of_words(&words, argc, argv, envp);
}

const struct cli_command key_add_command = {
    .name = "key add",
    .summary = "Make a key for a backend or an agent.",
    .run = add,
    .args = add_args,
    .args_count = ADD_COUNT,
    .about = "Makes a key and prints it. It is not shown again: only its hash is kept.",
};

const struct cli_command key_list_command = {
    .name = "key list",
    .summary = "List the keys.",
    .run = list,
    .args = list_args,
    .args_count = LIST_COUNT,
    .about = "Lists the keys, revoked ones too. The keys themselves are not known any more.",
};

const struct cli_command key_revoke_command = {
    .name = "key revoke",
    .summary = "Make a key useless.",
    .run = end,
    .args = revoke_args,
    .args_count = REVOKE_COUNT,
    .about = "From here on nobody comes in with the key, also not into a server that runs.",
};
