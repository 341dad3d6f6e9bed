// SPDX-License-Identifier: Apache-2.0
/* hub_testing.h — what tests of the hub share: a hub with listeners on socket pairs, and commits
 * made by hand, whose frames are short texts instead of JSON. For tests only. */
#ifndef HUB_HUB_TESTING_H
#define HUB_HUB_TESTING_H

#include <stdio.h>

#include "hub/hub.h"
#include "net/net_testing.h"

#define TESTING_HUB_UNUSED __attribute__((unused))
#define TESTING_EARS_MAX 16u

/* A listener and its socket. */
struct testing_ear {
    struct listener listener; /* first: the hub's pointer is the ear's */
    struct testing_owner owner;
    unsigned too_slow_calls;
};

struct testing_hub {
    struct loop loop;
    struct hub hub;
    _Atomic uint32_t v1_count;
    struct testing_ear *ears[TESTING_EARS_MAX]; /* NULL: none */
};

/* The same id for the same words. */
static TESTING_HUB_UNUSED struct uuid testing_id(char kind, unsigned number)
{
    struct uuid id = {{0}};

    id.bytes[0] = (uint8_t)kind;
    memcpy(&id.bytes[8], &number, sizeof number);
    return id;
}

static TESTING_HUB_UNUSED void testing_on_too_slow(struct listener *l)
{
    struct testing_ear *ear = (struct testing_ear *)l;

    ear->too_slow_calls++;
    conn_finish(l->conn);
}

static TESTING_HUB_UNUSED int testing_hub_make(void **state)
{
    struct testing_hub *h = calloc(1, sizeof *h);

    assert_non_null(h);
    testing_loop_open(&h->loop, NULL, NULL);
    hub_init(&h->hub, &h->v1_count);
    *state = h;
    return 0;
}

/* Listens, and still loads. `send_bytes` as for testing_owner_open. */
static TESTING_HUB_UNUSED struct testing_ear *testing_listen_in(struct testing_hub *h,
                                                                enum encoding encoding,
                                                                unsigned number,
                                                                struct uuid user_id, int send_bytes)
{
    struct testing_ear *ear = calloc(1, sizeof *ear);

    assert_non_null(ear);
    assert_true(number < TESTING_EARS_MAX && h->ears[number] == NULL);
    testing_owner_open(&ear->owner, &h->loop, &testing_ops, send_bytes);
    ear->listener = (struct listener){.conn = ear->owner.conn,
                                      .user_id = user_id,
                                      .encoding = encoding,
                                      .on_too_slow = testing_on_too_slow};
    hub_listen(&h->hub, &ear->listener);
    h->ears[number] = ear;
    return ear;
}

static TESTING_HUB_UNUSED struct testing_ear *testing_listen(struct testing_hub *h, unsigned number,
                                                             struct uuid user_id, int send_bytes)
{
    return testing_listen_in(h, ENCODING_BASE, number, user_id, send_bytes);
}

/* Listens to its user and these conversations. */
static TESTING_HUB_UNUSED struct testing_ear *testing_hear(struct testing_hub *h, unsigned number,
                                                           struct uuid user_id,
                                                           const struct uuid *ids, size_t count)
{
    struct testing_ear *ear = testing_listen(h, number, user_id, 0);

    hub_listener_loaded(&h->hub, &ear->listener, ids, count);
    return ear;
}

static TESTING_HUB_UNUSED void testing_unlisten(struct testing_hub *h, unsigned number)
{
    struct testing_ear *ear = h->ears[number];

    if (ear == NULL) return;
    hub_unlisten(&h->hub, &ear->listener);
    testing_owner_close(&ear->owner);
    free(ear);
    h->ears[number] = NULL;
}

static TESTING_HUB_UNUSED int testing_hub_remove(void **state)
{
    struct testing_hub *h = *state;

    for (unsigned i = 0; i < TESTING_EARS_MAX; i++) testing_unlisten(h, i);
    hub_release(&h->hub);
    loop_close(&h->loop);
    free(h);
    return 0;
}

#define HUB_TEST(test) cmocka_unit_test_setup_teardown(test, testing_hub_make, testing_hub_remove)

/* ---- commits ---- */

static TESTING_HUB_UNUSED struct effect *testing_event(struct commit *commit,
                                                       enum channel_kind channel, struct uuid id,
                                                       struct str bytes)
{
    struct effect *e = commit_add(commit, EFFECT_EVENT);

    e->channel = channel;
    e->id = id;
    e->frame = frame_of(bytes);
    return e;
}

/* Of a session, for those who are in a conversation. */
static TESTING_HUB_UNUSED struct effect *testing_session_event(struct commit *commit,
                                                               struct uuid key,
                                                               struct uuid conversation_id,
                                                               struct str bytes)
{
    struct effect *e = testing_event(commit, CHANNEL_SESSION, key, bytes);
    struct uuid *place = ARENA_NEW(&commit->arena, struct uuid);

    *place = conversation_id;
    e->conversation_ids = place;
    e->conversation_ids_count = 1;
    return e;
}

/* An event with a place in the log, which stands in its frame of carillon.v1. */
static TESTING_HUB_UNUSED struct effect *testing_durable(struct commit *commit, struct uuid id,
                                                         uint64_t cursor, struct str bytes)
{
    struct effect *e = testing_event(commit, CHANNEL_CONVERSATION, id, bytes);
    char text[64];
    int len = snprintf(text, sizeof text, "%.*s%llu ", STR_ARGS(bytes), (unsigned long long)cursor);

    e->cursor = cursor;
    e->frame_v1 = frame_of(str_of(text, (size_t)len));
    return e;
}

/* An event of `len` bytes. */
static TESTING_HUB_UNUSED struct effect *testing_large_event(struct commit *commit, struct uuid id,
                                                             size_t len)
{
    struct effect *e = testing_event(commit, CHANNEL_CONVERSATION, id, STR("x"));

    frame_unref(e->frame);
    e->frame = frame_new(len);
    memset(e->frame->bytes, '#', len);
    return e;
}

static TESTING_HUB_UNUSED struct effect *testing_change(struct commit *commit,
                                                        enum effect_kind kind, struct uuid id,
                                                        struct uuid user_id)
{
    struct effect *e = commit_add(commit, kind);
    struct uuid *user_ids = ARENA_NEW(&commit->arena, struct uuid);

    *user_ids = user_id;
    e->id = id;
    e->user_ids = user_ids;
    e->user_ids_count = 1;
    return e;
}

/* A commit of one event for a conversation. */
static TESTING_HUB_UNUSED void testing_say_in(struct testing_hub *h, struct uuid id,
                                              struct str bytes)
{
    struct commit *commit = commit_new();

    testing_event(commit, CHANNEL_CONVERSATION, id, bytes);
    hub_apply(&h->hub, commit);
}

static TESTING_HUB_UNUSED void testing_expect_heard(struct testing_ear *ear, const char *expected)
{
    testing_peer_expect(&ear->owner, str_from(expected));
}

#endif
