// SPDX-License-Identifier: Apache-2.0
/* streams_test.c — the owner of live streams, with a real store and a clock of the test's. */
#include "chat/streams.h"

#include <sched.h>

#include "base/clock.h"
#include "chat/participants.h"
#include "chat/tasks_testing.h"
#include "limits.h"

#define SILENCE_MS UINT64_C(600000)

struct fixture {
    struct testing_world *w;
    struct streams *streams;
    struct bus bus;
    struct task task;
    struct uuid stream_id;
    struct uuid key_id;
    struct task_stream_open open;
    uint64_t started_ms; /* before the streams were there */
};

static void no_commits(void *worker, struct commit *commit)
{
    (void)worker;
    commit_unref(commit);
}

static void ignore(void *arg)
{
    (void)arg;
}

static int set_up(void **state)
{
    static struct fixture f;
    void *world;

    f = (struct fixture){.stream_id = uuid_new(), .started_ms = clock_mono_ms()};
    assert_int_equal(testing_world_make(&world), 0);
    f.w = world;
    f.task = testing_task(f.w);
    bus_init(&f.bus, no_commits);
    f.streams = streams_new(f.w->store, &f.bus, ignore, NULL);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    void *world = f->w;

    streams_stop(f->streams);
    store_close(f->w->store);
    f->w->store = NULL;
    streams_receive(f->streams);
    streams_free(f->streams);
    return testing_world_remove(&world);
}

static void on_done(struct stream_op *op)
{
    *(bool *)op->owner = true;
}

static void begin(struct fixture *f, struct stream_op *op, enum stream_op_kind kind, bool *is_done)
{
    op->kind = kind;
    op->task_id = f->task.task_id;
    op->stream_id = f->stream_id;
    op->arena = &f->w->arena;
    op->reply_to = &f->w->inbox;
    op->done = on_done;
    op->owner = is_done;
    *is_done = false;
    assert_int_equal(streams_submit(f->streams, op), R_OK);
}

static void finish(struct fixture *f, const bool *is_done)
{
    while (!*is_done) {
        struct inbox_item *item;

        streams_receive(f->streams);
        item = inbox_take_all(&f->w->inbox);
        while (item != NULL) {
            struct inbox_item *next = item->next;
            item->receive(item, f->w);
            item = next;
        }
        sched_yield();
    }
}

static enum result perform(struct fixture *f, struct stream_op *op, enum stream_op_kind kind)
{
    bool is_done;

    begin(f, op, kind, &is_done);
    finish(f, &is_done);
    return op->problem.result;
}

static enum result open_stream(struct fixture *f)
{
    struct stream_op op = {.job = &f->open.job};

    f->open = (struct task_stream_open){.caller = testing_caller(f->w, ROBOT),
                                        .task_id = f->task.task_id,
                                        .offset_bytes = UINT64_MAX};
    f->open.caller.session_id = f->key_id;
    f->open.job.arena = &f->w->arena;
    task_stream_open_init(&f->open);
    return perform(f, &op, STREAM_OPEN);
}

static enum result append(struct fixture *f, const char *text)
{
    struct stream_op op = {.text = str_from(text), .commit = commit_new()};

    return perform(f, &op, STREAM_APPEND);
}

static enum result change(struct fixture *f, enum task_status status)
{
    struct task_change cmd = {.by = TASK_BY_AGENT,
                              .caller = testing_caller(f->w, ROBOT),
                              .task_id = f->task.task_id,
                              .status = status};
    struct stream_op op = {.job = &cmd.job};

    cmd.job.arena = &f->w->arena;
    task_change_init(&cmd);
    return perform(f, &op, STREAM_CHANGE);
}

static struct stream_op peek(struct fixture *f)
{
    struct stream_op op = {0};

    assert_int_equal(perform(f, &op, STREAM_PEEK), R_OK);
    return op;
}

static struct task stored_task(struct fixture *f)
{
    struct task_get cmd = {.caller = testing_caller(f->w, ALICE), .task_id = f->task.task_id};

    task_get_init(&cmd);
    assert_int_equal(testing_read_job(f->w, &cmd.job), R_OK);
    return cmd.task;
}

static void text_is_there_before_it_is_saved_and_after(void **state)
{
    struct fixture *f = *state;
    struct stream_op seen;

    assert_int_equal(open_stream(f), R_OK);
    assert_int_equal(append(f, "one "), R_OK);
    assert_int_equal(append(f, "two"), R_OK);
    seen = peek(f);
    assert_int_equal(seen.state, STREAM_LIVE);
    assert_int_equal(seen.saved_bytes, 0);
    assert_true(str_equals(seen.text, STR("one two")));
    streams_tick(f->streams, clock_mono_ms(), SILENCE_MS);
    do seen = peek(f);
    while (seen.text.len > 0);
    assert_int_equal(seen.saved_bytes, 7);
    assert_int_equal(stored_task(f).saved_bytes, 7);
}

static void who_looks_while_it_is_opened_sees_it_open(void **state)
{
    struct fixture *f = *state;
    struct stream_op op = {.job = &f->open.job};
    struct stream_op look = {0};
    bool is_open;
    bool is_seen;

    f->open = (struct task_stream_open){.caller = testing_caller(f->w, ROBOT),
                                        .task_id = f->task.task_id,
                                        .offset_bytes = UINT64_MAX};
    f->open.job.arena = &f->w->arena;
    task_stream_open_init(&f->open);
    begin(f, &op, STREAM_OPEN, &is_open);
    begin(f, &look, STREAM_PEEK, &is_seen);
    finish(f, &is_seen);
    assert_true(is_open);
    assert_int_equal(look.state, STREAM_LIVE);
}

static void an_end_saves_and_is_then_forgotten(void **state)
{
    struct fixture *f = *state;
    struct stream_op end = {0};

    assert_int_equal(open_stream(f), R_OK);
    assert_int_equal(append(f, "text"), R_OK);
    assert_int_equal(perform(f, &end, STREAM_END), R_OK);
    assert_int_equal(stored_task(f).saved_bytes, 4);
    assert_false(stored_task(f).is_streaming);
    assert_int_equal(peek(f).state, STREAM_NONE);
    assert_int_equal(append(f, "late"), R_CONFLICT);
}

static void a_change_takes_the_rest_along_and_ends_the_watch(void **state)
{
    struct fixture *f = *state;
    struct stream_op watch = {0};
    struct task ended;
    bool is_watch_back;

    assert_int_equal(open_stream(f), R_OK);
    begin(f, &watch, STREAM_WATCH, &is_watch_back);
    assert_int_equal(append(f, "the result"), R_OK);
    assert_false(is_watch_back);
    assert_int_equal(change(f, TASK_COMPLETED), R_OK);
    finish(f, &is_watch_back);
    assert_string_equal(watch.problem.code, "task_ended");
    ended = stored_task(f);
    assert_false(uuid_is_nil(&ended.result_message_id));
    assert_int_equal(append(f, "late"), R_CONFLICT);
}

static void a_refused_change_leaves_the_stream_alone(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(open_stream(f), R_OK);
    assert_int_equal(append(f, "text"), R_OK);
    assert_int_equal(change(f, TASK_QUEUED), R_CONFLICT);
    assert_int_equal(append(f, " more"), R_OK);
    assert_true(str_equals(peek(f).text, STR("text more")));
}

static void a_newer_connection_takes_the_stream_over(void **state)
{
    struct fixture *f = *state;
    struct stream_op watch = {0};
    bool is_watch_back;

    assert_int_equal(open_stream(f), R_OK);
    begin(f, &watch, STREAM_WATCH, &is_watch_back);
    assert_int_equal(append(f, "one"), R_OK);
    f->stream_id = uuid_new();
    assert_int_equal(open_stream(f), R_OK);
    finish(f, &is_watch_back);
    assert_string_equal(watch.problem.code, "stream_taken_over");
    assert_int_equal(f->open.task.saved_bytes, 3);
}

static void a_lost_agent_is_given_up_when_its_time_is_over(void **state)
{
    struct fixture *f = *state;
    struct stream_op lose = {0};
    uint64_t before_ms = clock_mono_ms();

    assert_int_equal(open_stream(f), R_OK);
    assert_int_equal(append(f, "kept"), R_OK);
    assert_int_equal(perform(f, &lose, STREAM_LOSE), R_OK);
    assert_int_equal(peek(f).state, STREAM_INTERRUPTED);
    while (peek(f).text.len > 0) continue;
    streams_tick(f->streams, before_ms + STREAM_LOST_MS_MAX - 1, SILENCE_MS);
    assert_int_equal(peek(f).state, STREAM_INTERRUPTED);
    assert_int_equal(stored_task(f).status, TASK_RUNNING);
    streams_tick(f->streams, clock_mono_ms() + STREAM_LOST_MS_MAX, SILENCE_MS);
    while (peek(f).state == STREAM_INTERRUPTED) continue;
    assert_int_equal(stored_task(f).status, TASK_FAILED);
    assert_true(str_equals(stored_task(f).progress_narrative, STR("agent lost")));
    assert_int_equal(stored_task(f).saved_bytes, 4);
}

/* The world has one reader, so the tick's look is back when another one is; and whatever it
 * leads to is done when a change is refused that has waited for it. */
static void tick_and_look(struct fixture *f, uint64_t now_ms, uint64_t silence_ms)
{
    struct task_change cmd = {.by = TASK_BY_AGENT,
                              .caller = testing_caller(f->w, STRANGER),
                              .task_id = f->task.task_id,
                              .status = TASK_RUNNING};
    struct stream_op op = {.job = &cmd.job};

    streams_tick(f->streams, now_ms, silence_ms);
    (void)stored_task(f);
    cmd.job.arena = &f->w->arena;
    task_change_init(&cmd);
    assert_int_equal(perform(f, &op, STREAM_CHANGE), R_NOT_FOUND);
}

/* The agent ended its stream and is not heard of again. */
static void a_silent_agent_is_given_up_when_its_time_is_over(void **state)
{
    struct fixture *f = *state;
    struct stream_op end = {0};
    const uint64_t soon_ms = 1;

    assert_int_equal(open_stream(f), R_OK);
    assert_int_equal(append(f, "kept"), R_OK);
    assert_int_equal(perform(f, &end, STREAM_END), R_OK);
    tick_and_look(f, clock_mono_ms(), SILENCE_MS);
    assert_int_equal(stored_task(f).status, TASK_RUNNING);
    /* A server that has just started has not listened for long enough, whatever the rows say. */
    tick_and_look(f, f->started_ms + SILENCE_MS - 1, SILENCE_MS);
    assert_int_equal(stored_task(f).status, TASK_RUNNING);
    while (stored_task(f).status == TASK_RUNNING) tick_and_look(f, clock_mono_ms(), soon_ms);
    assert_int_equal(stored_task(f).status, TASK_FAILED);
    assert_true(str_equals(stored_task(f).progress_narrative, STR("agent lost")));
    assert_int_equal(stored_task(f).saved_bytes, 4);
    assert_int_equal(change(f, TASK_COMPLETED), R_CONFLICT);
}

/* Nor is anybody given up who streams, however quiet the rows are. */
static void who_streams_is_not_silent(void **state)
{
    struct fixture *f = *state;
    uint64_t until_ms = clock_mono_ms() + 50;

    assert_int_equal(open_stream(f), R_OK);
    while (clock_mono_ms() < until_ms) {
        streams_tick(f->streams, clock_mono_ms(), 1);
        (void)stored_task(f);
        assert_int_equal(peek(f).state, STREAM_LIVE);
    }
    assert_int_equal(stored_task(f).status, TASK_RUNNING);
}

static void an_agent_that_was_removed_is_expelled_by_the_next_save(void **state)
{
    struct fixture *f = *state;
    struct participant_remove cmd = {.caller = testing_caller(f->w, ALICE),
                                     .conversation_id = f->task.conversation_id,
                                     .user_id = f->w->people[ROBOT]};
    struct stream_op watch = {0};
    bool is_watch_back;

    assert_int_equal(open_stream(f), R_OK);
    begin(f, &watch, STREAM_WATCH, &is_watch_back);
    participant_remove_init(&cmd);
    assert_int_equal(testing_write_job(f->w, &cmd.job), R_OK);
    assert_int_equal(append(f, "too late"), R_OK);
    streams_tick(f->streams, clock_mono_ms(), SILENCE_MS);
    finish(f, &is_watch_back);
    assert_string_equal(watch.problem.code, "task_not_found");
    assert_int_equal(append(f, "still there"), R_CONFLICT);
    streams_tick(f->streams, clock_mono_ms(), SILENCE_MS);
    while (peek(f).state == STREAM_INTERRUPTED) continue;
    assert_int_equal(stored_task(f).status, TASK_FAILED);
    assert_int_equal(stored_task(f).saved_bytes, 0);
}

static void tell(struct fixture *f, enum effect_kind kind, const struct uuid *id)
{
    struct commit *commit = commit_new();
    struct effect *e = commit_add(commit, kind);

    e->id = *id;
    e->user_ids = &f->w->people[ROBOT];
    e->user_ids_count = 1;
    streams_observe(f->streams, commit);
    commit_unref(commit);
}

/* What was said before stays; what comes after is refused. `comes_back`: the agent has its time. */
static void expect_cut(struct fixture *f, enum effect_kind kind, const struct uuid *id,
                       const char *code, bool comes_back)
{
    struct stream_op watch = {0};
    struct uuid other = uuid_new();
    bool is_watch_back;

    assert_int_equal(open_stream(f), R_OK);
    begin(f, &watch, STREAM_WATCH, &is_watch_back);
    tell(f, kind, &other);
    assert_int_equal(append(f, "in time"), R_OK);
    tell(f, kind, id);
    finish(f, &is_watch_back);
    assert_string_equal(watch.problem.code, code);
    assert_int_equal(append(f, "too late"), R_CONFLICT);
    streams_tick(f->streams, clock_mono_ms(), SILENCE_MS);
    while (peek(f).text.len > 0) continue;
    assert_int_equal(stored_task(f).saved_bytes, 7);
    assert_int_equal(stored_task(f).status, comes_back ? TASK_RUNNING : TASK_FAILED);
}

static void a17_an_agent_that_leaves_stops_at_once(void **state)
{
    struct fixture *f = *state;

    expect_cut(f, EFFECT_LEAVE, &f->task.conversation_id, "task_not_found", false);
}

static void a17_an_agent_that_was_disabled_stops_at_once(void **state)
{
    struct fixture *f = *state;

    expect_cut(f, EFFECT_USER_REVOKED, &f->w->people[ROBOT], "key_invalid", false);
}

static void a17_an_agent_stops_with_its_key_and_may_bring_another(void **state)
{
    struct fixture *f = *state;

    f->key_id = uuid_new();
    expect_cut(f, EFFECT_SESSION_REVOKED, &f->key_id, "key_invalid", true);
    assert_int_equal(open_stream(f), R_OK);
}

static void a_stop_gives_the_watch_back_and_saves(void **state)
{
    struct fixture *f = *state;
    struct stream_op watch = {0};
    bool is_watch_back;

    assert_int_equal(open_stream(f), R_OK);
    begin(f, &watch, STREAM_WATCH, &is_watch_back);
    assert_int_equal(append(f, "saved"), R_OK);
    streams_stop(f->streams);
    finish(f, &is_watch_back);
    assert_int_equal(watch.problem.result, R_UNAVAILABLE);
    while (stored_task(f).saved_bytes != 5) continue;
    assert_int_equal(streams_submit(f->streams, &watch), R_CLOSED);
}

/* Operations that nobody waits for, answered into an inbox of their own. */
struct crowd {
    struct inbox inbox;
    struct stream_op *ops;
    struct task_change *changes;
    size_t answered_count;
    size_t refused_count;
};

static void on_crowd_answer(struct stream_op *op)
{
    struct crowd *crowd = op->owner;

    crowd->answered_count++;
    if (op->problem.result == R_UNAVAILABLE) crowd->refused_count++;
}

static void crowd_make(struct crowd *crowd, struct fixture *f, enum stream_op_kind kind,
                       size_t count)
{
    *crowd = (struct crowd){.ops = calloc(count, sizeof *crowd->ops),
                            .changes = calloc(count, sizeof *crowd->changes)};
    assert_non_null(crowd->ops);
    assert_non_null(crowd->changes);
    inbox_init(&crowd->inbox, count, ignore, NULL);
    for (size_t i = 0; i < count; i++) {
        struct task_change *cmd = &crowd->changes[i];
        *cmd = (struct task_change){.by = TASK_BY_AGENT,
                                    .caller = testing_caller(f->w, ROBOT),
                                    .task_id = uuid_new(),
                                    .status = TASK_RUNNING};
        cmd->job.arena = &f->w->arena;
        task_change_init(cmd);
        crowd->ops[i] = (struct stream_op){.kind = kind,
                                           .task_id = cmd->task_id,
                                           .job = &cmd->job,
                                           .arena = &f->w->arena,
                                           .reply_to = &crowd->inbox,
                                           .done = on_crowd_answer,
                                           .owner = crowd};
    }
}

static void crowd_finish(struct crowd *crowd, struct fixture *f, size_t count)
{
    while (crowd->answered_count < count) {
        struct inbox_item *item;

        streams_receive(f->streams);
        item = inbox_take_all(&crowd->inbox);
        while (item != NULL) {
            struct inbox_item *next = item->next;
            item->receive(item, NULL);
            item = next;
        }
        sched_yield();
    }
    inbox_release(&crowd->inbox);
    free(crowd->ops);
    free(crowd->changes);
}

static void one_task_more_than_the_bound_is_refused(void **state)
{
    struct fixture *f = *state;
    struct crowd crowd;

    assert_int_equal(peek(f).state, STREAM_NONE); /* the start is over */
    crowd_make(&crowd, f, STREAM_CHANGE, STREAMS_MAX + 1);
    for (size_t i = 0; i <= STREAMS_MAX; i++)
        assert_int_equal(streams_submit(f->streams, &crowd.ops[i]), R_OK);
    crowd_finish(&crowd, f, STREAMS_MAX + 1);
    assert_int_equal(crowd.refused_count, 1);
}

static void a_full_inbox_still_has_room_for_those_who_stream(void **state)
{
    struct fixture *f = *state;
    size_t guests_max = STREAMS_INBOX_ITEMS_MAX / 2;
    struct crowd crowd;

    crowd_make(&crowd, f, STREAM_PEEK, guests_max + 1);
    for (size_t i = 0; i < guests_max; i++) {
        enum result result = streams_submit(f->streams, &crowd.ops[i]);
        if (result == R_OK) continue;
        assert_int_equal(result, R_FULL); /* the list of the start is in it, too */
        assert_int_equal(i, guests_max - 1);
        crowd.answered_count++;
    }
    assert_int_equal(streams_submit(f->streams, &crowd.ops[guests_max]), R_FULL);
    crowd.ops[guests_max].kind = STREAM_LOSE;
    assert_int_equal(streams_submit(f->streams, &crowd.ops[guests_max]), R_OK);
    crowd_finish(&crowd, f, guests_max + 1);
}

#define STREAM_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STREAM_TEST(text_is_there_before_it_is_saved_and_after),
        STREAM_TEST(who_looks_while_it_is_opened_sees_it_open),
        STREAM_TEST(an_end_saves_and_is_then_forgotten),
        STREAM_TEST(a_change_takes_the_rest_along_and_ends_the_watch),
        STREAM_TEST(a_refused_change_leaves_the_stream_alone),
        STREAM_TEST(a_newer_connection_takes_the_stream_over),
        STREAM_TEST(a_lost_agent_is_given_up_when_its_time_is_over),
        STREAM_TEST(a_silent_agent_is_given_up_when_its_time_is_over),
        STREAM_TEST(who_streams_is_not_silent),
        STREAM_TEST(an_agent_that_was_removed_is_expelled_by_the_next_save),
        STREAM_TEST(a17_an_agent_that_leaves_stops_at_once),
        STREAM_TEST(a17_an_agent_that_was_disabled_stops_at_once),
        STREAM_TEST(a17_an_agent_stops_with_its_key_and_may_bring_another),
        STREAM_TEST(a_stop_gives_the_watch_back_and_saves),
        STREAM_TEST(one_task_more_than_the_bound_is_refused),
        STREAM_TEST(a_full_inbox_still_has_room_for_those_who_stream),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
