// SPDX-License-Identifier: Apache-2.0
/* database.h — the database for the commands that manage users and keys, beside a server or
 * without. A command opens it, does everything in one transaction and closes it. A server that runs
 * meanwhile goes on: it sees what was committed, and hears of what was revoked. Main thread. */
#ifndef CLI_DATABASE_H
#define CLI_DATABASE_H

#include "cli/args.h"
#include "cli/cli.h"
#include "server/config.h"
#include "store/tenants.h"
#include "store/tx.h"
#include "store/users.h"

struct database {
    struct config config; /* where the data is, and what a password hash costs */
    struct db *db;
    struct arena arena; /* for what is read; lives until the close */
    struct tx tx;
    uint64_t next_cursor; /* of tx */
    int lock_fd;          /* the lock of the data directory; -1 while a server has it */
};

/* What finds the data directory: at == NULL means not given. The environment is asked too. */
struct database_place {
    struct str data;   /* --data */
    struct str config; /* --config */
    char **envp;
    enum database_mode {
        DATABASE_EXISTING,
        DATABASE_MAKE, /* when it is missing */
        DATABASE_READ, /* nothing is changed: beside a server, which is not kept waiting */
    } mode;
};
/* The configuration, as far as the place and the environment tell it. R_INVALID, R_IO. */
MUST_USE enum result database_load_config(struct config *config, const struct database_place *place,
                                          struct fault *fault);
/* The same two flags for every command. */
#define DATABASE_ARG_DATA                                                      \
    {                                                                          \
        "--data", "DIR", ARG_OPTIONAL, "The data directory (default: ./data)." \
    }
#define DATABASE_ARG_CONFIG                                               \
    {                                                                     \
        "--config", "FILE", ARG_OPTIONAL,                                 \
            "The server's configuration, which names the data directory." \
    }

/* A whole command: opens, calls `work`, closes, and tells what went wrong. R_INVALID is a usage
 * error. */
enum cli_exit database_command(const struct database_place *place,
                               enum result (*work)(struct database *d, void *arg,
                                                   struct fault *fault),
                               void *arg);

/* The same for a command whose work is told by nothing but its words. */
struct database_words {
    const struct arg *args; /* the last two are DATABASE_ARG_DATA and DATABASE_ARG_CONFIG */
    size_t args_count;
    enum database_mode mode;
    /* `values` has one view for each of `args`, as args_parse gives them. */
    enum result (*work)(struct database *d, const struct str *values, struct fault *fault);
};
enum cli_exit database_command_of_words(const struct database_words *words, int argc, char **argv,
                                        char **envp);

/* The steps of it. */

/* On failure there is nothing to close. R_INVALID: the place; R_NOT_FOUND: no database is there;
 * else what the store says. */
MUST_USE enum result database_open(struct database *d, const struct database_place *place,
                                   struct fault *fault);
/* From here on `tx` can be used. Nobody else can write until the end, so ask people nothing then.
 */
MUST_USE enum result database_begin(struct database *d, struct fault *fault);
/* Once, for a command that changed something; without it, nothing was changed. */
MUST_USE enum result database_commit(struct database *d, struct fault *fault);
/* Nothing of it was done. */
void database_rollback(struct database *d);
void database_close(struct database *d);

/* The tenant with this id, or the only one when `id` was not given (at == NULL). */
MUST_USE enum result database_find_tenant(struct database *d, struct str id, struct tenant *out,
                                          struct fault *fault);
/* All of them, or the one with this id. R_TOO_MANY: more than a list for people can hold. */
MUST_USE enum result database_list_tenants(struct database *d, struct str id,
                                           struct tenant_list *out, struct fault *fault);

/* By e-mail address or, because agents have none, by id. R_INVALID; R_NOT_FOUND. */
MUST_USE enum result database_find_user(struct database *d, struct str who, struct user *out,
                                        struct fault *fault);

/* A failure of the store as a fault: "cannot <what>: …". */
enum result database_fault(struct fault *fault, enum result result, const char *what);

#endif
