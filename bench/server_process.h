// SPDX-License-Identifier: Apache-2.0
/* server_process.h — a Carillon of our own, for the time of a measurement.
 * Started on an empty data directory and a free port, on a core of its own, asked to stop at the
 * end; a server that does not stop cleanly fails the run, because its figures may be wrong too. */
#ifndef BENCH_SERVER_PROCESS_H
#define BENCH_SERVER_PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "bench/options.h"

#define SERVER_START_MS_MAX 20000 /* from exec to the line "listening"; past it: fail */
#define SERVER_STOP_MS_MAX 60000  /* from SIGTERM to the exit; past it: kill and fail */
#define SERVER_PATH_BYTES_MAX 4096u

/* Where and how; the same for every scenario. */
struct rig {
    char build_server[SERVER_PATH_BYTES_MAX];    /* private: what `server` is by default */
    char build_directory[SERVER_PATH_BYTES_MAX]; /* private: the same of `data_parent` */
    const char *server;                          /* the program */
    const char *data_parent;                     /* where data directories are made */
    const char *tls; /* the kind of its certificate; NULL: it speaks in clear */
    uint64_t server_core;
    uint64_t generator_core;
    uint64_t workers_count;
    struct option_list server_arguments;
};

/* The defaults: the server of this build on core 0 with one worker, this program on core 1, data
 * beside this program. */
void rig_init(struct rig *rig);
/* The table for --help; valid as long as `rig`. One rig per program. */
const struct option *rig_options(struct rig *rig);

struct server_process {
    pid_t pid;
    uint16_t port;
    int stdout_fd;
    char data_directory[SERVER_PATH_BYTES_MAX];
};

/* Also pins the calling process to the generator's core. */
void server_process_start(struct server_process *s, const struct rig *rig);
/* Ends the server, and removes its data directory. */
void server_process_stop(struct server_process *s);

/* ---- a restart, for whoever goes on meanwhile ---- */

/* SIGTERM or SIGKILL. */
void server_process_signal(const struct server_process *s, int signal);
/* True, once: it is gone. One that did not end as the signal asked for ends the program. */
bool server_process_has_ended(struct server_process *s, int signal);
/* On the same data and the same port; returns when it listens. */
void server_process_again(struct server_process *s, const struct rig *rig);

/* A directory that nobody else uses, on the file system that the servers write to. */
void rig_make_directory(const struct rig *rig, char out[SERVER_PATH_BYTES_MAX]);
/* With everything in it. */
void rig_remove_directory(const char *path);

#endif
