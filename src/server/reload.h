// SPDX-License-Identifier: Apache-2.0
/* reload.h — the configuration read again while the server runs: all of it is good, or none of it
 * is used. Main thread. */
#ifndef SERVER_RELOAD_H
#define SERVER_RELOAD_H

#include "api/settings.h"
#include "server/config.h"

/* What was read, good and not yet in use. */
struct reload {
    struct config config;
    struct api_settings *settings;
};

/* `current` are the settings in use. Whether the port speaks TLS is fixed; with which certificates
 * is not. On failure the fault says what is wrong, and there is nothing to release. */
MUST_USE enum result reload_read(struct reload *out, const struct config_source *source,
                                 const struct api_settings *current, size_t workers_count,
                                 struct fault *fault);

/* Say in the log what is another than in `before`, and what differs from `boot`, the configuration
 * that the server was started with, and waits for a restart. */
void reload_log(const struct reload *reload, const struct config *before,
                const struct config *boot);

#endif
