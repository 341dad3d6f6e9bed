// SPDX-License-Identifier: Apache-2.0
/* typing.c — typists in one list by the time at which something is due.
 * A typist that is shown is due when it was shown for long enough; one that is not shown any more
 * is kept for as long again, because it remembers how many starts it has spent. Both waits are
 * equally long and begin now whenever they begin, so that the list is in order when each change
 * puts its typist at the end. Invariant: a typist is in the list and in its user's chain; its room
 * exists while it does. */
#include "hub/typing.h"

#include <stdlib.h>

#include "base/check.h"
#include "limits.h"

/* A conversation in which somebody types or did a moment ago. */
struct room {
    uint32_t shown_count;
    uint32_t typists_count;
};

struct typist {
    struct typing_place place; /* its ids are ours */
    struct room *room;
    struct typist *next_of_user;
    struct typist *earlier;
    struct typist *later;
    uint64_t due_ms;
    uint64_t shown_ms;      /* when it was last told to others */
    uint64_t paid_until_ms; /* each start that is told costs TYPING_REPEAT_MS from here on */
    bool is_shown;
};

void typing_init(struct typing *t, typing_tell_fn tell, void *arg)
{
    *t = (struct typing){.tell = tell, .arg = arg};
    map_init(&t->users, TYPISTS_MAX);
    map_init(&t->conversations, TYPISTS_MAX);
}

/* ---- the list of what is due ---- */

static void unlink_due(struct typing *t, struct typist *typist)
{
    CHECK((typist->earlier == NULL) == (t->first_due == typist));
    CHECK((typist->later == NULL) == (t->last_due == typist));
    if (typist->earlier == NULL) t->first_due = typist->later;
    else typist->earlier->later = typist->later;
    if (typist->later == NULL) t->last_due = typist->earlier;
    else typist->later->earlier = typist->earlier;
}

static void append_due(struct typing *t, struct typist *typist, uint64_t now_ms)
{
    typist->due_ms = now_ms + TYPING_SHOWN_MS;
    CHECK(t->last_due == NULL || t->last_due->due_ms <= typist->due_ms);
    typist->earlier = t->last_due;
    typist->later = NULL;
    if (t->last_due == NULL) t->first_due = typist;
    else t->last_due->later = typist;
    t->last_due = typist;
}

/* ---- typists ---- */

static struct room *enter_room(struct typing *t, const struct uuid *conversation_id)
{
    struct room *room = map_find(&t->conversations, conversation_id);

    if (room == NULL) {
        room = calloc(1, sizeof *room);
        CHECK(room != NULL);
        CHECK(map_put(&t->conversations, conversation_id, room) == R_OK);
    }
    room->typists_count++;
    return room;
}

static struct typist *find(const struct typing *t, const struct uuid *conversation_id,
                           const struct uuid *user_id)
{
    struct typist *typist = map_find(&t->users, user_id);

    while (typist != NULL && !uuid_equals(&typist->place.conversation_id, conversation_id))
        typist = typist->next_of_user;
    return typist;
}

static size_t places_count(const struct typist *typist)
{
    size_t count = 0;

    for (; typist != NULL; typist = typist->next_of_user) count++;
    return count;
}

/* NULL: this would be one too many. */
static struct typist *typist_new(struct typing *t, const struct typing_place *place,
                                 uint64_t now_ms)
{
    struct typist *first = map_find(&t->users, &place->user_id);
    struct typist *typist;

    if (t->typists_count >= TYPISTS_MAX || places_count(first) >= TYPING_PLACES_MAX) return NULL;
    typist = malloc(sizeof *typist);
    CHECK(typist != NULL);
    *typist = (struct typist){.place = {.tenant_id = place->tenant_id,
                                        .conversation_id = place->conversation_id,
                                        .user_id = place->user_id}};
    typist->room = enter_room(t, &place->conversation_id);
    if (first == NULL) {
        CHECK(map_put(&t->users, &place->user_id, typist) == R_OK);
    } else {
        typist->next_of_user = first->next_of_user;
        first->next_of_user = typist;
    }
    append_due(t, typist, now_ms);
    t->typists_count++;
    return typist;
}

static void leave_chain(struct typing *t, struct typist *typist)
{
    struct typist *first = map_find(&t->users, &typist->place.user_id);

    if (first == typist) {
        CHECK(map_remove(&t->users, &typist->place.user_id) == typist);
        if (typist->next_of_user != NULL)
            CHECK(map_put(&t->users, &typist->place.user_id, typist->next_of_user) == R_OK);
        return;
    }
    while (first->next_of_user != typist) first = first->next_of_user;
    first->next_of_user = typist->next_of_user;
}

static void typist_free(struct typing *t, struct typist *typist)
{
    struct room *room = typist->room;

    unlink_due(t, typist);
    leave_chain(t, typist);
    if (typist->is_shown) room->shown_count--;
    if (--room->typists_count == 0) {
        CHECK(map_remove(&t->conversations, &typist->place.conversation_id) == room);
        free(room);
    }
    free((void *)typist->place.deaf_ids);
    free(typist);
    t->typists_count--;
}

void typing_release(struct typing *t)
{
    while (t->first_due != NULL) typist_free(t, t->first_due);
    map_release(&t->users);
    map_release(&t->conversations);
}

/* ---- starting and stopping ---- */

static void copy_deaf(struct typist *typist, const struct typing_place *place)
{
    struct uuid *ids = NULL;

    free((void *)typist->place.deaf_ids);
    if (place->deaf_count > 0) {
        ids = malloc(place->deaf_count * sizeof *ids);
        CHECK(ids != NULL);
        memcpy(ids, place->deaf_ids, place->deaf_count * sizeof *ids);
    }
    typist->place.deaf_ids = ids;
    typist->place.deaf_count = place->deaf_count;
}

static bool may_show(const struct typist *typist, uint64_t now_ms)
{
    const uint64_t burst_ms = (TYPING_STARTS_BURST_MAX - 1) * (uint64_t)TYPING_REPEAT_MS;

    if (typist->is_shown && now_ms - typist->shown_ms < TYPING_REPEAT_MS) return false;
    if (typist->paid_until_ms > now_ms + burst_ms) return false;
    return typist->is_shown || typist->room->shown_count < TYPING_SHOWN_MAX;
}

void typing_start(struct typing *t, const struct typing_place *place, uint64_t now_ms)
{
    struct typist *typist = find(t, &place->conversation_id, &place->user_id);

    if (typist == NULL) typist = typist_new(t, place, now_ms);
    if (typist == NULL || !may_show(typist, now_ms)) return;
    if (!typist->is_shown) typist->room->shown_count++;
    copy_deaf(typist, place);
    typist->is_shown = true;
    typist->shown_ms = now_ms;
    if (typist->paid_until_ms < now_ms) typist->paid_until_ms = now_ms;
    typist->paid_until_ms += TYPING_REPEAT_MS;
    unlink_due(t, typist);
    append_due(t, typist, now_ms);
    t->tell(t->arg, &typist->place, TYPING_START);
}

static void hide(struct typing *t, struct typist *typist, uint64_t now_ms)
{
    CHECK(typist->is_shown);
    typist->is_shown = false;
    typist->room->shown_count--;
    unlink_due(t, typist);
    append_due(t, typist, now_ms);
    t->tell(t->arg, &typist->place, TYPING_STOP);
}

void typing_stop(struct typing *t, const struct uuid *conversation_id, const struct uuid *user_id,
                 uint64_t now_ms)
{
    struct typist *typist = find(t, conversation_id, user_id);

    if (typist != NULL && typist->is_shown) hide(t, typist, now_ms);
}

void typing_stop_user(struct typing *t, const struct uuid *user_id, uint64_t now_ms)
{
    struct typist *typist = map_find(&t->users, user_id);

    for (; typist != NULL; typist = typist->next_of_user) {
        if (typist->is_shown) hide(t, typist, now_ms);
    }
}

void typing_expire(struct typing *t, uint64_t now_ms)
{
    while (t->first_due != NULL && t->first_due->due_ms <= now_ms) {
        if (t->first_due->is_shown) hide(t, t->first_due, now_ms);
        else typist_free(t, t->first_due);
    }
}
