// SPDX-License-Identifier: Apache-2.0
/* check.c — `carillon check`: is everything that is remembered sound? Beside a server it reads one
 * moment of the database and keeps nobody waiting; a repair wants the directory for itself. */
#include "base/check.h"
#include "cli/database.h"
#include "store/db_care.h"
#include "store/inspections.h"
#include "store/search_index.h"

enum { CHECK_REPAIR, CHECK_DATA, CHECK_CONFIG, CHECK_COUNT };

static const struct arg check_args[CHECK_COUNT] = {
    [CHECK_REPAIR] = {"--repair", NULL, ARG_OPTIONAL, "Put right what can be; no server may run."},
    [CHECK_DATA] = DATABASE_ARG_DATA,
    [CHECK_CONFIG] = DATABASE_ARG_CONFIG,
};

struct check {
    bool is_repair;
    size_t engine_count;     /* what the engine found */
    size_t broken_count;     /* rules */
    size_t repairable_count; /* of them */
};

static void print_engine(void *arg, struct str text)
{
    struct check *check = arg;

    check->engine_count++;
    fputs("engine: ", stdout);
    cli_print_cell(text);
    putchar('\n');
}

static void print_finding(void *arg, const struct finding *finding)
{
    struct check *check = arg;
    char example[UUID_TEXT_LEN];

    check->broken_count++;
    if (finding->repair != NULL) check->repairable_count++;
    uuid_write(&finding->example, example);
    printf("%s: %llu %s, one is %.*s; ", finding->name, (unsigned long long)finding->count,
           finding->text, (int)sizeof example, example);
    if (finding->repair != NULL) printf("--repair %s\n", finding->repair);
    else puts("there is no repair");
}

/* An index of other rules is built anew by the next server, whatever is in it. */
static MUST_USE enum result look_at_search(struct database *d, struct check *check)
{
    struct search_report report;
    enum result result = search_index_verify(&d->tx, &report);

    if (result != R_OK || !report.is_current || report.is_right) return result;
    check->broken_count++;
    check->repairable_count++;
    printf("search: the index of %llu messages %s; --repair builds it anew\n",
           (unsigned long long)report.entries_count,
           report.is_sound ? "does not say what they say" : "cannot be read");
    return R_OK;
}

static MUST_USE enum result look(struct database *d, struct check *check, struct fault *fault)
{
    size_t rules_count = 0;
    enum result result;

    check->broken_count = 0;
    check->repairable_count = 0;
    result = inspections_run(&d->tx, print_finding, check, &rules_count);
    if (result == R_OK) result = look_at_search(d, check);
    if (result != R_OK) return database_fault(fault, result, "look at the database");
    if (check->engine_count == 0 && check->broken_count == 0)
        printf("%zu rules hold; there is nothing to repair\n", rules_count + 1);
    return R_OK;
}

/* The index last: it does not hear of what the repair takes away. */
static MUST_USE enum result repair(struct database *d, struct check *check, struct fault *fault)
{
    enum result result;

    database_rollback(d); /* an index that cannot be read has spoiled the transaction */
    if ((result = database_begin(d, fault)) != R_OK) return result;
    if ((result = inspections_repair(&d->tx)) != R_OK)
        return database_fault(fault, result, "repair the database");
    if ((result = database_commit(d, fault)) != R_OK) return result;
    if ((result = search_index_rebuild(d->db, fault)) != R_OK) return result;
    puts("repaired; what is left:");
    if ((result = database_begin(d, fault)) != R_OK) return result;
    return look(d, check, fault);
}

/* A tree that is broken is not written to: what else it holds may be all that is left. */
static enum result inspect(struct database *d, void *arg, struct fault *fault)
{
    struct check *check = arg;
    enum result result;

    if (check->is_repair && d->lock_fd < 0)
        return fault_set(fault, R_CONFLICT, 0, "a server runs on this directory; stop it first");
    if ((result = database_begin(d, fault)) != R_OK) return result;
    result = db_verify(d->db, print_engine, check);
    if (result == R_CORRUPT) check->engine_count++;
    else if (result != R_OK) return database_fault(fault, result, "read the database");
    if (check->engine_count > 0) {
        puts("the database is damaged: restore a backup, or what sqlite3's .recover can save");
        return R_OK;
    }
    if ((result = look(d, check, fault)) != R_OK) return result;
    return check->is_repair && check->repairable_count > 0 ? repair(d, check, fault) : R_OK;
}

static enum cli_exit check(int argc, char **argv, char **envp)
{
    struct str values[CHECK_COUNT];
    struct check check = {0};
    struct database_place place;
    struct fault fault = {0};
    enum cli_exit code;

    if (args_parse(check_args, CHECK_COUNT, argc, argv, values, &fault) != R_OK)
        return cli_fail(CLI_USAGE, &fault);
    check.is_repair = values[CHECK_REPAIR].at != NULL;
    place = (struct database_place){values[CHECK_DATA], values[CHECK_CONFIG], envp, DATABASE_READ};
    code = database_command(&place, inspect, &check);
    if (code != CLI_OK) return code;
    return check.engine_count > 0 || check.broken_count > 0 ? CLI_FOUND : CLI_OK;
}

const struct cli_command check_command = {
    .name = "check",
    .summary = "Look whether the database is sound, and repair it.",
    .run = check,
    .args = check_args,
    .args_count = CHECK_COUNT,
    .about =
        "Checks the pages and indexes of the database and the rules that its rows follow, while "
        "a\n"
        "server runs or without. Exit code 0: all is well; 3: something is wrong, and is named.",
};
