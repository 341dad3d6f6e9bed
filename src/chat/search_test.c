// SPDX-License-Identifier: Apache-2.0
/* search_test.c — who finds what, in which order, and how many. */
#include "chat/search.h"

#include "base/clock.h"
#include "chat/blocks.h"
#include "chat/chat_testing.h"
#include "chat/deletions.h"
#include "chat/edits.h"
#include "chat/participants.h"
#include "chat/reactions.h"
#include "chat/views.h"

/* Until the index has everything. */
static void settle(struct testing_world *w)
{
    uint64_t deadline_ms = clock_mono_ms() + 20000;
    struct store_stats stats;

    do {
        assert_true(clock_mono_ms() < deadline_ms);
        store_stats_get(w->store, &stats);
        sched_yield();
    } while (stats.search_lag_ms > 0);
}

static struct message_search search(struct testing_world *w, enum testing_person who, struct str q)
{
    return (struct message_search){
        .caller = testing_caller(w, who), .q = q, .limit = SEARCH_RESULTS_DEFAULT};
}

static enum result run(struct testing_world *w, struct message_search *cmd)
{
    struct problem problem;

    assert_int_equal(message_search_init(cmd, &problem), R_OK);
    return testing_read_job(w, &cmd->job);
}

/* The texts of what is found. */
static const char *texts(struct testing_world *w, struct message_search cmd)
{
    static char out[8192];
    size_t len = 0;

    settle(w);
    out[0] = '\0';
    assert_int_equal(run(w, &cmd), R_OK);
    for (size_t i = 0; i < cmd.results_count; i++) {
        struct str text = cmd.results[i].message.content_text;

        assert_true(cmd.results[i].snippet.len > 0);
        len += (size_t)snprintf(out + len, sizeof out - len, "%s%.*s", i == 0 ? "" : "|",
                                STR_ARGS(text));
    }
    return out;
}

static const char *found(struct testing_world *w, enum testing_person who, struct str q)
{
    return texts(w, search(w, who, q));
}

static void only_participants_find(void **state)
{
    struct testing_world *w = *state;
    struct conversation pair = testing_converse(w, CONVERSATION_DIRECT, ALICE, OTHERS(BOB));
    struct conversation group = testing_converse(w, CONVERSATION_GROUP, BOB, OTHERS(CAROL));

    (void)testing_say(w, &pair.conversation_id, ALICE, STR("hello pair"));
    (void)testing_say(w, &group.conversation_id, CAROL, STR("hello group"));
    (void)testing_say(w, &pair.conversation_id, BOB, STR("Hello again"));
    assert_string_equal(found(w, ALICE, STR("hello")), "Hello again|hello pair");
    assert_string_equal(found(w, BOB, STR("hello")), "Hello again|hello group|hello pair");
    assert_string_equal(found(w, CAROL, STR("hello")), "hello group");
    assert_string_equal(found(w, DAVE, STR("hello")), "");
    assert_string_equal(found(w, STRANGER, STR("hello")), "");
    assert_string_equal(found(w, BOB, STR("!?")), "");
}

static void one_conversation_can_be_named(void **state)
{
    struct testing_world *w = *state;
    struct conversation pair = testing_converse(w, CONVERSATION_DIRECT, ALICE, OTHERS(BOB));
    struct conversation group = testing_converse(w, CONVERSATION_GROUP, BOB, OTHERS(CAROL));
    struct message_search cmd = search(w, BOB, STR("hello"));

    (void)testing_say(w, &pair.conversation_id, ALICE, STR("hello pair"));
    (void)testing_say(w, &group.conversation_id, CAROL, STR("hello group"));
    cmd.conversation_id = pair.conversation_id;
    assert_string_equal(texts(w, cmd), "hello pair");
    cmd.conversation_id = group.conversation_id;
    assert_string_equal(texts(w, cmd), "hello group");
    cmd.caller = testing_caller(w, ALICE);
    assert_int_equal(run(w, &cmd), R_NOT_FOUND);
    assert_string_equal(cmd.job.problem.code, "conversation_not_found");
    cmd.q = STR("!?"); /* also when there is nothing to look for */
    assert_int_equal(run(w, &cmd), R_NOT_FOUND);
}

static void edit(struct testing_world *w, const struct message *m, enum testing_person who,
                 struct str text)
{
    struct message_edit cmd = {
        .caller = testing_caller(w, who), .message_id = m->message_id, .content_text = text};
    struct problem problem;

    assert_int_equal(message_edit_init(&cmd, &problem), R_OK);
    assert_int_equal(testing_write_job(w, &cmd.job), R_OK);
}

static void delete (struct testing_world *w, const struct message *m, enum testing_person who)
{
    struct message_delete cmd = {.caller = testing_caller(w, who), .message_id = m->message_id};

    message_delete_init(&cmd);
    assert_int_equal(testing_write_job(w, &cmd.job), R_OK);
}

/* What it says now is found. What it said is not, also before the index knows. */
static void changes_are_found_as_they_are(void **state)
{
    struct testing_world *w = *state;
    struct conversation pair = testing_converse(w, CONVERSATION_DIRECT, ALICE, OTHERS(BOB));
    struct message edited = testing_say(w, &pair.conversation_id, ALICE, STR("first words"));
    struct message deleted = testing_say(w, &pair.conversation_id, ALICE, STR("first words too"));
    struct message_search cmd = search(w, BOB, STR("first"));

    assert_string_equal(found(w, BOB, STR("first")), "first words too|first words");
    edit(w, &edited, ALICE, STR("second words"));
    delete (w, &deleted, ALICE);
    assert_int_equal(run(w, &cmd), R_OK);
    assert_int_equal(cmd.results_count, 0);
    assert_string_equal(found(w, BOB, STR("first")), "");
    assert_string_equal(found(w, BOB, STR("second")), "second words");
    assert_string_equal(found(w, BOB, STR("words")), "second words");
}

static void block(struct testing_world *w, enum testing_person who, enum testing_person whom,
                  bool is_blocked)
{
    struct block_change cmd = {.caller = testing_caller(w, who), .user_id = w->people[whom]};

    if (is_blocked) block_user_init(&cmd);
    else block_lift_init(&cmd);
    assert_int_equal(testing_write_job(w, &cmd.job), R_OK);
}

static void what_is_hidden_is_not_found(void **state)
{
    struct testing_world *w = *state;
    struct conversation group = testing_converse(w, CONVERSATION_GROUP, ALICE, OTHERS(BOB, CAROL));
    struct view_change hide = {.caller = testing_caller(w, BOB),
                               .conversation_id = group.conversation_id};

    (void)testing_say(w, &group.conversation_id, BOB, STR("hello from bob"));
    (void)testing_note(w, &group.conversation_id, ALICE, STR("hello owners"));
    assert_string_equal(found(w, ALICE, STR("hello")), "hello owners|hello from bob");
    assert_string_equal(found(w, CAROL, STR("hello")), "hello from bob");
    block(w, CAROL, BOB, true);
    assert_string_equal(found(w, CAROL, STR("hello")), "");
    assert_string_equal(found(w, BOB, STR("hello")), "hello from bob");
    block(w, CAROL, BOB, false);
    assert_string_equal(found(w, CAROL, STR("hello")), "hello from bob");

    view_hide_init(&hide);
    assert_int_equal(testing_write_job(w, &hide.job), R_OK);
    assert_string_equal(found(w, BOB, STR("hello")), "");
    (void)testing_say(w, &group.conversation_id, CAROL, STR("hello again"));
    assert_string_equal(found(w, BOB, STR("hello")), "hello again");
    assert_string_equal(found(w, CAROL, STR("hello")), "hello again|hello from bob");
}

static void who_has_left_finds_nothing(void **state)
{
    struct testing_world *w = *state;
    struct conversation group = testing_converse(w, CONVERSATION_GROUP, ALICE, OTHERS(BOB, CAROL));
    struct participant_remove leave = {.caller = testing_caller(w, BOB),
                                       .conversation_id = group.conversation_id,
                                       .user_id = w->people[BOB]};
    struct conversation_delete end = {.caller = testing_caller(w, ALICE),
                                      .conversation_id = group.conversation_id};

    (void)testing_say(w, &group.conversation_id, BOB, STR("hello"));
    assert_string_equal(found(w, BOB, STR("hello")), "hello");
    participant_remove_init(&leave);
    assert_int_equal(testing_write_job(w, &leave.job), R_OK);
    assert_string_equal(found(w, BOB, STR("hello")), "");
    assert_string_equal(found(w, CAROL, STR("hello")), "hello");
    conversation_delete_init(&end);
    assert_int_equal(testing_write_job(w, &end.job), R_OK);
    assert_string_equal(found(w, CAROL, STR("hello")), "");
    assert_string_equal(found(w, ALICE, STR("hello")), "");
}

static void pages_follow_each_other(void **state)
{
    struct testing_world *w = *state;
    struct conversation pair = testing_converse(w, CONVERSATION_DIRECT, ALICE, OTHERS(BOB));
    struct conversation group = testing_converse(w, CONVERSATION_GROUP, ALICE, OTHERS(CAROL));
    struct message_search cmd = search(w, ALICE, STR("x"));

    for (char c = 'a'; c <= 'f'; c++) {
        char text[] = {'x', ' ', c};

        (void)testing_say(w, c % 2 == 0 ? &pair.conversation_id : &group.conversation_id, ALICE,
                          str_of(text, sizeof text));
    }
    settle(w);
    cmd.limit = 6;
    assert_int_equal(run(w, &cmd), R_OK);
    assert_int_equal(cmd.results_count, 6);
    assert_false(cmd.has_more);
    cmd.limit = 4;
    assert_string_equal(texts(w, cmd), "x f|x e|x d|x c");
    assert_int_equal(run(w, &cmd), R_OK);
    assert_true(cmd.has_more);
    cmd.after = cmd.results[3].message.message_id;
    assert_string_equal(texts(w, cmd), "x b|x a");
    assert_int_equal(run(w, &cmd), R_OK);
    assert_false(cmd.has_more);

    /* From a message that was deleted meanwhile; not from one that is not there, or not Bob's. */
    delete (w, &cmd.results[0].message, ALICE);
    cmd.after = cmd.results[0].message.message_id;
    assert_string_equal(texts(w, cmd), "x a");
    cmd.caller = testing_caller(w, BOB);
    cmd.after = cmd.results[1].message.message_id;
    assert_int_equal(run(w, &cmd), R_NOT_FOUND);
    assert_string_equal(cmd.job.problem.code, "message_not_found");
    assert_string_equal(cmd.job.problem.field, "after");

    cmd = search(w, ALICE, STR("x"));
    cmd.conversation_id = pair.conversation_id; /* 1: deleted, 2: d, 3: f */
    cmd.before_seq = 4;
    assert_string_equal(texts(w, cmd), "x f|x d");
    cmd.before_seq = 3;
    assert_string_equal(texts(w, cmd), "x d");
    cmd.before_seq = 1;
    assert_string_equal(texts(w, cmd), "");
}

static void a_place_without_a_conversation_is_refused(void **state)
{
    struct testing_world *w = *state;
    struct message_search cmd = search(w, ALICE, STR("x"));
    struct problem problem;

    cmd.before_seq = 1;
    assert_int_equal(message_search_init(&cmd, &problem), R_INVALID);
    assert_string_equal(problem.code, "conversation_needed");
    assert_string_equal(problem.field, "before_seq");
}

static void an_answer_has_bounds(void **state)
{
    static char text[MESSAGE_TEXT_BYTES_MAX];
    size_t fit = MESSAGES_ANSWER_BYTES_MAX / sizeof text;
    struct testing_world *w = *state;
    struct conversation pair = testing_converse(w, CONVERSATION_DIRECT, ALICE, OTHERS(BOB));
    struct message_search cmd = search(w, ALICE, STR("x"));

    for (size_t i = 0; i < SEARCH_RESULTS_MAX; i++)
        (void)testing_say(w, &pair.conversation_id, ALICE, STR("x"));
    settle(w);
    cmd.limit = SEARCH_RESULTS_MAX;
    assert_int_equal(run(w, &cmd), R_OK);
    assert_int_equal(cmd.results_count, SEARCH_RESULTS_MAX);
    assert_false(cmd.has_more);
    (void)testing_say(w, &pair.conversation_id, ALICE, STR("x"));
    settle(w);
    assert_int_equal(run(w, &cmd), R_OK);
    assert_int_equal(cmd.results_count, SEARCH_RESULTS_MAX);
    assert_true(cmd.has_more);

    memset(text, ' ', sizeof text);
    text[0] = 'y';
    for (size_t i = 0; i < fit; i++)
        (void)testing_say(w, &pair.conversation_id, ALICE, str_of(text, sizeof text));
    settle(w);
    cmd.q = STR("y");
    assert_int_equal(run(w, &cmd), R_OK);
    assert_int_equal(cmd.results_count, fit);
    assert_false(cmd.has_more);
    (void)testing_say(w, &pair.conversation_id, ALICE, str_of(text, sizeof text));
    settle(w);
    assert_int_equal(run(w, &cmd), R_OK);
    assert_int_equal(cmd.results_count, fit);
    assert_true(cmd.has_more);
}

static void a_result_is_the_whole_message(void **state)
{
    struct testing_world *w = *state;
    struct conversation pair = testing_converse(w, CONVERSATION_DIRECT, ALICE, OTHERS(BOB));
    struct message m = testing_say(w, &pair.conversation_id, ALICE, STR("明日<東京>へ"));
    struct reaction_toggle react = {.caller = testing_caller(w, BOB),
                                    .message_id = m.message_id,
                                    .conversation_id = pair.conversation_id,
                                    .emoji = STR("👍")};
    struct message_search cmd = search(w, BOB, STR("東京"));
    struct problem problem;

    assert_int_equal(reaction_toggle_init(&react, &problem), R_OK);
    assert_int_equal(testing_write_job(w, &react.job), R_OK);
    settle(w);
    assert_int_equal(run(w, &cmd), R_OK);
    assert_int_equal(cmd.results_count, 1);
    assert_true(uuid_equals(&cmd.results[0].message.message_id, &m.message_id));
    assert_int_equal(cmd.results[0].message.reactions_count, 1);
    assert_true(str_equals(cmd.results[0].snippet, STR("明日&lt;<mark>東京</mark>&gt;へ")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(only_participants_find),
        WORLD_TEST(one_conversation_can_be_named),
        WORLD_TEST(changes_are_found_as_they_are),
        WORLD_TEST(what_is_hidden_is_not_found),
        WORLD_TEST(who_has_left_finds_nothing),
        WORLD_TEST(pages_follow_each_other),
        WORLD_TEST(a_place_without_a_conversation_is_refused),
        WORLD_TEST(an_answer_has_bounds),
        WORLD_TEST(a_result_is_the_whole_message),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
