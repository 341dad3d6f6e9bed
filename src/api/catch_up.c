// SPDX-License-Identifier: Apache-2.0
/* catch_up.c — read, send, wait, and again until there is nothing left to read; then what is in
 * memory, and the socket is live. A short absence is served from memory alone, unless a message was
 * edited or deleted meanwhile: memory has it as it was. */
#include "api/catch_up.h"

#include <stdlib.h>

#include "api/ws_session.h"
#include "api/ws_v1.h"
#include "base/check.h"
#include "limits.h"

static const struct recent *recent_of(const struct catch_up *k)
{
    return &k->api->hub->recent;
}

struct catch_up *catch_up_new(struct api *api, const struct token_claims *who, uint64_t cursor)
{
    struct catch_up *k = calloc(1, sizeof *k);

    CHECK(k != NULL);
    k->api = api;
    arena_init(&k->arena);
    missed_init(&k->missed, &who->tenant_id, &who->user_id, api->v1);
    k->missed.hearing.job.arena = &k->arena;
    k->missed.hearing.job.reply_to = api->inbox;
    k->missed.after = cursor;
    k->missed.flags = MISSED_HEARING | MISSED_FIRST;
    k->position = cursor;
    if (recent_covers(recent_of(k), cursor) &&
        recent_count_after(recent_of(k), cursor) <= RECENT_EFFECTS_MAX)
        k->missed.flags |= MISSED_OUTLOOK;
    return k;
}

void catch_up_free(struct catch_up *k)
{
    if (k == NULL) return;
    frame_unref(k->missed.frames);
    arena_release(&k->arena);
    free(k);
}

void catch_up_abandon(struct catch_up *k)
{
    k->session = NULL;
    if (!k->is_reading) catch_up_free(k); /* else when the job comes back */
}

/* The socket goes live. */
static void finish(struct catch_up *k, bool is_complete)
{
    struct ws_session *s = k->session;
    uint64_t newest = recent_of(k)->newest;
    const struct ws_v1_resumed resumed = {
        .is_complete = is_complete,
        .replayed_count = k->replayed_count,
        .cursor = k->position > newest ? k->position : newest,
    };

    counter_add(is_complete ? &k->api->metrics->resumes : &k->api->metrics->resumes_incomplete, 1);
    if (is_complete && (k->missed.flags & MISSED_OUTLOOK) != 0)
        counter_add(&k->api->metrics->resumes_from_memory, 1);
    counter_add(&k->api->metrics->events_replayed, k->replayed_count);
    conn_send(s->listener.conn, ws_v1_resumed(k->api, &s->tenant_id, &resumed));
    s->listener.after_cursor = resumed.cursor;
    s->catch_up = NULL;
    catch_up_free(k);
}

static void take_result(struct catch_up *k);

static void on_read(struct job *job)
{
    struct catch_up *k = (struct catch_up *)job;

    k->is_reading = false;
    if (k->session == NULL) {
        catch_up_free(k);
        return;
    }
    if (!conn_is_open(k->session->listener.conn)) return; /* on_closed abandons it */
    if (job->result == R_OK) take_result(k);
    else ws_session_end(k->session, WS_CLOSE_OVERLOAD, "busy; resume in a moment");
}

/* From the log, from where we are. */
static void read_on(struct catch_up *k, enum missed_flags flags)
{
    struct job *job = &k->missed.hearing.job;

    arena_release(&k->arena);
    k->is_in_memory = false;
    k->missed.after = k->position;
    k->missed.flags = flags;
    job->done = on_read;
    k->is_reading = true;
    if (store_read(k->api->store, job) == R_OK) return;
    k->is_reading = false;
    ws_session_end(k->session, WS_CLOSE_OVERLOAD, "busy; resume in a moment");
}

/* ---- from memory ---- */

static bool shows(struct outlook *o, const struct recent_walk *w, const struct effect *e)
{
    return w->newest <= o->newest ? outlook_shows(o, e) : outlook_follows(o, e);
}

static bool changes_message(const struct effect *e)
{
    return str_equals(e->type, STR("message.deleted")) ||
           str_equals(e->type, STR("message.edited"));
}

/* Is all that the user missed in memory, and as it may be seen now? */
static bool memory_has_all(struct catch_up *k)
{
    const struct recent *recent = recent_of(k);
    const struct outlook *o = &k->missed.outlook;
    const struct effect *e;
    struct recent_walk w;

    if (!recent_covers(recent, k->position)) return false;
    if (recent->newest < o->newest) return false; /* a part is still on its way to this worker */
    recent_walk_init(recent, k->position, &w);
    while ((e = recent_walk_next(recent, &w)) != NULL && w.newest <= o->newest) {
        if (changes_message(e) && e->cursor > k->position && outlook_shows(o, e)) return false;
    }
    return true;
}

/* False: that is enough for one portion, and there is more. */
static bool send_from_memory(struct catch_up *k)
{
    struct recent_walk w;
    const struct effect *e;
    size_t bytes_count = 0;

    recent_walk_init(recent_of(k), k->position, &w);
    while ((e = recent_walk_next(recent_of(k), &w)) != NULL) {
        if (e->kind == EFFECT_EVENT && e->cursor <= k->position) continue; /* live ones too */
        if (bytes_count >= REPLAY_PORTION_BYTES_MAX) return false;
        if (shows(&k->missed.outlook, &w, e)) {
            bytes_count += e->frame_v1->len;
            conn_send(k->session->listener.conn, frame_ref(e->frame_v1));
            k->replayed_count++;
        }
        if (e->cursor != 0) k->position = e->cursor;
    }
    return true;
}

/* ---- both ---- */

/* What is owed has to leave before the next portion. */
static void wait_until_drained(struct catch_up *k)
{
    if (conn_owed_bytes(k->session->listener.conn) == 0) read_on(k, MISSED_PLAIN);
}

static void refuse(struct catch_up *k)
{
    if (k->replayed_count > 0) { /* nothing is replayed in part: the next socket learns it first */
        ws_session_end(k->session, WS_CLOSE_OVERLOAD, "the replay was interrupted; resume");
        return;
    }
    k->position = k->missed.hearing.newest;
    finish(k, false);
}

/* Returns whether the log is read to the end of the snapshot. */
static bool send_from_log(struct catch_up *k)
{
    struct missed *m = &k->missed;

    if (m->frames != NULL) conn_send(k->session->listener.conn, m->frames);
    m->frames = NULL;
    k->replayed_count += m->events_count;
    k->position = m->position;
    return (m->flags & MISSED_OUTLOOK) != 0 || k->position == m->hearing.newest;
}

/* The log is read to the end of a snapshot: what is newer, if that is anything, is in memory. */
static void go_on_from_memory(struct catch_up *k)
{
    const struct recent *recent = recent_of(k);
    bool is_room = conn_owed_bytes(k->session->listener.conn) < REPLAY_PORTION_BYTES_MAX / 2;

    k->is_in_memory = recent_covers(recent, k->position);
    if (recent->newest <= k->position) finish(k, true);
    else if (!k->is_in_memory) wait_until_drained(k);
    else if (is_room && send_from_memory(k)) finish(k, true);
    /* Else when this has left. */
}

static void take_result(struct catch_up *k)
{
    struct missed *m = &k->missed;

    if (m->verdict != MISSED_OK) {
        refuse(k);
    } else if ((m->flags & MISSED_OUTLOOK) != 0 && !memory_has_all(k)) {
        read_on(k, MISSED_FIRST);
    } else if (!send_from_log(k)) {
        if (k->replayed_count <= 2 * REPLAY_EVENTS_MAX) wait_until_drained(k);
        else ws_session_end(k->session, WS_CLOSE_SLOW, "too slow; resume");
    } else {
        go_on_from_memory(k);
    }
}

void catch_up_begin(struct catch_up *k, struct ws_session *session)
{
    k->session = session;
    session->catch_up = k;
    if (conn_is_open(session->listener.conn)) take_result(k);
}

void catch_up_continue(struct catch_up *k)
{
    if (k->is_reading) return;
    if (k->is_in_memory) go_on_from_memory(k);
    else read_on(k, MISSED_PLAIN);
}
