// SPDX-License-Identifier: Apache-2.0
/* missed_test.c — what is read from the log of a real store, in portions, within its bounds. What
 * may be seen is outlook_test.c; a socket that resumes is test/e2e/resume.test.js. */
#include "chat/missed.h"

#include <stdio.h>

#include "chat/chat_testing.h"
#include "chat/message_json.h"

static struct event_v1 v1 = {.write_message = message_json_write};

static struct missed missed_by(const struct testing_world *w, enum testing_person who,
                               uint64_t after)
{
    struct caller caller = testing_caller(w, who);
    struct missed m;

    missed_init(&m, &caller.tenant_id, &caller.user_id, &v1);
    m.after = after;
    m.flags = MISSED_FIRST | MISSED_HEARING;
    return m;
}

static enum result read_job(struct testing_world *w, struct missed *m)
{
    return testing_read_job(w, &m->hearing.job);
}

/* The place of the newest event. */
static uint64_t newest(struct testing_world *w)
{
    struct missed m = missed_by(w, ALICE, 0);

    assert_int_equal(read_job(w, &m), R_OK);
    frame_unref(m.frames);
    return m.hearing.newest;
}

static size_t count_of(struct str text, const char *part)
{
    size_t count = 0;

    for (const char *at = text.at; at != NULL && text.len > 0; at++, count++) {
        at = memmem(at, text.len - (size_t)(at - text.at), part, strlen(part));
        if (at == NULL) break;
    }
    return count;
}

static void what_was_missed_comes_as_frames(void **state)
{
    struct testing_world *w = *state;
    struct conversation group = testing_converse(w, CONVERSATION_GROUP, ALICE, OTHERS(BOB, CAROL));
    uint64_t start = newest(w);
    struct missed m = missed_by(w, BOB, start);

    (void)testing_say(w, &group.conversation_id, ALICE, STR("one"));
    (void)testing_say(w, &group.conversation_id, CAROL, STR("two"));
    (void)testing_note(w, &group.conversation_id, ALICE, STR("not for Bob"));
    assert_int_equal(read_job(w, &m), R_OK);
    assert_int_equal(m.verdict, MISSED_OK);
    assert_int_equal(m.hearing.newest, start + 3);
    assert_int_equal(m.position, start + 3);
    assert_int_equal(m.events_count, 2);
    assert_int_equal(m.hearing.memberships.count, 1);
    assert_int_equal(m.outlook.places.count, 1);
    assert_int_equal(count_of(frame_str(m.frames), "\"cursor\":\""), 2);
    assert_int_equal(count_of(frame_str(m.frames), "\"content_text\":\"one\""), 1);
    assert_int_equal(count_of(frame_str(m.frames), "\"content_text\":\"two\""), 1);
    assert_int_equal(count_of(frame_str(m.frames), "Bob"), 0);
    frame_unref(m.frames);
}

static void nothing_is_no_frame(void **state)
{
    struct testing_world *w = *state;
    struct conversation group = testing_converse(w, CONVERSATION_GROUP, ALICE, OTHERS(BOB));
    uint64_t start = newest(w);
    struct missed m = missed_by(w, BOB, start);

    assert_int_equal(read_job(w, &m), R_OK);
    assert_null(m.frames);
    assert_int_equal(m.position, start);
    assert_int_equal(m.outlook.places.count, 1); /* for what comes after the snapshot */

    (void)testing_converse(w, CONVERSATION_GROUP, CAROL, OTHERS(DAVE)); /* not Bob's business */
    assert_int_equal(read_job(w, &m), R_OK);
    assert_null(m.frames);
    assert_int_equal(m.position, start + 2);
    assert_true(uuid_equals(&m.outlook.places.places[0].conversation_id, &group.conversation_id));
}

static void only_the_outlook(void **state)
{
    struct testing_world *w = *state;
    struct conversation group = testing_converse(w, CONVERSATION_GROUP, ALICE, OTHERS(BOB));
    struct missed m = missed_by(w, BOB, newest(w));

    (void)testing_say(w, &group.conversation_id, ALICE, STR("in memory"));
    m.flags |= MISSED_OUTLOOK;
    assert_int_equal(read_job(w, &m), R_OK);
    assert_int_equal(m.verdict, MISSED_OK);
    assert_null(m.frames);
    assert_int_equal(m.position, m.after);
    assert_int_equal(m.outlook.newest, m.after + 1);
    assert_int_equal(m.outlook.places.count, 1);
    assert_int_equal(m.outlook.places.places[0].role, PARTICIPANT_MEMBER);
    assert_true(m.outlook.places.places[0].joined_cursor < m.after);
}

static void who_is_gone_is_refused(void **state)
{
    struct testing_world *w = *state;
    struct missed m = missed_by(w, GONE, 0);

    assert_int_equal(read_job(w, &m), R_UNAUTHENTICATED);
    assert_string_equal(m.hearing.job.problem.code, "user_disabled");
}

/* ---- what cannot be replayed ---- */

static void a_place_in_no_log_is_gone(void **state)
{
    struct testing_world *w = *state;
    struct missed m = missed_by(w, ALICE, newest(w) + 1);

    assert_int_equal(read_job(w, &m), R_OK);
    assert_int_equal(m.verdict, MISSED_GONE);
    assert_null(m.frames);
}

struct flood {
    struct job job;
    const struct testing_world *world;
    struct uuid conversation_id;
    size_t count;
    struct str payload;
};

static enum result flood_run(struct job *job, struct tx *tx)
{
    struct flood *f = (struct flood *)job;
    enum result result = R_OK;

    for (size_t i = 0; i < f->count && result == R_OK; i++)
        result = tx_emit(tx, &(struct tx_event){.channel = CHANNEL_CONVERSATION,
                                                .channel_id = f->conversation_id,
                                                .tenant_id = f->world->tenant_id,
                                                .conversation_id = f->conversation_id,
                                                .type = STR("flood"),
                                                .payload = f->payload});
    return result;
}

static void flood(struct testing_world *w, const struct conversation *c, size_t count,
                  struct str payload)
{
    struct flood f = {.job = {.run = flood_run},
                      .world = w,
                      .conversation_id = c->conversation_id,
                      .count = count,
                      .payload = payload};

    assert_int_equal(testing_write_job(w, &f.job), R_OK);
}

/* Reads portion after portion as a socket does; returns how many events there were. */
static uint64_t read_all(struct testing_world *w, struct missed *m)
{
    uint64_t count = 0;

    do {
        assert_int_equal(read_job(w, m), R_OK);
        assert_int_equal(m->verdict, MISSED_OK);
        if (m->frames != NULL) {
            assert_true(m->frames->len < REPLAY_PORTION_BYTES_MAX + EVENT_JSON_BYTES_MAX);
            assert_int_equal(count_of(frame_str(m->frames), "\"cursor\":\""), m->events_count);
        }
        frame_unref(m->frames);
        count += m->events_count;
        assert_true(m->position > m->after || m->position == m->hearing.newest);
        m->after = m->position;
        m->flags = MISSED_PLAIN;
    } while (m->position < m->hearing.newest);
    return count;
}

static void no_more_events_than_the_bound(void **state)
{
    struct testing_world *w = *state;
    struct conversation group = testing_converse(w, CONVERSATION_GROUP, ALICE, OTHERS(BOB));
    uint64_t start = newest(w);
    struct missed m = missed_by(w, BOB, start);

    flood(w, &group, REPLAY_EVENTS_MAX, STR("{\"a\":1}"));
    assert_int_equal(read_all(w, &m), REPLAY_EVENTS_MAX);
    flood(w, &group, 1, STR("{\"a\":1}"));
    m = missed_by(w, BOB, start);
    assert_int_equal(read_job(w, &m), R_OK);
    assert_int_equal(m.verdict, MISSED_TOO_MUCH);
    assert_null(m.frames);
    m = missed_by(w, BOB, start + 1);
    assert_int_equal(read_all(w, &m), REPLAY_EVENTS_MAX);
}

static void no_more_bytes_than_the_bound(void **state)
{
    const size_t count = REPLAY_BYTES_MAX / EVENT_PAYLOAD_BYTES_MAX;
    const size_t len = EVENT_PAYLOAD_BYTES_MAX - sizeof(struct effect);
    struct testing_world *w = *state;
    struct conversation group = testing_converse(w, CONVERSATION_GROUP, ALICE, OTHERS(BOB));
    uint64_t start = newest(w);
    struct missed m = missed_by(w, BOB, start);
    char *payload = malloc(len);

    assert_non_null(payload);
    memset(payload, ' ', len);
    payload[0] = '{';
    payload[len - 1] = '}';
    flood(w, &group, count, str_of(payload, len));
    assert_int_equal(read_all(w, &m), count);
    flood(w, &group, 1, STR("{}"));
    m = missed_by(w, BOB, start);
    assert_int_equal(read_job(w, &m), R_OK);
    assert_int_equal(m.verdict, MISSED_TOO_MUCH);
    assert_null(m.frames);
    free(payload);
}

/* The texts of messages count too. */
static void portions_end_behind_their_bound(void **state)
{
    struct testing_world *w = *state;
    struct conversation group = testing_converse(w, CONVERSATION_GROUP, ALICE, OTHERS(BOB));
    static char text[MESSAGE_TEXT_BYTES_MAX];
    struct missed m = missed_by(w, BOB, newest(w));
    const size_t count = 2 * (REPLAY_PORTION_BYTES_MAX / MESSAGE_TEXT_BYTES_MAX);

    memset(text, 'x', sizeof text);
    for (size_t i = 0; i < count; i++)
        (void)testing_say(w, &group.conversation_id, ALICE, str_of(text, sizeof text));
    assert_int_equal(read_job(w, &m), R_OK);
    assert_int_equal(m.events_count, count / 2);
    frame_unref(m.frames);
    assert_int_equal(m.position, m.after + count / 2);
    m.after = m.position;
    assert_int_equal(read_all(w, &m), count / 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(what_was_missed_comes_as_frames),
        WORLD_TEST(nothing_is_no_frame),
        WORLD_TEST(only_the_outlook),
        WORLD_TEST(who_is_gone_is_refused),
        WORLD_TEST(a_place_in_no_log_is_gone),
        WORLD_TEST(no_more_events_than_the_bound),
        WORLD_TEST(no_more_bytes_than_the_bound),
        WORLD_TEST(portions_end_behind_their_bound),
    };
    struct uuid epoch = uuid_new();

    cursor_key_init(&v1.key, &epoch);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
