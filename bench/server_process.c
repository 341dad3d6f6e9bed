// SPDX-License-Identifier: Apache-2.0
/* server_process.c — a Carillon of our own, for the time of a measurement.
 * The server's stderr goes to server.log in its data directory. Its stdout stays a pipe that is
 * read for the one line with the port; what may follow fits the pipe. */
#include "bench/server_process.h"

#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/str.h"
#include "bench/certificate.h"
#include "bench/fail.h"
#include "bench/process_stat.h"
#include "bench/wire.h"

#define LISTENING_PREFIX "carillon: listening on %s://127.0.0.1:"
#define STDOUT_BYTES_MAX 4096u
#define ARGUMENTS_MAX (OPTION_REPEATS_MAX + 18u)

/* ---- the rig ---- */

void rig_init(struct rig *rig)
{
    ssize_t len;
    char *slash;

    *rig = (struct rig){.workers_count = 1, .server_core = 0, .generator_core = 1};
    len = readlink("/proc/self/exe", rig->build_directory, sizeof rig->build_directory - 1);
    slash = len < 0 ? NULL : strrchr(rig->build_directory, '/');
    if (slash == NULL) fail("/proc/self/exe cannot be read: %m");
    *slash = '\0';
    len = snprintf(rig->build_server, sizeof rig->build_server, "%s/../carillon",
                   rig->build_directory);
    if (len < 0 || (size_t)len >= sizeof rig->build_server) fail("this program is too deep");
    rig->server = rig->build_server;
    rig->data_parent = rig->build_directory;
}

const struct option *rig_options(struct rig *rig)
{
    static struct option options[7];
    const struct option table[7] = {
        {.name = "server", .help = "the server to start", .text = &rig->server},
        {.name = "data-parent",
         .help = "where its data directory is made; not on a tmpfs, whose fsync is free",
         .text = &rig->data_parent},
        {.name = "workers",
         .help = "worker threads of the server",
         .number = &rig->workers_count,
         .number_min = 1,
         .number_max = 256},
        {.name = "server-core",
         .help = "core of the server and of the floors, or any",
         .number = &rig->server_core,
         .number_max = CPU_SETSIZE - 1,
         .number_any = CORE_ANY},
        {.name = "generator-core",
         .help = "core of this program, or any",
         .number = &rig->generator_core,
         .number_max = CPU_SETSIZE - 1,
         .number_any = CORE_ANY},
        {.name = "server-arg",
         .help = "one more argument for the server; may be given several times",
         .list = &rig->server_arguments},
        {0},
    };

    memcpy(options, table, sizeof table);
    return options;
}

void rig_make_directory(const struct rig *rig, char out[SERVER_PATH_BYTES_MAX])
{
    int len = snprintf(out, SERVER_PATH_BYTES_MAX, "%s/data-XXXXXX", rig->data_parent);

    if (len < 0 || (size_t)len >= SERVER_PATH_BYTES_MAX) fail("--data-parent is too long");
    if (mkdtemp(out) == NULL) fail("no data directory in %s: %m", rig->data_parent);
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *position)
{
    (void)status;
    (void)type;
    (void)position;
    return remove(path);
}

void rig_remove_directory(const char *path)
{
    if (nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS) != 0) {
        fail("%s cannot be removed: %m", path);
    }
}

/* ---- start ---- */

static void tls_paths(const struct server_process *s, char certificate[SERVER_PATH_BYTES_MAX + 16],
                      char key[SERVER_PATH_BYTES_MAX + 16])
{
    (void)snprintf(certificate, SERVER_PATH_BYTES_MAX + 16, "%s/tls.pem", s->data_directory);
    (void)snprintf(key, SERVER_PATH_BYTES_MAX + 16, "%s/tls.key", s->data_directory);
}

static _Noreturn void run_server(const struct server_process *s, const struct rig *rig,
                                 int stdout_write_fd)
{
    char listen[24];
    /* While a floor runs, the server's connections rest: they must not be closed meanwhile. */
    const char *arguments[ARGUMENTS_MAX] = {
        rig->server, "serve",  "--listen",        listen,      "--idle-timeout-sec",
        "3600",      "--data", s->data_directory, "--workers",
    };
    size_t count = 9;
    char workers[24];
    char certificate_path[SERVER_PATH_BYTES_MAX + 16];
    char key_path[SERVER_PATH_BYTES_MAX + 16];
    char log_path[SERVER_PATH_BYTES_MAX + 16];
    int log_fd;

    (void)snprintf(listen, sizeof listen, "127.0.0.1:%u", s->port);
    (void)snprintf(workers, sizeof workers, "%" PRIu64, rig->workers_count);
    (void)snprintf(log_path, sizeof log_path, "%s/server.log", s->data_directory);
    arguments[count++] = workers;
    if (rig->server == rig->build_server) {  /* another one may not know it */
        arguments[count++] = "--core-dumps"; /* its memory is measured, by whoever we are */
        arguments[count++] = "on";
    }
    if (rig->tls != NULL) {
        tls_paths(s, certificate_path, key_path);
        arguments[count++] = "--tls-cert";
        arguments[count++] = certificate_path;
        arguments[count++] = "--tls-key";
        arguments[count++] = key_path;
    }
    for (size_t i = 0; i < rig->server_arguments.count; i++) {
        arguments[count++] = rig->server_arguments.texts[i];
    }
    CHECK(count < ARGUMENTS_MAX);
    process_pin(rig->server_core);
    log_fd = open(log_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (log_fd < 0 || dup2(log_fd, STDERR_FILENO) < 0 || dup2(stdout_write_fd, STDOUT_FILENO) < 0 ||
        prctl(PR_SET_PDEATHSIG, SIGTERM) != 0) {
        _exit(126);
    }
    /* execv does not write to its arguments; its type only cannot say so. */
    (void)execv(rig->server, (char *const *)(uintptr_t)arguments);
    _exit(127);
}

/* Returns 0 until the whole line is there. */
static uint16_t find_port(struct str text, const char *scheme)
{
    char begin[64];
    int begin_len = snprintf(begin, sizeof begin, LISTENING_PREFIX, scheme);
    struct str prefix = str_of(begin, (size_t)begin_len);

    while (text.len > 0) {
        size_t end = str_find(text, '\n');
        uint64_t port;

        if (end == text.len) return 0;
        if (str_starts_with(text, prefix) &&
            str_to_u64(str_slice(text, prefix.len, end - prefix.len), &port) && port < 65536) {
            return (uint16_t)port;
        }
        text = str_slice(text, end + 1, text.len);
    }
    return 0;
}

static uint16_t wait_for_port(const struct server_process *s, const struct rig *rig)
{
    char text[STDOUT_BYTES_MAX];
    size_t len = 0;
    uint16_t port = 0;
    uint64_t deadline_ms = clock_mono_ms() + SERVER_START_MS_MAX;

    while (port == 0) {
        struct pollfd readable = {.fd = s->stdout_fd, .events = POLLIN};
        uint64_t now_ms = clock_mono_ms();
        ssize_t got;

        if (now_ms >= deadline_ms || poll(&readable, 1, (int)(deadline_ms - now_ms)) == 0) {
            fail("%s does not listen after %d ms; see %s/server.log", rig->server,
                 SERVER_START_MS_MAX, s->data_directory);
        }
        got = read(s->stdout_fd, text + len, sizeof text - len);
        if (got <= 0) {
            fail("%s ended before it listened; see %s/server.log", rig->server, s->data_directory);
        }
        len += (size_t)got;
        port = find_port(str_of(text, len), rig->tls == NULL ? "http" : "https");
    }
    return port;
}

void server_process_again(struct server_process *s, const struct rig *rig)
{
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) != 0) fail("no pipe: %m");
    s->pid = fork();
    if (s->pid < 0) fail("no process for the server: %m");
    if (s->pid == 0) run_server(s, rig, ends[1]);
    (void)close(ends[1]);
    s->stdout_fd = ends[0];
    s->port = wait_for_port(s, rig);
}

void server_process_start(struct server_process *s, const struct rig *rig)
{
    *s = (struct server_process){0};
    rig_make_directory(rig, s->data_directory);
    if (rig->tls != NULL) {
        char certificate_path[SERVER_PATH_BYTES_MAX + 16];
        char key_path[SERVER_PATH_BYTES_MAX + 16];
        tls_paths(s, certificate_path, key_path);
        certificate_make(rig->tls, certificate_path, key_path);
        wire_speak_tls();
    }
    server_process_again(s, rig);
    process_pin(rig->generator_core);
}

/* ---- stop ---- */

void server_process_signal(const struct server_process *s, int signal)
{
    if (kill(s->pid, signal) != 0) fail("the server cannot be sent signal %d: %m", signal);
}

static void judge_end(const struct server_process *s, int status, int signal)
{
    if (signal == SIGKILL && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) return;
    if (signal == SIGTERM && WIFEXITED(status) && WEXITSTATUS(status) == 0) return;
    fail("the server ended with wait status 0x%x; see %s/server.log", (unsigned)status,
         s->data_directory);
}

bool server_process_has_ended(struct server_process *s, int signal)
{
    int status = 0;
    pid_t pid = waitpid(s->pid, &status, WNOHANG);

    if (pid == 0) return false;
    if (pid != s->pid) fail("the server is nobody's child: %m");
    judge_end(s, status, signal);
    (void)close(s->stdout_fd);
    return true;
}

void server_process_stop(struct server_process *s)
{
    int pidfd = pidfd_open(s->pid, 0);
    struct pollfd ended = {.fd = pidfd, .events = POLLIN};

    if (pidfd < 0) fail("no descriptor for the server: %m");
    server_process_signal(s, SIGTERM);
    if (poll(&ended, 1, SERVER_STOP_MS_MAX) != 1) {
        (void)kill(s->pid, SIGKILL);
        fail("the server did not stop within %d ms; see %s/server.log", SERVER_STOP_MS_MAX,
             s->data_directory);
    }
    (void)close(pidfd);
    CHECK(server_process_has_ended(s, SIGTERM));
    rig_remove_directory(s->data_directory);
}
