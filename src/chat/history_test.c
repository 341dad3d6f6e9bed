// SPDX-License-Identifier: Apache-2.0
/* history_test.c — pages at their ends, what plain members do not see, and the bounds of a sync. */
#include "chat/history.h"

#include "chat/chat_testing.h"

static struct conversation filled(struct testing_world *w, size_t count)
{
    struct conversation group = testing_converse(w, CONVERSATION_GROUP, ALICE, OTHERS(BOB));

    for (size_t i = 0; i < count; i++)
        (void)testing_say(w, &group.conversation_id, ALICE, STR("x"));
    return group;
}

static struct history_page page(struct testing_world *w, const struct conversation *c,
                                enum testing_person who, uint64_t from_seq, uint64_t to_seq,
                                size_t limit)
{
    struct history_page cmd = {
        .caller = testing_caller(w, who),
        .conversation_id = c->conversation_id,
        .from_seq = from_seq,
        .to_seq = to_seq,
        .limit = limit,
    };

    history_page_init(&cmd);
    assert_int_equal(testing_read_job(w, &cmd.job), R_OK);
    return cmd;
}

static void expect_range(const struct message_list *list, uint64_t first, uint64_t last)
{
    assert_int_equal(list->count, last + 1 - first);
    for (size_t i = 0; i < list->count; i++) assert_int_equal(list->messages[i].seq_num, first + i);
}

static void a_page_includes_both_ends(void **state)
{
    static const struct {
        uint64_t from_seq, to_seq;
        size_t limit;
        uint64_t first, last;
        bool has_more;
    } cases[] = {
        {0, INT64_MAX, 4, 7, 10, true}, /* the newest */
        {0, 6, 4, 3, 6, true},          /* the newest up to 6 */
        {0, 6, 6, 1, 6, false},
        {3, 5, 50, 3, 5, false},
        {3, 9, 4, 3, 6, true},
        {3, 6, 4, 3, 6, false},
        {10, INT64_MAX, 50, 10, 10, false},
        {11, INT64_MAX, 50, 1, 0, false}, /* past the end: nothing */
        {5, 4, 50, 1, 0, false},
        {0, INT64_MAX, 200, 1, 10, false},
    };
    struct testing_world *w = *state;
    struct conversation group = filled(w, 10);

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct history_page cmd =
            page(w, &group, BOB, cases[i].from_seq, cases[i].to_seq, cases[i].limit);

        expect_range(&cmd.list, cases[i].first, cases[i].last);
        assert_int_equal(cmd.list.has_more, cases[i].has_more);
        assert_int_equal(cmd.current_seq, 10);
    }
}

static void plain_members_do_not_get_internal_messages(void **state)
{
    struct testing_world *w = *state;
    struct conversation group = filled(w, 2);
    struct history_page cmd;

    (void)testing_note(w, &group.conversation_id, ALICE, STR("note"));
    (void)testing_say(w, &group.conversation_id, ALICE, STR("x"));
    cmd = page(w, &group, BOB, 0, INT64_MAX, MESSAGE_PAGE_DEFAULT);
    assert_int_equal(cmd.list.count, 3);
    assert_int_equal(cmd.list.messages[2].seq_num, 4);
    assert_int_equal(cmd.current_seq, 4);
    cmd = page(w, &group, ALICE, 0, INT64_MAX, MESSAGE_PAGE_MAX);
    expect_range(&cmd.list, 1, 4);
}

static void who_is_not_in_it_reads_nothing(void **state)
{
    static const enum testing_person outsiders[] = {CAROL, STRANGER, GONE};
    struct testing_world *w = *state;
    struct conversation group = filled(w, 1);

    for (size_t i = 0; i < sizeof outsiders / sizeof outsiders[0]; i++) {
        struct history_page cmd = {.caller = testing_caller(w, outsiders[i]),
                                   .conversation_id = group.conversation_id,
                                   .to_seq = INT64_MAX,
                                   .limit = 1};

        history_page_init(&cmd);
        assert_int_equal(testing_read_job(w, &cmd.job), R_NOT_FOUND);
        assert_string_equal(cmd.job.problem.code, "conversation_not_found");
    }
}

/* ---- long texts, put into the table at once ---- */

struct flood {
    struct job job;
    struct testing_world *world;
    struct uuid conversation_id;
    size_t count;
    struct str text;
};

static enum result insert_many(struct job *job, struct tx *tx)
{
    struct flood *flood = (struct flood *)job;
    enum result result = R_OK;

    for (size_t i = 0; i < flood->count && result == R_OK; i++) {
        struct message m = {.message_id = uuid_new(),
                            .conversation_id = flood->conversation_id,
                            .tenant_id = flood->world->tenant_id,
                            .sender_id = flood->world->people[ALICE],
                            .content_text = flood->text,
                            .created_at_ms = tx->now_ms};

        result = conversations_next_seq(tx, &m.tenant_id, &m.conversation_id, &m.seq_num);
        if (result == R_OK) result = messages_insert(tx, &m);
    }
    return result;
}

static void flood(struct testing_world *w, const struct conversation *c, size_t count,
                  struct str text)
{
    struct flood job = {.job = {.run = insert_many},
                        .world = w,
                        .conversation_id = c->conversation_id,
                        .count = count,
                        .text = text};

    assert_int_equal(testing_write_job(w, &job.job), R_OK);
}

static void an_answer_ends_where_its_texts_are_many(void **state)
{
    static char text[MESSAGE_TEXT_BYTES_MAX];
    const size_t fit = MESSAGES_ANSWER_BYTES_MAX / sizeof text;
    struct testing_world *w = *state;
    struct conversation group = filled(w, 0);
    struct history_page cmd;

    memset(text, 't', sizeof text);
    flood(w, &group, fit, str_of(text, sizeof text));
    cmd = page(w, &group, BOB, 1, INT64_MAX, MESSAGE_PAGE_MAX);
    expect_range(&cmd.list, 1, fit);
    assert_false(cmd.list.has_more);
    flood(w, &group, 2, str_of(text, sizeof text));
    cmd = page(w, &group, BOB, 1, INT64_MAX, MESSAGE_PAGE_MAX);
    expect_range(&cmd.list, 1, fit + 1);
    assert_true(cmd.list.has_more);
}

/* ---- sync ---- */

static struct history_sync sync_of(struct testing_world *w, enum testing_person who,
                                   const struct sync_position *positions, size_t count)
{
    struct history_sync cmd = {
        .caller = testing_caller(w, who), .positions = positions, .positions_count = count};

    history_sync_init(&cmd);
    assert_int_equal(testing_read_job(w, &cmd.job), R_OK);
    return cmd;
}

static void a_sync_brings_what_is_missing(void **state)
{
    struct testing_world *w = *state;
    struct conversation first = filled(w, 3);
    struct conversation second = filled(w, 2);
    struct conversation foreign = testing_converse(w, CONVERSATION_GROUP, CAROL, OTHERS(DAVE));
    struct sync_position positions[] = {
        {first.conversation_id, 1},   {uuid_new(), 0},
        {foreign.conversation_id, 0}, {second.conversation_id, 2},
        {second.conversation_id, 7},
    };
    struct history_sync cmd = sync_of(w, BOB, positions, 5);

    assert_int_equal(cmd.batches_count, 3);
    expect_range(&cmd.batches[0].list, 2, 3);
    assert_int_equal(cmd.batches[0].current_seq, 3);
    assert_false(cmd.batches[0].list.has_more);
    assert_int_equal(cmd.batches[1].list.count, 0);
    assert_int_equal(cmd.batches[1].current_seq, 2);
    assert_int_equal(cmd.batches[2].list.count, 0);
    assert_false(cmd.batches[2].list.has_more);
}

static void a_sync_is_bounded_and_says_so(void **state)
{
    const size_t batches = SYNC_MESSAGES_MAX / SYNC_BATCH_MESSAGES_MAX;
    struct testing_world *w = *state;
    struct sync_position positions[SYNC_CONVERSATIONS_MAX];
    struct conversation exact = filled(w, 0);
    struct conversation more = filled(w, 0);
    struct history_sync cmd;

    flood(w, &exact, SYNC_BATCH_MESSAGES_MAX, STR("x"));
    flood(w, &more, SYNC_BATCH_MESSAGES_MAX + 1, STR("x"));
    for (size_t i = 0; i < SYNC_CONVERSATIONS_MAX; i++)
        positions[i] = (struct sync_position){.conversation_id = exact.conversation_id};
    positions[1].conversation_id = more.conversation_id;

    cmd = sync_of(w, BOB, positions, SYNC_CONVERSATIONS_MAX);
    assert_int_equal(cmd.batches_count, SYNC_CONVERSATIONS_MAX);
    for (size_t i = 0; i < cmd.batches_count; i++) {
        const struct message_list *list = &cmd.batches[i].list;

        assert_int_equal(list->count, i < batches ? SYNC_BATCH_MESSAGES_MAX : 0);
        assert_int_equal(list->has_more, i == 1 || i >= batches);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(a_page_includes_both_ends),
        WORLD_TEST(plain_members_do_not_get_internal_messages),
        WORLD_TEST(who_is_not_in_it_reads_nothing),
        WORLD_TEST(an_answer_ends_where_its_texts_are_many),
        WORLD_TEST(a_sync_brings_what_is_missing),
        WORLD_TEST(a_sync_is_bounded_and_says_so),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
