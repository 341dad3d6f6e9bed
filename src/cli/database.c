// SPDX-License-Identifier: Apache-2.0
/* database.c — a connection of our own to the database of a server that may be running.
 * While no server runs, the lock of the directory keeps one from starting, and the schema is
 * brought up to date as a server would do it. While one runs, its program has done that, and ours
 * must have the same schema: migrating below a running server is not for us. */
#include "cli/database.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/check.h"
#include "base/clock.h"
#include "chat/email.h"
#include "limits.h"
#include "store/lock_file.h"
#include "store/migrate.h"

static const char SQL_SCHEMA[] = "SELECT max(number) FROM schema_migration";

enum result database_fault(struct fault *fault, enum result result, const char *what)
{
    const char *why = "the store failed; its log line above says more";

    if (result == R_UNAVAILABLE) why = "the database is busy or full; try again";
    if (result == R_NOT_FOUND) why = "it does not exist";
    if (result == R_CORRUPT) why = "the database is damaged";
    return fault_set(fault, result, 0, "cannot %s: %s", what, why);
}

enum result database_load_config(struct config *config, const struct database_place *place,
                                 struct fault *fault)
{
    char data_flag[] = "--data";
    char config_flag[] = "--config";
    char *argv[4];
    int argc = 0;

    /* The values end with a NUL, because they are whole words of the command line, or their ends.
     */
    if (place->data.at != NULL) {
        argv[argc++] = data_flag;
        argv[argc++] = (char *)(uintptr_t)place->data.at;
    }
    if (place->config.at != NULL) {
        argv[argc++] = config_flag;
        argv[argc++] = (char *)(uintptr_t)place->config.at;
    }
    return config_load(
        config, &(struct config_source){.argc = argc, .argv = argv, .envp = place->envp}, fault);
}

/* What a running server has must be what we know. */
static MUST_USE enum result check_schema(struct database *d, struct fault *fault)
{
    struct db_query *q;
    enum result result = db_begin(d->db);
    int64_t number = 0;

    if (result == R_OK) {
        q = db_query(d->db, SQL_SCHEMA);
        if ((result = db_next(q)) == R_OK) number = db_i64(q, 0);
        db_end(q);
        db_rollback(d->db);
    }
    if (result != R_OK) return database_fault(fault, result, "read the schema of the database");
    if (number != (int64_t)migrations_count)
        return fault_set(fault, R_CONFLICT, 0,
                         "the server that runs is of another version: its schema is %lld, that of "
                         "this program %zu",
                         (long long)number, migrations_count);
    return R_OK;
}

/* A wrong --data must not leave an empty database behind that looks like a loss. */
static MUST_USE enum result prepare_directory(const char *directory, const char *path,
                                              enum database_mode mode, struct fault *fault)
{
    if (mode != DATABASE_MAKE && access(path, F_OK) != 0)
        return fault_set(fault, R_NOT_FOUND, errno, "there is no database at %.100s", path);
    if (mode == DATABASE_MAKE && mkdir(directory, 0700) != 0 && errno != EEXIST)
        return fault_set(fault, R_IO, errno, "cannot make the data directory %.100s", directory);
    return R_OK;
}

static MUST_USE enum result open_files(struct database *d, enum database_mode mode,
                                       struct fault *fault)
{
    const char *directory = d->config.data.at;
    char *lock_path = NULL;
    char *path = NULL;
    enum result result;

    CHECK(asprintf(&lock_path, "%s/lock", directory) > 0);
    CHECK(asprintf(&path, "%s/carillon.db", directory) > 0);
    result = prepare_directory(directory, path, mode, fault);
    if (result == R_OK) result = lock_file_open(&d->lock_fd, lock_path, fault);
    if (result == R_CONFLICT) {
        d->lock_fd = -1;
        result = R_OK;
    }
    /* Without a server the schema may have to be brought forward first, which takes a writer. */
    if (result == R_OK)
        result = db_open(&d->db, path,
                         mode == DATABASE_READ && d->lock_fd < 0 ? DB_READER : DB_WRITER, fault);
    if (result == R_OK && d->lock_fd >= 0)
        result = migrate_run(d->db, migrations, migrations_count, fault);
    else if (result == R_OK) result = check_schema(d, fault);
    free(lock_path);
    free(path);
    return result;
}

enum result database_open(struct database *d, const struct database_place *place,
                          struct fault *fault)
{
    enum result result;

    *d = (struct database){.lock_fd = -1};
    arena_init(&d->arena);
    log_set_level(LOG_WARN); /* what goes well is told on stdout */
    if ((result = database_load_config(&d->config, place, fault)) != R_OK) return result;
    result = open_files(d, place->mode, fault);
    if (result != R_OK) database_close(d);
    return result;
}

enum result database_begin(struct database *d, struct fault *fault)
{
    enum result result = db_begin(d->db);

    CHECK(d->tx.commit == NULL);
    if (result != R_OK) return database_fault(fault, result, "begin a transaction");
    result = events_next_cursor(d->db, &d->next_cursor);
    if (result != R_OK) {
        db_rollback(d->db);
        return database_fault(fault, result, "read the event log");
    }
    /* What is emitted goes into the log only: those who listen hear of it when they resume. */
    d->tx = (struct tx){.db = d->db,
                        .now_ms = clock_wall_ms(),
                        .commit = commit_new(),
                        .next_cursor = &d->next_cursor};
    return R_OK;
}

enum result database_commit(struct database *d, struct fault *fault)
{
    enum result result = db_commit(d->db);

    CHECK(d->tx.commit != NULL);
    commit_unref(d->tx.commit);
    d->tx = (struct tx){0};
    return result == R_OK ? R_OK : database_fault(fault, result, "write to the database");
}

void database_rollback(struct database *d)
{
    CHECK(d->tx.commit != NULL);
    db_rollback(d->db);
    commit_unref(d->tx.commit);
    d->tx = (struct tx){0};
}

void database_close(struct database *d)
{
    if (d->tx.commit != NULL) database_rollback(d);
    db_close(d->db);
    lock_file_close(d->lock_fd);
    arena_release(&d->arena);
    config_release(&d->config);
    *d = (struct database){.lock_fd = -1};
}

enum cli_exit database_command(const struct database_place *place,
                               enum result (*work)(struct database *d, void *arg,
                                                   struct fault *fault),
                               void *arg)
{
    struct fault fault = {0};
    struct database d;
    enum result result = database_open(&d, place, &fault);

    if (result == R_OK) {
        result = work(&d, arg, &fault);
        database_close(&d);
    }
    if (result == R_OK) return CLI_OK;
    return cli_fail(result == R_INVALID ? CLI_USAGE : CLI_FAILED, &fault);
}

struct words_work {
    const struct database_words *words;
    const struct str *values;
};

static enum result work_on_words(struct database *d, void *arg, struct fault *fault)
{
    const struct words_work *w = arg;

    return w->words->work(d, w->values, fault);
}

enum cli_exit database_command_of_words(const struct database_words *words, int argc, char **argv,
                                        char **envp)
{
    size_t count = words->args_count;
    struct str values[ARGS_MAX];
    struct words_work work = {.words = words, .values = values};
    struct database_place place;
    struct fault fault = {0};

    CHECK(count >= 2);
    CHECK(str_equals(str_from(words->args[count - 2].name), STR("--data")));
    CHECK(str_equals(str_from(words->args[count - 1].name), STR("--config")));
    if (args_parse(words->args, count, argc, argv, values, &fault) != R_OK)
        return cli_fail(CLI_USAGE, &fault);
    place = (struct database_place){values[count - 2], values[count - 1], envp, words->mode};
    return database_command(&place, work_on_words, &work);
}

/* ---- tenants ---- */

static MUST_USE enum result find_by_id(struct database *d, struct str id, struct tenant *out,
                                       struct fault *fault)
{
    struct uuid tenant_id;
    enum result result;

    if (!uuid_parse(id, &tenant_id))
        return fault_set(fault, R_INVALID, 0,
                         "--tenant must be an id, as `carillon user list` shows it");
    result = tenants_find(&d->tx, &tenant_id, &d->arena, out);
    if (result == R_NOT_FOUND)
        return fault_set(fault, result, 0, "there is no tenant %.*s", (int)UUID_TEXT_LEN, id.at);
    return result == R_OK ? R_OK : database_fault(fault, result, "read the tenant");
}

enum result database_find_tenant(struct database *d, struct str id, struct tenant *out,
                                 struct fault *fault)
{
    struct tenant_list list;
    enum result result;

    if (id.at != NULL) return find_by_id(d, id, out, fault);
    result = tenants_list(&d->tx, 2, &d->arena, &list);
    if (result != R_OK) return database_fault(fault, result, "list the tenants");
    if (list.count == 0) return fault_set(fault, R_NOT_FOUND, 0, "there is no tenant yet");
    if (list.count > 1)
        return fault_set(
            fault, R_INVALID, 0,
            "there are several tenants: give --tenant ID, `carillon user list` shows them");
    *out = list.tenants[0];
    return R_OK;
}

enum result database_list_tenants(struct database *d, struct str id, struct tenant_list *out,
                                  struct fault *fault)
{
    enum result result;

    if (id.at != NULL) {
        out->tenants = ARENA_NEW(&d->arena, struct tenant);
        out->count = 1;
        return find_by_id(d, id, out->tenants, fault);
    }
    result = tenants_list(&d->tx, LIST_ROWS_MAX + 1, &d->arena, out);
    if (result != R_OK) return database_fault(fault, result, "list the tenants");
    if (out->count > LIST_ROWS_MAX)
        return fault_set(fault, R_TOO_MANY, 0, "there are more than %u tenants: give --tenant ID",
                         LIST_ROWS_MAX);
    return R_OK;
}

/* ---- users ---- */

static MUST_USE enum result find_user_by_id(struct database *d, const struct uuid *user_id,
                                            struct user *out)
{
    struct tenant_list tenants;
    enum result result = tenants_list(&d->tx, LIST_ROWS_MAX, &d->arena, &tenants);

    if (result != R_OK) return result;
    for (size_t i = 0; i < tenants.count; i++) {
        result = users_find(&d->tx, &tenants.tenants[i].tenant_id, user_id, &d->arena, out);
        if (result != R_NOT_FOUND) return result;
    }
    return R_NOT_FOUND;
}

enum result database_find_user(struct database *d, struct str who, struct user *out,
                               struct fault *fault)
{
    struct problem problem = {0};
    struct uuid user_id;
    struct email email;
    enum result result;

    if (uuid_parse(who, &user_id)) {
        result = find_user_by_id(d, &user_id, out);
    } else {
        if (email_parse(who, &d->arena, &email, &problem) != R_OK)
            return fault_set(fault, R_INVALID, 0, "%s", problem.text);
        result = users_find_by_email(&d->tx, email.key, &d->arena, out);
    }
    if (result == R_NOT_FOUND)
        return fault_set(fault, result, 0, "there is no user %.*s",
                         (int)(who.len < 100 ? who.len : 100), who.at);
    return result == R_OK ? R_OK : database_fault(fault, result, "find the user");
}
