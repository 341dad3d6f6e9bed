// SPDX-License-Identifier: Apache-2.0
/* messages_test.c — rows of messages in a real file: every field, what is unique, ranges from
 * both ends. */
#include "store/messages.h"

#include "store/store_testing.h"

struct fixture {
    struct testing_dir dir;
    struct arena arena;
    struct tx tx;
    struct uuid tenant_id;
    struct uuid other_tenant_id;
    struct uuid conversation_id;
    struct uuid sender_id;
};

static int set_up(void **state)
{
    static struct fixture f;

    f = (struct fixture){.tenant_id = uuid_new(), .other_tenant_id = uuid_new()};
    f.conversation_id = uuid_new();
    f.sender_id = uuid_new();
    testing_rows_begin(&f.dir, &f.arena, &f.tx);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    testing_rows_end(&f->dir, &f->arena, &f->tx);
    return 0;
}

static struct message numbered(const struct fixture *f, uint64_t seq_num)
{
    return (struct message){
        .message_id = uuid_new(),
        .conversation_id = f->conversation_id,
        .tenant_id = f->tenant_id,
        .seq_num = seq_num,
        .order_num = seq_num,
        .sender_id = f->sender_id,
        .content_text = STR("text"),
        .created_at_ms = 1000,
    };
}

static void a_row_comes_back_as_it_was_written(void **state)
{
    struct fixture *f = *state;
    struct message m = numbered(f, 1);
    struct uuid elsewhere = uuid_new();
    struct message found;

    m.sender_type = SENDER_AGENT;
    m.content_type = CONTENT_RESULT;
    m.thread_role = THREAD_ASIDE;
    m.content_meta = STR("");
    m.reply_to_id = uuid_new();
    m.thread_id = uuid_new();
    m.task_id = uuid_new();
    m.is_internal = true;
    m.is_forwarded = true;
    assert_int_equal(messages_insert(&f->tx, &m), R_OK);
    assert_int_equal(
        messages_find(&f->tx, &f->tenant_id, &f->conversation_id, &m.message_id, &f->arena, &found),
        R_OK);
    assert_int_equal(found.seq_num, 1);
    assert_int_equal(found.sender_type, SENDER_AGENT);
    assert_int_equal(found.content_type, CONTENT_RESULT);
    assert_int_equal(found.thread_role, THREAD_ASIDE);
    assert_true(str_equals(found.content_text, STR("text")));
    assert_non_null(found.content_meta.at);
    assert_int_equal(found.content_meta.len, 0);
    assert_true(uuid_equals(&found.reply_to_id, &m.reply_to_id));
    assert_true(uuid_equals(&found.thread_id, &m.thread_id));
    assert_true(uuid_equals(&found.task_id, &m.task_id));
    assert_true(found.is_internal);
    assert_true(found.is_forwarded);
    assert_int_equal(found.created_at_ms, 1000);
    assert_int_equal(found.edit_count, 0);
    assert_null(found.client_msg_id.at);

    assert_int_equal(messages_find(&f->tx, &f->other_tenant_id, &f->conversation_id, &m.message_id,
                                   &f->arena, &found),
                     R_NOT_FOUND);
    assert_int_equal(
        messages_find(&f->tx, &f->tenant_id, &elsewhere, &m.message_id, &f->arena, &found),
        R_NOT_FOUND);
}

static void ids_places_and_client_msg_ids_are_unique(void **state)
{
    struct fixture *f = *state;
    struct message first = numbered(f, 1);
    struct message m = numbered(f, 1);
    struct message found;

    first.client_msg_id = STR("a");
    first.client_msg_digest = STR("0123456789abcdef");
    assert_int_equal(messages_insert(&f->tx, &first), R_OK);
    assert_int_equal(messages_insert(&f->tx, &m), R_CONFLICT);
    m.seq_num = 2;
    assert_int_equal(messages_insert(&f->tx, &m), R_CONFLICT); /* the same place among all */
    m.order_num = 2;
    m.message_id = first.message_id;
    assert_int_equal(messages_insert(&f->tx, &m), R_CONFLICT);
    m.message_id = uuid_new();
    m.client_msg_id = first.client_msg_id;
    m.client_msg_digest = STR("another");
    assert_int_equal(messages_insert(&f->tx, &m), R_CONFLICT);

    assert_int_equal(messages_find_by_client_msg_id(&f->tx, &m, &f->arena, &found), R_OK);
    assert_true(uuid_equals(&found.message_id, &first.message_id));
    assert_true(str_equals(found.client_msg_digest, first.client_msg_digest));
    assert_int_equal(messages_forget_client_msg_id(&f->tx, &found), R_OK);
    assert_int_equal(messages_find_by_client_msg_id(&f->tx, &m, &f->arena, &found), R_NOT_FOUND);
    assert_int_equal(messages_insert(&f->tx, &m), R_OK);
}

static void a_message_is_found_by_its_place(void **state)
{
    struct fixture *f = *state;
    struct message first = numbered(f, 1);
    struct message third = numbered(f, 3);
    struct message placeless;
    struct message found;
    uint64_t order_num = 0;

    third.order_num = 70;
    assert_int_equal(messages_insert(&f->tx, &first), R_OK);
    assert_int_equal(messages_insert(&f->tx, &third), R_OK);
    placeless = numbered(f, 2);
    placeless.order_num = 0;
    assert_int_equal(messages_insert(&f->tx, &placeless), R_OK);
    assert_int_equal(
        messages_find_at(&f->tx, &f->tenant_id, &f->conversation_id, 3, &f->arena, &found), R_OK);
    assert_true(uuid_equals(&found.message_id, &third.message_id));
    assert_int_equal(
        messages_find_at(&f->tx, &f->tenant_id, &f->conversation_id, 4, &f->arena, &found),
        R_NOT_FOUND);
    assert_int_equal(
        messages_find_at(&f->tx, &f->other_tenant_id, &f->conversation_id, 3, &f->arena, &found),
        R_NOT_FOUND);

    assert_int_equal(messages_find_order(&f->tx, &f->tenant_id, &f->conversation_id, 1, &order_num),
                     R_OK);
    assert_int_equal(order_num, 1);
    assert_int_equal(messages_find_order(&f->tx, &f->tenant_id, &f->conversation_id, 2, &order_num),
                     R_OK);
    assert_int_equal(order_num, 70);
    assert_int_equal(messages_find_order(&f->tx, &f->tenant_id, &f->conversation_id, 4, &order_num),
                     R_NOT_FOUND);
}

static void expect(struct fixture *f, struct message_filter filter, uint64_t first, size_t count,
                   bool has_more)
{
    struct message_list list;

    filter.conversation_id = f->conversation_id;
    if (filter.bytes_max == 0) filter.bytes_max = SIZE_MAX;
    assert_int_equal(messages_list(&f->tx, &f->tenant_id, &filter, &f->arena, &list), R_OK);
    assert_int_equal(list.count, count);
    assert_int_equal(list.has_more, has_more);
    for (size_t i = 0; i < count; i++) assert_int_equal(list.messages[i].seq_num, first + i);
}

static void ranges_are_read_from_both_ends(void **state)
{
    struct fixture *f = *state;
    struct message_list list;

    for (uint64_t seq = 1; seq <= 6; seq++) {
        struct message m = numbered(f, seq);

        assert_int_equal(messages_insert(&f->tx, &m), R_OK);
    }
    expect(f, (struct message_filter){.seq_min = 2, .seq_max = 5, .limit = 9}, 2, 4, false);
    expect(f, (struct message_filter){.seq_min = 2, .seq_max = 5, .limit = 3}, 2, 3, true);
    expect(f, (struct message_filter){.seq_max = 5, .limit = 3, .flags = MESSAGES_NEWEST}, 3, 3,
           true);
    expect(f, (struct message_filter){.seq_max = 5, .limit = 5, .flags = MESSAGES_NEWEST}, 1, 5,
           false);
    /* "text" has four bytes: what passes the bound is still there, what follows is not. */
    expect(f, (struct message_filter){.seq_max = 6, .limit = 9, .bytes_max = 8}, 1, 3, true);
    expect(f, (struct message_filter){.seq_max = 3, .limit = 9, .bytes_max = 8}, 1, 3, false);
    assert_int_equal(messages_list(&f->tx, &f->other_tenant_id,
                                   &(struct message_filter){.conversation_id = f->conversation_id,
                                                            .seq_max = 6,
                                                            .limit = 9,
                                                            .bytes_max = SIZE_MAX},
                                   &f->arena, &list),
                     R_OK);
    assert_int_equal(list.count, 0);
}

#define STORE_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(a_row_comes_back_as_it_was_written),
        STORE_TEST(ids_places_and_client_msg_ids_are_unique),
        STORE_TEST(a_message_is_found_by_its_place),
        STORE_TEST(ranges_are_read_from_both_ends),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
