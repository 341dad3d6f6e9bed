// SPDX-License-Identifier: Apache-2.0
/* events_test.c — the log as whoever comes back reads it: their channels, in order, from a place
 * on. */
#include "store/events.h"

#include "store/accounts_testing.h"
#include "store/conversations.h"
#include "store/memberships.h"
#include "store/participants.h"

static struct uuid converse(struct testing_accounts *f, bool with_ann)
{
    struct conversation c = {.conversation_id = uuid_new(),
                             .tenant_id = f->ours.tenant_id,
                             .type = CONVERSATION_GROUP,
                             .created_by = f->ann.user_id};

    assert_int_equal(conversations_insert(&f->tx, &c, NULL), R_OK);
    if (with_ann)
        assert_int_equal(
            participants_insert(&f->tx, &(struct participant){.conversation_id = c.conversation_id,
                                                              .tenant_id = c.tenant_id,
                                                              .user_id = f->ann.user_id}),
            R_OK);
    return c.conversation_id;
}

/* Returns its place. */
static uint64_t emit_in(struct testing_accounts *f, enum channel_kind channel, struct uuid id)
{
    struct tx_event event = {.channel = channel,
                             .channel_id = id,
                             .tenant_id = f->ours.tenant_id,
                             .type = STR("happened"),
                             .payload = STR("{}")};

    assert_int_equal(tx_emit(&f->tx, &event), R_OK);
    return tx_cursor(&f->tx);
}

static uint64_t emit(struct testing_accounts *f, struct uuid conversation_id)
{
    return emit_in(f, CHANNEL_CONVERSATION, conversation_id);
}

static struct event_range range_of(const struct testing_accounts *f, uint64_t after)
{
    return (struct event_range){
        .tenant_id = f->ours.tenant_id, .user_id = f->ann.user_id, .after = after};
}

static struct cursor_list list(struct testing_accounts *f, uint64_t after, size_t count_max)
{
    struct event_range range = range_of(f, after);
    struct cursor_list out;

    assert_int_equal(events_list(&f->tx, &range, count_max, &f->arena, &out), R_OK);
    return out;
}

static void the_newest_is_known(void **state)
{
    struct testing_accounts *f = *state;
    uint64_t cursor = 77;

    assert_int_equal(events_newest(&f->tx, &cursor), R_OK);
    assert_int_equal(cursor, 0);
    (void)emit(f, uuid_new());
    (void)emit(f, uuid_new());
    assert_int_equal(events_newest(&f->tx, &cursor), R_OK);
    assert_int_equal(cursor, 2);
}

static void own_channels_in_the_order_of_the_log(void **state)
{
    struct testing_accounts *f = *state;
    struct uuid first = converse(f, true);
    struct uuid second = converse(f, true);
    struct uuid foreign = converse(f, false);
    uint64_t expected[300];
    size_t count = 0;
    struct cursor_list found;

    assert_int_equal(list(f, 0, 10).count, 0);
    for (unsigned i = 0; i < 100; i++) {
        expected[count++] = emit(f, second);
        (void)emit(f, foreign);
        expected[count++] = emit_in(f, CHANNEL_USER, f->ann.user_id);
        expected[count++] = emit(f, first);
        (void)emit_in(f, CHANNEL_USER, uuid_new());
    }
    found = list(f, 0, 1000);
    assert_int_equal(found.count, count);
    assert_memory_equal(found.cursors, expected, sizeof expected);
    found = list(f, expected[3], 7);
    assert_int_equal(found.count, 7);
    assert_memory_equal(found.cursors, expected + 4, 7 * sizeof expected[0]);
    assert_int_equal(list(f, expected[count - 1], 7).count, 0);
}

static void a_row_comes_back_as_it_was_written(void **state)
{
    struct testing_accounts *f = *state;
    struct tx_event event = {.channel = CHANNEL_CONVERSATION,
                             .channel_id = uuid_new(),
                             .tenant_id = f->ours.tenant_id,
                             .conversation_id = uuid_new(),
                             .author_id = uuid_new(),
                             .sender_id = uuid_new(),
                             .seq_num = 7,
                             .flags = EVENT_INTERNAL,
                             .audience = {.is_blockable = true},
                             .type = STR("happened"),
                             .payload = STR("{\"a\":1}")};
    struct effect e;

    assert_int_equal(tx_emit(&f->tx, &event), R_OK);
    assert_int_equal(events_find(&f->tx, 1, &f->arena, &e), R_OK);
    assert_int_equal(e.kind, EFFECT_EVENT);
    assert_int_equal(e.cursor, 1);
    assert_int_equal(e.channel, CHANNEL_CONVERSATION);
    assert_int_equal(e.flags, EVENT_INTERNAL | EVENT_BLOCKABLE);
    assert_int_equal(e.seq_num, 7);
    assert_true(uuid_equals(&e.id, &event.channel_id));
    assert_true(uuid_equals(&e.tenant_id, &event.tenant_id));
    assert_true(uuid_equals(&e.conversation_id, &event.conversation_id));
    assert_true(uuid_equals(&e.author_id, &event.author_id));
    assert_true(uuid_equals(&e.sender_id, &event.sender_id));
    assert_true(str_equals(e.type, event.type));
    assert_true(str_equals(e.payload, event.payload));
    assert_int_equal(events_find(&f->tx, 2, &f->arena, &e), R_NOT_FOUND);
}

static bool have_gone(struct testing_accounts *f, uint64_t after)
{
    struct event_range range = range_of(f, after);
    bool out;

    assert_int_equal(events_have_gone(&f->tx, &range, &out), R_OK);
    return out;
}

static void set_floor(struct testing_accounts *f, struct uuid channel_id, uint64_t cursor)
{
    struct db_query *q =
        db_query(f->db, "INSERT INTO event_floor (channel_id, cursor) VALUES ($1, $2)");

    db_bind_uuid(q, 1, &channel_id);
    db_bind_u64(q, 2, cursor);
    assert_int_equal(db_run(q), R_OK);
}

static void what_has_gone_is_noticed(void **state)
{
    struct testing_accounts *f = *state;
    struct uuid first = converse(f, true);

    assert_false(have_gone(f, 0));
    set_floor(f, converse(f, false), 100);
    assert_false(have_gone(f, 0));
    set_floor(f, first, 10);
    assert_true(have_gone(f, 9));
    assert_false(have_gone(f, 10));
    set_floor(f, f->ann.user_id, 20);
    assert_true(have_gone(f, 19));
    assert_false(have_gone(f, 20));
    /* What went before she joined was not hers. */
    f->next_cursor = 1000;
    set_floor(f, converse(f, true), 999);
    assert_false(have_gone(f, 20));
}

static void channels_are_emptied_but_for_the_newest(void **state)
{
    struct testing_accounts *f = *state;
    struct uuid first = converse(f, true);
    size_t count = 0;

    for (unsigned i = 0; i < 5; i++) (void)emit(f, first);
    assert_int_equal(events_delete_some(&f->tx, &first, 3, &count), R_OK);
    assert_int_equal(count, 3);
    assert_int_equal(events_delete_some(&f->tx, &first, 3, &count), R_OK);
    assert_int_equal(count, 1);
    assert_int_equal(list(f, 0, 10).count, 1);
    (void)emit(f, uuid_new());
    assert_int_equal(events_delete_some(&f->tx, &first, 3, &count), R_OK);
    assert_int_equal(count, 1);
    assert_int_equal(list(f, 0, 10).count, 0);
}

static void edits_are_forgotten(void **state)
{
    struct testing_accounts *f = *state;
    struct message m = {
        .conversation_id = converse(f, true), .tenant_id = f->ours.tenant_id, .seq_num = 2};
    struct tx_event event = {.channel = CHANNEL_CONVERSATION,
                             .channel_id = m.conversation_id,
                             .tenant_id = m.tenant_id,
                             .payload = STR("{}")};

    for (uint64_t seq = 1; seq <= 3; seq++) {
        event.seq_num = seq;
        event.type = STR("message.created");
        assert_int_equal(tx_emit(&f->tx, &event), R_OK);
        event.type = STR("message.edited");
        assert_int_equal(tx_emit(&f->tx, &event), R_OK);
        assert_int_equal(tx_emit(&f->tx, &event), R_OK);
    }
    assert_int_equal(events_forget_edits(&f->tx, &m), R_OK);
    assert_int_equal(testing_number(f->db, "SELECT count(*) FROM event"), 7);
    assert_int_equal(testing_number(f->db, "SELECT count(*) FROM event WHERE seq_num = 2"), 1);
    m.seq_num = 3; /* the newest of the log stays */
    assert_int_equal(events_forget_edits(&f->tx, &m), R_OK);
    assert_int_equal(testing_number(f->db, "SELECT count(*) FROM event WHERE seq_num = 3"), 2);
    assert_int_equal(testing_number(f->db, "SELECT max(cursor) FROM event"), 9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ACCOUNTS_TEST(the_newest_is_known),
        ACCOUNTS_TEST(own_channels_in_the_order_of_the_log),
        ACCOUNTS_TEST(a_row_comes_back_as_it_was_written),
        ACCOUNTS_TEST(what_has_gone_is_noticed),
        ACCOUNTS_TEST(channels_are_emptied_but_for_the_newest),
        ACCOUNTS_TEST(edits_are_forgotten),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
