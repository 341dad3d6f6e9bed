// SPDX-License-Identifier: Apache-2.0
/* history_test.c — pages at their ends, what plain members do not see, the bounds of a sync, and
 * what changed since the last one. */
#include "chat/history.h"

#include "chat/blocks.h"
#include "chat/chat_testing.h"
#include "chat/deletions.h"
#include "chat/edits.h"
#include "chat/reactions.h"
#include "chat/reads.h"
#include "chat/views.h"
#include "store/reactions.h"

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
                            .created_at_ms = tx->now_ms,
                            .order_num = (*tx->next_cursor)++};

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
        {.conversation_id = first.conversation_id, .last_seq = 1},
        {.conversation_id = uuid_new()},
        {.conversation_id = foreign.conversation_id},
        {.conversation_id = second.conversation_id, .last_seq = 2},
        {.conversation_id = second.conversation_id, .last_seq = 7},
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

/* ---- what changed ---- */

static void edit(struct testing_world *w, enum testing_person who, const struct message *m,
                 struct str text)
{
    struct message_edit cmd = {
        .caller = testing_caller(w, who), .message_id = m->message_id, .content_text = text};
    struct problem problem;

    assert_int_equal(message_edit_init(&cmd, &problem), R_OK);
    assert_int_equal(testing_write_job(w, &cmd.job), R_OK);
}

static void react(struct testing_world *w, enum testing_person who, const struct message *m,
                  struct str emoji)
{
    struct reaction_toggle cmd = {.caller = testing_caller(w, who),
                                  .message_id = m->message_id,
                                  .conversation_id = m->conversation_id,
                                  .emoji = emoji};
    struct problem problem;

    assert_int_equal(reaction_toggle_init(&cmd, &problem), R_OK);
    assert_int_equal(testing_write_job(w, &cmd.job), R_OK);
}

static void bury(struct testing_world *w, enum testing_person who, const struct message *m)
{
    struct message_delete cmd = {.caller = testing_caller(w, who), .message_id = m->message_id};

    message_delete_init(&cmd);
    assert_int_equal(testing_write_job(w, &cmd.job), R_OK);
}

static void mark(struct testing_world *w, enum testing_person who, const struct conversation *c,
                 uint64_t up_to_seq)
{
    struct read_mark cmd = {.caller = testing_caller(w, who),
                            .conversation_id = c->conversation_id,
                            .up_to_seq = up_to_seq};

    read_mark_init(&cmd);
    assert_int_equal(testing_write_job(w, &cmd.job), R_OK);
}

static struct sync_batch changed(struct testing_world *w, enum testing_person who,
                                 const struct conversation *c, uint64_t last_seq,
                                 uint64_t changed_since)
{
    struct sync_position position = {.conversation_id = c->conversation_id,
                                     .last_seq = last_seq,
                                     .with_changes = true,
                                     .changed_since = changed_since};
    struct history_sync cmd = sync_of(w, who, &position, 1);

    assert_int_equal(cmd.batches_count, 1);
    return cmd.batches[0];
}

/* The numbers of the changed messages, in the order of change. */
static void expect_changed(const struct sync_batch *batch, size_t count, const uint64_t *seq_nums)
{
    assert_int_equal(batch->changes.count, count);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(batch->changes.messages[i].seq_num, seq_nums[i]);
}

static void a_sync_brings_what_changed_since(void **state)
{
    struct testing_world *w = *state;
    struct conversation group = testing_converse(w, CONVERSATION_GROUP, ALICE, OTHERS(BOB));
    struct message m[4];
    struct sync_batch batch;
    struct sync_position plain = {.conversation_id = group.conversation_id};

    for (size_t i = 0; i < 4; i++) m[i] = testing_say(w, &group.conversation_id, ALICE, STR("x"));
    assert_int_equal(page(w, &group, BOB, 0, INT64_MAX, 9).change_seq, 0);
    batch = changed(w, BOB, &group, 4, 0);
    expect_changed(&batch, 0, NULL);
    assert_int_equal(batch.change_seq, 0);

    react(w, BOB, &m[2], STR("+"));   /* 1 */
    edit(w, ALICE, &m[0], STR("y"));  /* 2 */
    mark(w, BOB, &group, 2);          /* 3 */
    bury(w, ALICE, &m[1]);            /* 4 */
    edit(w, ALICE, &m[3], STR("z"));  /* 5 */
    react(w, ALICE, &m[2], STR("+")); /* 6 */
    batch = changed(w, BOB, &group, 3, 0);
    /* The fourth is above last_seq: it comes as a new one. */
    expect_changed(&batch, 3, (const uint64_t[]){1, 2, 3});
    assert_int_equal(batch.list.count, 1);
    assert_true(str_equals(batch.list.messages[0].content_text, STR("z")));
    assert_true(str_equals(batch.changes.messages[0].content_text, STR("y")));
    assert_int_not_equal(batch.changes.messages[1].deleted_at_ms, 0);
    assert_int_equal(batch.changes.messages[2].reactions_count, 1);
    assert_int_equal(batch.changes.messages[2].reactions[0].users_count, 2);
    assert_int_equal(batch.reads.count, 1);
    assert_true(uuid_equals(&batch.reads.reads[0].user_id, &w->people[BOB]));
    assert_int_equal(batch.reads.reads[0].last_read_seq, 2);
    assert_false(batch.more_changes);
    assert_int_equal(batch.change_seq, 6);
    assert_int_equal(page(w, &group, BOB, 0, INT64_MAX, 9).change_seq, 6);

    batch = changed(w, BOB, &group, 4, 3);
    expect_changed(&batch, 3, (const uint64_t[]){2, 4, 3});
    assert_int_equal(batch.reads.count, 0);
    batch = changed(w, BOB, &group, 4, 6);
    expect_changed(&batch, 0, NULL);
    assert_int_equal(batch.change_seq, 6);
    /* A number that nobody was given: everything. */
    batch = changed(w, BOB, &group, 4, 7);
    expect_changed(&batch, 4, (const uint64_t[]){1, 2, 4, 3});
    assert_int_equal(batch.reads.count, 1);
    assert_int_equal(batch.change_seq, 6);

    assert_false(sync_of(w, BOB, &plain, 1).batches[0].with_changes);
    assert_int_equal(sync_of(w, BOB, &plain, 1).batches[0].change_seq, 6);
}

static void changes_of_what_is_not_seen_are_not_told(void **state)
{
    struct testing_world *w = *state;
    struct conversation group = testing_converse(w, CONVERSATION_GROUP, ALICE, OTHERS(BOB, CAROL));
    struct message note = testing_note(w, &group.conversation_id, ALICE, STR("note"));
    struct message carols = testing_say(w, &group.conversation_id, CAROL, STR("x"));
    struct message old = testing_say(w, &group.conversation_id, ALICE, STR("x"));
    struct block_change block = {.caller = testing_caller(w, BOB), .user_id = w->people[CAROL]};
    struct view_change hide = {.caller = testing_caller(w, BOB),
                               .conversation_id = group.conversation_id};
    struct sync_batch batch;

    edit(w, ALICE, &note, STR("y"));
    edit(w, CAROL, &carols, STR("y"));
    edit(w, ALICE, &old, STR("y"));
    react(w, CAROL, &old, STR("+"));
    batch = changed(w, ALICE, &group, 3, 0);
    expect_changed(&batch, 3, (const uint64_t[]){1, 2, 3});
    block_user_init(&block);
    assert_int_equal(testing_write_job(w, &block.job), R_OK);
    batch = changed(w, BOB, &group, 3, 0);
    expect_changed(&batch, 1, (const uint64_t[]){3});
    assert_int_equal(batch.changes.messages[0].reactions_count, 0);
    assert_int_equal(batch.change_seq, 4);
    view_hide_init(&hide);
    assert_int_equal(testing_write_job(w, &hide.job), R_OK);
    batch = changed(w, BOB, &group, 3, 0);
    expect_changed(&batch, 0, NULL);
    assert_int_equal(batch.first_seq, 4);
}

static void many_changes_come_in_parts(void **state)
{
    struct testing_world *w = *state;
    struct conversation group = testing_converse(w, CONVERSATION_GROUP, ALICE, OTHERS(BOB));
    struct sync_batch batch;
    uint64_t seen = 0;
    uint64_t since = 0;

    mark(w, BOB, &group, testing_say(w, &group.conversation_id, ALICE, STR("x")).seq_num);
    for (size_t i = 0; i <= SYNC_BATCH_CHANGES_MAX; i++) {
        struct message m = testing_say(w, &group.conversation_id, ALICE, STR("x"));

        edit(w, ALICE, &m, STR("y"));
        if (i + 1 < SYNC_BATCH_CHANGES_MAX) continue;
        batch = changed(w, BOB, &group, m.seq_num, 0);
        assert_int_equal(batch.changes.count, SYNC_BATCH_CHANGES_MAX);
        assert_int_equal(batch.more_changes, i + 1 > SYNC_BATCH_CHANGES_MAX);
        assert_int_equal(batch.change_seq, SYNC_BATCH_CHANGES_MAX + 1);
    }
    do {
        batch = changed(w, BOB, &group, INT64_MAX - 1, since);
        for (size_t i = 0; i < batch.changes.count; i++)
            assert_int_equal(batch.changes.messages[i].seq_num, ++seen + 1);
        assert_true(batch.change_seq > since);
        since = batch.change_seq;
    } while (batch.more_changes);
    assert_int_equal(seen, SYNC_BATCH_CHANGES_MAX + 1);
}

static void long_texts_end_the_changes_too(void **state)
{
    static char text[MESSAGE_TEXT_BYTES_MAX];
    const size_t fit = MESSAGES_ANSWER_BYTES_MAX / sizeof text;
    struct testing_world *w = *state;
    struct conversation group = filled(w, 1);
    struct sync_batch batch;

    memset(text, 't', sizeof text);
    for (size_t i = 0; i < fit + 2; i++) {
        struct message m = testing_say(w, &group.conversation_id, ALICE, STR("x"));

        edit(w, ALICE, &m, str_of(text, sizeof text));
    }
    batch = changed(w, BOB, &group, fit + 3, 0);
    assert_int_equal(batch.changes.count, fit);
    assert_true(batch.more_changes);
    assert_int_equal(batch.change_seq, fit);
    batch = changed(w, BOB, &group, fit + 3, batch.change_seq);
    assert_int_equal(batch.changes.count, 2);
    assert_false(batch.more_changes);
    /* New messages come first: when they fill the answer, the changes wait. */
    flood(w, &group, fit, str_of(text, sizeof text));
    batch = changed(w, BOB, &group, fit + 3, 0);
    assert_int_equal(batch.list.count, fit);
    assert_int_equal(batch.changes.count, 0);
    assert_true(batch.more_changes);
    assert_int_equal(batch.change_seq, 0);
}

/* ---- whose marks ---- */

struct crowd {
    struct job job;
    const struct conversation *conversation;
    size_t count;
};

static enum result join_many(struct job *job, struct tx *tx)
{
    struct crowd *crowd = (struct crowd *)job;
    enum result result = R_OK;

    for (size_t i = 0; i < crowd->count && result == R_OK; i++) {
        struct user user = {.user_id = uuid_new(),
                            .tenant_id = crowd->conversation->tenant_id,
                            .display_name = STR("Somebody")};
        struct participant p = {.conversation_id = crowd->conversation->conversation_id,
                                .user_id = user.user_id,
                                .tenant_id = user.tenant_id,
                                .role = PARTICIPANT_MEMBER};

        result = users_insert(tx, &user);
        if (result == R_OK) result = participants_insert(tx, &p);
        if (result == R_OK) result = participants_set_last_read(tx, &p, 1);
    }
    return result;
}

static void join(struct testing_world *w, const struct conversation *c, size_t count)
{
    struct crowd crowd = {.job = {.run = join_many}, .conversation = c, .count = count};

    assert_int_equal(testing_write_job(w, &crowd.job), R_OK);
}

static void of_a_large_conversation_only_the_own_mark(void **state)
{
    struct testing_world *w = *state;
    struct conversation group = testing_converse(w, CONVERSATION_GROUP, ALICE, OTHERS(BOB));
    struct sync_batch batch;

    (void)testing_say(w, &group.conversation_id, ALICE, STR("x"));
    mark(w, BOB, &group, 1);
    join(w, &group, SYNC_READS_PARTICIPANTS_MAX - 2);
    batch = changed(w, BOB, &group, 1, 0);
    assert_int_equal(batch.reads.count, SYNC_READS_PARTICIPANTS_MAX - 1);
    join(w, &group, 1);
    batch = changed(w, BOB, &group, 1, 0);
    assert_int_equal(batch.reads.count, 1);
    assert_true(uuid_equals(&batch.reads.reads[0].user_id, &w->people[BOB]));
    assert_int_equal(changed(w, ALICE, &group, 1, 0).reads.count, 0);
}

static void marks_of_a_sync_are_bounded_too(void **state)
{
    const size_t fit = SYNC_READS_MAX / SYNC_READS_PARTICIPANTS_MAX;
    struct testing_world *w = *state;
    struct conversation group = testing_converse(w, CONVERSATION_GROUP, ALICE, OTHERS(BOB));
    struct sync_position positions[SYNC_READS_MAX / SYNC_READS_PARTICIPANTS_MAX + 1];
    struct history_sync cmd;

    (void)testing_say(w, &group.conversation_id, ALICE, STR("x"));
    mark(w, ALICE, &group, 1);
    mark(w, BOB, &group, 1);
    join(w, &group, SYNC_READS_PARTICIPANTS_MAX - 2);
    for (size_t i = 0; i <= fit; i++)
        positions[i] =
            (struct sync_position){.conversation_id = group.conversation_id, .with_changes = true};
    cmd = sync_of(w, BOB, positions, fit + 1);
    for (size_t i = 0; i <= fit; i++) {
        assert_int_equal(cmd.batches[i].reads.count, i < fit ? SYNC_READS_PARTICIPANTS_MAX : 0);
        assert_int_equal(cmd.batches[i].more_changes, i == fit);
        assert_int_equal(cmd.batches[i].change_seq, i < fit ? SYNC_READS_PARTICIPANTS_MAX : 0);
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
        WORLD_TEST(a_sync_brings_what_changed_since),
        WORLD_TEST(changes_of_what_is_not_seen_are_not_told),
        WORLD_TEST(many_changes_come_in_parts),
        WORLD_TEST(long_texts_end_the_changes_too),
        WORLD_TEST(of_a_large_conversation_only_the_own_mark),
        WORLD_TEST(marks_of_a_sync_are_bounded_too),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
