// SPDX-License-Identifier: Apache-2.0
/* outlook.c — two lists in order, and halving them. */
#include "hub/outlook.h"

#include <stdlib.h>

#include "base/check.h"

static int compare_place(const void *id, const void *place)
{
    return uuid_compare(id, &((const struct place *)place)->conversation_id);
}

static struct place *find_place(const struct outlook *o, const struct uuid *conversation_id)
{
    struct place *found = o->places.count == 0
                              ? NULL
                              : bsearch(conversation_id, o->places.places, o->places.count,
                                        sizeof o->places.places[0], compare_place);

    for (size_t i = 0; i < o->places_more.count && found == NULL; i++) {
        if (uuid_equals(&o->places_more.places[i].conversation_id, conversation_id))
            found = &o->places_more.places[i];
    }
    return found;
}

static int compare_ids(const void *a, const void *b)
{
    return uuid_compare(a, b);
}

static bool has_blocked(const struct outlook *o, const struct uuid *id)
{
    return o->blocked.count > 0 && !uuid_is_nil(id) &&
           bsearch(id, o->blocked.ids, o->blocked.count, sizeof *id, compare_ids) != NULL;
}

/* ---- up to the snapshot: what its rows say ---- */

static bool shows_own(const struct outlook *o, const struct effect *e)
{
    const struct place *place;

    if (!uuid_equals(&e->id, &o->user_id)) return false;
    if (uuid_is_nil(&e->conversation_id) || (e->flags & EVENT_FAREWELL) != 0) return true;
    place = find_place(o, &e->conversation_id);
    return place != NULL && e->cursor > place->joined_cursor;
}

/* As SQL this is in store/unread.h, for one message in chat/message_access.c. */
static bool shows_conversation(const struct outlook *o, const struct effect *e)
{
    const struct place *place = find_place(o, &e->id);

    if (place == NULL || e->cursor <= place->joined_cursor) return false;
    if ((e->flags & EVENT_INTERNAL) != 0 && place->role == PARTICIPANT_MEMBER) return false;
    if (e->seq_num != 0 && e->seq_num < place->first_seq) return false;
    return (e->flags & EVENT_BLOCKABLE) == 0 ||
           (!has_blocked(o, &e->author_id) && !has_blocked(o, &e->sender_id));
}

/* ---- after it: what was heard ---- */

static bool contains(const struct uuid *ids, size_t count, const struct uuid *id)
{
    for (size_t i = 0; i < count; i++) {
        if (uuid_equals(&ids[i], id)) return true;
    }
    return false;
}

static bool was_heard(const struct outlook *o, const struct effect *e)
{
    const struct audience *audience = &e->audience;

    if ((e->flags & EVENT_LOG_ONLY) != 0 || e->channel == CHANNEL_SESSION) return false;
    if (e->channel == CHANNEL_USER) return uuid_equals(&e->id, &o->user_id);
    if (find_place(o, &e->id) == NULL) return false;
    return audience->kind == AUDIENCE_EVERYONE ||
           contains(audience->user_ids, audience->count, &o->user_id) ==
               (audience->kind == AUDIENCE_ONLY);
}

static void join(struct outlook *o, const struct uuid *conversation_id)
{
    struct place_list *more = &o->places_more;
    struct place *larger = ARENA_ARRAY(o->arena, struct place, more->count + 1);

    if (find_place(o, conversation_id) != NULL) return;
    if (more->count > 0) memcpy(larger, more->places, more->count * sizeof larger[0]);
    larger[more->count] = (struct place){.conversation_id = *conversation_id};
    *more = (struct place_list){larger, more->count + 1};
}

static void leave(struct outlook *o, const struct uuid *conversation_id)
{
    struct place *place = find_place(o, conversation_id);
    size_t index;

    if (place == NULL) return;
    index = (size_t)(place - o->places.places);
    if (place >= o->places.places && index < o->places.count) {
        memmove(place, place + 1, (--o->places.count - index) * sizeof *place);
        return;
    }
    *place = o->places_more.places[--o->places_more.count];
}

bool outlook_shows(const struct outlook *o, const struct effect *e)
{
    if (e->kind != EFFECT_EVENT || (e->flags & EVENT_LIVE) != 0) return false;
    CHECK(e->cursor != 0 && e->cursor <= o->newest);
    switch (e->channel) {
    case CHANNEL_USER: return shows_own(o, e);
    case CHANNEL_CONVERSATION: return shows_conversation(o, e);
    case CHANNEL_SESSION: break; /* all live */
    }
    return false;
}

bool outlook_follows(struct outlook *o, const struct effect *e)
{
    if (e->kind == EFFECT_EVENT) return (e->flags & EVENT_LIVE) == 0 && was_heard(o, e);
    if (e->kind != EFFECT_JOIN && e->kind != EFFECT_LEAVE) return false;
    if (!contains(e->user_ids, e->user_ids_count, &o->user_id)) return false;
    if (e->kind == EFFECT_JOIN) join(o, &e->id);
    else leave(o, &e->id);
    return false;
}
