// SPDX-License-Identifier: Apache-2.0
/* participants_test.c — who may add and remove whom, who owns what is left, and who hears of it. */
#include "chat/participants.h"

#include "chat/chat_testing.h"

static enum result add(struct testing_world *w, const struct uuid *conversation_id,
                       enum testing_person who, enum testing_person whom,
                       struct participant_add *cmd)
{
    *cmd = (struct participant_add){
        .caller = testing_caller(w, who),
        .conversation_id = *conversation_id,
        .user_ids = {&w->people[whom], 1},
    };
    participant_add_init(cmd);
    return testing_write_job(w, &cmd->job);
}

static enum result drop(struct testing_world *w, const struct uuid *conversation_id,
                        enum testing_person who, enum testing_person whom,
                        struct participant_remove *cmd)
{
    *cmd = (struct participant_remove){
        .caller = testing_caller(w, who),
        .conversation_id = *conversation_id,
        .user_id = w->people[whom],
    };
    participant_remove_init(cmd);
    return testing_write_job(w, &cmd->job);
}

static enum result list(struct testing_world *w, const struct uuid *conversation_id,
                        enum testing_person who, struct participant_browse *cmd)
{
    *cmd = (struct participant_browse){
        .caller = testing_caller(w, who),
        .conversation_id = *conversation_id,
        .limit = LIST_ROWS_MAX,
    };
    participant_browse_init(cmd);
    return testing_read_job(w, &cmd->job);
}

static const struct attendee *attendee_of(struct testing_world *w, const struct uuid *id,
                                          enum testing_person reader, enum testing_person whom)
{
    struct participant_browse cmd;

    assert_int_equal(list(w, id, reader, &cmd), R_OK);
    for (size_t i = 0; i < cmd.list.count; i++)
        if (uuid_equals(&cmd.list.attendees[i].user.user_id, &w->people[whom]))
            // cppcheck-suppress returnDanglingLifetime ; the array is the arena's, not cmd's
            return &cmd.list.attendees[i];
    return NULL;
}

/* There is no rule yet that makes admins, so the row is changed underneath. */
struct promotion {
    struct job job;
    struct participant participant;
};

static enum result promote(struct job *job, struct tx *tx)
{
    return participants_set_role(tx, &((struct promotion *)job)->participant, PARTICIPANT_ADMIN);
}

static void make_admin(struct testing_world *w, const struct uuid *id, enum testing_person whom)
{
    struct promotion p = {.job = {.run = promote},
                          .participant = {.conversation_id = *id,
                                          .user_id = w->people[whom],
                                          .tenant_id = w->tenant_id}};

    assert_int_equal(testing_write_job(w, &p.job), R_OK);
}

static void who_is_added_joins_and_then_everybody_is_told(void **state)
{
    struct testing_world *w = *state;
    struct conversation group = testing_converse(w, CONVERSATION_GROUP, ALICE, OTHERS(BOB));
    const struct uuid *id = &group.conversation_id;
    struct participant_add cmd;
    const struct attendee *carol;

    (void)testing_say(w, id, ALICE, STR("before Carol"));
    assert_int_equal(add(w, id, ALICE, CAROL, &cmd), R_OK);
    assert_int_equal(testing_effect(w, 0)->kind, EFFECT_JOIN);
    assert_int_equal(testing_effect(w, 0)->user_ids_count, 1);
    testing_expect_event(testing_effect(w, 1), CHANNEL_USER, &w->people[CAROL],
                         "conversation.created");
    testing_expect_event(testing_effect(w, 2), CHANNEL_CONVERSATION, id, "participant.added");
    assert_true(testing_payload_has(testing_effect(w, 2), "\"added_by\":"));
    assert_null(testing_effect(w, 3));

    carol = attendee_of(w, id, CAROL, CAROL);
    assert_non_null(carol);
    assert_int_equal(carol->participant.role, PARTICIPANT_MEMBER);
    assert_int_equal(carol->participant.last_read_seq, 1);

    assert_int_equal(add(w, id, ALICE, CAROL, &cmd), R_OK);
    assert_null(w->commit);
    assert_int_equal(add(w, id, ALICE, ROBOT, &cmd), R_OK);
    assert_int_equal(attendee_of(w, id, BOB, ROBOT)->participant.role, PARTICIPANT_AGENT);
}

static void adding_is_refused_by_name(void **state)
{
    struct testing_world *w = *state;
    struct conversation group = testing_converse(w, CONVERSATION_GROUP, ALICE, OTHERS(BOB, ROBOT));
    struct conversation pair = testing_converse(w, CONVERSATION_DIRECT, ALICE, OTHERS(BOB));
    struct participant_add cmd;
    struct uuid unknown = uuid_new();

    assert_int_equal(add(w, &group.conversation_id, BOB, CAROL, &cmd), R_FORBIDDEN);
    assert_int_equal(add(w, &group.conversation_id, ROBOT, CAROL, &cmd), R_FORBIDDEN);
    assert_int_equal(add(w, &group.conversation_id, CAROL, CAROL, &cmd), R_NOT_FOUND);
    assert_string_equal(cmd.job.problem.code, "conversation_not_found");
    assert_int_equal(add(w, &group.conversation_id, STRANGER, STRANGER, &cmd), R_NOT_FOUND);
    assert_int_equal(add(w, &unknown, ALICE, CAROL, &cmd), R_NOT_FOUND);
    assert_int_equal(add(w, &group.conversation_id, ALICE, STRANGER, &cmd), R_NOT_FOUND);
    assert_string_equal(cmd.job.problem.code, "user_not_found");
    assert_int_equal(add(w, &group.conversation_id, ALICE, GONE, &cmd), R_NOT_FOUND);
    assert_int_equal(add(w, &pair.conversation_id, ALICE, CAROL, &cmd), R_CONFLICT);
    assert_string_equal(cmd.job.problem.code, "direct_is_for_two");
}

static void who_goes_is_told_before_they_are_detached(void **state)
{
    struct testing_world *w = *state;
    struct conversation group = testing_converse(w, CONVERSATION_GROUP, ALICE, OTHERS(BOB));
    struct participant_remove cmd;
    struct participant_browse seen;

    assert_int_equal(drop(w, &group.conversation_id, ALICE, BOB, &cmd), R_OK);
    /* The farewell is for a replay, in which they are not in the conversation any more. */
    testing_expect_event(testing_effect(w, 0), CHANNEL_USER, &w->people[BOB],
                         "participant.removed");
    assert_int_equal(testing_effect(w, 0)->flags, EVENT_LOG_ONLY | EVENT_FAREWELL);
    testing_expect_event(testing_effect(w, 1), CHANNEL_CONVERSATION, &group.conversation_id,
                         "participant.removed");
    assert_int_equal(testing_effect(w, 1)->flags, EVENT_PLAIN);
    assert_true(str_equals(testing_effect(w, 0)->payload, testing_effect(w, 1)->payload));
    assert_int_equal(testing_effect(w, 2)->kind, EFFECT_LEAVE);
    assert_true(uuid_equals(testing_effect(w, 2)->user_ids, &w->people[BOB]));
    assert_null(testing_effect(w, 3));
    assert_int_equal(list(w, &group.conversation_id, BOB, &seen), R_NOT_FOUND);
    assert_int_equal(drop(w, &group.conversation_id, ALICE, BOB, &cmd), R_NOT_FOUND);
    assert_string_equal(cmd.job.problem.code, "participant_not_found");
}

static void who_may_remove_whom_follows_the_roles(void **state)
{
    struct testing_world *w = *state;
    struct conversation group =
        testing_converse(w, CONVERSATION_GROUP, ALICE, OTHERS(BOB, CAROL, DAVE, ROBOT));
    const struct uuid *id = &group.conversation_id;
    struct participant_remove cmd;

    make_admin(w, id, BOB);
    make_admin(w, id, CAROL);
    assert_int_equal(drop(w, id, DAVE, ROBOT, &cmd), R_FORBIDDEN);
    assert_int_equal(drop(w, id, ROBOT, DAVE, &cmd), R_FORBIDDEN);
    assert_int_equal(drop(w, id, BOB, CAROL, &cmd), R_FORBIDDEN);
    assert_int_equal(drop(w, id, BOB, ALICE, &cmd), R_FORBIDDEN);
    assert_int_equal(drop(w, id, BOB, DAVE, &cmd), R_OK);
    assert_int_equal(drop(w, id, BOB, ROBOT, &cmd), R_OK);
    assert_int_equal(drop(w, id, ALICE, BOB, &cmd), R_OK);
}

static void the_last_owner_passes_the_ownership_on(void **state)
{
    struct testing_world *w = *state;
    struct conversation group =
        testing_converse(w, CONVERSATION_GROUP, ALICE, OTHERS(BOB, CAROL, ROBOT));
    const struct uuid *id = &group.conversation_id;
    struct participant_remove cmd;

    make_admin(w, id, CAROL);
    assert_int_equal(drop(w, id, ALICE, ALICE, &cmd), R_OK);
    assert_true(testing_payload_has(testing_effect(w, 0), "\"new_owner_id\":"));
    assert_int_equal(attendee_of(w, id, BOB, CAROL)->participant.role, PARTICIPANT_OWNER);
    assert_int_equal(drop(w, id, CAROL, CAROL, &cmd), R_OK);
    assert_int_equal(attendee_of(w, id, BOB, BOB)->participant.role, PARTICIPANT_OWNER);
    assert_int_equal(drop(w, id, BOB, BOB, &cmd), R_OK);
    assert_false(testing_payload_has(testing_effect(w, 0), "new_owner_id"));
    assert_int_equal(attendee_of(w, id, ROBOT, ROBOT)->participant.role, PARTICIPANT_AGENT);
    assert_int_equal(drop(w, id, ROBOT, ROBOT, &cmd), R_OK);
}

static void the_two_of_a_direct_conversation_stay(void **state)
{
    struct testing_world *w = *state;
    struct conversation pair = testing_converse(w, CONVERSATION_DIRECT, ALICE, OTHERS(BOB));
    struct participant_remove cmd;

    assert_int_equal(drop(w, &pair.conversation_id, ALICE, ALICE, &cmd), R_CONFLICT);
    assert_int_equal(drop(w, &pair.conversation_id, ALICE, BOB, &cmd), R_CONFLICT);
}

static void pages_of_participants_meet(void **state)
{
    struct testing_world *w = *state;
    struct conversation group =
        testing_converse(w, CONVERSATION_GROUP, ALICE, OTHERS(BOB, CAROL, DAVE));
    struct participant_browse cmd = {
        .caller = testing_caller(w, BOB), .conversation_id = group.conversation_id, .limit = 3};

    participant_browse_init(&cmd);
    assert_int_equal(testing_read_job(w, &cmd.job), R_OK);
    assert_int_equal(cmd.list.count, 3);
    assert_true(cmd.has_more);
    cmd.after = cmd.list.attendees[2].user.user_id;
    assert_int_equal(testing_read_job(w, &cmd.job), R_OK);
    assert_int_equal(cmd.list.count, 1);
    assert_false(cmd.has_more);
    assert_true(str_equals(cmd.list.attendees[0].user.display_name, STR("Dave")));
}

/* ---- the bound ---- */

struct crowd {
    struct job job;
    struct testing_world *world;
    struct conversation conversation;
    size_t count;
};

/* So many more users of the tenant, all in the conversation. */
static enum result gather(struct job *job, struct tx *tx)
{
    struct crowd *crowd = (struct crowd *)job;
    enum result result = R_OK;

    for (size_t i = 0; i < crowd->count && result == R_OK; i++) {
        struct uuid id = uuid_new();

        result = users_insert(tx, &(struct user){.user_id = id,
                                                 .tenant_id = crowd->world->tenant_id,
                                                 .display_name = STR("one of many")});
        if (result == R_OK)
            result = participants_insert(
                tx, &(struct participant){.conversation_id = crowd->conversation.conversation_id,
                                          .user_id = id,
                                          .tenant_id = crowd->world->tenant_id,
                                          .role = PARTICIPANT_MEMBER});
    }
    return result;
}

static void a_conversation_is_full_at_its_bound(void **state)
{
    struct testing_world *w = *state;
    struct conversation group = testing_converse(w, CONVERSATION_GROUP, ALICE, OTHERS(BOB));
    struct crowd crowd = {.job = {.run = gather},
                          .world = w,
                          .conversation = group,
                          .count = CONVERSATION_PARTICIPANTS_MAX - 3};
    struct participant_add cmd;

    assert_int_equal(testing_write_job(w, &crowd.job), R_OK);
    assert_int_equal(add(w, &group.conversation_id, ALICE, CAROL, &cmd), R_OK);
    assert_int_equal(add(w, &group.conversation_id, ALICE, DAVE, &cmd), R_CONFLICT);
    assert_string_equal(cmd.job.problem.code, "conversation_full");
    assert_int_equal(add(w, &group.conversation_id, ALICE, CAROL, &cmd), R_OK);
}

/* ---- roles ---- */

static enum result give_role(struct testing_world *w, const struct conversation *c,
                             enum testing_person who, enum testing_person whom,
                             enum participant_role role, const char *code)
{
    struct participant_promote cmd = {.caller = testing_caller(w, who),
                                      .conversation_id = c->conversation_id,
                                      .user_id = w->people[whom],
                                      .role = role};

    participant_promote_init(&cmd);
    (void)testing_write_job(w, &cmd.job);
    if (code != NULL) assert_string_equal(cmd.job.problem.code, code);
    return cmd.job.result;
}

static void owners_give_roles(void **state)
{
    struct testing_world *w = *state;
    struct conversation c = testing_converse(w, CONVERSATION_GROUP, ALICE, OTHERS(BOB, ROBOT));
    struct conversation direct = testing_converse(w, CONVERSATION_DIRECT, ALICE, OTHERS(BOB));
    const struct effect *e;

    assert_int_equal(give_role(w, &c, BOB, BOB, PARTICIPANT_ADMIN, "not_allowed"), R_FORBIDDEN);
    assert_int_equal(give_role(w, &c, CAROL, BOB, PARTICIPANT_ADMIN, "conversation_not_found"),
                     R_NOT_FOUND);
    assert_int_equal(give_role(w, &c, ALICE, CAROL, PARTICIPANT_ADMIN, "participant_not_found"),
                     R_NOT_FOUND);
    assert_int_equal(give_role(w, &c, ALICE, ROBOT, PARTICIPANT_ADMIN, "agents_stay_agents"),
                     R_CONFLICT);
    assert_int_equal(give_role(w, &c, ALICE, ALICE, PARTICIPANT_MEMBER, "last_owner"), R_CONFLICT);
    assert_int_equal(give_role(w, &direct, ALICE, BOB, PARTICIPANT_OWNER, "direct_is_for_two"),
                     R_CONFLICT);
    assert_int_equal(give_role(w, &c, ALICE, BOB, PARTICIPANT_MEMBER, NULL), R_OK);
    assert_null(testing_effect(w, 0)); /* it is so already */

    assert_int_equal(give_role(w, &c, ALICE, BOB, PARTICIPANT_ADMIN, NULL), R_OK);
    e = testing_effect(w, 0);
    testing_expect_event(e, CHANNEL_CONVERSATION, &c.conversation_id, "participant.updated");
    assert_true(testing_payload_has(e, "\"role\":\"admin\""));
    assert_true(testing_payload_has(e, "\"updated_by\":"));
    assert_int_equal(give_role(w, &c, BOB, ALICE, PARTICIPANT_MEMBER, "not_allowed"), R_FORBIDDEN);
    assert_int_equal(give_role(w, &c, ALICE, BOB, PARTICIPANT_OWNER, NULL), R_OK);
    assert_int_equal(give_role(w, &c, ALICE, ALICE, PARTICIPANT_MEMBER, NULL), R_OK);
    assert_int_equal(give_role(w, &c, ALICE, BOB, PARTICIPANT_MEMBER, "not_allowed"), R_FORBIDDEN);
    (void)testing_note(w, &c.conversation_id, BOB, STR("an owner's"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(who_is_added_joins_and_then_everybody_is_told),
        WORLD_TEST(adding_is_refused_by_name),
        WORLD_TEST(who_goes_is_told_before_they_are_detached),
        WORLD_TEST(who_may_remove_whom_follows_the_roles),
        WORLD_TEST(the_last_owner_passes_the_ownership_on),
        WORLD_TEST(the_two_of_a_direct_conversation_stay),
        WORLD_TEST(pages_of_participants_meet),
        WORLD_TEST(a_conversation_is_full_at_its_bound),
        WORLD_TEST(owners_give_roles),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
