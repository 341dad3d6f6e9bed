// SPDX-License-Identifier: Apache-2.0
/* setup.h — from what the configuration says to what the parts of the server are given: TLS from
 * its files, the settings of the doors. Used at the start and for each reload; what cannot be is a
 * fault, and nothing was changed. Main thread. */
#ifndef SERVER_SETUP_H
#define SERVER_SETUP_H

#include "api/settings.h"
#include "auth/issuer_keys.h"
#include "chat/retention.h"
#include "server/config.h"

/* NULL in `out`: the configuration has no TLS. `previous` hands its tickets' keys over, see
 * net/tls.h; may be NULL. */
MUST_USE enum result setup_tls(struct tls **out, const struct config *config,
                               const struct tls *previous, struct fault *fault);

/* All but is_loopback. `tls`, which may be NULL, is the settings' on success. Takes copies of what
 * the configuration owns. */
MUST_USE enum result setup_settings(struct api_settings **out, const struct config *config,
                                    size_t workers_count, struct tls *tls, struct fault *fault);

/* NULL in `out`: no issuer is configured. All three options are, or none. */
MUST_USE enum result setup_issuer(struct issuer_keys **out, const struct config *config,
                                  void (*on_keys)(void *arg, struct jwks *set), void *arg,
                                  struct fault *fault);

struct retention_policy setup_retention(const struct config *config);

#endif
