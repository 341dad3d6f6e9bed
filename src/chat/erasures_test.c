// SPDX-License-Identifier: Apache-2.0
/* erasures_test.c — what is left of somebody who was forgotten, and what others hear of it. */
#include "chat/erasures.h"

#include "chat/chat_testing.h"
#include "chat/edits.h"
#include "chat/history.h"
#include "chat/participants.h"
#include "chat/reactions.h"
#include "limits.h"

struct begin {
    struct job job;
    struct erasure erasure;
};

static enum result run_begin(struct job *job, struct tx *tx)
{
    return erasure_begin(tx, &((struct begin *)job)->erasure);
}

static enum result begin(struct testing_world *w, enum testing_person who, bool keeps_messages)
{
    struct begin cmd = {
        .job = {.run = run_begin},
        .erasure = {.user_id = w->people[who],
                    .tenant_id = w->tenant_id,
                    .keeps_messages = keeps_messages},
    };

    return testing_write_job(w, &cmd.job);
}

static bool step(struct testing_world *w)
{
    struct erasure_step cmd = {0};

    erasure_step_init(&cmd);
    assert_int_equal(testing_write_job(w, &cmd.job), R_OK);
    return !cmd.is_done;
}

static struct message_list page(struct testing_world *w, const struct conversation *c)
{
    struct history_page cmd = {.caller = testing_caller(w, ALICE),
                               .conversation_id = c->conversation_id,
                               .from_seq = 1,
                               .to_seq = INT64_MAX,
                               .limit = MESSAGE_PAGE_MAX};

    history_page_init(&cmd);
    assert_int_equal(testing_read_job(w, &cmd.job), R_OK);
    return cmd.list;
}

static void react(struct testing_world *w, enum testing_person who, const struct message *m)
{
    struct reaction_toggle cmd = {.caller = testing_caller(w, who),
                                  .message_id = m->message_id,
                                  .conversation_id = m->conversation_id,
                                  .emoji = STR("+")};
    struct problem problem;

    assert_int_equal(reaction_toggle_init(&cmd, &problem), R_OK);
    assert_int_equal(testing_write_job(w, &cmd.job), R_OK);
}

static size_t count_participants(struct testing_world *w, const struct conversation *c)
{
    struct participant_browse cmd = {
        .caller = testing_caller(w, ALICE), .conversation_id = c->conversation_id, .limit = 9};

    participant_browse_init(&cmd);
    assert_int_equal(testing_read_job(w, &cmd.job), R_OK);
    return cmd.list.count;
}

static void what_they_wrote_becomes_tombstones(void **state)
{
    struct testing_world *w = *state;
    struct conversation group = testing_converse(w, CONVERSATION_GROUP, BOB, OTHERS(ALICE, CAROL));
    struct conversation direct = testing_converse(w, CONVERSATION_DIRECT, ALICE, OTHERS(BOB));
    struct message hers = testing_say(w, &group.conversation_id, ALICE, STR("hers"));
    struct message_list list;

    (void)testing_say(w, &group.conversation_id, BOB, STR("his"));
    (void)testing_say(w, &direct.conversation_id, BOB, STR("his"));
    react(w, BOB, &hers);
    react(w, CAROL, &hers);
    assert_int_equal(begin(w, BOB, false), R_OK);

    assert_true(step(w)); /* the group is the older one */
    testing_expect_event(testing_effect(w, 0), CHANNEL_CONVERSATION, &group.conversation_id,
                         "reaction.updated");
    testing_expect_event(testing_effect(w, 1), CHANNEL_CONVERSATION, &group.conversation_id,
                         "message.deleted");
    testing_expect_event(testing_effect(w, 2), CHANNEL_USER, &w->people[BOB],
                         "participant.removed"); /* for the log */
    testing_expect_event(testing_effect(w, 3), CHANNEL_CONVERSATION, &group.conversation_id,
                         "participant.removed");
    assert_true(testing_payload_has(testing_effect(w, 3), "new_owner_id"));
    assert_int_equal(testing_effect(w, 4)->kind, EFFECT_LEAVE);
    while (step(w)) continue;

    list = page(w, &group);
    assert_int_equal(list.count, 2);
    assert_int_equal(list.messages[0].reactions_count, 1);
    assert_int_not_equal(list.messages[1].deleted_at_ms, 0);
    assert_int_equal(count_participants(w, &group), 2);
    list = page(w, &direct);
    assert_int_not_equal(list.messages[0].deleted_at_ms, 0);
    assert_int_equal(count_participants(w, &direct), 2); /* one of them is nobody now */
    assert_false(step(w));
}

static void their_words_can_be_kept(void **state)
{
    struct testing_world *w = *state;
    struct conversation group = testing_converse(w, CONVERSATION_GROUP, ALICE, OTHERS(BOB));
    struct message_list list;

    (void)testing_say(w, &group.conversation_id, BOB, STR("his"));
    assert_int_equal(begin(w, BOB, true), R_OK);
    while (step(w)) continue;
    list = page(w, &group);
    assert_int_equal(list.messages[0].deleted_at_ms, 0);
    assert_int_equal(count_participants(w, &group), 1);
    assert_int_equal(begin(w, STRANGER, true), R_NOT_FOUND); /* of another tenant */
}

/* ---- bounds ---- */

struct flood {
    struct job job;
    struct conversation *conversation;
    struct uuid sender_id;
    size_t messages_count;
    size_t events_count;
};

static enum result write_many(struct job *job, struct tx *tx)
{
    struct flood *f = (struct flood *)job;
    enum result result = R_OK;

    for (size_t i = 0; i < f->messages_count && result == R_OK; i++) {
        struct message m = {.message_id = uuid_new(),
                            .conversation_id = f->conversation->conversation_id,
                            .tenant_id = f->conversation->tenant_id,
                            .sender_id = f->sender_id,
                            .content_text = STR("x")};

        result = conversations_next_seq(tx, &m.tenant_id, &m.conversation_id, &m.seq_num);
        if (result == R_OK) result = messages_insert(tx, &m);
    }
    for (size_t i = 0; i < f->events_count && result == R_OK; i++)
        result = tx_emit(tx, &(struct tx_event){.channel = CHANNEL_USER,
                                                .channel_id = f->sender_id,
                                                .tenant_id = f->conversation->tenant_id,
                                                .type = STR("filling"),
                                                .payload = STR("{}")});
    return result;
}

static size_t steps_for(struct testing_world *w, size_t messages_count, size_t events_count)
{
    struct conversation group = testing_converse(w, CONVERSATION_GROUP, ALICE, OTHERS(BOB));
    struct flood flood = {.job = {.run = write_many},
                          .conversation = &group,
                          .sender_id = w->people[ALICE],
                          .messages_count = messages_count,
                          .events_count = events_count};
    size_t count = 0;

    assert_int_equal(testing_write_job(w, &flood.job), R_OK);
    assert_int_equal(begin(w, CAROL, false), R_OK);
    while (step(w)) count++;
    return count;
}

static void a_step_looks_through_a_few_messages(void **state)
{
    assert_int_equal(steps_for(*state, ERASURE_MESSAGES_MAX, 0), 2); /* and the events */
}

static void one_more_takes_another_step(void **state)
{
    assert_int_equal(steps_for(*state, ERASURE_MESSAGES_MAX + 1, 0), 3);
}

/* Making a group of two is two events already. */
static void a_step_looks_through_a_few_events(void **state)
{
    assert_int_equal(steps_for(*state, 0, ERASURE_EVENTS_MAX - 2), 2);
}

static void one_more_event_takes_another_step(void **state)
{
    assert_int_equal(steps_for(*state, 0, ERASURE_EVENTS_MAX - 1), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(what_they_wrote_becomes_tombstones),
        WORLD_TEST(their_words_can_be_kept),
        WORLD_TEST(a_step_looks_through_a_few_messages),
        WORLD_TEST(one_more_takes_another_step),
        WORLD_TEST(a_step_looks_through_a_few_events),
        WORLD_TEST(one_more_event_takes_another_step),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
