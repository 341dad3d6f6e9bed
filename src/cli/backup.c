// SPDX-License-Identifier: Apache-2.0
/* backup.c — `carillon backup` and `carillon restore`: the database as one file, and back. */
#include "store/backup.h"

#include "base/clock.h"
#include "base/log.h"
#include "cli/database.h"

/* ---- backup ---- */

enum { BACKUP_FILE, BACKUP_DATA, BACKUP_CONFIG, BACKUP_COUNT };

static const struct arg backup_args[BACKUP_COUNT] = {
    [BACKUP_FILE] = {"FILE", NULL, ARG_REQUIRED, "Where to write it; must not exist yet."},
    [BACKUP_DATA] = DATABASE_ARG_DATA,
    [BACKUP_CONFIG] = DATABASE_ARG_CONFIG,
};

static MUST_USE enum result write_backup(struct database *d, const struct str *values,
                                         struct fault *fault)
{
    return backup_write(d->db, values[BACKUP_FILE].at, fault);
}

static enum cli_exit backup(int argc, char **argv, char **envp)
{
    static const struct database_words words = {backup_args, BACKUP_COUNT, DATABASE_EXISTING,
                                                write_backup};

    return database_command_of_words(&words, argc, argv, envp);
}

const struct cli_command backup_command = {
    .name = "backup",
    .summary = "Write all that the server remembers to one file.",
    .run = backup,
    .args = backup_args,
    .args_count = BACKUP_COUNT,
    .about = "Writes one consistent state of the database to FILE, while a server runs or without. "
             "FILE\n"
             "appears when it is whole. The keys that sign tokens are not in it.",
};

/* ---- restore ---- */

enum { RESTORE_FILE, RESTORE_FORCE, RESTORE_DATA, RESTORE_CONFIG, RESTORE_COUNT };

static const struct arg restore_args[RESTORE_COUNT] = {
    [RESTORE_FILE] = {"FILE", NULL, ARG_REQUIRED, "What `carillon backup` has written."},
    [RESTORE_FORCE] = {"--force", NULL, ARG_OPTIONAL,
                       "Also when there is a database; it is put aside under another name."},
    [RESTORE_DATA] = DATABASE_ARG_DATA,
    [RESTORE_CONFIG] = DATABASE_ARG_CONFIG,
};

static void tell(const struct backup_info *info, const char *directory)
{
    char made_at[CLOCK_TEXT_LEN];

    clock_write(info->made_at_ms, made_at);
    if (info->made_at_ms != 0)
        printf("restored the backup of %.*s to %s\n", (int)sizeof made_at, made_at, directory);
    else printf("restored the database to %s\n", directory);
    if (info->replaced[0] != '\0')
        printf("the database that was there is now %s/%s\n", directory, info->replaced);
}

static enum cli_exit restore(int argc, char **argv, char **envp)
{
    struct str values[RESTORE_COUNT];
    struct database_place place = {.envp = envp};
    struct backup_info info;
    struct config config;
    struct fault fault = {0};
    enum backup_flags flags;
    enum result result;

    if (args_parse(restore_args, RESTORE_COUNT, argc, argv, values, &fault) != R_OK)
        return cli_fail(CLI_USAGE, &fault);
    place.data = values[RESTORE_DATA];
    place.config = values[RESTORE_CONFIG];
    if (database_load_config(&config, &place, &fault) != R_OK) return cli_fail(CLI_USAGE, &fault);
    log_set_level(LOG_WARN);
    flags = values[RESTORE_FORCE].at != NULL ? BACKUP_REPLACE : BACKUP_PLAIN;
    result = backup_restore(values[RESTORE_FILE].at, config.data.at, flags, &info, &fault);
    if (result == R_OK) tell(&info, config.data.at);
    config_release(&config);
    return result == R_OK ? CLI_OK : cli_fail(CLI_FAILED, &fault);
}

const struct cli_command restore_command = {
    .name = "restore",
    .summary = "Put a backup back into a data directory.",
    .run = restore,
    .args = restore_args,
    .args_count = RESTORE_COUNT,
    .about = "Checks FILE and makes it the database of the data directory, which no server may "
             "use\n"
             "meanwhile. Clients that know a later state are told to read everything again.",
};
