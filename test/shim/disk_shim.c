// SPDX-License-Identifier: Apache-2.0
/* disk_shim.c — a disk that can lose power and fail, put between SQLite and the kernel by
 * LD_PRELOAD. Before a file of the database is written or cut, what was there is noted in
 * <file>.undo; a sync that succeeds empties the note. After the process was killed, the note has
 * all that no sync covered, and a test undoes as much of it as a power failure could have
 * (test/lib/disk.js). A page of memory shared with the test says what fails:
 *     fail_syncs: so many syncs fail with EIO, and what they were to keep is lost at once
 *     write_period: every n-th write fails with ENOSPC; 0: none
 *     hang_syncs: not 0: a sync does not return until it is 0 again
 * Names that end in .db or .db-wal are the database; all other files are left alone. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define FDS_MAX 1024

struct control {
    _Atomic uint32_t fail_syncs;
    _Atomic uint32_t write_period;
    _Atomic uint32_t syncs_failed;
    _Atomic uint32_t writes_failed;
    _Atomic uint32_t hang_syncs;
    _Atomic uint32_t syncs_hanging;
};

/* One write or cut, followed by the old bytes and the new ones. */
struct note {
    uint64_t offset;
    uint64_t old_size; /* of the file */
    uint64_t new_size;
    uint64_t old_len;
    uint64_t new_len;
};

enum kind { KIND_UNKNOWN, KIND_OTHER, KIND_DATABASE };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct {
    enum kind kind;
    int undo_fd;
} files[FDS_MAX];
static struct control *control;
static uint32_t writes_count;

__attribute__((constructor)) static void start(void)
{
    const char *path = getenv("DISK_SHIM_CONTROL");
    int fd = path == NULL ? -1 : open(path, O_RDWR | O_CLOEXEC);

    if (fd < 0) return;
    control = mmap(NULL, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (control == MAP_FAILED) control = NULL;
    close(fd);
}

/* The kernel's own calls, which nobody interposes. */
static ssize_t raw_write(int fd, const void *bytes, size_t len, off_t offset)
{
    return syscall(SYS_pwrite64, fd, bytes, len, offset);
}

static bool ends_with(const char *text, size_t len, const char *end)
{
    size_t end_len = strlen(end);

    return len >= end_len && memcmp(text + len - end_len, end, end_len) == 0;
}

static void die(const char *what)
{
    perror(what);
    abort();
}

/* Is this descriptor one of the database? Opens its note the first time. */
static bool is_database(int fd)
{
    char link[64];
    char path[512];
    ssize_t len;

    if (control == NULL || fd < 0 || fd >= FDS_MAX) return false;
    if (files[fd].kind != KIND_UNKNOWN) return files[fd].kind == KIND_DATABASE;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    len = readlink(link, path, sizeof path - sizeof ".undo");
    files[fd].kind = KIND_OTHER;
    if (len <= 0) return false;
    if (!ends_with(path, (size_t)len, ".db") && !ends_with(path, (size_t)len, ".db-wal"))
        return false;
    memcpy(path + len, ".undo", sizeof ".undo");
    files[fd].undo_fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (files[fd].undo_fd < 0) die(path);
    files[fd].kind = KIND_DATABASE;
    return true;
}

static uint64_t size_of(int fd)
{
    struct stat st;

    if (fstat(fd, &st) != 0) die("fstat");
    return (uint64_t)st.st_size;
}

/* Before `bytes` are written at `offset` or, when they are NULL, the file is cut there: what is
 * there now and what will be, in one piece and one write. */
static void add_note(int fd, uint64_t offset, const void *bytes, uint64_t len)
{
    uint64_t old_size = size_of(fd);
    uint64_t end = bytes == NULL ? old_size : offset + len;
    uint64_t old_end = end < old_size ? end : old_size;
    struct note note = {.offset = offset, .old_size = old_size, .new_size = offset, .new_len = len};
    char *piece;

    if (bytes != NULL) note.new_size = end > old_size ? end : old_size;
    note.old_len = old_end > offset ? old_end - offset : 0;
    piece = malloc(sizeof note + note.old_len + note.new_len);
    if (piece == NULL) die("malloc");
    memcpy(piece, &note, sizeof note);
    if (note.old_len > 0 && syscall(SYS_pread64, fd, piece + sizeof note, note.old_len, offset) !=
                                (ssize_t)note.old_len)
        die("pread");
    if (len > 0) memcpy(piece + sizeof note + note.old_len, bytes, len);
    if (syscall(SYS_write, files[fd].undo_fd, piece, sizeof note + note.old_len + note.new_len) < 0)
        die("write a note");
    free(piece);
}

static bool write_fails(void)
{
    uint32_t period = atomic_load(&control->write_period);

    if (period == 0 || ++writes_count % period != 0) return false;
    atomic_fetch_add(&control->writes_failed, 1);
    return true;
}

ssize_t pwrite64(int fd, const void *bytes, size_t len, off_t offset)
{
    ssize_t written = -1;

    pthread_mutex_lock(&lock);
    if (!is_database(fd)) {
        pthread_mutex_unlock(&lock);
        return raw_write(fd, bytes, len, offset);
    }
    if (write_fails()) {
        errno = ENOSPC;
    } else {
        add_note(fd, (uint64_t)offset, bytes, len);
        written = raw_write(fd, bytes, len, offset);
    }
    pthread_mutex_unlock(&lock);
    return written;
}

ssize_t pwrite(int fd, const void *bytes, size_t len, off_t offset)
{
    return pwrite64(fd, bytes, len, offset);
}

int ftruncate64(int fd, off_t size)
{
    pthread_mutex_lock(&lock);
    if (is_database(fd)) add_note(fd, (uint64_t)size, NULL, 0);
    pthread_mutex_unlock(&lock);
    return (int)syscall(SYS_ftruncate, fd, size);
}

int ftruncate(int fd, off_t size)
{
    return ftruncate64(fd, size);
}

/* The newest note first, until the file is as the last sync left it. */
static void undo_all(int fd)
{
    uint64_t size = size_of(files[fd].undo_fd);
    char *notes = malloc(size + 1);
    uint64_t *starts = malloc((size / sizeof(struct note) + 1) * sizeof *starts);
    size_t count = 0;

    if (notes == NULL || starts == NULL) die("malloc");
    if (syscall(SYS_pread64, files[fd].undo_fd, notes, size, 0) != (ssize_t)size) die("pread");
    for (uint64_t at = 0; at < size;) {
        struct note note;
        memcpy(&note, notes + at, sizeof note);
        starts[count++] = at;
        at += sizeof note + note.old_len + note.new_len;
    }
    while (count > 0) {
        struct note note;
        const char *old = notes + starts[--count] + sizeof note;
        memcpy(&note, notes + starts[count], sizeof note);
        if (note.old_len > 0 && raw_write(fd, old, note.old_len, (off_t)note.offset) < 0)
            die("undo");
        if (syscall(SYS_ftruncate, fd, note.old_size) != 0) die("undo");
    }
    free(starts);
    free(notes);
}

static void hang(void)
{
    const struct timespec pause = {.tv_nsec = 1000000};

    atomic_fetch_add(&control->syncs_hanging, 1);
    while (atomic_load(&control->hang_syncs) != 0) nanosleep(&pause, NULL);
    atomic_fetch_sub(&control->syncs_hanging, 1);
}

static int sync_file(int fd, long call)
{
    int result = -1;

    pthread_mutex_lock(&lock);
    if (!is_database(fd)) {
        pthread_mutex_unlock(&lock);
        return (int)syscall(call, fd);
    }
    if (atomic_load(&control->hang_syncs) != 0) {
        pthread_mutex_unlock(&lock);
        hang();
        pthread_mutex_lock(&lock);
    }
    if (atomic_load(&control->fail_syncs) > 0) {
        atomic_fetch_sub(&control->fail_syncs, 1);
        atomic_fetch_add(&control->syncs_failed, 1);
        undo_all(fd);
        errno = EIO;
    } else {
        result = (int)syscall(call, fd);
    }
    if (syscall(SYS_ftruncate, files[fd].undo_fd, 0) != 0) die("forget the notes");
    pthread_mutex_unlock(&lock);
    return result;
}

int fsync(int fd)
{
    return sync_file(fd, SYS_fsync);
}

int fdatasync(int fd)
{
    return sync_file(fd, SYS_fdatasync);
}

int close(int fd)
{
    pthread_mutex_lock(&lock);
    if (fd >= 0 && fd < FDS_MAX) {
        if (files[fd].kind == KIND_DATABASE) (void)syscall(SYS_close, files[fd].undo_fd);
        files[fd].kind = KIND_UNKNOWN;
    }
    pthread_mutex_unlock(&lock);
    return (int)syscall(SYS_close, fd);
}
