// SPDX-License-Identifier: Apache-2.0
/* reactions_test.c — reactions by message and kind, who is named and who only counted. */
#include "store/reactions.h"

#include "store/store_testing.h"

struct fixture {
    struct testing_dir dir;
    struct arena arena;
    struct tx tx;
    struct uuid viewer_id;
    struct message messages[3];
};

static int set_up(void **state)
{
    static struct fixture f;
    struct uuid tenant_id = uuid_new();
    struct uuid conversation_id = uuid_new();

    f = (struct fixture){.viewer_id = uuid_new()};
    for (size_t i = 0; i < 3; i++)
        f.messages[i] = (struct message){
            .conversation_id = conversation_id, .tenant_id = tenant_id, .seq_num = i + 1};
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

static struct reaction of(struct fixture *f, size_t message, struct uuid user_id, struct str emoji)
{
    return (struct reaction){.message = &f->messages[message], .user_id = user_id, .emoji = emoji};
}

static void react(struct fixture *f, size_t message, struct uuid user_id, struct str emoji)
{
    struct reaction reaction = of(f, message, user_id, emoji);

    f->tx.now_ms++;
    assert_int_equal(reactions_insert(&f->tx, &reaction), R_OK);
}

static void load(struct fixture *f, size_t first, size_t count, size_t *ids_left)
{
    struct message_list list = {.messages = &f->messages[first], .count = count};

    for (size_t i = 0; i < 3; i++) f->messages[i].reactions_count = 0;
    for (size_t i = 0; i < 3; i++) f->messages[i].reactions = NULL;
    assert_int_equal(reactions_load(&f->tx, &f->viewer_id, &list, ids_left, &f->arena), R_OK);
}

static void a_reaction_is_there_once(void **state)
{
    struct fixture *f = *state;
    struct reaction reaction = of(f, 0, f->viewer_id, STR("a"));
    size_t count;

    assert_int_equal(reactions_delete(&f->tx, &reaction), R_NOT_FOUND);
    assert_int_equal(reactions_insert(&f->tx, &reaction), R_OK);
    assert_int_equal(reactions_insert(&f->tx, &reaction), R_CONFLICT);
    assert_int_equal(reactions_count_others(&f->tx, &reaction, &count), R_OK);
    assert_int_equal(count, 0);
    react(f, 0, uuid_new(), STR("b"));
    react(f, 0, uuid_new(), STR("b"));
    assert_int_equal(reactions_count_others(&f->tx, &reaction, &count), R_OK);
    assert_int_equal(count, 1);
    assert_int_equal(reactions_delete(&f->tx, &reaction), R_OK);
    assert_int_equal(reactions_delete_all(&f->tx, &f->messages[0]), R_OK);
    assert_int_equal(reactions_count_others(&f->tx, &reaction, &count), R_OK);
    assert_int_equal(count, 0);
}

static void they_stand_with_their_messages(void **state)
{
    struct fixture *f = *state;
    struct uuid other = uuid_new();
    size_t ids_left = REACTION_IDS_ANSWER_MAX;

    react(f, 0, other, STR("z"));
    react(f, 0, other, STR("a"));
    react(f, 0, f->viewer_id, STR("z"));
    react(f, 2, f->viewer_id, STR("z"));
    load(f, 0, 3, &ids_left);
    assert_int_equal(f->messages[0].reactions_count, 2);
    assert_true(str_equals(f->messages[0].reactions[0].emoji, STR("z")));
    assert_int_equal(f->messages[0].reactions[0].users_count, 2);
    assert_true(uuid_equals(&f->messages[0].reactions[0].user_ids[0], &f->viewer_id));
    assert_true(uuid_equals(&f->messages[0].reactions[0].user_ids[1], &other));
    assert_true(str_equals(f->messages[0].reactions[1].emoji, STR("a")));
    assert_int_equal(f->messages[1].reactions_count, 0);
    assert_int_equal(f->messages[2].reactions_count, 1);
    assert_int_equal(ids_left, REACTION_IDS_ANSWER_MAX - 4);

    load(f, 1, 1, &ids_left);
    assert_int_equal(f->messages[1].reactions_count, 0);
    assert_int_equal(f->messages[0].reactions_count, 0);
}

static void all_are_counted_and_some_are_named(void **state)
{
    struct fixture *f = *state;
    size_t ids_left = REACTION_IDS_ANSWER_MAX;
    const struct reaction_kind *kind;

    for (size_t i = 0; i < REACTION_USER_IDS_MAX; i++) react(f, 0, uuid_new(), STR("a"));
    load(f, 0, 1, &ids_left);
    assert_int_equal(f->messages[0].reactions[0].user_ids_count, REACTION_USER_IDS_MAX);
    react(f, 0, f->viewer_id, STR("a"));
    react(f, 0, f->viewer_id, STR("b"));
    ids_left = REACTION_USER_IDS_MAX;
    load(f, 0, 1, &ids_left);
    assert_int_equal(f->messages[0].reactions_count, 2);
    kind = &f->messages[0].reactions[0];
    assert_int_equal(kind->users_count, REACTION_USER_IDS_MAX + 1);
    assert_int_equal(kind->user_ids_count, REACTION_USER_IDS_MAX);
    assert_true(uuid_equals(&kind->user_ids[0], &f->viewer_id));
    kind = &f->messages[0].reactions[1];
    assert_int_equal(kind->users_count, 1);
    assert_int_equal(kind->user_ids_count, 0);
    assert_int_equal(ids_left, 0);
}

#define STORE_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(a_reaction_is_there_once),
        STORE_TEST(they_stand_with_their_messages),
        STORE_TEST(all_are_counted_and_some_are_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
