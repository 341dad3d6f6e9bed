// SPDX-License-Identifier: Apache-2.0
/* missed.c — from the log to frames. The index tells whether there is anything at all, and most who
 * come back missed nothing: only then the rows of the user's places are read, and the events. What
 * a message.created shows is the message as it is now. */
#include "chat/missed.h"

#include "base/check.h"
#include "chat/message_json.h"
#include "limits.h"
#include "store/blocks.h"
#include "store/events.h"

/* A read on its way. */
struct reading {
    struct missed *m;
    struct tx *tx;
    struct buf portion;
    struct arena arena; /* of one event */
    uint64_t count;     /* of all that is for the user, in this portion or not */
    uint64_t bytes_count;
    bool is_full;
};

static MUST_USE enum result load_outlook(struct missed *m, struct tx *tx)
{
    struct outlook *o = &m->outlook;
    const struct hearing *h = &m->hearing;
    struct block_list blocks = {0};
    struct uuid *blocked_ids;
    enum result result =
        memberships_list_places(tx, &h->tenant_id, &h->user_id, h->job.arena, &o->places);

    if (result == R_OK) result = blocks_list(tx, &h->tenant_id, &h->user_id, h->job.arena, &blocks);
    if (result != R_OK) return result;
    blocked_ids = ARENA_ARRAY(h->job.arena, struct uuid, blocks.count);
    for (size_t i = 0; i < blocks.count; i++) blocked_ids[i] = blocks.blocks[i].blocked_id;
    o->blocked = (struct uuid_list){blocked_ids, blocks.count};
    return R_OK;
}

/* R_NOT_FOUND: it is not there for anybody. */
static MUST_USE enum result read_event(struct reading *r, uint64_t cursor, struct effect *e)
{
    struct message *message;
    enum result result = events_find(r->tx, cursor, &r->arena, e);

    if (result != R_OK) return result;
    if (!uuid_equals(&e->tenant_id, &r->m->hearing.tenant_id)) return R_NOT_FOUND;
    if (!outlook_shows(&r->m->outlook, e)) return R_NOT_FOUND;
    if (!str_equals(e->type, STR("message.created"))) return R_OK;
    message = ARENA_NEW(&r->arena, struct message);
    e->message = message;
    return messages_find_at(r->tx, &e->tenant_id, &e->id, e->seq_num, &r->arena, message);
}

/* What is known of its size before it is a frame: its texts are what can be large. */
static size_t size_of(const struct effect *e)
{
    size_t text_bytes =
        e->message == NULL ? 0 : e->message->content_text.len + e->message->content_meta.len;

    return sizeof *e + e->payload.len + text_bytes;
}

/* Into the portion, while there is room; and counted, in the first read of a replay. */
static MUST_USE enum result take(struct reading *r, uint64_t cursor)
{
    struct missed *m = r->m;
    struct effect e;
    enum result result = read_event(r, cursor, &e);

    if (result == R_OK) {
        r->count++;
        r->bytes_count += size_of(&e);
        if (!r->is_full) {
            event_frame_append_v1(&r->portion, &e, m->v1);
            m->events_count++;
        }
    }
    if (!r->is_full) m->position = cursor;
    r->is_full |= r->portion.len >= REPLAY_PORTION_BYTES_MAX;
    arena_release(&r->arena);
    return result == R_NOT_FOUND ? R_OK : result;
}

static MUST_USE enum result read_events(struct reading *r, const struct cursor_list *list)
{
    struct missed *m = r->m;
    bool is_first = (m->flags & MISSED_FIRST) != 0;
    enum result result = R_OK;

    for (size_t i = 0; i < list->count && result == R_OK; i++) {
        if (r->is_full && !is_first) return R_OK;
        result = take(r, list->cursors[i]);
        if (is_first && r->bytes_count > REPLAY_BYTES_MAX) {
            m->verdict = MISSED_TOO_MUCH;
            return R_OK;
        }
    }
    /* All that there is went by, and fitted. */
    if (result == R_OK && !r->is_full && list->count <= REPLAY_EVENTS_MAX)
        m->position = m->hearing.newest;
    return result;
}

static MUST_USE enum result read_portion(struct missed *m, struct tx *tx,
                                         const struct cursor_list *list)
{
    struct reading r = {.m = m, .tx = tx};
    enum result result;

    arena_init(&r.arena);
    buf_init(&r.portion, REPLAY_PORTION_BYTES_MAX + EVENT_JSON_BYTES_MAX);
    result = read_events(&r, list);
    CHECK(!buf_overflowed(&r.portion));
    if (result == R_OK && m->verdict == MISSED_OK && r.portion.len > 0)
        m->frames = frame_of(buf_str(&r.portion));
    buf_release(&r.portion);
    return result;
}

/* What happened after the snapshot is judged by who was in what, which the hearing knows. */
static void take_places_heard(struct missed *m)
{
    const struct hearing *h = &m->hearing;
    struct place_list *list = &m->outlook.places;

    *list = (struct place_list){ARENA_ARRAY(h->job.arena, struct place, h->memberships.count),
                                h->memberships.count};
    for (size_t i = 0; i < list->count; i++)
        list->places[i].conversation_id = h->memberships.conversation_ids[i];
}

static MUST_USE enum result look(struct missed *m, struct tx *tx)
{
    const struct hearing *h = &m->hearing;
    const struct event_range range = {
        .tenant_id = h->tenant_id, .user_id = h->user_id, .after = m->after};
    bool is_first = (m->flags & MISSED_FIRST) != 0;
    struct cursor_list list = {0};
    bool have_gone = false;
    enum result result = R_OK;

    if (m->after < h->newest) result = events_have_gone(tx, &range, &have_gone);
    if (result != R_OK) return result;
    if (have_gone || m->after > h->newest) {
        m->verdict = MISSED_GONE;
        return R_OK;
    }
    if (m->after < h->newest && (m->flags & MISSED_OUTLOOK) != 0) return load_outlook(m, tx);
    if (m->after < h->newest)
        result = events_list(tx, &range, REPLAY_EVENTS_MAX + 1, h->job.arena, &list);
    if (result != R_OK) return result;
    if (is_first && list.count > REPLAY_EVENTS_MAX) {
        m->verdict = MISSED_TOO_MUCH;
        return R_OK;
    }
    if (list.count > 0 || (m->flags & MISSED_HEARING) == 0) result = load_outlook(m, tx);
    else take_places_heard(m);
    return result == R_OK ? read_portion(m, tx, &list) : result;
}

static enum result run(struct job *job, struct tx *tx)
{
    struct missed *m = (struct missed *)job;
    struct hearing *h = &m->hearing;
    enum result result =
        (m->flags & MISSED_HEARING) != 0 ? hearing_read(h, tx) : events_newest(tx, &h->newest);

    if (result != R_OK) return result;
    m->verdict = MISSED_OK;
    m->frames = NULL;
    m->events_count = 0;
    m->position = m->after;
    m->outlook =
        (struct outlook){.user_id = h->user_id, .newest = h->newest, .arena = h->job.arena};
    return look(m, tx);
}

void missed_init(struct missed *m, const struct uuid *tenant_id, const struct uuid *user_id,
                 const struct event_v1 *v1)
{
    *m = (struct missed){.v1 = v1};
    hearing_init(&m->hearing, tenant_id, user_id);
    m->hearing.wants_newest = true;
    m->hearing.job.run = run;
}
