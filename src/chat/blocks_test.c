// SPDX-License-Identifier: Apache-2.0
/* blocks_test.c — blocking, what it hides from the blocker, and that it ends. */
#include "chat/blocks.h"

#include "chat/chat_testing.h"
#include "chat/history.h"
#include "chat/reads.h"

static enum result change(struct testing_world *w, enum testing_person who, struct uuid user_id,
                          void (*init)(struct block_change *cmd))
{
    struct block_change cmd = {.caller = testing_caller(w, who), .user_id = user_id};

    init(&cmd);
    return testing_write_job(w, &cmd.job);
}

static size_t blocks_of(struct testing_world *w, enum testing_person who)
{
    struct block_browse cmd = {.caller = testing_caller(w, who)};

    block_browse_init(&cmd);
    assert_int_equal(testing_read_job(w, &cmd.job), R_OK);
    return cmd.list.count;
}

static void only_the_blocker_hears_of_it(void **state)
{
    struct testing_world *w = *state;

    assert_int_equal(change(w, ALICE, w->people[BOB], block_user_init), R_OK);
    testing_expect_event(testing_effect(w, 0), CHANNEL_USER, &w->people[ALICE], "user.blocked");
    assert_true(uuid_is_nil(&testing_effect(w, 0)->conversation_id));
    assert_null(testing_effect(w, 1));
    assert_int_equal(change(w, ALICE, w->people[BOB], block_user_init), R_OK);
    assert_null(w->commit);
    assert_int_equal(blocks_of(w, ALICE), 1);
    assert_int_equal(blocks_of(w, BOB), 0);

    assert_int_equal(change(w, ALICE, w->people[BOB], block_lift_init), R_OK);
    testing_expect_event(testing_effect(w, 0), CHANNEL_USER, &w->people[ALICE], "user.unblocked");
    assert_int_equal(change(w, ALICE, w->people[BOB], block_lift_init), R_OK);
    assert_null(w->commit);
    assert_int_equal(blocks_of(w, ALICE), 0);
}

static void not_everybody_can_be_blocked(void **state)
{
    struct testing_world *w = *state;

    assert_int_equal(change(w, ALICE, w->people[ALICE], block_user_init), R_INVALID);
    assert_int_equal(change(w, ALICE, w->people[ALICE], block_lift_init), R_OK);
    assert_int_equal(change(w, ALICE, w->people[STRANGER], block_user_init), R_NOT_FOUND);
    assert_int_equal(change(w, ALICE, uuid_new(), block_user_init), R_NOT_FOUND);
    assert_int_equal(change(w, ALICE, w->people[ROBOT], block_user_init), R_OK);
}

static enum result fill(struct job *job, struct tx *tx)
{
    struct testing_world *w = job->owner;
    enum result result = R_OK;

    for (size_t i = 0; i < BLOCKS_MAX - 1 && result == R_OK; i++) {
        struct user user = {
            .user_id = uuid_new(), .tenant_id = w->tenant_id, .display_name = STR("Nuisance")};

        result = users_insert(tx, &user);
        if (result == R_OK)
            result = blocks_insert(tx, &(struct block){.tenant_id = w->tenant_id,
                                                       .blocker_id = w->people[ALICE],
                                                       .blocked_id = user.user_id});
    }
    return result;
}

static void blocks_have_a_bound(void **state)
{
    struct testing_world *w = *state;
    struct job job = {.run = fill, .owner = w};

    assert_int_equal(testing_write_job(w, &job), R_OK);
    assert_int_equal(change(w, ALICE, w->people[BOB], block_user_init), R_OK);
    assert_int_equal(change(w, ALICE, w->people[CAROL], block_user_init), R_CONFLICT);
    assert_int_equal(blocks_of(w, ALICE), BLOCKS_MAX);
}

/* ---- what it hides ---- */

static size_t messages_seen(struct testing_world *w, enum testing_person who,
                            const struct conversation *c)
{
    struct history_page page = {.caller = testing_caller(w, who),
                                .conversation_id = c->conversation_id,
                                .to_seq = INT64_MAX,
                                .limit = 50};
    struct sync_position position = {.conversation_id = c->conversation_id};
    struct history_sync sync = {
        .caller = testing_caller(w, who), .positions = &position, .positions_count = 1};

    history_page_init(&page);
    assert_int_equal(testing_read_job(w, &page.job), R_OK);
    history_sync_init(&sync);
    assert_int_equal(testing_read_job(w, &sync.job), R_OK);
    assert_int_equal(sync.batches[0].list.count, page.list.count);
    return page.list.count;
}

static struct conversation_summary summary(struct testing_world *w, enum testing_person who)
{
    struct conversation_browse cmd = {
        .caller = testing_caller(w, who), .limit = 10, .before_ms = INT64_MAX};

    conversation_browse_init(&cmd);
    assert_int_equal(testing_read_job(w, &cmd.job), R_OK);
    assert_int_equal(cmd.list.count, 1);
    return cmd.list.conversations[0];
}

static uint64_t unread_total(struct testing_world *w, enum testing_person who)
{
    struct read_unread cmd = {.caller = testing_caller(w, who)};

    read_unread_init(&cmd);
    assert_int_equal(testing_read_job(w, &cmd.job), R_OK);
    return cmd.total_count;
}

static void what_is_read_hides_it_too(void **state)
{
    struct testing_world *w = *state;
    struct conversation c = testing_converse(w, CONVERSATION_GROUP, ALICE, OTHERS(BOB, CAROL));

    (void)testing_say(w, &c.conversation_id, CAROL, STR("from Carol"));
    (void)testing_say(w, &c.conversation_id, BOB, STR("from Bob"));
    assert_int_equal(change(w, ALICE, w->people[BOB], block_user_init), R_OK);
    assert_int_equal(messages_seen(w, ALICE, &c), 1);
    assert_int_equal(messages_seen(w, BOB, &c), 2);
    assert_int_equal(messages_seen(w, CAROL, &c), 2);
    assert_int_equal(unread_total(w, ALICE), 1);
    assert_int_equal(summary(w, ALICE).unread_count, 1);
    assert_true(str_equals(summary(w, ALICE).last_message_preview, STR("from Carol")));
    assert_int_equal(unread_total(w, CAROL), 1);

    assert_int_equal(change(w, ALICE, w->people[BOB], block_lift_init), R_OK);
    assert_int_equal(messages_seen(w, ALICE, &c), 2);
    assert_int_equal(unread_total(w, ALICE), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(only_the_blocker_hears_of_it),
        WORLD_TEST(not_everybody_can_be_blocked),
        WORLD_TEST(blocks_have_a_bound),
        WORLD_TEST(what_is_read_hides_it_too),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
