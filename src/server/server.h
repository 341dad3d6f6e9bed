// SPDX-License-Identifier: Apache-2.0
/* server.h — the whole server: everything started in order, and stopped in the other order. */
#ifndef SERVER_SERVER_H
#define SERVER_SERVER_H

#include "server/config.h"

/* Main thread. `config` is what `source` said; SIGHUP reads it again. Serve until SIGTERM or
 * SIGINT, then drain (at most drain_timeout_sec) and return R_OK; a second signal ends the process
 * at once. Prints `carillon: listening on http://ADDRESS` (https with TLS) to stdout as soon as it
 * serves. On any other result nothing runs any more and `fault` says what was wrong; R_INVALID and
 * R_TOO_MANY: with what the configuration names, so trying again is of no use. */
MUST_USE enum result server_run(const struct config *config, const struct config_source *source,
                                struct fault *fault);

#endif
