// SPDX-License-Identifier: Apache-2.0
/* reactions_test.c — a toggle goes both ways; what is an emoji; how many there may be. */
#include "chat/reactions.h"

#include "chat/chat_testing.h"

static enum result toggle(struct testing_world *w, enum testing_person who, const struct message *m,
                          struct str emoji, bool *is_added)
{
    struct reaction_toggle cmd = {.caller = testing_caller(w, who),
                                  .message_id = m->message_id,
                                  .conversation_id = m->conversation_id,
                                  .emoji = emoji};
    struct problem problem;
    enum result result = reaction_toggle_init(&cmd, &problem);

    if (result == R_OK) result = testing_write_job(w, &cmd.job);
    if (result == R_OK) *is_added = cmd.is_added;
    return result;
}

static void it_goes_both_ways(void **state)
{
    struct testing_world *w = *state;
    struct conversation c = testing_converse(w, CONVERSATION_GROUP, ALICE, OTHERS(BOB));
    struct message m = testing_say(w, &c.conversation_id, BOB, STR("hi"));
    bool is_added = false;

    assert_int_equal(toggle(w, ALICE, &m, STR("\xF0\x9F\x91\x8D"), &is_added), R_OK);
    assert_true(is_added);
    testing_expect_event(testing_effect(w, 0), CHANNEL_CONVERSATION, &c.conversation_id,
                         "reaction.updated");
    assert_true(testing_payload_has(testing_effect(w, 0), "\"action\":\"added\""));
    assert_null(testing_effect(w, 1));
    assert_int_equal(toggle(w, BOB, &m, STR("\xF0\x9F\x91\x8D"), &is_added), R_OK);
    assert_true(is_added);
    assert_int_equal(toggle(w, ALICE, &m, STR("\xF0\x9F\x91\x8D"), &is_added), R_OK);
    assert_false(is_added);
    assert_true(testing_payload_has(testing_effect(w, 0), "\"action\":\"removed\""));
}

static void an_emoji_is_short_and_visible(void **state)
{
    static char text[REACTION_BYTES_MAX + 1];
    struct testing_world *w = *state;
    struct conversation c = testing_converse(w, CONVERSATION_GROUP, ALICE, OTHERS(BOB));
    struct message m = testing_say(w, &c.conversation_id, BOB, STR("hi"));
    bool is_added;

    memset(text, 'x', sizeof text);
    assert_int_equal(toggle(w, ALICE, &m, str_of(text, REACTION_BYTES_MAX), &is_added), R_OK);
    assert_int_equal(toggle(w, ALICE, &m, str_of(text, REACTION_BYTES_MAX + 1), &is_added),
                     R_INVALID);
    assert_int_equal(toggle(w, ALICE, &m, STR(""), &is_added), R_INVALID);
    assert_int_equal(toggle(w, ALICE, &m, STR(" "), &is_added), R_INVALID);
    assert_int_equal(toggle(w, ALICE, &m, STR("a\nb"), &is_added), R_INVALID);
    assert_int_equal(toggle(w, ALICE, &m, STR("\xE2\x9D\xA4\xEF\xB8\x8F"), &is_added), R_OK);
}

static void kinds_have_a_bound(void **state)
{
    struct testing_world *w = *state;
    struct conversation c = testing_converse(w, CONVERSATION_GROUP, ALICE, OTHERS(BOB));
    struct message m = testing_say(w, &c.conversation_id, BOB, STR("hi"));
    char letter[] = "a";
    bool is_added;

    for (size_t i = 0; i < REACTION_KINDS_MAX; i++, letter[0]++)
        assert_int_equal(toggle(w, ALICE, &m, str_of(letter, 1), &is_added), R_OK);
    assert_int_equal(toggle(w, BOB, &m, str_of(letter, 1), &is_added), R_CONFLICT);
    assert_int_equal(toggle(w, BOB, &m, STR("a"), &is_added), R_OK);
}

static void only_what_one_sees_is_answered(void **state)
{
    struct testing_world *w = *state;
    struct conversation c = testing_converse(w, CONVERSATION_GROUP, ALICE, OTHERS(BOB));
    struct message m = testing_say(w, &c.conversation_id, BOB, STR("hi"));
    struct message note = testing_note(w, &c.conversation_id, ALICE, STR("psst"));
    struct message elsewhere = m;
    bool is_added;

    elsewhere.conversation_id = uuid_new();
    assert_int_equal(toggle(w, CAROL, &m, STR("a"), &is_added), R_NOT_FOUND);
    assert_int_equal(toggle(w, BOB, &note, STR("a"), &is_added), R_NOT_FOUND);
    assert_int_equal(toggle(w, ALICE, &elsewhere, STR("a"), &is_added), R_NOT_FOUND);
    assert_int_equal(toggle(w, ALICE, &note, STR("a"), &is_added), R_OK);
    assert_int_equal(testing_effect(w, 0)->audience.kind, AUDIENCE_ONLY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(it_goes_both_ways),
        WORLD_TEST(an_emoji_is_short_and_visible),
        WORLD_TEST(kinds_have_a_bound),
        WORLD_TEST(only_what_one_sees_is_answered),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
