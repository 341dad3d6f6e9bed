// SPDX-License-Identifier: Apache-2.0
/* backup.c — every file is made beside its place and renamed into it when it is whole and synced,
 * so that an interruption leaves either nothing or all of it. */
#include "store/backup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/check.h"
#include "base/clock.h"
#include "store/db_care.h"
#include "store/lock_file.h"
#include "store/migrate.h"
#include "store/search_index.h"

#define DATABASE_NAME "carillon.db"
#define COPY_BYTES (256u * 1024u) /* read and written at once */

static const char SQL_NOTE[] = "INSERT INTO meta (name, value) VALUES ('backup_at_ms', $1)"
                               " ON CONFLICT (name) DO UPDATE SET value = excluded.value";
static const char SQL_READ_NOTE[] = "SELECT value FROM meta WHERE name = 'backup_at_ms'";
static const char SQL_FORGET_NOTE[] = "DELETE FROM meta WHERE name = 'backup_at_ms'";
static const char SQL_NEW_EPOCH[] = "UPDATE meta SET value = $1 WHERE name = 'epoch'";

/* ---- files ---- */

static char *join(const char *path, const char *end)
{
    char *joined = NULL;

    CHECK(asprintf(&joined, "%s%s", path, end) > 0);
    return joined;
}

/* A new name is on the disk when its directory is. */
static MUST_USE enum result sync_directory_of(const char *path, struct fault *fault)
{
    const char *slash = strrchr(path, '/');
    char *directory = slash == NULL ? strdup(".") : strndup(path, (size_t)(slash - path) + 1);
    enum result result = R_OK;
    int fd;

    CHECK(directory != NULL);
    fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || fsync(fd) != 0)
        result = fault_set(fault, R_IO, errno, "cannot sync the directory %.100s", directory);
    if (fd >= 0) close(fd);
    free(directory);
    return result;
}

static MUST_USE enum result move(const char *from, const char *to, struct fault *fault)
{
    if (rename(from, to) == 0) return sync_directory_of(to, fault);
    return fault_set(fault, R_IO, errno, "cannot rename %.60s to %.60s", from, to);
}

static MUST_USE enum result write_all(int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t written = write(fd, bytes, len);

        if (written < 0) return R_IO;
        bytes += written;
        len -= (size_t)written;
    }
    return R_OK;
}

static MUST_USE enum result copy_bytes(int from, int to)
{
    char *bytes = malloc(COPY_BYTES);
    enum result result = R_OK;
    ssize_t len;

    CHECK(bytes != NULL);
    while ((len = read(from, bytes, COPY_BYTES)) > 0 && result == R_OK)
        result = write_all(to, bytes, (size_t)len);
    if (len < 0 || fsync(to) != 0) result = R_IO;
    free(bytes);
    return result;
}

/* What an earlier try left at `to` is overwritten. */
static MUST_USE enum result copy_file(const char *from, const char *to, struct fault *fault)
{
    int in = open(from, O_RDONLY | O_CLOEXEC);
    int out;
    enum result result;

    if (in < 0) return fault_set(fault, R_NOT_FOUND, errno, "cannot read %.100s", from);
    out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (out < 0) {
        result = fault_set(fault, R_IO, errno, "cannot make %.100s", to);
    } else {
        result = copy_bytes(in, out);
        if (result != R_OK) fault_set(fault, result, errno, "cannot copy %.60s to %.60s", from, to);
        close(out);
    }
    close(in);
    return result;
}

/* ---- writing ---- */

static MUST_USE enum result run_note(struct db *db, const char *sql, struct str value)
{
    struct db_query *q = db_query(db, sql);

    if (value.at != NULL) db_bind_text(q, 1, value);
    return db_run(q);
}

/* So that whoever restores it knows what they have, and gets nothing that was erased. */
static MUST_USE enum result finish_copy(const char *path, struct fault *fault)
{
    char text[24];
    struct db *db = NULL;
    enum result result = db_open(&db, path, DB_WRITER, fault);

    if (result != R_OK) return result;
    snprintf(text, sizeof text, "%llu", (unsigned long long)clock_wall_ms());
    result = search_index_leave_out(db);
    if (result == R_OK && (result = db_begin(db)) == R_OK) {
        result = run_note(db, SQL_NOTE, str_from(text));
        if (result == R_OK) result = db_commit(db);
        if (result != R_OK) db_rollback(db);
    }
    db_close(db);
    return result == R_OK ? R_OK : fault_set(fault, result, 0, "cannot write to %.100s", path);
}

enum result backup_write(struct db *db, const char *path, struct fault *fault)
{
    char *partial = join(path, ".partial");
    enum result result = R_OK;

    CHECK_ON(ROLE_MAIN);
    if (access(path, F_OK) == 0)
        result = fault_set(fault, R_CONFLICT, 0, "%.100s exists already", path);
    if (result == R_OK && unlink(partial) != 0 && errno != ENOENT)
        result = fault_set(fault, R_IO, errno, "cannot remove %.100s", partial);
    if (result == R_OK) {
        result = db_copy(db, partial, fault);
        if (result == R_OK) result = finish_copy(partial, fault);
        if (result == R_OK) result = move(partial, path, fault);
        if (result != R_OK) (void)unlink(partial);
    }
    free(partial);
    return result;
}

/* ---- restoring ---- */

struct findings {
    size_t count;
    char first[100];
};

static void count_finding(void *arg, struct str text)
{
    struct findings *findings = arg;

    if (findings->count++ == 0)
        snprintf(findings->first, sizeof findings->first, "%.*s", STR_ARGS(text));
}

static MUST_USE enum result verify(struct db *db, const char *path, struct fault *fault)
{
    struct findings findings = {0};
    size_t applied_count = 0;
    enum result result = db_begin(db);

    if (result != R_OK) return fault_set(fault, result, 0, "cannot read %.100s", path);
    result = db_verify(db, count_finding, &findings);
    db_rollback(db);
    if (result != R_OK || findings.count > 0)
        return fault_set(fault, R_CORRUPT, 0, "%.60s is damaged: %s", path,
                         findings.count > 0 ? findings.first : "it cannot be read");
    result = migrate_count(db, migrations, migrations_count, &applied_count, fault);
    if (result == R_OK && applied_count == 0)
        return fault_set(fault, R_CORRUPT, 0, "%.100s is not a backup of Carillon", path);
    return result;
}

static MUST_USE enum result read_note(struct db *db, struct arena *arena, uint64_t *made_at_ms)
{
    struct db_query *q = db_query(db, SQL_READ_NOTE);
    enum result result = db_next(q);

    if (result == R_OK) (void)str_to_u64(db_text(q, 0, arena), made_at_ms);
    db_end(q);
    return result == R_DONE ? R_OK : result;
}

static MUST_USE enum result begin_epoch(struct db *db, struct backup_info *info)
{
    struct uuid epoch = uuid_new();
    char text[UUID_TEXT_LEN];
    struct arena arena;
    enum result result = db_begin(db);

    if (result != R_OK) return result;
    uuid_write(&epoch, text);
    arena_init(&arena);
    result = read_note(db, &arena, &info->made_at_ms);
    if (result == R_OK) result = run_note(db, SQL_FORGET_NOTE, STR_NONE);
    if (result == R_OK) result = run_note(db, SQL_NEW_EPOCH, str_of(text, sizeof text));
    if (result == R_OK) result = db_commit(db);
    if (result != R_OK) db_rollback(db);
    arena_release(&arena);
    return result;
}

/* Checks the copy, not the file, which must not change; and it is the copy that counts. */
static MUST_USE enum result prepare(const char *path, const char *partial, struct backup_info *info,
                                    struct fault *fault)
{
    struct db *db = NULL;
    enum result result = copy_file(path, partial, fault);

    if (result != R_OK) return result;
    if (db_open(&db, partial, DB_WRITER, fault) != R_OK)
        return fault_set(fault, R_CORRUPT, 0, "%.100s is damaged, or no database", path);
    result = verify(db, path, fault);
    if (result == R_OK && (result = begin_epoch(db, info)) != R_OK)
        fault_set(fault, result, 0, "cannot write to %.100s", partial);
    db_close(db);
    return result;
}

/* With its log, which is a part of it. */
static MUST_USE enum result put_aside(const char *directory, struct backup_info *info,
                                      struct fault *fault)
{
    static const char *const ends[] = {"-wal", "-shm", ""};
    enum result result = R_OK;

    snprintf(info->replaced, sizeof info->replaced, DATABASE_NAME ".%llu",
             (unsigned long long)clock_wall_ms());
    for (size_t i = 0; i < sizeof ends / sizeof ends[0] && result == R_OK; i++) {
        char *from = NULL;
        char *to = NULL;

        CHECK(asprintf(&from, "%s/" DATABASE_NAME "%s", directory, ends[i]) > 0);
        CHECK(asprintf(&to, "%s/%s%s", directory, info->replaced, ends[i]) > 0);
        if (access(from, F_OK) == 0) result = move(from, to, fault);
        free(from);
        free(to);
    }
    return result;
}

static MUST_USE enum result check_place(const char *path, const char *place,
                                        enum backup_flags flags, struct fault *fault)
{
    char *log = join(path, "-wal");
    struct stat st;
    bool is_in_use = stat(log, &st) == 0 && st.st_size > 0;

    free(log);
    if (is_in_use)
        return fault_set(fault, R_CORRUPT, 0,
                         "%.100s has a log beside it: it is in use, or was copied while it was",
                         path);
    if (access(place, F_OK) == 0 && (flags & BACKUP_REPLACE) == 0)
        return fault_set(fault, R_CONFLICT, 0,
                         "there is a database at %.100s: --force puts it aside", place);
    return R_OK;
}

static MUST_USE enum result restore_locked(const char *path, const char *directory,
                                           enum backup_flags flags, struct backup_info *info,
                                           struct fault *fault)
{
    char *place = join(directory, "/" DATABASE_NAME);
    char *partial = join(place, ".partial");
    enum result result = check_place(path, place, flags, fault);

    if (result == R_OK) {
        result = prepare(path, partial, info, fault);
        if (result == R_OK && access(place, F_OK) == 0) result = put_aside(directory, info, fault);
        if (result == R_OK) result = move(partial, place, fault);
        if (result != R_OK) (void)unlink(partial);
    }
    free(partial);
    free(place);
    return result;
}

enum result backup_restore(const char *path, const char *directory, enum backup_flags flags,
                           struct backup_info *info, struct fault *fault)
{
    char *lock_path = join(directory, "/lock");
    int lock_fd = -1;
    enum result result = R_OK;

    CHECK_ON(ROLE_MAIN);
    *info = (struct backup_info){0};
    if (mkdir(directory, 0700) != 0 && errno != EEXIST)
        result = fault_set(fault, R_IO, errno, "cannot make the data directory %.100s", directory);
    if (result == R_OK) result = lock_file_open(&lock_fd, lock_path, fault);
    if (result == R_OK) result = restore_locked(path, directory, flags, info, fault);
    lock_file_close(lock_fd);
    free(lock_path);
    return result;
}
