// SPDX-License-Identifier: Apache-2.0
/* revoked.c — a map to ask and a queue to forget.
 * None of them comes back: not a login, not a key, not a user who was disabled. So it does not
 * matter when a token was issued, nor when the revocation is heard of: after a restart, or a second
 * late from another process, it voids what it voided at first and nothing else. Past REVOKED_MAX
 * the oldest entry is forgotten early: its tokens have the shortest time left. */
#include "auth/revoked.h"

#include <stdlib.h>

#include "base/check.h"
#include "limits.h"

struct revoked_entry {
    struct revoked_entry *next; /* newer */
    struct revoked_entry *prev;
    struct uuid id;
    uint64_t at_ms;
};

void revoked_init(struct revoked *r, uint64_t keep_ms)
{
    *r = (struct revoked){.keep_ms = keep_ms};
    map_init(&r->map, REVOKED_MAX);
}

static void unlink_entry(struct revoked *r, struct revoked_entry *entry)
{
    if (entry->prev == NULL) r->oldest = entry->next;
    else entry->prev->next = entry->next;
    if (entry->next == NULL) r->newest = entry->prev;
    else entry->next->prev = entry->prev;
}

static void append_entry(struct revoked *r, struct revoked_entry *entry)
{
    entry->next = NULL;
    entry->prev = r->newest;
    if (r->newest == NULL) r->oldest = entry;
    else r->newest->next = entry;
    r->newest = entry;
}

static void forget_oldest(struct revoked *r)
{
    struct revoked_entry *entry = r->oldest;

    unlink_entry(r, entry);
    CHECK(map_remove(&r->map, &entry->id) == entry);
    free(entry);
}

void revoked_release(struct revoked *r)
{
    while (r->oldest != NULL) forget_oldest(r);
    map_release(&r->map);
}

static void forget_expired(struct revoked *r, uint64_t now_ms)
{
    while (r->oldest != NULL && r->oldest->at_ms + r->keep_ms < now_ms) forget_oldest(r);
}

void revoked_add(struct revoked *r, const struct uuid *id, uint64_t now_ms)
{
    struct revoked_entry *entry;

    forget_expired(r, now_ms);
    entry = map_find(&r->map, id);
    if (entry != NULL) {
        entry->at_ms = now_ms;
        unlink_entry(r, entry);
        append_entry(r, entry);
        return;
    }
    if (map_count(&r->map) >= REVOKED_MAX) forget_oldest(r);
    entry = malloc(sizeof *entry);
    CHECK(entry != NULL);
    *entry = (struct revoked_entry){.id = *id, .at_ms = now_ms};
    CHECK(map_put(&r->map, id, entry) == R_OK);
    append_entry(r, entry);
}

bool revoked_has(struct revoked *r, const struct uuid *session_id, const struct uuid *user_id,
                 uint64_t now_ms)
{
    forget_expired(r, now_ms);
    if (map_count(&r->map) == 0) return false;
    return map_find(&r->map, session_id) != NULL || map_find(&r->map, user_id) != NULL;
}
