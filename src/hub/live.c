// SPDX-License-Identifier: Apache-2.0
/* live.c — notes in, commits out.
 * The inbox has two bounds. Notes that may be lost are dropped from LIVE_NOTES_MAX on; a close must
 * not be, or its user would be there for ever. Every counted socket closes once, so the room above
 * LIVE_NOTES_MAX holds all closes that can come while the owner is busy.
 * A change of presence is spread in steps: remember when the user was last seen (a write, only for
 * those who went), read in which conversations they are heard, publish. At most
 * PRESENCE_SPREADS_MAX changes are on their way; the others wait in the table, where a later change
 * replaces an earlier one, so that a storm of reconnects costs the store no more than it can give.
 */
#include "hub/live.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/json_out.h"
#include "limits.h"
#include "store/memberships.h"
#include "store/users.h"

/* One change of presence on its way. */
struct spread {
    struct job job;
    struct arena arena;
    struct live *live;
    struct presence_user *user; /* taken */
    struct uuid user_id;        /* what the store threads look at; the user is the owner's */
    struct uuid tenant_id;
    uint64_t seen_wall_ms;
    struct memberships memberships;
    bool is_agent;
};

/* ---- telling ---- */

/* Messages go first: while a worker is behind, live events must not put it further behind. */
static bool is_overloaded(const struct live *l)
{
    return bus_waiting_count(l->bus) >= LIVE_WAITING_MAX;
}

static struct audience audience_of(struct arena *arena, const struct typing_place *place)
{
    struct uuid *ids;

    if (place->deaf_count == 0) return (struct audience){.kind = AUDIENCE_EVERYONE};
    ids = ARENA_ARRAY(arena, struct uuid, place->deaf_count);
    memcpy(ids, place->deaf_ids, place->deaf_count * sizeof *ids);
    return (struct audience){.kind = AUDIENCE_EXCEPT, .user_ids = ids, .count = place->deaf_count};
}

static void tell_typing(void *arg, const struct typing_place *place, enum typing_state state)
{
    struct live *l = arg;
    struct commit *commit;
    struct effect *e;
    struct json_out o;
    struct buf payload;

    if (l->is_stopped) return;
    buf_init(&payload, EVENT_PAYLOAD_BYTES_MAX);
    json_out_init(&o, &payload);
    json_object_open(&o);
    json_field_uuid(&o, "conversation_id", &place->conversation_id);
    json_field_uuid(&o, "user_id", &place->user_id);
    json_field_time(&o, "at", clock_wall_ms());
    json_object_close(&o);
    CHECK(!buf_overflowed(&payload));
    commit = commit_new();
    e = commit_add(commit, EFFECT_EVENT);
    e->channel = CHANNEL_CONVERSATION;
    e->flags = EVENT_LIVE;
    e->id = place->conversation_id;
    e->tenant_id = place->tenant_id;
    e->author_id = place->user_id;
    e->conversation_id = place->conversation_id;
    e->type = state == TYPING_START ? STR("typing.start") : STR("typing.stop");
    e->payload = arena_copy(&commit->arena, buf_str(&payload));
    e->audience = audience_of(&commit->arena, place);
    buf_release(&payload);
    bus_publish_live(l->bus, commit);
}

static struct str presence_payload(struct arena *arena, const struct spread *s, struct str status,
                                   struct str detail)
{
    struct buf payload;
    struct json_out o;
    struct str copy;

    buf_init(&payload, EVENT_PAYLOAD_BYTES_MAX);
    json_out_init(&o, &payload);
    json_object_open(&o);
    json_field_uuid(&o, s->is_agent ? "agent_id" : "user_id", &s->user_id);
    json_field_str(&o, "status", status);
    json_field_opt_str(&o, "status_detail", detail);
    json_object_close(&o);
    CHECK(!buf_overflowed(&payload));
    copy = arena_copy(arena, buf_str(&payload));
    buf_release(&payload);
    return copy;
}

/* Every worker has to learn it, so this one waits for room. */
static void tell_presence(struct live *l, const struct spread *s,
                          const struct presence_state *state)
{
    struct commit *commit = commit_new();
    struct effect *e = commit_add(commit, EFFECT_PRESENCE);
    size_t count = s->memberships.count;

    e->flags = EVENT_LIVE;
    e->id = s->user_id;
    e->tenant_id = s->tenant_id;
    e->author_id = s->user_id;
    e->status = str_from(presence_status_names[state->status]);
    if (state->detail_len > 0)
        e->status_detail = arena_copy(&commit->arena, str_of(state->detail, state->detail_len));
    if (count > 0) {
        struct uuid *ids = ARENA_ARRAY(&commit->arena, struct uuid, count);
        memcpy(ids, s->memberships.conversation_ids, count * sizeof *ids);
        e->conversation_ids = ids;
        e->conversation_ids_count = count;
    }
    e->type = STR("presence.updated");
    e->payload = presence_payload(&commit->arena, s, e->status, e->status_detail);
    bus_publish(l->bus, commit);
}

/* ---- spreading presence ---- */

static void spread_more(struct live *l);

static void spread_free(struct spread *s)
{
    s->live->spreads_count--;
    arena_release(&s->arena);
    free(s);
}

/* On the writer. */
static enum result run_seen(struct job *job, struct tx *tx)
{
    struct spread *s = (struct spread *)job;

    return users_set_last_seen(tx, &s->tenant_id, &s->user_id, s->seen_wall_ms);
}

/* On a reader. */
static enum result run_audience(struct job *job, struct tx *tx)
{
    struct spread *s = (struct spread *)job;
    struct memberships_bounds bounds = {.participants_max = PRESENCE_PARTICIPANTS_MAX,
                                        .count_max = PRESENCE_CONVERSATIONS_MAX};
    struct user user;
    enum result result;

    result = users_find(tx, &s->tenant_id, &s->user_id, job->arena, &user);
    if (result != R_OK) return result;
    s->is_agent = user.is_agent;
    return memberships_list_bounded(tx, &s->tenant_id, &s->user_id, &bounds, job->arena,
                                    &s->memberships);
}

/* When the recipients could not be read the workers still learn the state: nobody is told, whoever
 * asks is answered right. */
static void on_audience(struct job *job)
{
    struct spread *s = (struct spread *)job;
    struct live *l = s->live;
    struct presence_state state;

    if (job->result != R_OK) s->memberships = (struct memberships){0};
    if (presence_settle(&l->presence, s->user, &state) && !l->is_stopped)
        tell_presence(l, s, &state);
    spread_free(s);
    spread_more(l);
}

/* False: the store has no room. */
static bool read_audience(struct spread *s)
{
    s->job.run = run_audience;
    s->job.done = on_audience;
    return !s->live->is_stopped && store_read(s->live->store, &s->job) == R_OK;
}

static void give_up(struct spread *s)
{
    presence_put_back(&s->live->presence, s->user);
    spread_free(s);
}

/* A time that could not be written is lost; the next one will be. */
static void on_seen(struct job *job)
{
    struct spread *s = (struct spread *)job;

    if (!read_audience(s)) give_up(s);
}

static bool write_seen(struct spread *s)
{
    struct presence_user *user = s->user;

    s->job.run = run_seen;
    s->job.done = on_seen;
    if (store_write(s->live->store, &s->job) != R_OK) return false;
    user->seen_wall_ms = 0;
    return true;
}

static void spread_more(struct live *l)
{
    bool has_room = !l->is_stopped;

    while (has_room && l->spreads_count < PRESENCE_SPREADS_MAX && !is_overloaded(l)) {
        struct presence_user *user = presence_take(&l->presence);
        struct spread *s;

        if (user == NULL) return;
        s = calloc(1, sizeof *s);
        CHECK(s != NULL);
        l->spreads_count++;
        arena_init(&s->arena);
        s->job.arena = &s->arena;
        s->job.reply_to = &l->inbox;
        s->live = l;
        s->user = user;
        s->user_id = user->user_id;
        s->tenant_id = user->tenant_id;
        s->seen_wall_ms = user->lingers_until_ms == 0 ? user->seen_wall_ms : 0;
        has_room = s->seen_wall_ms != 0 ? write_seen(s) : read_audience(s);
        if (!has_room) give_up(s); /* the next tick tries again */
    }
}

/* ---- notes ---- */

/* Each kind fills in what it needs. */
struct live_note {
    struct inbox_item item;
    struct typing_place place; /* of a typing note; else its user_id and tenant_id only */
    enum typing_state typing;
    struct presence_state state;
    struct commit *commit; /* one reference */
    struct uuid deaf_ids[];
};

/* Fill it in and send it. */
static struct live_note *note_new(void (*receive)(struct inbox_item *item, void *receiver),
                                  const struct uuid *user_id, size_t deaf_count)
{
    struct live_note *note = calloc(1, sizeof *note + deaf_count * sizeof note->deaf_ids[0]);

    CHECK(note != NULL);
    note->item.receive = receive;
    note->place.user_id = *user_id;
    return note;
}

static void note_free(struct live_note *note)
{
    commit_unref(note->commit);
    free(note);
}

/* False: dropped. */
static bool deliver(struct live *l, struct live_note *note)
{
    if (inbox_count(&l->inbox) < LIVE_NOTES_MAX && inbox_try_push(&l->inbox, &note->item) == R_OK)
        return true;
    note_free(note);
    return false;
}

static void on_socket_opened(struct inbox_item *item, void *receiver)
{
    struct live_note *note = (struct live_note *)item;
    struct live *l = receiver;

    presence_socket_opened(&l->presence, &note->place.tenant_id, &note->place.user_id);
    note_free(note);
}

bool live_socket_opened(struct live *l, const struct uuid *tenant_id, const struct uuid *user_id)
{
    struct live_note *note = note_new(on_socket_opened, user_id, 0);

    note->place.tenant_id = *tenant_id;
    return deliver(l, note);
}

static void on_socket_closed(struct inbox_item *item, void *receiver)
{
    struct live_note *note = (struct live_note *)item;
    struct live *l = receiver;
    const struct uuid *user_id = &note->place.user_id;

    if (presence_socket_closed(&l->presence, user_id, l->now_ms, clock_wall_ms()))
        typing_stop_user(&l->typing, user_id, l->now_ms);
    note_free(note);
}

void live_socket_closed(struct live *l, const struct uuid *user_id)
{
    struct live_note *note = note_new(on_socket_closed, user_id, 0);

    CHECK(inbox_try_push(&l->inbox, &note->item) == R_OK);
}

static void on_typing(struct inbox_item *item, void *receiver)
{
    struct live_note *note = (struct live_note *)item;
    struct live *l = receiver;
    const struct typing_place *place = &note->place;

    if (note->typing == TYPING_STOP)
        typing_stop(&l->typing, &place->conversation_id, &place->user_id, l->now_ms);
    else if (!is_overloaded(l)) typing_start(&l->typing, place, l->now_ms);
    note_free(note);
}

void live_typing(struct live *l, const struct typing_place *place, enum typing_state state)
{
    struct live_note *note = note_new(on_typing, &place->user_id, place->deaf_count);

    note->place = *place;
    note->place.deaf_ids = note->deaf_ids;
    if (place->deaf_count > 0)
        memcpy(note->deaf_ids, place->deaf_ids, place->deaf_count * sizeof note->deaf_ids[0]);
    note->typing = state;
    (void)deliver(l, note);
}

static void on_presence(struct inbox_item *item, void *receiver)
{
    struct live_note *note = (struct live_note *)item;
    struct live *l = receiver;

    presence_set(&l->presence, &note->place.tenant_id, &note->place.user_id, &note->state);
    note_free(note);
}

void live_set_presence(struct live *l, const struct uuid *tenant_id, const struct uuid *user_id,
                       const struct presence_state *state)
{
    struct live_note *note = note_new(on_presence, user_id, 0);

    note->place.tenant_id = *tenant_id;
    note->state = *state;
    (void)deliver(l, note);
}

/* ---- commits ---- */

static bool is_message(const struct effect *e)
{
    return e->kind == EFFECT_EVENT && e->channel == CHANNEL_CONVERSATION &&
           str_equals(e->type, STR("message.created"));
}

bool live_is_concerned(const struct commit *commit)
{
    const struct effect *e = commit->first;

    while (e != NULL && e->kind != EFFECT_LEAVE && !is_message(e)) e = e->next;
    return e != NULL;
}

static void on_commit(struct inbox_item *item, void *receiver)
{
    struct live_note *note = (struct live_note *)item;
    struct live *l = receiver;

    for (const struct effect *e = note->commit->first; e != NULL; e = e->next) {
        if (is_message(e)) typing_stop(&l->typing, &e->id, &e->author_id, l->now_ms);
        if (e->kind != EFFECT_LEAVE) continue;
        for (size_t i = 0; i < e->user_ids_count; i++)
            typing_stop(&l->typing, &e->id, &e->user_ids[i], l->now_ms);
    }
    note_free(note);
}

static void on_publish(struct inbox_item *item, void *receiver)
{
    struct live_note *note = (struct live_note *)item;
    struct live *l = receiver;

    note->commit->committed_ns = clock_mono_ns();
    if (!l->is_stopped) bus_publish_live(l->bus, commit_ref(note->commit));
    note_free(note);
}

bool live_publish(struct live *l, struct commit *commit)
{
    static const struct uuid nobody;
    struct live_note *note = note_new(on_publish, &nobody, 0);

    note->commit = commit;
    return deliver(l, note);
}

void live_observe(struct live *l, struct commit *commit)
{
    static const struct uuid nobody;
    struct live_note *note = note_new(on_commit, &nobody, 0);

    note->commit = commit;
    (void)deliver(l, note);
}

/* ---- life ---- */

void live_init(struct live *l, struct bus *bus, inbox_wake_fn wake, void *wake_arg)
{
    *l = (struct live){.bus = bus};
    inbox_init(&l->inbox, LIVE_INBOX_ITEMS_MAX, wake, wake_arg);
    typing_init(&l->typing, tell_typing, l);
    presence_init(&l->presence);
}

void live_start(struct live *l, struct store *store)
{
    l->store = store;
}

void live_stop(struct live *l)
{
    l->is_stopped = true;
}

void live_release(struct live *l)
{
    if (l->bus == NULL) return;
    CHECK(l->is_stopped);
    live_receive(l, l->now_ms);
    CHECK(l->spreads_count == 0);
    typing_release(&l->typing);
    presence_release(&l->presence);
    inbox_release(&l->inbox);
    *l = (struct live){0};
}

void live_receive(struct live *l, uint64_t now_ms)
{
    struct inbox_item *item = inbox_take_all(&l->inbox);

    l->now_ms = now_ms;
    while (item != NULL) {
        struct inbox_item *next = item->next;
        item->receive(item, l);
        item = next;
    }
    spread_more(l);
}

void live_tick(struct live *l, uint64_t now_ms)
{
    l->now_ms = now_ms;
    typing_expire(&l->typing, now_ms);
    presence_expire(&l->presence, now_ms);
    spread_more(l);
}
