// SPDX-License-Identifier: Apache-2.0
/* renames_test.c — who renames what, and what a name may be. */
#include "chat/renames.h"

#include "chat/chat_testing.h"

static enum result change(struct testing_world *w, enum testing_person who,
                          const struct conversation *c, struct str name, struct str description)
{
    struct conversation_rename cmd = {.caller = testing_caller(w, who),
                                      .conversation_id = c->conversation_id,
                                      .name = name,
                                      .description = description};
    struct problem problem;
    enum result result = conversation_rename_init(&cmd, &problem);

    return result == R_OK ? testing_write_job(w, &cmd.job) : result;
}

static void all_participants_hear_both_texts(void **state)
{
    struct testing_world *w = *state;
    struct conversation c = testing_converse(w, CONVERSATION_GROUP, ALICE, OTHERS(BOB));

    assert_int_equal(change(w, ALICE, &c, STR(" Team "), STR_NONE), R_OK);
    testing_expect_event(testing_effect(w, 0), CHANNEL_CONVERSATION, &c.conversation_id,
                         "conversation.updated");
    assert_true(testing_payload_has(testing_effect(w, 0), ",\"name\":\"Team\"}"));
    assert_int_equal(change(w, ALICE, &c, STR_NONE, STR("Two\nlines")), R_OK);
    assert_true(testing_payload_has(testing_effect(w, 0),
                                    "\"name\":\"Team\",\"description\":\"Two\\nlines\""));
    assert_int_equal(change(w, ALICE, &c, STR("Team"), STR_NONE), R_OK);
    assert_null(w->commit);
    assert_int_equal(change(w, ALICE, &c, STR(""), STR("")), R_OK);
    assert_false(testing_payload_has(testing_effect(w, 0), "name"));
    assert_int_equal(change(w, ALICE, &c, STR_NONE, STR_NONE), R_OK);
    assert_null(w->commit);
}

static void it_takes_a_role_and_a_group(void **state)
{
    struct testing_world *w = *state;
    struct conversation group = testing_converse(w, CONVERSATION_GROUP, ALICE, OTHERS(BOB));
    struct conversation pair = testing_converse(w, CONVERSATION_DIRECT, ALICE, OTHERS(BOB));

    assert_int_equal(change(w, BOB, &group, STR("x"), STR_NONE), R_FORBIDDEN);
    assert_int_equal(change(w, CAROL, &group, STR("x"), STR_NONE), R_NOT_FOUND);
    assert_int_equal(change(w, ALICE, &pair, STR("x"), STR_NONE), R_CONFLICT);
}

static void texts_have_bounds(void **state)
{
    static char text[CONVERSATION_TEXT_BYTES_MAX + 1];
    struct testing_world *w = *state;
    struct conversation c = testing_converse(w, CONVERSATION_GROUP, ALICE, OTHERS(BOB));

    memset(text, 't', sizeof text);
    assert_int_equal(change(w, ALICE, &c, str_of(text, CONVERSATION_NAME_BYTES_MAX),
                            str_of(text, CONVERSATION_TEXT_BYTES_MAX)),
                     R_OK);
    assert_int_equal(change(w, ALICE, &c, str_of(text, CONVERSATION_NAME_BYTES_MAX + 1), STR_NONE),
                     R_INVALID);
    assert_int_equal(change(w, ALICE, &c, STR_NONE, str_of(text, CONVERSATION_TEXT_BYTES_MAX + 1)),
                     R_INVALID);
    assert_int_equal(change(w, ALICE, &c, STR(" "), STR_NONE), R_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(all_participants_hear_both_texts),
        WORLD_TEST(it_takes_a_role_and_a_group),
        WORLD_TEST(texts_have_bounds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
