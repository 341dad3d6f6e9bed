// SPDX-License-Identifier: Apache-2.0
/* hub_test.c — joining, leaving and loading; focus and sessions; when the hub writes by itself.
 * What one listener gets in which order is delivery_test.c. */
#include "hub/hub.h"

#include "base/check.h"
#include "hub/channel.h"
#include "hub/hub_testing.h"

static void apply_change(struct testing_hub *h, enum effect_kind kind, struct uuid id,
                         struct uuid user_id)
{
    struct commit *commit = commit_new();

    testing_change(commit, kind, id, user_id);
    hub_apply(&h->hub, commit);
}

/* ---- who hears it ---- */

static void test_channels_of_all_kinds(void **state)
{
    struct testing_hub *h = *state;
    struct uuid conversation = testing_id('c', 1);
    struct uuid session = testing_id('s', 1);
    struct testing_ear *ear = testing_hear(h, 0, testing_id('u', 0), &conversation, 1);
    struct testing_ear *other = testing_hear(h, 1, testing_id('u', 1), NULL, 0);
    struct commit *commit = commit_new();

    assert_true(hub_hear_session(&h->hub, &ear->listener, &session));
    testing_event(commit, CHANNEL_USER, testing_id('u', 0), STR("user "));
    testing_event(commit, CHANNEL_CONVERSATION, conversation, STR("conversation "));
    testing_session_event(commit, session, conversation, STR("session "));
    testing_event(commit, CHANNEL_USER, testing_id('u', 7), STR("nobody"));
    testing_event(commit, CHANNEL_CONVERSATION, testing_id('u', 0), STR("not that kind"));
    hub_apply(&h->hub, commit);
    testing_expect_heard(ear, "");
    hub_flush(&h->hub);
    testing_expect_heard(ear, "user conversation session ");
    testing_expect_heard(other, "");
    assert_int_equal(h->hub.events_published, 3);
    assert_int_equal(h->hub.events_delivered, 3);
    hub_flush(&h->hub);
    testing_expect_heard(ear, "");
}

static void test_all_sockets_of_a_user(void **state)
{
    struct testing_hub *h = *state;
    struct uuid id = testing_id('c', 1);
    struct testing_ear *first = testing_hear(h, 0, testing_id('u', 0), &id, 1);
    struct testing_ear *second = testing_hear(h, 1, testing_id('u', 0), &id, 1);

    apply_change(h, EFFECT_LEAVE, id, testing_id('u', 0));
    testing_say_in(h, id, STR("unheard"));
    apply_change(h, EFFECT_JOIN, id, testing_id('u', 0));
    testing_say_in(h, id, STR("heard"));
    hub_flush(&h->hub);
    testing_expect_heard(first, "heard");
    testing_expect_heard(second, "heard");
}

/* Within one commit: exactly what is between the join and the leave. */
static void test_join_and_leave_in_the_middle_of_a_commit(void **state)
{
    struct testing_hub *h = *state;
    struct uuid id = testing_id('c', 1);
    struct uuid user = testing_id('u', 0);
    struct testing_ear *ear = testing_hear(h, 0, user, NULL, 0);
    struct testing_ear *member = testing_hear(h, 1, testing_id('u', 1), &id, 1);
    struct commit *commit = commit_new();

    testing_event(commit, CHANNEL_CONVERSATION, id, STR("1"));
    testing_event(commit, CHANNEL_USER, user, STR("a"));
    testing_change(commit, EFFECT_JOIN, id, user);
    testing_event(commit, CHANNEL_CONVERSATION, id, STR("2"));
    testing_event(commit, CHANNEL_USER, user, STR("b"));
    testing_change(commit, EFFECT_LEAVE, id, user);
    testing_event(commit, CHANNEL_CONVERSATION, id, STR("3"));
    testing_event(commit, CHANNEL_USER, user, STR("c"));
    hub_apply(&h->hub, commit);
    hub_flush(&h->hub);
    testing_expect_heard(ear, "a2bc");
    testing_expect_heard(member, "123");
}

static void test_changes_that_change_nothing(void **state)
{
    struct testing_hub *h = *state;
    struct uuid id = testing_id('c', 1);
    struct uuid user = testing_id('u', 0);
    struct testing_ear *ear = testing_hear(h, 0, user, &id, 1);

    apply_change(h, EFFECT_JOIN, id, user);
    apply_change(h, EFFECT_JOIN, id, testing_id('u', 9));
    apply_change(h, EFFECT_LEAVE, testing_id('c', 2), user);
    apply_change(h, EFFECT_SESSION_REVOKED, id, user);
    assert_int_equal(ear->listener.subscriptions_count, 2);
    testing_say_in(h, id, STR("once"));
    hub_flush(&h->hub);
    testing_expect_heard(ear, "once");
}

/* ---- loading ---- */

#define STEPS 3u /* commits, each of which changes the membership and then says something */

/* While the database's answer is ahead of the commits, what is heard may lag: a "?" may come or
 * not. */
static void expect_certain(struct testing_ear *ear, struct str expected)
{
    struct buf got;
    struct buf certain;

    buf_init(&got, 100000);
    buf_init(&certain, 100);
    (void)testing_peer_read(&ear->owner, &got);
    for (size_t i = 0; i < got.len; i++) {
        if (got.bytes[i] != '?') buf_append_byte(&certain, got.bytes[i]);
    }
    assert_true(str_equals(buf_str(&certain), expected));
    buf_release(&got);
    buf_release(&certain);
}

/* One story: the user is a member at first, or not, and every commit changes that. The listener
 * comes when `listen_at` commits were applied, the database is read after `read_at` commits were
 * made, and the answer arrives after `loaded_at` were applied. Commits are made before they are
 * applied. */
static void tell_story(struct testing_hub *h, bool is_member, unsigned listen_at, unsigned read_at,
                       unsigned loaded_at)
{
    struct uuid id = testing_id('c', 1);
    struct uuid user = testing_id('u', 0);
    struct testing_ear *ear = NULL;
    struct buf expected;
    unsigned certain_from = loaded_at > read_at ? loaded_at : read_at;

    buf_init(&expected, 100);
    for (unsigned applied = 0;; applied++) {
        bool is_member_now = is_member ^ (applied % 2 == 1);
        struct commit *commit;
        char word = (char)('1' + applied);
        if (applied == listen_at) ear = testing_listen(h, 0, user, 0);
        if (applied == loaded_at) {
            bool was_member = is_member ^ (read_at % 2 == 1);
            hub_listener_loaded(&h->hub, &ear->listener, &id, was_member ? 1 : 0);
        }
        if (applied == STEPS) break;
        commit = commit_new();
        testing_change(commit, is_member_now ? EFFECT_LEAVE : EFFECT_JOIN, id, user);
        testing_event(commit, CHANNEL_CONVERSATION, id,
                      applied >= certain_from ? str_of(&word, 1) : STR("?"));
        if (!is_member_now && applied >= certain_from) buf_append_byte(&expected, word);
        hub_apply(&h->hub, commit);
    }
    testing_say_in(h, id, STR("."));
    hub_flush(&h->hub);
    if (is_member ^ (STEPS % 2 == 1)) buf_append_byte(&expected, '.');
    expect_certain(ear, buf_str(&expected));
    buf_release(&expected);
    testing_unlisten(h, 0);
}

static void test_changes_while_loading(void **state)
{
    struct testing_hub *h = *state;
    unsigned stories = 0;

    for (unsigned is_member = 0; is_member < 2; is_member++) {
        for (unsigned listen_at = 0; listen_at <= STEPS; listen_at++) {
            for (unsigned read_at = listen_at; read_at <= STEPS; read_at++) {
                for (unsigned loaded_at = listen_at; loaded_at <= STEPS; loaded_at++) {
                    tell_story(*state, is_member == 1, listen_at, read_at, loaded_at);
                    stories++;
                }
            }
        }
    }
    assert_int_equal(stories, 60);
    assert_int_equal(h->hub.loading_count, 0);
}

static void test_nothing_is_heard_before_it_is_loaded(void **state)
{
    struct testing_hub *h = *state;
    struct uuid id = testing_id('c', 1);
    struct testing_ear *member = testing_hear(h, 1, testing_id('u', 1), &id, 1);
    struct testing_ear *ear = testing_listen(h, 0, testing_id('u', 0), 0);

    assert_true(hub_is_loading(&ear->listener));
    testing_say_in(h, id, STR("before")); /* still gathered when the listener is loaded */
    hub_listener_loaded(&h->hub, &ear->listener, &id, 1);
    assert_false(hub_is_loading(&ear->listener));
    testing_say_in(h, id, STR("after"));
    hub_flush(&h->hub);
    testing_expect_heard(ear, "after");
    testing_expect_heard(member, "beforeafter");
}

static void test_leaving_while_loading(void **state)
{
    struct testing_hub *h = *state;
    struct testing_ear *ear = testing_listen(h, 0, testing_id('u', 0), 0);

    for (unsigned i = 0; i < 10; i++) {
        apply_change(h, EFFECT_JOIN, testing_id('c', i), testing_id('u', 0));
        apply_change(h, EFFECT_JOIN, testing_id('c', i), testing_id('u', 1));
    }
    assert_non_null(ear->listener.changes);
    testing_unlisten(h, 0); /* the notes go with it: the sanitizer would tell */
    assert_int_equal(h->hub.loading_count, 0);
}

/* ---- a turn that is not finished ---- */

static void test_unlisten_with_news_pending(void **state)
{
    struct testing_hub *h = *state;
    struct uuid ids[] = {testing_id('c', 1), testing_id('c', 2), testing_id('c', 3)};
    struct testing_ear *stays = testing_hear(h, 1, testing_id('u', 1), &ids[1], 1);

    testing_hear(h, 0, testing_id('u', 0), ids, 3);
    testing_hear(h, 2, testing_id('u', 2), &ids[2], 1);
    for (unsigned i = 0; i < 3; i++) testing_say_in(h, ids[i], STR("news"));
    testing_unlisten(h, 0);
    testing_unlisten(h, 2);
    hub_flush(&h->hub);
    testing_expect_heard(stays, "news");
    assert_int_equal(map_count(&h->hub.conversations), 1);
}

static void test_commits_are_let_go(void **state)
{
    struct testing_hub *h = *state;
    struct uuid id = testing_id('c', 1);
    struct commit *heard = commit_new();
    struct commit *unheard = commit_new();

    testing_hear(h, 0, testing_id('u', 0), &id, 1);
    testing_event(unheard, CHANNEL_CONVERSATION, testing_id('c', 2), STR("unheard"));
    hub_apply(&h->hub, commit_ref(unheard));
    assert_int_equal(atomic_load(&unheard->refs_count), 1);
    testing_event(heard, CHANNEL_CONVERSATION, id, STR("heard"));
    hub_apply(&h->hub, commit_ref(heard));
    assert_int_equal(atomic_load(&heard->refs_count), 2);
    hub_flush(&h->hub);
    assert_int_equal(atomic_load(&heard->refs_count), 1);
    commit_unref(heard);
    commit_unref(unheard);
}

/* ---- focus and sessions ---- */

static void test_focus_max(void **state)
{
    struct testing_hub *h = *state;
    struct uuid ids[HUB_FOCUS_MAX + 1];
    struct listener *l;

    for (unsigned i = 0; i <= HUB_FOCUS_MAX; i++) ids[i] = testing_id('c', i);
    l = &testing_hear(h, 0, testing_id('u', 0), ids, HUB_FOCUS_MAX + 1)->listener;
    for (unsigned i = 0; i < HUB_FOCUS_MAX; i++) assert_true(hub_focus(&h->hub, l, &ids[i]));
    assert_int_equal(hub_focus_count(l), HUB_FOCUS_MAX);
    assert_false(hub_focus(&h->hub, l, &ids[HUB_FOCUS_MAX]));
    assert_true(hub_focus(&h->hub, l, &ids[0])); /* has it already */
    assert_true(hub_unfocus(&h->hub, l, &ids[0]));
    assert_true(hub_unfocus(&h->hub, l, &ids[0]));
    assert_true(hub_focus(&h->hub, l, &ids[HUB_FOCUS_MAX]));
    assert_int_equal(hub_focus_count(l), HUB_FOCUS_MAX);
}

static void test_focus_on_the_unheard(void **state)
{
    struct testing_hub *h = *state;
    struct uuid id = testing_id('c', 1);
    struct listener *l = &testing_hear(h, 0, testing_id('u', 0), NULL, 0)->listener;

    assert_false(hub_focus(&h->hub, l, &id));
    assert_false(hub_unfocus(&h->hub, l, &id));
    testing_hear(h, 1, testing_id('u', 1), &id, 1); /* exists now, for another */
    assert_false(hub_focus(&h->hub, l, &id));
    assert_false(hub_unfocus(&h->hub, l, &id));
    assert_int_equal(hub_focus_count(l), 0);
}

/* Focus belongs to the membership: who leaves and joins again starts anew. */
static void test_focus_ends_with_the_membership(void **state)
{
    struct testing_hub *h = *state;
    struct uuid ids[] = {testing_id('c', 1), testing_id('c', 2)};
    struct listener *l = &testing_hear(h, 0, testing_id('u', 0), ids, 2)->listener;

    assert_true(hub_focus(&h->hub, l, &ids[0]) && hub_focus(&h->hub, l, &ids[1]));
    apply_change(h, EFFECT_LEAVE, ids[0], testing_id('u', 0));
    assert_int_equal(hub_focus_count(l), 1);
    apply_change(h, EFFECT_JOIN, ids[0], testing_id('u', 0));
    assert_int_equal(hub_focus_count(l), 1);
}

static void test_sessions_max(void **state)
{
    struct testing_hub *h = *state;
    struct listener *l = &testing_hear(h, 0, testing_id('u', 0), NULL, 0)->listener;
    struct uuid key;

    for (unsigned i = 0; i < HUB_FOCUS_MAX; i++) {
        key = testing_id('s', i);
        assert_true(hub_hear_session(&h->hub, l, &key));
        assert_true(hub_hear_session(&h->hub, l, &key));
    }
    key = testing_id('s', HUB_FOCUS_MAX);
    assert_false(hub_hear_session(&h->hub, l, &key));
    hub_leave_session(&h->hub, l, &key); /* never heard it */
    key = testing_id('s', 5);
    hub_leave_session(&h->hub, l, &key);
    hub_leave_session(&h->hub, l, &key);
    key = testing_id('s', HUB_FOCUS_MAX);
    assert_true(hub_hear_session(&h->hub, l, &key));
}

static void test_a_session_is_heard_from_now_on(void **state)
{
    struct testing_hub *h = *state;
    struct uuid key = testing_id('s', 1);
    struct uuid id = testing_id('c', 1);
    struct testing_ear *first = testing_hear(h, 0, testing_id('u', 0), &id, 1);
    struct testing_ear *second = testing_hear(h, 1, testing_id('u', 1), &id, 1);
    struct commit *commit = commit_new();

    assert_true(hub_hear_session(&h->hub, &first->listener, &key));
    testing_session_event(commit, key, id, STR("1"));
    hub_apply(&h->hub, commit);
    assert_true(hub_hear_session(&h->hub, &second->listener, &key));
    commit = commit_new();
    testing_session_event(commit, key, id, STR("2"));
    hub_apply(&h->hub, commit);
    hub_flush(&h->hub);
    testing_expect_heard(first, "12");
    testing_expect_heard(second, "2");
}

/* Who hears a session and is in none of its event's conversations hears nothing, neither does who
 * has just left; and an event without conversations is for nobody. */
static void test_a_session_is_heard_in_its_conversations(void **state)
{
    struct testing_hub *h = *state;
    struct uuid key = testing_id('s', 1);
    struct uuid id = testing_id('c', 1);
    struct uuid elsewhere = testing_id('c', 2);
    struct uuid ids[] = {elsewhere, id};
    struct testing_ear *inside = testing_hear(h, 0, testing_id('u', 0), ids, 2);
    struct testing_ear *outside = testing_hear(h, 1, testing_id('u', 1), &elsewhere, 1);
    struct commit *commit = commit_new();

    assert_true(hub_hear_session(&h->hub, &inside->listener, &key));
    assert_true(hub_hear_session(&h->hub, &outside->listener, &key));
    testing_session_event(commit, key, id, STR("1"));
    testing_event(commit, CHANNEL_SESSION, key, STR("for nobody"));
    testing_session_event(commit, key, elsewhere, STR("2"));
    testing_session_event(commit, key, testing_id('c', 3), STR("for nobody here"));
    testing_change(commit, EFFECT_LEAVE, id, testing_id('u', 0));
    testing_session_event(commit, key, id, STR("too late"));
    hub_apply(&h->hub, commit);
    hub_flush(&h->hub);
    testing_expect_heard(inside, "12");
    testing_expect_heard(outside, "2");
}

/* ---- when the hub writes by itself ---- */

static size_t heard_bytes(struct testing_ear *ear)
{
    struct buf got;
    size_t len;

    buf_init(&got, 16u << 20);
    (void)testing_peer_read(&ear->owner, &got);
    len = got.len;
    buf_release(&got);
    return len;
}

static void say_large(struct testing_hub *h, struct uuid id, size_t len)
{
    struct commit *commit = commit_new();

    testing_large_event(commit, id, len);
    hub_apply(&h->hub, commit);
}

static void test_batch_bytes_max(void **state)
{
    struct testing_hub *h = *state;
    struct uuid id = testing_id('c', 1);
    struct testing_ear *ear = testing_hear(h, 0, testing_id('u', 0), &id, 1);

    say_large(h, id, HUB_BATCH_BYTES_MAX - 2);
    say_large(h, id, 1);
    assert_int_equal(heard_bytes(ear), 0);
    say_large(h, id, 1); /* at the bound: at once */
    assert_int_equal(heard_bytes(ear), HUB_BATCH_BYTES_MAX);
    hub_flush(&h->hub);
    assert_int_equal(heard_bytes(ear), 0);
    say_large(h, id, HUB_BATCH_BYTES_MAX + 1); /* one event alone may be past it */
    assert_int_equal(heard_bytes(ear), HUB_BATCH_BYTES_MAX + 1);
}

/* A flush in the middle of a commit lets go of the commits before, not of this one. */
static void test_batch_bytes_max_within_a_commit(void **state)
{
    struct testing_hub *h = *state;
    struct uuid id = testing_id('c', 1);
    struct testing_ear *ear = testing_hear(h, 0, testing_id('u', 0), &id, 1);
    struct commit *commit = commit_new();

    testing_say_in(h, id, STR("before"));
    testing_large_event(commit, id, HUB_BATCH_BYTES_MAX);
    testing_event(commit, CHANNEL_CONVERSATION, id, STR("after"));
    hub_apply(&h->hub, commit);
    assert_int_equal(heard_bytes(ear), 6 + HUB_BATCH_BYTES_MAX);
    hub_flush(&h->hub);
    testing_expect_heard(ear, "after");
}

static void test_gathered_bytes_max(void **state)
{
    enum { PART = HUB_BATCH_BYTES_MAX / 2, PARTS = HUB_GATHERED_BYTES_MAX / PART };
    struct testing_hub *h = *state;
    struct uuid ids[PARTS];
    struct testing_ear *ear;
    struct buf got;

    for (unsigned i = 0; i < PARTS; i++) ids[i] = testing_id('c', i);
    ear = testing_hear(h, 0, testing_id('u', 0), ids, PARTS);
    buf_init(&got, 16u << 20);
    for (unsigned i = 0; i + 1 < PARTS; i++) say_large(h, ids[i], PART);
    say_large(h, ids[PARTS - 1], PART - 1);
    (void)testing_peer_read(&ear->owner, &got);
    assert_int_equal(got.len, 0);
    say_large(h, ids[0], 1); /* at the bound */
    while (got.len < HUB_GATHERED_BYTES_MAX) {
        testing_turn(&h->loop);
        (void)testing_peer_read(&ear->owner, &got);
    }
    assert_int_equal(got.len, HUB_GATHERED_BYTES_MAX);
    say_large(h, ids[0], 1); /* counted from 0 again */
    (void)testing_peer_read(&ear->owner, &got);
    assert_int_equal(got.len, HUB_GATHERED_BYTES_MAX);
    assert_int_equal(ear->too_slow_calls, 0);
    buf_release(&got);
}

/* Together with what was gathered, a large event would be more than a connection may owe. */
static void test_a_large_event_after_others(void **state)
{
    enum { HALF = HUB_BATCH_BYTES_MAX - 1, HALVES = 3 };
    struct testing_hub *h = *state;
    struct uuid ids[] = {testing_id('c', 1), testing_id('c', 2), testing_id('c', 3),
                         testing_id('c', 4)};
    struct testing_ear *ear = testing_hear(h, 0, testing_id('u', 0), ids, 4);
    size_t heard = 0;

    for (unsigned i = 0; i < HALVES; i++) say_large(h, ids[i], HALF);
    assert_int_equal(heard_bytes(ear), 0);
    say_large(h, ids[3], EVENT_PAYLOAD_BYTES_MAX + 300);
    while (heard < HALVES * HALF + EVENT_PAYLOAD_BYTES_MAX + 300) {
        testing_turn(&h->loop);
        heard += heard_bytes(ear);
    }
    assert_int_equal(ear->too_slow_calls, 0);
}

/* ---- two encodings ---- */

static struct testing_ear *hear_v1(struct testing_hub *h, unsigned number, uint64_t after_cursor,
                                   const struct uuid *conversation_id)
{
    struct testing_ear *ear = testing_listen_in(h, ENCODING_V1, number, testing_id('u', number), 0);

    ear->listener.after_cursor = after_cursor;
    hub_listener_loaded(&h->hub, &ear->listener, conversation_id, 1);
    return ear;
}

static void say_durable(struct testing_hub *h, struct uuid id, uint64_t cursor, const char *text)
{
    struct commit *commit = commit_new();

    testing_durable(commit, id, cursor, str_from(text));
    hub_apply(&h->hub, commit);
}

static void test_each_in_its_own_encoding(void **state)
{
    struct testing_hub *h = *state;
    struct uuid id = testing_id('c', 1);
    struct testing_ear *base = testing_hear(h, 0, testing_id('u', 0), &id, 1);
    struct testing_ear *v1 = hear_v1(h, 1, 0, &id);

    say_durable(h, id, 1, "a");
    hub_flush(&h->hub);
    say_durable(h, id, 2, "b");
    say_durable(h, id, 3, "c");
    hub_flush(&h->hub);
    testing_expect_heard(base, "abc");
    testing_expect_heard(v1, "a1 b2 c3 ");
    assert_int_equal(h->hub.recent.newest, 3);
}

static void test_who_speaks_v1_is_counted(void **state)
{
    struct testing_hub *h = *state;

    (void)testing_listen(h, 0, testing_id('u', 0), 0);
    assert_int_equal(atomic_load(&h->v1_count), 0);
    (void)testing_listen_in(h, ENCODING_V1, 1, testing_id('u', 1), 0);
    assert_int_equal(atomic_load(&h->v1_count), 1);
    (void)testing_listen_in(h, ENCODING_V1, 2, testing_id('u', 1), 0);
    assert_int_equal(atomic_load(&h->v1_count), 2);
    testing_unlisten(h, 1);
    testing_unlisten(h, 0);
    assert_int_equal(atomic_load(&h->v1_count), 1);
}

/* What it knows already does not come again; what is not in the log does. */
static void test_events_after_a_cursor(void **state)
{
    struct testing_hub *h = *state;
    struct uuid id = testing_id('c', 1);
    struct testing_ear *ear = hear_v1(h, 0, 2, &id);
    struct testing_ear *other = hear_v1(h, 1, 0, &id);
    struct commit *commit = commit_new();
    struct effect *live = testing_event(commit, CHANNEL_CONVERSATION, id, STR("live "));

    live->flags = EVENT_LIVE;
    live->frame_v1 = frame_ref(live->frame);
    hub_apply(&h->hub, commit);
    say_durable(h, id, 1, "a");
    say_durable(h, id, 2, "b");
    say_durable(h, id, 3, "c");
    hub_flush(&h->hub);
    testing_expect_heard(ear, "live c3 ");
    testing_expect_heard(other, "live a1 b2 c3 ");
    say_durable(h, id, 4, "d");
    hub_flush(&h->hub);
    testing_expect_heard(ear, "d4 ");
}

static void test_deaf_while_it_catches_up(void **state)
{
    struct testing_hub *h = *state;
    struct uuid id = testing_id('c', 1);
    struct testing_ear *ear = hear_v1(h, 0, UINT64_MAX, &id);
    struct commit *commit = commit_new();
    struct effect *live = testing_event(commit, CHANNEL_CONVERSATION, id, STR("live "));

    live->flags = EVENT_LIVE;
    live->frame_v1 = frame_ref(live->frame);
    hub_apply(&h->hub, commit);
    hub_flush(&h->hub);
    say_durable(h, id, 1, "a");
    hub_flush(&h->hub);
    testing_expect_heard(ear, "");
    say_durable(h, id, 2, "b"); /* gathered when it goes live */
    ear->listener.after_cursor = 2;
    say_durable(h, id, 3, "c");
    hub_flush(&h->hub);
    testing_expect_heard(ear, "c3 ");
}

/* Published before it listened: older than what it knows. */
static void test_events_without_a_frame_are_left_out(void **state)
{
    struct testing_hub *h = *state;
    struct uuid id = testing_id('c', 1);
    struct testing_ear *v1 = hear_v1(h, 0, 0, &id);
    struct testing_ear *base = testing_hear(h, 1, testing_id('u', 1), &id, 1);
    struct commit *commit = commit_new();

    testing_event(commit, CHANNEL_CONVERSATION, id, STR("a"))->cursor = 1;
    hub_apply(&h->hub, commit);
    hub_flush(&h->hub);
    testing_expect_heard(v1, "");
    testing_expect_heard(base, "a");
}

static void test_log_only_is_not_heard(void **state)
{
    struct testing_hub *h = *state;
    struct uuid id = testing_id('c', 1);
    struct testing_ear *v1 = hear_v1(h, 0, 0, &id);
    struct testing_ear *base = testing_hear(h, 1, testing_id('u', 1), &id, 1);
    struct commit *commit = commit_new();

    testing_durable(commit, id, 1, STR("a"))->flags = EVENT_LOG_ONLY;
    testing_durable(commit, id, 2, STR("b"));
    hub_apply(&h->hub, commit);
    hub_flush(&h->hub);
    testing_expect_heard(v1, "b2 ");
    testing_expect_heard(base, "b");
    assert_true(recent_covers(&h->hub.recent, 0)); /* for replays it is there */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HUB_TEST(test_each_in_its_own_encoding),
        HUB_TEST(test_who_speaks_v1_is_counted),
        HUB_TEST(test_events_after_a_cursor),
        HUB_TEST(test_deaf_while_it_catches_up),
        HUB_TEST(test_events_without_a_frame_are_left_out),
        HUB_TEST(test_log_only_is_not_heard),
        HUB_TEST(test_channels_of_all_kinds),
        HUB_TEST(test_all_sockets_of_a_user),
        HUB_TEST(test_join_and_leave_in_the_middle_of_a_commit),
        HUB_TEST(test_changes_that_change_nothing),
        HUB_TEST(test_changes_while_loading),
        HUB_TEST(test_nothing_is_heard_before_it_is_loaded),
        HUB_TEST(test_leaving_while_loading),
        HUB_TEST(test_unlisten_with_news_pending),
        HUB_TEST(test_commits_are_let_go),
        HUB_TEST(test_focus_max),
        HUB_TEST(test_focus_on_the_unheard),
        HUB_TEST(test_focus_ends_with_the_membership),
        HUB_TEST(test_sessions_max),
        HUB_TEST(test_a_session_is_heard_from_now_on),
        HUB_TEST(test_a_session_is_heard_in_its_conversations),
        HUB_TEST(test_batch_bytes_max),
        HUB_TEST(test_batch_bytes_max_within_a_commit),
        HUB_TEST(test_gathered_bytes_max),
        HUB_TEST(test_a_large_event_after_others),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
