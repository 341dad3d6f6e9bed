// SPDX-License-Identifier: Apache-2.0
/* calls_testing.h — a conversation with a call that rings in it. For tests only. */
#ifndef CHAT_CALLS_TESTING_H
#define CHAT_CALLS_TESTING_H

#include "chat/calls.h"
#include "chat/chat_testing.h"

#define TESTING_RING_MS 45000u

static TESTING_UNUSED enum result testing_start_call(struct testing_world *w,
                                                     const struct uuid *conversation_id,
                                                     enum testing_person who,
                                                     struct call_start *cmd)
{
    *cmd = (struct call_start){.caller = testing_caller(w, who),
                               .conversation_id = *conversation_id,
                               .type = CALL_VIDEO,
                               .ring_ms = TESTING_RING_MS};
    call_start_init(cmd);
    return testing_write_job(w, &cmd->job);
}

/* ALICE calls in a group with BOB, CAROL and ROBOT. */
static TESTING_UNUSED struct call testing_call(struct testing_world *w)
{
    struct conversation c =
        testing_converse(w, CONVERSATION_GROUP, ALICE, OTHERS(BOB, CAROL, ROBOT));
    struct call_start cmd;

    assert_int_equal(testing_start_call(w, &c.conversation_id, ALICE, &cmd), R_OK);
    return cmd.call;
}

static TESTING_UNUSED enum result testing_answer(struct testing_world *w, const struct call *call,
                                                 enum testing_person who, struct call_answer *cmd)
{
    *cmd = (struct call_answer){.caller = testing_caller(w, who), .call_id = call->call_id};
    call_answer_init(cmd);
    return testing_write_job(w, &cmd->job);
}

static TESTING_UNUSED enum result testing_decline(struct testing_world *w, const struct call *call,
                                                  enum testing_person who, struct call_decline *cmd)
{
    *cmd = (struct call_decline){.caller = testing_caller(w, who), .call_id = call->call_id};
    call_decline_init(cmd);
    return testing_write_job(w, &cmd->job);
}

static TESTING_UNUSED enum result testing_hang_up(struct testing_world *w, const struct call *call,
                                                  enum testing_person who, struct call_hang_up *cmd)
{
    *cmd = (struct call_hang_up){.caller = testing_caller(w, who), .call_id = call->call_id};
    call_hang_up_init(cmd);
    return testing_write_job(w, &cmd->job);
}

/* The call as it is now, as ALICE sees it. */
static TESTING_UNUSED struct call testing_call_now(struct testing_world *w, const struct call *call)
{
    struct call_get cmd = {.caller = testing_caller(w, ALICE), .call_id = call->call_id};

    call_get_init(&cmd);
    assert_int_equal(testing_read_job(w, &cmd.job), R_OK);
    return cmd.call;
}

/* Is the i-th effect of the last job the end of this call? */
static TESTING_UNUSED void testing_expect_end(const struct testing_world *w, size_t i,
                                              const struct call *call)
{
    testing_expect_event(testing_effect(w, i), CHANNEL_CONVERSATION, &call->conversation_id,
                         "call.ended");
}

#endif
