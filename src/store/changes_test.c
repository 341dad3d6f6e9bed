// SPDX-License-Identifier: Apache-2.0
/* changes_test.c — numbers without gaps, one row for a message, found from a number on. */
#include "store/changes.h"

#include "store/conversations.h"
#include "store/store_testing.h"

struct fixture {
    struct testing_dir dir;
    struct arena arena;
    struct tx tx;
    struct uuid tenant_id;
    struct uuid conversation_id;
};

static int set_up(void **state)
{
    static struct fixture f;

    f = (struct fixture){.tenant_id = uuid_new(), .conversation_id = uuid_new()};
    testing_rows_begin(&f.dir, &f.arena, &f.tx);
    assert_int_equal(conversations_insert(&f.tx,
                                          &(struct conversation){
                                              .conversation_id = f.conversation_id,
                                              .tenant_id = f.tenant_id,
                                              .type = CONVERSATION_GROUP,
                                              .created_by = uuid_new(),
                                          },
                                          NULL),
                     R_OK);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    testing_rows_end(&f->dir, &f->arena, &f->tx);
    return 0;
}

static enum result note(struct fixture *f, const struct uuid *tenant_id, uint64_t seq_num)
{
    return changes_note(&f->tx, &(struct message){.conversation_id = f->conversation_id,
                                                  .tenant_id = *tenant_id,
                                                  .seq_num = seq_num});
}

static void expect(struct fixture *f, struct change_filter filter, size_t count,
                   const struct change *expected, bool has_more)
{
    struct change_list list;

    filter.conversation_id = f->conversation_id;
    assert_int_equal(changes_list(&f->tx, &f->tenant_id, &filter, &f->arena, &list), R_OK);
    assert_int_equal(list.count, count);
    assert_int_equal(list.has_more, has_more);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(list.changes[i].change_seq, expected[i].change_seq);
        assert_int_equal(list.changes[i].seq_num, expected[i].seq_num);
    }
}

static void a_message_is_found_under_its_newest_number(void **state)
{
    static const struct change all[] = {{2, 5}, {4, 7}, {5, 3}};
    struct fixture *f = *state;
    uint64_t change_seq = 0;

    assert_int_equal(note(f, &f->tenant_id, 3), R_OK);
    assert_int_equal(note(f, &f->tenant_id, 5), R_OK);
    assert_int_equal(changes_next(&f->tx, &f->tenant_id, &f->conversation_id, &change_seq), R_OK);
    assert_int_equal(change_seq, 3);
    assert_int_equal(note(f, &f->tenant_id, 7), R_OK);
    assert_int_equal(note(f, &f->tenant_id, 3), R_OK);
    expect(f, (struct change_filter){.seq_max = 9, .limit = 3}, 3, all, false);
    expect(f, (struct change_filter){.seq_max = 9, .limit = 2}, 2, all, true);
    expect(f, (struct change_filter){.after = 2, .seq_max = 9, .limit = 3}, 2, &all[1], false);
    expect(f, (struct change_filter){.after = 5, .seq_max = 9, .limit = 3}, 0, NULL, false);
    expect(f, (struct change_filter){.seq_min = 4, .seq_max = 6, .limit = 1}, 1, all, false);
}

static void another_tenant_notes_and_finds_nothing(void **state)
{
    struct fixture *f = *state;
    struct uuid stranger = uuid_new();
    struct change_filter filter = {
        .conversation_id = f->conversation_id, .seq_max = INT64_MAX, .limit = 1};
    struct change_list list;
    uint64_t change_seq;

    assert_int_equal(note(f, &f->tenant_id, 1), R_OK);
    assert_int_equal(note(f, &stranger, 2), R_NOT_FOUND);
    assert_int_equal(changes_next(&f->tx, &stranger, &f->conversation_id, &change_seq),
                     R_NOT_FOUND);
    assert_int_equal(changes_list(&f->tx, &stranger, &filter, &f->arena, &list), R_OK);
    assert_int_equal(list.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_message_is_found_under_its_newest_number, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(another_tenant_notes_and_finds_nothing, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
