// SPDX-License-Identifier: Apache-2.0
/* presence_view.c — one small entry per user who is there. */
#include "hub/presence_view.h"

#include <stdlib.h>

#include "base/check.h"
#include "hub/presence.h"

struct presence_entry {
    enum presence_status status;
    size_t detail_len;
    char detail[];
};

/* Those without a detail are all alike and need no memory of their own. */
static struct presence_entry plain_entries[] = {
    [PRESENCE_ONLINE] = {.status = PRESENCE_ONLINE},
    [PRESENCE_AWAY] = {.status = PRESENCE_AWAY},
    [PRESENCE_BUSY] = {.status = PRESENCE_BUSY},
};

static void forget(struct presence_entry *entry)
{
    if (entry != NULL && entry->detail_len > 0) free(entry);
}

void presence_view_init(struct presence_view *v)
{
    map_init(&v->users, INT32_MAX); /* as many as hub/presence.h has */
}

void presence_view_release(struct presence_view *v)
{
    size_t cursor = 0;
    void *entry;

    while ((entry = map_next(&v->users, &cursor, NULL)) != NULL) forget(entry);
    map_release(&v->users);
}

static enum presence_status status_of(struct str name)
{
    for (size_t i = 0; presence_status_names[i] != NULL; i++) {
        if (str_equals(name, str_from(presence_status_names[i]))) return (enum presence_status)i;
    }
    CHECK(false);
    return PRESENCE_OFFLINE;
}

void presence_view_apply(struct presence_view *v, const struct effect *effect)
{
    struct str detail = effect->status_detail;
    enum presence_status status = status_of(effect->status);
    struct presence_entry *entry;

    CHECK(effect->kind == EFFECT_PRESENCE);
    forget(map_remove(&v->users, &effect->id));
    if (status == PRESENCE_OFFLINE && detail.len == 0) return;
    if (detail.len == 0) {
        entry = &plain_entries[status];
    } else {
        entry = malloc(sizeof *entry + detail.len);
        CHECK(entry != NULL);
        entry->status = status;
        entry->detail_len = detail.len;
        memcpy(entry->detail, detail.at, detail.len);
    }
    CHECK(map_put(&v->users, &effect->id, entry) == R_OK);
}

struct str presence_view_status(const struct presence_view *v, const struct uuid *user_id)
{
    const struct presence_entry *entry = map_find(&v->users, user_id);

    return str_from(presence_status_names[entry == NULL ? PRESENCE_OFFLINE : entry->status]);
}

struct str presence_view_detail(const struct presence_view *v, const struct uuid *user_id)
{
    const struct presence_entry *entry = map_find(&v->users, user_id);

    if (entry == NULL || entry->detail_len == 0) return STR_NONE;
    return str_of(entry->detail, entry->detail_len);
}
