// SPDX-License-Identifier: Apache-2.0
/* exports.h — everything that is remembered of one user, as JSON: for whoever has to hand it out.
 * Not what others wrote, and no secrets. SQL only, over whole tables, for commands. Inside a
 * transaction, on the thread of its connection. */
#ifndef STORE_EXPORTS_H
#define STORE_EXPORTS_H

#include "store/tx.h"

/* The lists one after the other, also empty ones: those call `begin_list` only. */
struct export_sink {
    void (*begin_list)(void *arg, const char *list);
    void (*take)(void *arg, size_t place, struct str object);
    void (*end_list)(void *arg);
    void *arg;
};
MUST_USE enum result exports_run(struct tx *tx, const struct uuid *tenant_id,
                                 const struct uuid *user_id, const struct export_sink *sink);

#endif
