// SPDX-License-Identifier: Apache-2.0
/* user_data.c — `carillon user export` and `carillon user erase`: everything that is remembered of
 * one user, handed out or forgotten. */
#include "base/check.h"
#include "chat/erasures.h"
#include "cli/database.h"
#include "store/exports.h"

/* ---- export ---- */

enum { EXPORT_USER, EXPORT_DATA, EXPORT_CONFIG, EXPORT_COUNT };

static const struct arg export_args[EXPORT_COUNT] = {
    [EXPORT_USER] = {"USER", NULL, ARG_REQUIRED, "Their e-mail address or id."},
    [EXPORT_DATA] = DATABASE_ARG_DATA,
    [EXPORT_CONFIG] = DATABASE_ARG_CONFIG,
};

static void begin_list(void *arg, const char *list)
{
    size_t *lists_count = arg;

    printf("%s\n\"%s\":[", *lists_count == 0 ? "{" : ",", list);
    ++*lists_count;
}

static void take(void *arg, size_t place, struct str object)
{
    (void)arg;
    if (place > 0) putchar(',');
    putchar('\n');
    fwrite(object.at, 1, object.len, stdout);
}

static void end_list(void *arg)
{
    (void)arg;
    putchar(']');
}

static MUST_USE enum result export_user(struct database *d, const struct str *values,
                                        struct fault *fault)
{
    size_t lists_count = 0;
    struct export_sink sink = {begin_list, take, end_list, &lists_count};
    struct user user;
    enum result result;

    if ((result = database_begin(d, fault)) != R_OK) return result;
    if ((result = database_find_user(d, values[EXPORT_USER], &user, fault)) != R_OK) return result;
    result = exports_run(&d->tx, &user.tenant_id, &user.user_id, &sink);
    if (result != R_OK) return database_fault(fault, result, "read what is known of the user");
    puts("}");
    if (fflush(stdout) != 0) return fault_set(fault, R_IO, 0, "cannot write to the output");
    return R_OK;
}

static enum cli_exit give(int argc, char **argv, char **envp)
{
    static const struct database_words words = {export_args, EXPORT_COUNT, DATABASE_READ,
                                                export_user};

    return database_command_of_words(&words, argc, argv, envp);
}

const struct cli_command user_export_command = {
    .name = "user export",
    .summary = "Print all that is remembered of a user, as JSON.",
    .run = give,
    .args = export_args,
    .args_count = EXPORT_COUNT,
    .about =
        "Prints one JSON object: profile, sessions, keys, conversations, blocks, messages with "
        "their\n"
        "earlier versions, reactions and tasks. No secrets, and nothing that others wrote.",
};

/* ---- erase ---- */

enum { ERASE_USER, ERASE_KEEP, ERASE_DATA, ERASE_CONFIG, ERASE_COUNT };

static const struct arg erase_args[ERASE_COUNT] = {
    [ERASE_USER] = {"USER", NULL, ARG_REQUIRED, "Their e-mail address or id."},
    [ERASE_KEEP] = {"--keep-messages", NULL, ARG_OPTIONAL,
                    "What they wrote stays, as that of a deleted user."},
    [ERASE_DATA] = DATABASE_ARG_DATA,
    [ERASE_CONFIG] = DATABASE_ARG_CONFIG,
};

/* Each step in a transaction of its own, as a server would do it. */
static MUST_USE enum result finish(struct database *d, struct fault *fault)
{
    bool is_done = false;

    while (!is_done) {
        struct arena arena;
        enum result result = database_begin(d, fault);

        if (result != R_OK) return result;
        arena_init(&arena);
        result = erasure_advance(&d->tx, &arena, &is_done);
        arena_release(&arena);
        if (result != R_OK) return database_fault(fault, result, "erase the user's messages");
        if ((result = database_commit(d, fault)) != R_OK) return result;
    }
    puts("erased");
    return R_OK;
}

static MUST_USE enum result erase_user(struct database *d, const struct str *values,
                                       struct fault *fault)
{
    struct erasure erasure = {.keeps_messages = values[ERASE_KEEP].at != NULL};
    struct user user;
    enum result result;

    if ((result = database_begin(d, fault)) != R_OK) return result;
    if ((result = database_find_user(d, values[ERASE_USER], &user, fault)) != R_OK) return result;
    erasure.user_id = user.user_id;
    erasure.tenant_id = user.tenant_id;
    result = erasure_begin(&d->tx, &erasure);
    if (result != R_OK) return database_fault(fault, result, "erase the user");
    if ((result = database_commit(d, fault)) != R_OK) return result;
    if (d->lock_fd >= 0) return finish(d, fault);
    puts("the account is erased; the server that runs goes on with what the user wrote");
    return R_OK;
}

static enum cli_exit erase(int argc, char **argv, char **envp)
{
    static const struct database_words words = {erase_args, ERASE_COUNT, DATABASE_EXISTING,
                                                erase_user};

    return database_command_of_words(&words, argc, argv, envp);
}

const struct cli_command user_erase_command = {
    .name = "user erase",
    .summary = "Forget a user for good.",
    .run = erase,
    .args = erase_args,
    .args_count = ERASE_COUNT,
    .about = "Forgets who the user was, ends their sessions, keys and sockets, takes them out of "
             "their\n"
             "groups and their reactions back, and makes tombstones of their messages. There is no "
             "way\n"
             "back, but backups that were made before.",
};
