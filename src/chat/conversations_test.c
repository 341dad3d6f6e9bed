// SPDX-License-Identifier: Apache-2.0
/* conversations_test.c — who may be in which type of conversation, what is told to whom, and the
 * list. */
#include "chat/conversations.h"

#include "chat/chat_testing.h"

static enum result try_create(struct testing_world *w, struct conversation_create *cmd,
                              enum conversation_type type, enum testing_person who,
                              const enum testing_person *others)
{
    struct uuid ids[PEOPLE_COUNT];
    size_t count = 0;
    struct problem problem;
    enum result result;

    for (; others[count] != PEOPLE_COUNT; count++) ids[count] = w->people[others[count]];
    *cmd = (struct conversation_create){
        .caller = testing_caller(w, who), .type = type, .participant_ids = {ids, count}};
    assert_int_equal(conversation_create_init(cmd, &problem), R_OK);
    result = testing_write_job(w, &cmd->job);
    cmd->participant_ids = (struct uuid_list){0};
    return result;
}

static void who_may_be_in_it_depends_on_the_type(void **state)
{
    static const struct {
        enum conversation_type type;
        enum testing_person who;
        enum testing_person others[4];
        enum result result;
        const char *code;
    } cases[] = {
        {CONVERSATION_DIRECT, ALICE, {BOB, PEOPLE_COUNT}, R_OK, NULL},
        {CONVERSATION_DIRECT, ALICE, {CAROL, CAROL, ALICE, PEOPLE_COUNT}, R_OK, NULL},
        {CONVERSATION_DIRECT, ALICE, {PEOPLE_COUNT}, R_INVALID, "needs_one_other"},
        {CONVERSATION_DIRECT, ALICE, {ALICE, PEOPLE_COUNT}, R_INVALID, "needs_one_other"},
        {CONVERSATION_DIRECT, ALICE, {BOB, CAROL, PEOPLE_COUNT}, R_INVALID, "needs_one_other"},
        {CONVERSATION_DIRECT, ALICE, {ROBOT, PEOPLE_COUNT}, R_INVALID, "not_a_person"},
        {CONVERSATION_DIRECT, ROBOT, {ALICE, PEOPLE_COUNT}, R_INVALID, "not_a_person"},
        {CONVERSATION_AGENT_DIRECT, ALICE, {ROBOT, PEOPLE_COUNT}, R_OK, NULL},
        {CONVERSATION_AGENT_DIRECT, ROBOT, {BOB, PEOPLE_COUNT}, R_OK, NULL},
        {CONVERSATION_AGENT_DIRECT, ALICE, {BOB, PEOPLE_COUNT}, R_INVALID, "needs_one_agent"},
        {CONVERSATION_AGENT_DIRECT,
         ROBOT,
         {OTHER_ROBOT, PEOPLE_COUNT},
         R_INVALID,
         "needs_one_agent"},
        {CONVERSATION_GROUP, ALICE, {PEOPLE_COUNT}, R_OK, NULL},
        {CONVERSATION_GROUP, ALICE, {BOB, ROBOT, PEOPLE_COUNT}, R_OK, NULL},
        {CONVERSATION_AGENT_GROUP, ALICE, {ROBOT, PEOPLE_COUNT}, R_OK, NULL},
        {CONVERSATION_GROUP, ALICE, {GONE, PEOPLE_COUNT}, R_NOT_FOUND, "user_not_found"},
        {CONVERSATION_GROUP, ALICE, {BOB, STRANGER, PEOPLE_COUNT}, R_NOT_FOUND, "user_not_found"},
        {CONVERSATION_DIRECT, ALICE, {STRANGER, PEOPLE_COUNT}, R_NOT_FOUND, "user_not_found"},
    };
    struct testing_world *w = *state;
    struct conversation_create cmd;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(try_create(w, &cmd, cases[i].type, cases[i].who, cases[i].others),
                         cases[i].result);
        if (cases[i].code == NULL) continue;
        assert_string_equal(cmd.job.problem.code, cases[i].code);
        assert_string_equal(cmd.job.problem.field, "participant_ids");
        assert_null(w->commit);
    }
}

static void everybody_joins_before_they_are_told(void **state)
{
    struct testing_world *w = *state;
    struct uuid ids[] = {w->people[BOB], w->people[CAROL]};
    struct conversation_create cmd = {.caller = testing_caller(w, ALICE),
                                      .type = CONVERSATION_GROUP,
                                      .name = STR("  the \"team\" "),
                                      .participant_ids = {ids, 2}};
    struct problem problem;
    const struct effect *e;

    assert_int_equal(conversation_create_init(&cmd, &problem), R_OK);
    assert_int_equal(testing_write_job(w, &cmd.job), R_OK);
    assert_true(cmd.is_new);
    e = testing_effect(w, 0);
    assert_int_equal(e->kind, EFFECT_JOIN);
    assert_int_equal(e->user_ids_count, 3);
    assert_true(uuid_equals(&e->id, &cmd.conversation.conversation_id));
    for (size_t i = 0; i < 3; i++) {
        e = testing_effect(w, 1 + i);
        testing_expect_event(e, CHANNEL_USER, &w->people[ALICE + i], "conversation.created");
        assert_true(uuid_equals(&e->conversation_id, &cmd.conversation.conversation_id));
        assert_true(testing_payload_has(e, "\"group_name\":\"the \\\"team\\\"\""));
        assert_false(testing_payload_has(e, "contact"));
    }
    assert_null(testing_effect(w, 4));
}

static void each_of_two_is_told_about_the_other(void **state)
{
    struct testing_world *w = *state;

    (void)testing_converse(w, CONVERSATION_DIRECT, ALICE, OTHERS(BOB));
    testing_expect_event(testing_effect(w, 1), CHANNEL_USER, &w->people[ALICE],
                         "conversation.created");
    assert_true(testing_payload_has(testing_effect(w, 1), "\"contact_name\":\"Bob\""));
    testing_expect_event(testing_effect(w, 2), CHANNEL_USER, &w->people[BOB],
                         "conversation.created");
    assert_true(testing_payload_has(testing_effect(w, 2), "\"contact_name\":\"Alice\""));
    assert_false(testing_payload_has(testing_effect(w, 2), "group_name"));
}

static void a_second_direct_conversation_is_the_first(void **state)
{
    struct testing_world *w = *state;
    struct conversation first = testing_converse(w, CONVERSATION_DIRECT, ALICE, OTHERS(BOB));
    struct conversation_create cmd;

    assert_int_equal(try_create(w, &cmd, CONVERSATION_DIRECT, BOB, OTHERS(ALICE)), R_OK);
    assert_false(cmd.is_new);
    assert_null(w->commit);
    assert_true(uuid_equals(&cmd.conversation.conversation_id, &first.conversation_id));
    assert_true(uuid_equals(&cmd.conversation.created_by, &w->people[ALICE]));

    assert_int_equal(try_create(w, &cmd, CONVERSATION_DIRECT, BOB, OTHERS(CAROL)), R_OK);
    assert_true(cmd.is_new);
}

static enum result try_name(struct testing_world *w, struct str name, struct problem *problem)
{
    struct conversation_create cmd = {
        .caller = testing_caller(w, ALICE), .type = CONVERSATION_GROUP, .name = name};

    return conversation_create_init(&cmd, problem);
}

static void a_name_is_one_line_of_bounded_length(void **state)
{
    char text[CONVERSATION_NAME_BYTES_MAX + 1];
    struct problem problem;

    memset(text, 'n', sizeof text);
    assert_int_equal(try_name(*state, str_of(text, sizeof text - 1), &problem), R_OK);
    assert_int_equal(try_name(*state, str_of(text, sizeof text), &problem), R_INVALID);
    assert_string_equal(problem.field, "name");
    assert_int_equal(try_name(*state, STR("a\nb"), &problem), R_INVALID);
    assert_int_equal(try_name(*state, STR("   "), &problem), R_INVALID);
    assert_int_equal(try_name(*state, STR(""), &problem), R_OK);
}

/* ---- the list ---- */

static struct conversation_browse browse(struct testing_world *w, enum testing_person who,
                                         const struct conversation_browse *after)
{
    struct conversation_browse cmd = {
        .caller = testing_caller(w, who), .limit = LIST_ROWS_MAX, .before_ms = INT64_MAX};

    if (after != NULL) {
        const struct conversation *last =
            &after->list.conversations[after->list.count - 1].conversation;

        cmd.before_ms = last->last_activity_ms;
        cmd.before_id = last->conversation_id;
        cmd.limit = after->limit;
    }
    conversation_browse_init(&cmd);
    assert_int_equal(testing_read_job(w, &cmd.job), R_OK);
    return cmd;
}

static void the_list_shows_each_one_their_own_side(void **state)
{
    struct testing_world *w = *state;
    struct conversation direct = testing_converse(w, CONVERSATION_DIRECT, ALICE, OTHERS(BOB));
    struct conversation_browse cmd;
    const struct conversation_summary *s;

    (void)testing_say(w, &direct.conversation_id, ALICE, STR("one"));
    (void)testing_say(w, &direct.conversation_id, ALICE, STR("two"));
    (void)testing_note(w, &direct.conversation_id, ALICE, STR("hidden"));

    cmd = browse(w, BOB, NULL);
    assert_int_equal(cmd.list.count, 1);
    assert_false(cmd.has_more);
    s = &cmd.list.conversations[0];
    assert_true(str_equals(s->contact.display_name, STR("Alice")));
    assert_true(str_equals(s->last_message_preview, STR("two")));
    assert_int_equal(s->unread_count, 2);
    assert_int_equal(s->conversation.seq_counter, 3);

    cmd = browse(w, ALICE, NULL);
    s = &cmd.list.conversations[0];
    assert_true(uuid_equals(&s->contact.user_id, &w->people[BOB]));
    assert_true(str_equals(s->last_message_preview, STR("hidden")));
    assert_int_equal(s->unread_count, 0);

    assert_int_equal(browse(w, CAROL, NULL).list.count, 0);
    assert_int_equal(browse(w, STRANGER, NULL).list.count, 0);
}

static void a_preview_is_cut_between_characters(void **state)
{
    struct testing_world *w = *state;
    struct conversation group = testing_converse(w, CONVERSATION_GROUP, ALICE, OTHERS(BOB));
    char text[3 * (MESSAGE_PREVIEW_CHARS_MAX + 1)];
    struct str preview;

    for (size_t i = 0; i < sizeof text; i += 3) memcpy(text + i, "\xE2\x82\xAC", 3);
    (void)testing_say(w, &group.conversation_id, ALICE, str_of(text, sizeof text - 3));
    preview = browse(w, BOB, NULL).list.conversations[0].last_message_preview;
    assert_int_equal(preview.len, 3 * MESSAGE_PREVIEW_CHARS_MAX);
    (void)testing_say(w, &group.conversation_id, ALICE, str_of(text, sizeof text));
    preview = browse(w, BOB, NULL).list.conversations[0].last_message_preview;
    assert_int_equal(preview.len, 3 * MESSAGE_PREVIEW_CHARS_MAX);
    assert_true(str_is_utf8(preview));
}

static void pages_of_the_list_meet_without_gap_or_overlap(void **state)
{
    struct testing_world *w = *state;
    struct conversation_browse page = {0};
    struct uuid made[5];

    for (size_t i = 0; i < 5; i++)
        made[i] = testing_converse(w, CONVERSATION_GROUP, ALICE, OTHERS(BOB)).conversation_id;
    /* The newest first; those of the same millisecond by their ids, which rise too. */
    page = (struct conversation_browse){
        .caller = testing_caller(w, BOB), .limit = 2, .before_ms = INT64_MAX};
    conversation_browse_init(&page);
    assert_int_equal(testing_read_job(w, &page.job), R_OK);
    for (size_t i = 5; i > 0;) {
        for (size_t row = 0; row < page.list.count; row++)
            assert_true(uuid_equals(&page.list.conversations[row].conversation.conversation_id,
                                    &made[--i]));
        assert_int_equal(page.has_more, i > 0);
        if (i > 0) page = browse(w, BOB, &page);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(who_may_be_in_it_depends_on_the_type),
        WORLD_TEST(everybody_joins_before_they_are_told),
        WORLD_TEST(each_of_two_is_told_about_the_other),
        WORLD_TEST(a_second_direct_conversation_is_the_first),
        WORLD_TEST(a_name_is_one_line_of_bounded_length),
        WORLD_TEST(the_list_shows_each_one_their_own_side),
        WORLD_TEST(a_preview_is_cut_between_characters),
        WORLD_TEST(pages_of_the_list_meet_without_gap_or_overlap),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
