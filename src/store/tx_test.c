// SPDX-License-Identifier: Apache-2.0
/* tx_test.c — durable events have a row and a cursor, live ones neither; effects own what they
 * show. */
#include "store/tx.h"

#include "store/messages.h"
#include "store/store_testing.h"

struct fixture {
    struct testing_dir dir;
    struct db *db;
    struct tx tx;
    uint64_t next_cursor;
    struct tx_event event;
};

static int set_up(void **state)
{
    static struct fixture f;

    f = (struct fixture){.next_cursor = 41};
    testing_dir_make(&f.dir);
    f.db = testing_db_open_migrated(&f.dir);
    f.tx = (struct tx){
        .db = f.db, .now_ms = 1700, .commit = commit_new(), .next_cursor = &f.next_cursor};
    f.event = (struct tx_event){.channel = CHANNEL_CONVERSATION,
                                .channel_id = uuid_new(),
                                .tenant_id = uuid_new(),
                                .conversation_id = uuid_new(),
                                .author_id = uuid_new(),
                                .type = STR("message.created"),
                                .payload = STR("{\"a\":1}")};
    assert_int_equal(db_begin(f.db), R_OK);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    db_rollback(f->db);
    commit_unref(f->tx.commit);
    db_close(f->db);
    testing_dir_remove(&f->dir);
    return 0;
}

static void assert_uuid(struct uuid found, struct uuid expected)
{
    assert_memory_equal(found.bytes, expected.bytes, sizeof found.bytes);
}

static void a_durable_event_has_a_row_and_an_effect(void **state)
{
    struct fixture *f = *state;
    char payload[] = "{\"b\":2}";
    struct db_query *q;
    struct arena arena;
    const struct effect *e;

    arena_init(&arena);
    f->event.payload = str_from(payload);
    f->event.flags = EVENT_INTERNAL;
    assert_int_equal(tx_emit(&f->tx, &f->event), R_OK);
    memset(payload, 'x', sizeof payload - 1); /* the effect has a copy */
    assert_int_equal(f->next_cursor, 42);

    e = f->tx.commit->first;
    assert_int_equal(e->kind, EFFECT_EVENT);
    assert_int_equal(e->channel, CHANNEL_CONVERSATION);
    assert_int_equal(e->flags, EVENT_INTERNAL);
    assert_int_equal(e->cursor, 41);
    assert_uuid(e->id, f->event.channel_id);
    assert_uuid(e->tenant_id, f->event.tenant_id);
    assert_uuid(e->author_id, f->event.author_id);
    assert_uuid(e->conversation_id, f->event.conversation_id);
    assert_true(str_equals(e->type, STR("message.created")));
    assert_true(str_equals(e->payload, STR("{\"b\":2}")));

    q = db_query(f->db, "SELECT cursor, tenant_id, channel_kind, channel_id, conversation_id,"
                        " author_id, type, flags, payload, at_ms FROM event");
    assert_int_equal(db_next(q), R_OK);
    assert_int_equal(db_u64(q, 0), 41);
    assert_uuid(db_uuid(q, 1), f->event.tenant_id);
    assert_int_equal(db_i64(q, 2), CHANNEL_CONVERSATION);
    assert_uuid(db_uuid(q, 3), f->event.channel_id);
    assert_uuid(db_uuid(q, 4), f->event.conversation_id);
    assert_uuid(db_uuid(q, 5), f->event.author_id);
    assert_true(str_equals(db_text(q, 6, &arena), STR("message.created")));
    assert_int_equal(db_i64(q, 7), EVENT_INTERNAL);
    assert_true(str_equals(db_text(q, 8, &arena), STR("{\"b\":2}")));
    assert_int_equal(db_u64(q, 9), 1700);
    db_end(q);
    arena_release(&arena);
}

static void an_event_of_the_log_alone_says_so(void **state)
{
    struct fixture *f = *state;

    f->event.flags = EVENT_LOG_ONLY | EVENT_FAREWELL;
    f->event.audience.is_blockable = true;
    f->event.seq_num = 5;
    f->event.sender_id = uuid_new();
    assert_int_equal(tx_emit(&f->tx, &f->event), R_OK);
    assert_int_equal(tx_cursor(&f->tx), 41);
    assert_int_equal(f->tx.commit->first->flags, EVENT_LOG_ONLY | EVENT_FAREWELL | EVENT_BLOCKABLE);
    assert_int_equal(f->tx.commit->first->seq_num, 5);
    assert_uuid(f->tx.commit->first->sender_id, f->event.sender_id);
    assert_int_equal(testing_number(f->db, "SELECT flags FROM event"),
                     EVENT_LOG_ONLY | EVENT_FAREWELL | EVENT_BLOCKABLE);
    assert_int_equal(testing_number(f->db, "SELECT seq_num FROM event"), 5);
}

static void a_message_is_copied(void **state)
{
    struct fixture *f = *state;
    char text[] = "hello";
    struct message m = {.content_text = str_from(text), .seq_num = 3};
    const struct message *copy;

    f->event.message = &m;
    assert_int_equal(tx_emit(&f->tx, &f->event), R_OK);
    memset(text, 'x', sizeof text - 1);
    m.seq_num = 4;
    copy = f->tx.commit->first->message;
    assert_int_equal(copy->seq_num, 3);
    assert_true(str_equals(copy->content_text, STR("hello")));
    assert_null(copy->content_meta.at);
}

static void a_live_event_has_no_row_and_no_cursor(void **state)
{
    struct fixture *f = *state;

    f->event.flags = EVENT_LIVE;
    assert_int_equal(tx_emit(&f->tx, &f->event), R_OK);
    assert_int_equal(f->next_cursor, 41);
    assert_int_equal(f->tx.commit->first->cursor, 0);
    assert_int_equal(testing_number(f->db, "SELECT count(*) FROM event"), 0);
}

static void an_event_may_have_no_author_and_no_conversation(void **state)
{
    struct fixture *f = *state;

    f->event.author_id = (struct uuid){0};
    f->event.conversation_id = (struct uuid){0};
    assert_int_equal(tx_emit(&f->tx, &f->event), R_OK);
    assert_int_equal(testing_number(f->db, "SELECT count(*) FROM event WHERE author_id IS NULL"
                                           " AND conversation_id IS NULL"),
                     1);
}

static void an_audience_is_copied(void **state)
{
    struct fixture *f = *state;
    struct uuid users[2] = {uuid_new(), uuid_new()};
    struct uuid second = users[1];
    const struct effect *e;

    assert_int_equal(tx_emit(&f->tx, &f->event), R_OK);
    f->event.audience = (struct audience){.kind = AUDIENCE_EXCEPT, .user_ids = users, .count = 2};
    assert_int_equal(tx_emit(&f->tx, &f->event), R_OK);
    f->event.audience = (struct audience){.kind = AUDIENCE_ONLY}; /* nobody here, but in the log */
    assert_int_equal(tx_emit(&f->tx, &f->event), R_OK);
    memset(users, 0, sizeof users);

    e = f->tx.commit->first;
    assert_int_equal(e->audience.kind, AUDIENCE_EVERYONE);
    assert_int_equal(e->audience.count, 0);
    e = e->next;
    assert_int_equal(e->audience.kind, AUDIENCE_EXCEPT);
    assert_int_equal(e->audience.count, 2);
    assert_uuid(e->audience.user_ids[1], second);
    e = e->next;
    assert_int_equal(e->audience.kind, AUDIENCE_ONLY);
    assert_int_equal(e->audience.count, 0);
}

static void a_row_that_is_refused_gives_no_effect(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(tx_emit(&f->tx, &f->event), R_OK);
    f->next_cursor = 41; /* taken already */
    assert_int_equal(tx_emit(&f->tx, &f->event), R_CONFLICT);
    assert_int_equal(f->next_cursor, 41);
    assert_int_equal(f->tx.commit->effects_count, 1);
}

static void join_and_leave_copy_the_ids(void **state)
{
    struct fixture *f = *state;
    struct uuid conversation_id = uuid_new();
    struct uuid users[2] = {uuid_new(), uuid_new()};
    struct uuid second = users[1];
    const struct effect *e;

    tx_join(&f->tx, &conversation_id, users, 2);
    tx_leave(&f->tx, &conversation_id, &users[1], 1);
    tx_leave(&f->tx, &conversation_id, users, 0); /* nobody: nothing to tell */
    memset(users, 0, sizeof users);
    assert_int_equal(f->tx.commit->effects_count, 2);
    e = f->tx.commit->first;
    assert_int_equal(e->kind, EFFECT_JOIN);
    assert_uuid(e->id, conversation_id);
    assert_int_equal(e->user_ids_count, 2);
    assert_uuid(e->user_ids[1], second);
    e = e->next;
    assert_int_equal(e->kind, EFFECT_LEAVE);
    assert_int_equal(e->user_ids_count, 1);
    assert_uuid(e->user_ids[0], second);
}

static void revocations_have_rows_and_effects(void **state)
{
    struct fixture *f = *state;
    struct uuid session_id = uuid_new();
    struct uuid user_id = uuid_new();
    struct db_query *q;

    tx_revoke_session(&f->tx, &session_id);
    tx_revoke_user(&f->tx, &user_id);
    assert_int_equal(f->tx.commit->first->kind, EFFECT_SESSION_REVOKED);
    assert_uuid(f->tx.commit->first->id, session_id);
    assert_int_equal(f->tx.commit->last->kind, EFFECT_USER_REVOKED);
    assert_uuid(f->tx.commit->last->id, user_id);

    q = db_query(f->db, "SELECT revocation_id, session_id, user_id, at_ms FROM revocation"
                        " ORDER BY revocation_id");
    assert_int_equal(db_next(q), R_OK);
    assert_int_equal(db_i64(q, 0), 1);
    assert_uuid(db_uuid(q, 1), session_id);
    assert_true(db_is_null(q, 2));
    assert_int_equal(db_u64(q, 3), 1700);
    assert_int_equal(db_next(q), R_OK);
    assert_int_equal(db_i64(q, 0), 2);
    assert_true(db_is_null(q, 1));
    assert_uuid(db_uuid(q, 2), user_id);
    db_end(q);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_durable_event_has_a_row_and_an_effect, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_live_event_has_no_row_and_no_cursor, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_event_of_the_log_alone_says_so, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_message_is_copied, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_event_may_have_no_author_and_no_conversation, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(an_audience_is_copied, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_row_that_is_refused_gives_no_effect, set_up, tear_down),
        cmocka_unit_test_setup_teardown(join_and_leave_copy_the_ids, set_up, tear_down),
        cmocka_unit_test_setup_teardown(revocations_have_rows_and_effects, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
