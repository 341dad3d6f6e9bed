// SPDX-License-Identifier: Apache-2.0
/* cursor.h — a place in the event log as clients hold it: 22 characters that say nothing.
 * It is the place, hidden and signed with a key that comes from the epoch of the database and holds
 * the tenant. So a cursor of another epoch, of another tenant, or of somebody's own making is no
 * cursor at all, and nobody learns from it how much happens on the server. It does not say whose
 * it is, because all listeners of a channel get the same bytes: it names a place, and what its
 * bearer may see from there on is decided by who they are. Pure, any thread. */
#ifndef HUB_CURSOR_H
#define HUB_CURSOR_H

#include "base/uuid.h"

#define CURSOR_TEXT_LEN 22u

struct cursor_key {
    uint8_t sign[16];
    uint8_t hide[16];
};

void cursor_key_init(struct cursor_key *key, const struct uuid *epoch);

/* Writes CURSOR_TEXT_LEN characters that need no escaping anywhere, no NUL. */
void cursor_write(const struct cursor_key *key, const struct uuid *tenant_id, uint64_t cursor,
                  char *out);
/* False: it was not written with this key for this tenant; `out` is left alone. */
bool cursor_parse(const struct cursor_key *key, const struct uuid *tenant_id, struct str text,
                  uint64_t *out);

#endif
