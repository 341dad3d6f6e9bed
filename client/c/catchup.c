// SPDX-License-Identifier: Apache-2.0
/* catchup.c — a table of conversations, a list after a gap, and syncs until nothing is missing.
 * A message that is heard while its conversation is being fetched is not told: the next sync brings
 * it in its place. Invariant: dirty_count is the number of places with is_dirty. */
#include "catchup.h"

#include <stdlib.h>
#include <string.h>

#include "changes.h"
#include "client.h"

#define PLACES_MIN 64u

void catchup_release(struct catchup *u)
{
    free(u->places);
    *u = (struct catchup){0};
}

/* ---- the table ---- */

/* FNV-1a: ids are random enough, and nobody gains by colliding with themselves. */
static size_t hash(const char *id)
{
    uint64_t h = 14695981039346656037u;

    for (; *id != '\0'; id++) h = (h ^ (unsigned char)*id) * 1099511628211u;
    return (size_t)(h ^ (h >> 32));
}

static struct progress *place_of(struct progress *places, size_t capacity, const char *id)
{
    size_t i = hash(id) & (capacity - 1);

    while (places[i].id[0] != '\0' && strcmp(places[i].id, id) != 0) i = (i + 1) & (capacity - 1);
    return &places[i];
}

static bool grow(struct catchup *u)
{
    size_t capacity = u->capacity == 0 ? PLACES_MIN : 2 * u->capacity;
    struct progress *places = calloc(capacity, sizeof *places);

    if (places == NULL) return false;
    for (size_t i = 0; i < u->capacity; i++) {
        if (u->places[i].id[0] != '\0') *place_of(places, capacity, u->places[i].id) = u->places[i];
    }
    free(u->places);
    u->places = places;
    u->capacity = capacity;
    return true;
}

static struct progress *find(struct catchup *u, const char *id)
{
    struct progress *p = u->capacity == 0 ? NULL : place_of(u->places, u->capacity, id);

    return p == NULL || p->id[0] == '\0' ? NULL : p;
}

/* NULL: no room, or no id. */
static struct progress *add(struct catchup *u, const char *id, uint64_t last_seq)
{
    struct progress *p;

    if (strlen(id) >= CARILLON_ID_BYTES || u->count >= CATCHUP_CONVERSATIONS_MAX) return NULL;
    if (u->count >= u->capacity / 2 && !grow(u)) return NULL;
    p = place_of(u->places, u->capacity, id);
    *p = (struct progress){.last_seq = last_seq};
    memcpy(p->id, id, strlen(id) + 1);
    u->count++;
    return p;
}

static void set_dirty(struct catchup *u, struct progress *p, bool is_dirty)
{
    if (p->is_dirty == is_dirty) return;
    p->is_dirty = is_dirty;
    if (is_dirty) u->dirty_count++;
    else u->dirty_count--;
}

static void note_id(struct catchup *u, const char *id)
{
    size_t len = strlen(id);

    if (len < CARILLON_ID_BYTES && strcmp(id, u->newest_id) > 0) memcpy(u->newest_id, id, len + 1);
}

/* ---- telling ---- */

static void tell(struct carillon_client *c, const json_t *json, bool is_recovered)
{
    struct carillon_message message;

    if (!message_read(c, json, &message)) return;
    message.is_recovered = is_recovered;
    note_id(&c->catchup, message.id);
    if (c->options.on_message != NULL) c->options.on_message(c, &message, c->options.arg);
}

void catchup_on_message(struct carillon_client *c, const char *conversation_id, uint64_t seq_num,
                        const json_t *message)
{
    struct progress *p = find(&c->catchup, conversation_id);

    if (p == NULL) p = add(&c->catchup, conversation_id, seq_num - 1);
    if (p == NULL) { /* told, if it can be, and not remembered */
        if (message != NULL) tell(c, message, false);
        return;
    }
    if (seq_num <= p->last_seq) return;
    if (message == NULL || p->is_dirty || p->is_pulled) {
        set_dirty(&c->catchup, p, true);
        return;
    }
    p->last_seq = seq_num;
    p->is_fresh = true;
    tell(c, message, false);
}

/* ---- the list of conversations ---- */

static bool list(struct carillon_client *c, const char *after);

static void failed(struct carillon_client *c, const struct carillon_reply *reply)
{
    /* A new connection lists again, and nothing is told twice: this costs only time. */
    socket_close(&c->socket);
    connection_on_closed(
        c, 0, reply->error != NULL ? reply->error : carillon_result_text(CARILLON_BAD_ANSWER));
}

static uint64_t number_of(const json_t *json, const char *key)
{
    json_int_t value = json_integer_value(json_object_get(json, key));

    return value < 0 ? 0 : (uint64_t)value;
}

static void look_at(struct catchup *u, const json_t *conversation)
{
    const char *id = json_string_value(json_object_get(conversation, "id"));
    uint64_t seq_counter = number_of(conversation, "seq_counter");
    struct progress *p;

    if (id == NULL) return;
    p = find(u, id);
    if (p == NULL && u->is_listed) {
        /* It began while we were away, or we were let into it: then its past is none of what was
         * missed. */
        uint64_t unread = number_of(conversation, "unread_count");
        bool is_new = strcmp(id, u->newest_id) > 0;
        p = add(u, id, is_new || unread > seq_counter ? 0 : seq_counter - unread);
    } else if (p == NULL) {
        p = add(u, id, seq_counter);
    }
    if (p == NULL || !u->is_listed) return;
    if (p->knows_changes) {
        p->wants_changes = true;
        set_dirty(u, p, true);
    }
    if (seq_counter > p->last_seq) {
        p->is_recovered = true;
        set_dirty(u, p, true);
    } else if (!p->is_fresh) {
        p->last_seq = seq_counter; /* a backup was restored: numbers are given again */
    }
}

/* What is left out of a list that failed is found by the next one, and nothing is told twice. */
static void on_unlisted(struct carillon_client *c, const struct carillon_reply *reply)
{
    c->catchup.wants_list = !c->catchup.is_beginning;
    if (c->catchup.is_beginning) connection_on_listed(c, reply);
    else failed(c, reply);
}

static void on_list(struct carillon_client *c, const struct carillon_reply *reply, void *arg)
{
    struct catchup *u = &c->catchup;
    const char *next = json_string_value(json_object_get(reply->body, "next"));
    const json_t *conversations = json_object_get(reply->body, "conversations");

    (void)arg;
    u->is_listing = false;
    if (reply->result == CARILLON_ENDED) return;
    if (reply->result != CARILLON_OK || !json_is_array(conversations)) {
        const struct carillon_reply bad = {.result = CARILLON_BAD_ANSWER,
                                           .error = carillon_result_text(CARILLON_BAD_ANSWER)};
        on_unlisted(c, reply->result == CARILLON_OK ? &bad : reply);
        return;
    }
    for (size_t i = 0; i < json_array_size(conversations); i++)
        look_at(u, json_array_get(conversations, i));
    for (size_t i = 0; i < json_array_size(conversations); i++) {
        const json_t *conversation = json_array_get(conversations, i);
        const char *id = json_string_value(json_object_get(conversation, "id"));
        if (id != NULL) note_id(u, id);
    }
    if (next != NULL) {
        const struct carillon_reply no_memory = {.result = CARILLON_NO_MEMORY};
        if (!list(c, next)) on_unlisted(c, &no_memory);
        return;
    }
    u->is_listed = true;
    catchup_note_whole(c);
    if (u->is_beginning) connection_on_listed(c, reply);
    u->is_beginning = false;
}

/* False: no memory. */
static bool list(struct carillon_client *c, const char *after)
{
    struct request_options options = {
        .method = "GET",
        .flags = REQUEST_INTERNAL | REQUEST_REPEATABLE,
        .on_reply = on_list,
    };
    char path[REQUEST_PATH_BYTES_MAX];
    char *escaped = curl_easy_escape(NULL, after, 0);

    snprintf(path, sizeof path, "/v1/chat/conversations?limit=" CATCHUP_LIST_PAGE "%s%s",
             after[0] == '\0' ? "" : "&after=", escaped == NULL ? "" : escaped);
    curl_free(escaped);
    options.path = path;
    c->catchup.is_listing = request_make(c, &options) == CARILLON_OK;
    return c->catchup.is_listing;
}

void catchup_on_plain(struct carillon_client *c)
{
    struct catchup *u = &c->catchup;

    if (u->has_asked_changes) return;
    u->has_asked_changes = true;
    for (size_t i = 0; i < u->capacity; i++) {
        if (u->places[i].id[0] != '\0') set_dirty(u, &u->places[i], true);
    }
}

bool catchup_begin(struct carillon_client *c)
{
    c->catchup.is_beginning = true;
    return c->catchup.is_listing || list(c, "");
}

void catchup_after_gap(struct carillon_client *c)
{
    c->catchup.wants_list = true;
    if (c->options.on_gap != NULL) c->options.on_gap(c, c->options.arg);
}

static void list_when_wanted(struct carillon_client *c)
{
    struct catchup *u = &c->catchup;

    if (!u->wants_list || u->is_listing) return;
    for (size_t i = 0; i < u->capacity; i++) u->places[i].is_fresh = false;
    u->wants_list = !list(c, "");
}

void catchup_note_whole(struct carillon_client *c)
{
    const struct catchup *u = &c->catchup;

    if (!u->wants_list && !u->is_listing && !u->is_pulling && u->dirty_count == 0)
        memcpy(c->told_cursor, c->cursor, sizeof c->told_cursor);
}

/* ---- syncs ---- */

/* False: not all of them. */
static bool take_changes(struct carillon_client *c, struct progress *p, const json_t *batch)
{
    char id[CARILLON_ID_BYTES];
    bool is_told;

    memcpy(id, p->id, sizeof id);
    is_told = changes_tell(c, batch);
    p = find(&c->catchup, id); /* a callback may have made the table grow */
    if (p == NULL) return true;
    if (is_told && (p->wants_changes || !p->knows_changes)) {
        p->knows_changes = json_is_integer(json_object_get(batch, "change_seq"));
        p->change_seq = number_of(batch, "change_seq");
    }
    if (is_told && !json_is_true(json_object_get(batch, "more_changes"))) p->wants_changes = false;
    return !p->wants_changes;
}

static void take_batch(struct carillon_client *c, const json_t *batch)
{
    const char *id = json_string_value(json_object_get(batch, "conversation_id"));
    const json_t *messages = json_object_get(batch, "messages");
    bool has_more = json_is_true(json_object_get(batch, "has_more"));
    struct progress *p = id == NULL ? NULL : find(&c->catchup, id);

    if (p == NULL) return;
    for (size_t i = 0; i < json_array_size(messages); i++) {
        const json_t *message = json_array_get(messages, i);
        uint64_t seq_num = number_of(message, "seq_num");
        bool is_recovered = p->is_recovered;
        if (seq_num <= p->last_seq) continue;
        p->last_seq = seq_num;
        p->is_fresh = true;
        tell(c, message, is_recovered);
        p = find(&c->catchup, id); /* a callback may have made the table grow */
        if (p == NULL) return;
    }
    if (!take_changes(c, p, batch)) has_more = true;
    p = find(&c->catchup, id);
    if (p == NULL) return;
    if (has_more) {
        set_dirty(&c->catchup, p, true);
        return;
    }
    /* What is left out is not for this user. */
    if (number_of(batch, "current_seq") > p->last_seq) {
        p->last_seq = number_of(batch, "current_seq");
        p->is_fresh = true;
    }
    if (!p->is_dirty) p->is_recovered = false;
}

static void end_pull(struct catchup *u, bool was_done)
{
    u->is_pulling = false;
    for (size_t i = 0; i < u->capacity; i++) {
        struct progress *p = &u->places[i];
        if (!p->is_pulled) continue;
        p->is_pulled = false;
        if (!was_done) set_dirty(u, p, true);
    }
}

static void on_sync(struct carillon_client *c, const struct carillon_reply *reply, void *arg)
{
    const json_t *batches = json_object_get(reply->body, "batches");
    bool is_done = reply->result == CARILLON_OK && json_is_array(batches);

    (void)arg;
    if (reply->result == CARILLON_ENDED) return;
    for (size_t i = 0; is_done && i < json_array_size(batches); i++)
        take_batch(c, json_array_get(batches, i));
    end_pull(&c->catchup, is_done);
    catchup_note_whole(c);
    if (!is_done) failed(c, reply);
}

/* {conversation_id, last_seq, changed_since?}. NULL: no memory. */
static json_t *position_of(const struct progress *p)
{
    json_t *json =
        json_pack("{s:s, s:I}", "conversation_id", p->id, "last_seq", (json_int_t)p->last_seq);

    if (json == NULL || !p->wants_changes) return json;
    if (json_object_set_new(json, "changed_since", json_integer((json_int_t)p->change_seq)) == 0)
        return json;
    json_decref(json);
    return NULL;
}

/* {conversations: […]} of the first that are dirty. NULL: no memory. */
static json_t *body_of(const struct catchup *u)
{
    json_t *list = json_array();
    size_t count = 0;

    for (size_t i = 0; i < u->capacity && count < CATCHUP_PULL_MAX && list != NULL; i++) {
        const struct progress *p = &u->places[i];
        json_t *item;
        if (!p->is_dirty) continue;
        item = position_of(p);
        if (item == NULL || json_array_append_new(list, item) != 0) {
            json_decref(list);
            list = NULL;
        }
        count++;
    }
    return list == NULL ? NULL : json_pack("{s:o}", "conversations", list);
}

static void mark_pulled(struct catchup *u)
{
    size_t count = 0;

    for (size_t i = 0; i < u->capacity && count < CATCHUP_PULL_MAX; i++) {
        struct progress *p = &u->places[i];
        if (!p->is_dirty) continue;
        p->is_pulled = true;
        set_dirty(u, p, false);
        count++;
    }
}

void catchup_tick(struct carillon_client *c)
{
    struct catchup *u = &c->catchup;
    struct request_options options = {
        .method = "POST",
        .path = "/v1/chat/messages/sync",
        .flags = REQUEST_INTERNAL | REQUEST_REPEATABLE,
        .on_reply = on_sync,
    };

    if (c->state != CARILLON_STATE_OPEN) return;
    list_when_wanted(c);
    if (u->dirty_count == 0 || u->is_pulling) return;
    options.body = body_of(u);
    if (options.body == NULL || request_make(c, &options) != CARILLON_OK) return; /* next step */
    mark_pulled(u);
    u->is_pulling = true;
}
