// SPDX-License-Identifier: Apache-2.0
/* live_test.c — notes in, commits out: with a real store, one worker that only listens, and a clock
 * of our own. */
#include "hub/live.h"

#include <pthread.h>

#include "store/conversations.h"
#include "store/participants.h"
#include "store/store_testing.h"
#include "store/tenants.h"
#include "store/users.h"

enum { ADA, GRACE, ROBOT, PEOPLE_COUNT };

struct fixture {
    struct testing_dir dir;
    struct store *store;
    struct inbox worker;  /* of the bus */
    struct inbox replies; /* of our own jobs */
    struct bus bus;
    struct live live;
    struct arena arena;
    struct uuid tenant_id;
    struct uuid people[PEOPLE_COUNT];
    struct uuid conversation_id; /* Ada, Grace and the robot */
    struct uuid crowd_id;        /* Ada, and too many others */
    struct commit *heard;        /* the last commit of the bus */
};

static void receive(void *worker, struct commit *commit)
{
    struct fixture *f = worker;

    commit_unref(f->heard);
    f->heard = commit;
}

static void ignore_commit(void *arg, struct commit *commit)
{
    (void)arg;
    commit_unref(commit);
}

static void ignore_job(struct job *job)
{
    (void)job;
}

/* ---- a world ---- */

static enum result join(struct tx *tx, const struct fixture *f, const struct uuid *conversation_id,
                        const struct uuid *user_id)
{
    return participants_insert(tx, &(struct participant){.conversation_id = *conversation_id,
                                                         .user_id = *user_id,
                                                         .tenant_id = f->tenant_id,
                                                         .role = PARTICIPANT_MEMBER});
}

static enum result insert_conversation(struct tx *tx, const struct fixture *f,
                                       const struct uuid *id)
{
    struct conversation conversation = {.conversation_id = *id,
                                        .tenant_id = f->tenant_id,
                                        .type = CONVERSATION_GROUP,
                                        .created_by = f->people[ADA]};

    return conversations_insert(tx, &conversation, NULL);
}

static enum result insert_user(struct tx *tx, const struct fixture *f, const struct uuid *id,
                               bool is_agent)
{
    return users_insert(tx, &(struct user){.user_id = *id,
                                           .tenant_id = f->tenant_id,
                                           .display_name = STR("Somebody"),
                                           .is_agent = is_agent});
}

static enum result populate(struct job *job, struct tx *tx)
{
    const struct fixture *f = job->owner;
    struct tenant tenant = {.tenant_id = f->tenant_id, .name = STR("ours")};
    enum result result = tenants_insert(tx, &tenant);

    if (result == R_OK) result = insert_conversation(tx, f, &f->conversation_id);
    if (result == R_OK) result = insert_conversation(tx, f, &f->crowd_id);
    for (size_t i = 0; i < PEOPLE_COUNT && result == R_OK; i++) {
        result = insert_user(tx, f, &f->people[i], i == ROBOT);
        if (result == R_OK) result = join(tx, f, &f->conversation_id, &f->people[i]);
    }
    if (result == R_OK) result = join(tx, f, &f->crowd_id, &f->people[ADA]);
    for (size_t i = 0; i < PRESENCE_PARTICIPANTS_MAX && result == R_OK; i++) {
        struct uuid id = uuid_new();
        result = insert_user(tx, f, &id, false);
        if (result == R_OK) result = join(tx, f, &f->crowd_id, &id);
    }
    return result;
}

static void run_job(struct fixture *f, enum result (*run)(struct job *job, struct tx *tx))
{
    struct job job = {
        .run = run, .done = ignore_job, .reply_to = &f->replies, .arena = &f->arena, .owner = f};

    assert_int_equal(store_write(f->store, &job), R_OK);
    testing_receive(&f->replies, 1);
    assert_int_equal(job.result, R_OK);
}

static int make(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    struct store_options options = {.readers_count = 1, .on_commit = ignore_commit};
    struct fault fault = {0};

    assert_non_null(f);
    role_set(ROLE_MAIN);
    testing_dir_make(&f->dir);
    options.directory = f->dir.path;
    arena_init(&f->arena);
    inbox_init(&f->worker, 1024, NULL, NULL);
    inbox_init(&f->replies, 16, NULL, NULL);
    bus_init(&f->bus, receive);
    bus_add(&f->bus, &f->worker);
    if (store_open(&f->store, &options, &fault) != R_OK) fail_msg("%s", fault.text);
    f->tenant_id = uuid_new();
    f->conversation_id = uuid_new();
    f->crowd_id = uuid_new();
    for (size_t i = 0; i < PEOPLE_COUNT; i++) f->people[i] = uuid_new();
    live_init(&f->live, &f->bus, NULL, NULL);
    live_start(&f->live, f->store);
    run_job(f, populate);
    *state = f;
    return 0;
}

static int drop(void **state)
{
    struct fixture *f = *state;

    live_stop(&f->live);
    store_close(f->store);
    live_release(&f->live);
    commit_unref(f->heard);
    arena_release(&f->arena);
    inbox_release(&f->worker);
    inbox_release(&f->replies);
    testing_dir_remove(&f->dir);
    free(f);
    return 0;
}

/* ---- what is heard ---- */

/* Runs the live state at this time until it has published one commit. */
static const struct effect *hear(struct fixture *f, uint64_t now_ms)
{
    struct inbox_item *item;

    live_receive(&f->live, now_ms);
    while (inbox_count(&f->worker) == 0) {
        sched_yield(); /* a store thread is working for us */
        live_receive(&f->live, now_ms);
    }
    item = inbox_wait(&f->worker, 1);
    item->receive(item, f);
    return f->heard->first;
}

static void expect_silence(struct fixture *f, uint64_t now_ms)
{
    do live_receive(&f->live, now_ms);
    while (f->live.spreads_count > 0);
    assert_int_equal(inbox_count(&f->worker), 0);
}

static void expect_text(struct str text, const char *expected)
{
    assert_int_equal(text.len, strlen(expected));
    assert_memory_equal(text.at, expected, text.len);
}

static bool has(struct str text, const char *part)
{
    return memmem(text.at, text.len, part, strlen(part)) != NULL;
}

static void expect_typing(const struct fixture *f, const struct effect *e, const char *type)
{
    assert_int_equal(e->kind, EFFECT_EVENT);
    assert_int_equal(e->channel, CHANNEL_CONVERSATION);
    assert_int_equal(e->flags, EVENT_LIVE);
    assert_true(uuid_equals(&e->id, &f->conversation_id));
    assert_true(uuid_equals(&e->conversation_id, &f->conversation_id));
    assert_int_equal(e->cursor, 0);
    expect_text(e->type, type);
    assert_true(has(e->payload, "\"conversation_id\":\""));
    assert_true(has(e->payload, "\"at\":\""));
}

static void type(struct fixture *f, size_t who, enum typing_state state)
{
    struct typing_place place = {.tenant_id = f->tenant_id,
                                 .conversation_id = f->conversation_id,
                                 .user_id = f->people[who]};

    live_typing(&f->live, &place, state);
}

static void open_socket(struct fixture *f, size_t who)
{
    assert_true(live_socket_opened(&f->live, &f->tenant_id, &f->people[who]));
}

/* ---- typing ---- */

static void a_start_is_told_and_ends_by_time(void **state)
{
    struct fixture *f = *state;
    struct uuid deaf = f->people[GRACE];
    struct typing_place place = {.tenant_id = f->tenant_id,
                                 .conversation_id = f->conversation_id,
                                 .user_id = f->people[ADA],
                                 .deaf_ids = &deaf,
                                 .deaf_count = 1};
    const struct effect *e;

    live_typing(&f->live, &place, TYPING_START);
    deaf = f->tenant_id; /* what was passed was copied */
    e = hear(f, 0);
    expect_typing(f, e, "typing.start");
    assert_int_equal(e->audience.kind, AUDIENCE_EXCEPT);
    assert_int_equal(e->audience.count, 1);
    assert_true(uuid_equals(&e->audience.user_ids[0], &f->people[GRACE]));
    live_tick(&f->live, TYPING_SHOWN_MS - 1);
    expect_silence(f, TYPING_SHOWN_MS - 1);
    live_tick(&f->live, TYPING_SHOWN_MS);
    e = hear(f, TYPING_SHOWN_MS);
    expect_typing(f, e, "typing.stop");
    assert_int_equal(e->audience.kind, AUDIENCE_EXCEPT);
}

static void a_message_of_its_author_ends_it(void **state)
{
    struct fixture *f = *state;
    struct commit *commit = commit_new();
    struct effect *e = commit_add(commit, EFFECT_EVENT);

    assert_false(live_is_concerned(commit));
    e->channel = CHANNEL_CONVERSATION;
    e->type = STR("message.created");
    e->id = f->conversation_id;
    e->author_id = f->people[ADA];
    assert_true(live_is_concerned(commit));
    type(f, ADA, TYPING_START);
    type(f, GRACE, TYPING_START);
    expect_typing(f, hear(f, 0), "typing.start");
    expect_typing(f, hear(f, 0), "typing.start");
    live_observe(&f->live, commit);
    expect_typing(f, hear(f, 1), "typing.stop");
    assert_true(uuid_equals(&f->heard->first->author_id, &f->people[ADA]));
    expect_silence(f, 1);
}

static void leaving_and_disconnecting_end_it(void **state)
{
    struct fixture *f = *state;
    struct commit *commit = commit_new();
    struct effect *e = commit_add(commit, EFFECT_LEAVE);

    e->id = f->conversation_id;
    e->user_ids = &f->people[GRACE];
    e->user_ids_count = 1;
    open_socket(f, ADA);
    assert_int_equal(hear(f, 0)->kind, EFFECT_PRESENCE);
    type(f, ADA, TYPING_START);
    type(f, GRACE, TYPING_START);
    hear(f, 0);
    hear(f, 0);
    assert_true(live_is_concerned(commit));
    live_observe(&f->live, commit);
    expect_typing(f, hear(f, 1), "typing.stop");
    live_socket_closed(&f->live, &f->people[ADA]);
    expect_typing(f, hear(f, 2), "typing.stop");
    expect_silence(f, 3);
}

/* ---- presence ---- */

static enum result read_seen(struct job *job, struct tx *tx)
{
    const struct fixture *f = job->owner;
    struct user user;
    enum result result = users_find(tx, &f->tenant_id, &f->people[GRACE], job->arena, &user);

    return result == R_OK && user.last_seen_ms == 0 ? R_NOT_FOUND : result;
}

static void presence_is_told_where_conversations_are_small(void **state)
{
    struct fixture *f = *state;
    const struct effect *e;

    open_socket(f, ADA);
    e = hear(f, 0);
    assert_int_equal(e->kind, EFFECT_PRESENCE);
    assert_true(uuid_equals(&e->id, &f->people[ADA]));
    expect_text(e->status, "online");
    expect_text(e->type, "presence.updated");
    assert_true(has(e->payload, "\"user_id\":\""));
    assert_false(has(e->payload, "agent_id"));
    assert_false(has(e->payload, "status_detail"));
    assert_true(uuid_is_nil(&e->conversation_id));
    assert_int_equal(e->conversation_ids_count, 1); /* not the crowd */
    assert_true(uuid_equals(&e->conversation_ids[0], &f->conversation_id));
    open_socket(f, ROBOT);
    e = hear(f, 0);
    assert_true(has(e->payload, "\"agent_id\":\""));
    assert_false(has(e->payload, "user_id"));
}

static void who_went_is_remembered(void **state)
{
    struct fixture *f = *state;

    open_socket(f, GRACE);
    expect_text(hear(f, 0)->status, "online");
    live_socket_closed(&f->live, &f->people[GRACE]);
    live_receive(&f->live, 0);
    live_tick(&f->live, PRESENCE_LINGER_MS - 1);
    expect_silence(f, PRESENCE_LINGER_MS - 1);
    live_tick(&f->live, PRESENCE_LINGER_MS);
    expect_text(hear(f, PRESENCE_LINGER_MS)->status, "offline");
    run_job(f, read_seen); /* it was on disk before it was told */
    assert_int_equal(map_count(&f->live.presence.users), 0);
}

static void what_is_set_by_hand_is_told(void **state)
{
    struct fixture *f = *state;
    struct presence_state busy = {.status = PRESENCE_BUSY, .detail_len = 6, .detail = "a \"cal"};
    const struct effect *e;

    live_set_presence(&f->live, &f->tenant_id, &f->people[ADA], &busy);
    e = hear(f, 0);
    expect_text(e->status, "busy");
    expect_text(e->status_detail, "a \"cal");
    assert_true(has(e->payload, "\"status_detail\":\"a \\\"cal\""));
}

static void many_changes_wait_for_each_other(void **state)
{
    struct fixture *f = *state;
    const size_t users_count = 3 * PRESENCE_SPREADS_MAX;

    for (size_t i = 0; i < users_count; i++) {
        struct uuid id = uuid_new();
        assert_true(live_socket_opened(&f->live, &f->tenant_id, &id));
    }
    live_receive(&f->live, 0);
    assert_int_equal(f->live.spreads_count, PRESENCE_SPREADS_MAX);
    for (size_t i = 0; i < users_count; i++) {
        assert_int_equal(hear(f, 0)->conversation_ids_count, 0); /* nobody knows them */
        assert_true(f->live.spreads_count <= PRESENCE_SPREADS_MAX);
    }
    expect_silence(f, 0);
}

/* ---- overload, threads, the end ---- */

static void notes_are_dropped_but_closes_are_not(void **state)
{
    struct fixture *f = *state;

    open_socket(f, ADA);
    for (size_t i = 1; i < LIVE_NOTES_MAX; i++) type(f, ADA, TYPING_STOP);
    assert_int_equal(inbox_count(&f->live.inbox), LIVE_NOTES_MAX);
    type(f, ADA, TYPING_START);
    assert_false(live_socket_opened(&f->live, &f->tenant_id, &f->people[GRACE]));
    live_observe(&f->live, commit_new());
    assert_int_equal(inbox_count(&f->live.inbox), LIVE_NOTES_MAX);
    live_socket_closed(&f->live, &f->people[ADA]);
    assert_int_equal(inbox_count(&f->live.inbox), LIVE_NOTES_MAX + 1);
    static_assert(LIVE_INBOX_ITEMS_MAX > LIVE_NOTES_MAX + CONNECTIONS_MAX, "closes have room");
    expect_text(hear(f, 0)->status, "online"); /* still there: it lingers */
}

static void drain_worker(struct fixture *f)
{
    struct inbox_item *item = inbox_take_all(&f->worker);

    while (item != NULL) {
        struct inbox_item *next = item->next;
        item->receive(item, f);
        item = next;
    }
}

static void nothing_live_is_told_while_a_worker_is_behind(void **state)
{
    struct fixture *f = *state;

    for (size_t i = 0; i < LIVE_WAITING_MAX - 1; i++) bus_publish(&f->bus, commit_new());
    type(f, ADA, TYPING_START); /* at the bound it still goes out, and is one more that waits */
    type(f, GRACE, TYPING_START);
    open_socket(f, ADA);
    live_receive(&f->live, 0);
    assert_int_equal(inbox_count(&f->worker), LIVE_WAITING_MAX);
    assert_int_equal(f->live.spreads_count, 0);
    type(f, ADA, TYPING_STOP); /* what is shown is ended in any case */
    live_receive(&f->live, 0);
    assert_int_equal(inbox_count(&f->worker), LIVE_WAITING_MAX + 1);
    drain_worker(f);
    live_tick(&f->live, 1);
    expect_text(hear(f, 1)->status, "online");
}

static void *visit(void *arg)
{
    struct fixture *f = arg;

    role_set(ROLE_WORKER);
    for (size_t i = 0; i < 500; i++) {
        if (!live_socket_opened(&f->live, &f->tenant_id, &f->people[ADA])) continue;
        type(f, ADA, i % 2 == 0 ? TYPING_START : TYPING_STOP);
        live_socket_closed(&f->live, &f->people[ADA]);
    }
    return NULL;
}

static void workers_may_all_talk_at_once(void **state)
{
    struct fixture *f = *state;
    pthread_t threads[4];

    for (size_t i = 0; i < 4; i++) assert_int_equal(pthread_create(&threads[i], NULL, visit, f), 0);
    for (size_t i = 0; i < 4; i++) {
        drain_worker(f);
        live_receive(&f->live, i);
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    }
    live_receive(&f->live, 4);
    drain_worker(f);
    live_tick(&f->live, 4 + PRESENCE_LINGER_MS + TYPING_SHOWN_MS);
    do {
        live_receive(&f->live, 4 + PRESENCE_LINGER_MS + TYPING_SHOWN_MS);
        drain_worker(f);
    } while (f->live.spreads_count > 0);
    assert_int_equal(map_count(&f->live.presence.users), 0);
}

/* A commit of one live event for a session. */
static struct commit *session_commit(void)
{
    struct commit *commit = commit_new();
    struct effect *e = commit_add(commit, EFFECT_EVENT);

    e->channel = CHANNEL_SESSION;
    e->flags = EVENT_LIVE;
    e->id = uuid_new();
    e->payload = STR("{}");
    return commit;
}

static void what_others_made_is_published_while_there_is_room(void **state)
{
    struct fixture *f = *state;
    const struct effect *e;

    assert_true(live_publish(&f->live, session_commit()));
    e = hear(f, 1);
    assert_int_equal(e->channel, CHANNEL_SESSION);
    assert_non_null(e->frame);
    assert_true(f->heard->committed_ns > 0);
    for (size_t i = 0; i < LIVE_NOTES_MAX; i++) type(f, ADA, TYPING_STOP);
    assert_false(live_publish(&f->live, session_commit()));
    expect_silence(f, 1);
}

static void after_a_stop_nothing_is_told(void **state)
{
    struct fixture *f = *state;

    open_socket(f, ADA);
    live_receive(&f->live, 0); /* a job is out */
    assert_int_equal(f->live.spreads_count, 1);
    live_stop(&f->live);
    type(f, ADA, TYPING_START);
    assert_true(live_publish(&f->live, session_commit()));
    live_socket_closed(&f->live, &f->people[ADA]);
    expect_silence(f, 1);
}

#define LIVE_TEST(test) cmocka_unit_test_setup_teardown(test, make, drop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        LIVE_TEST(a_start_is_told_and_ends_by_time),
        LIVE_TEST(a_message_of_its_author_ends_it),
        LIVE_TEST(leaving_and_disconnecting_end_it),
        LIVE_TEST(presence_is_told_where_conversations_are_small),
        LIVE_TEST(who_went_is_remembered),
        LIVE_TEST(what_is_set_by_hand_is_told),
        LIVE_TEST(many_changes_wait_for_each_other),
        LIVE_TEST(notes_are_dropped_but_closes_are_not),
        LIVE_TEST(nothing_live_is_told_while_a_worker_is_behind),
        LIVE_TEST(workers_may_all_talk_at_once),
        LIVE_TEST(what_others_made_is_published_while_there_is_room),
        LIVE_TEST(after_a_stop_nothing_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
