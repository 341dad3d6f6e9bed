// SPDX-License-Identifier: Apache-2.0
/* hub_model_test.c — the hub against a naive model, in a long random life. The model keeps, for
 * every listener, the set of conversations it hears and a list of what it should have heard, and
 * looks at every listener for every event. Commits are made some time before the hub gets them,
 * as with a real writer, so that a listener's answer from the database may be older or newer
 * than what the hub knows. The seed is printed; give it as the only argument to see a failure
 * again. */
#include "hub/hub.h"

#include <stdio.h>

#include "base/check.h"
#include "base/str.h"
#include "hub/hub_testing.h"

#define USERS 5u
#define CONVERSATIONS 6u
#define SESSIONS 3u
#define EARS 10u
#define QUEUE_MAX 8u
#define ROUNDS 20000u
#define PENDING_MAX 4096u

/* An event that was applied and not written yet, as one listener is concerned. */
struct pending {
    uint32_t word; /* what it says */
    enum channel_kind channel;
    unsigned number; /* of the channel */
    bool is_live;
};

struct model_ear {
    bool is_there;
    bool is_loading;
    bool has_focus;
    unsigned user;
    bool hears[CONVERSATIONS];
    bool focuses[CONVERSATIONS];
    bool hears_session[SESSIONS];
    bool answer[CONVERSATIONS]; /* the database's, taken while loading */
    bool has_answer;
    struct { /* joins and leaves since it listens */
        unsigned conversation;
        bool is_join;
    } changes[PENDING_MAX];
    size_t changes_count;
    struct pending pending[PENDING_MAX];
    size_t pending_count;
    struct buf expected;
};

/* What the writer has done and the hub has not got yet. */
struct model_effect {
    enum effect_kind kind;
    enum channel_kind channel;
    unsigned number;
    unsigned place; /* of a session's event: the conversation in which it is heard */
    unsigned user;  /* who joins or leaves; who is meant by the audience */
    enum audience_kind audience;
    bool is_live;
    uint32_t word;
};

struct model_commit {
    struct model_effect effects[6];
    size_t count;
};

struct model {
    struct testing_hub *h;
    struct model_ear ears[EARS];
    bool database[USERS][CONVERSATIONS];
    struct model_commit queue[QUEUE_MAX];
    size_t queue_count;
    /* While a flush is under way: what the hub has got, and will take into account after it. */
    bool is_flushing;
    struct model_commit waiting[QUEUE_MAX];
    size_t waiting_count;
    uint32_t next_word;
    uint64_t random;
};

static uint64_t seed;

static unsigned roll(struct model *m, unsigned below)
{
    m->random ^= m->random << 13;
    m->random ^= m->random >> 7;
    m->random ^= m->random << 17;
    return (unsigned)((m->random >> 20) % below);
}

static struct uuid channel_id(enum channel_kind kind, unsigned number)
{
    return testing_id(kind == CHANNEL_USER ? 'u' : kind == CHANNEL_SESSION ? 's' : 'c', number);
}

/* ---- the model ---- */

static void model_flush_ear(struct model_ear *ear)
{
    for (size_t i = 0; i < ear->pending_count; i++) {
        const struct pending *p = &ear->pending[i];
        /* Whoever left a session in the meantime does not hear the end of it. */
        if (p->channel == CHANNEL_SESSION && !ear->hears_session[p->number]) continue;
        if (p->is_live && p->channel == CHANNEL_CONVERSATION && ear->has_focus &&
            !ear->focuses[p->number])
            continue;
        buf_append_format(&ear->expected, "%u;", p->word);
    }
    ear->pending_count = 0;
}

static void model_flush(struct model *m)
{
    for (unsigned i = 0; i < EARS; i++) model_flush_ear(&m->ears[i]);
}

static bool model_hears(const struct model_ear *ear, const struct model_effect *e)
{
    if (!ear->is_there || ear->is_loading) return false;
    if (e->audience == AUDIENCE_ONLY && ear->user != e->user) return false;
    if (e->audience == AUDIENCE_EXCEPT && ear->user == e->user) return false;
    switch (e->channel) {
    case CHANNEL_USER: return ear->user == e->number;
    case CHANNEL_CONVERSATION: return ear->hears[e->number];
    case CHANNEL_SESSION: return ear->hears_session[e->number] && ear->hears[e->place];
    }
    return false;
}

static void model_change(struct model_ear *ear, unsigned conversation, bool is_join)
{
    if (ear->hears[conversation] != is_join) ear->focuses[conversation] = false;
    ear->hears[conversation] = is_join;
}

static void model_apply(struct model *m, const struct model_effect *e)
{
    if (e->kind != EFFECT_EVENT) model_flush(m);
    for (unsigned i = 0; i < EARS; i++) {
        struct model_ear *ear = &m->ears[i];
        if (e->kind == EFFECT_EVENT) {
            if (!model_hears(ear, e)) continue;
            CHECK(ear->pending_count < PENDING_MAX);
            ear->pending[ear->pending_count++] =
                (struct pending){e->word, e->channel, e->number, e->is_live};
        } else if (ear->is_there && ear->user == e->user) {
            bool is_join = e->kind == EFFECT_JOIN;
            if (!ear->is_loading) {
                model_change(ear, e->number, is_join);
                continue;
            }
            CHECK(ear->changes_count < PENDING_MAX);
            ear->changes[ear->changes_count].conversation = e->number;
            ear->changes[ear->changes_count++].is_join = is_join;
        }
    }
}

static void model_apply_commit(struct model *m, const struct model_commit *commit)
{
    for (size_t i = 0; i < commit->count; i++) model_apply(m, &commit->effects[i]);
}

/* The flush under way is finished. */
static void model_settle(struct model *m)
{
    if (!m->is_flushing) return;
    m->is_flushing = false;
    model_flush(m);
    for (size_t i = 0; i < m->waiting_count; i++) model_apply_commit(m, &m->waiting[i]);
    m->waiting_count = 0;
}

static void model_flush_all(struct model *m)
{
    model_settle(m);
    model_flush(m);
}

/* ---- the writer ---- */

static struct model_effect random_effect(struct model *m)
{
    struct model_effect e = {.kind = EFFECT_EVENT, .user = roll(m, USERS), .word = m->next_word++};
    unsigned kind = roll(m, 10);

    if (kind < 3) {
        e.number = roll(m, CONVERSATIONS);
        e.kind = m->database[e.user][e.number] ? EFFECT_LEAVE : EFFECT_JOIN;
        m->database[e.user][e.number] = e.kind == EFFECT_JOIN;
        return e;
    }
    e.channel = kind < 8 ? CHANNEL_CONVERSATION : kind == 8 ? CHANNEL_USER : CHANNEL_SESSION;
    e.number = roll(m, e.channel == CHANNEL_CONVERSATION ? CONVERSATIONS
                       : e.channel == CHANNEL_USER       ? USERS
                                                         : SESSIONS);
    e.place = roll(m, CONVERSATIONS);
    e.is_live = roll(m, 4) == 0;
    if (roll(m, 3) == 0) e.audience = roll(m, 2) == 0 ? AUDIENCE_ONLY : AUDIENCE_EXCEPT;
    return e;
}

static void make_commit(struct model *m)
{
    struct model_commit *commit;

    if (m->queue_count == QUEUE_MAX) return;
    commit = &m->queue[m->queue_count++];
    commit->count = 1 + roll(m, 6);
    for (size_t i = 0; i < commit->count; i++) commit->effects[i] = random_effect(m);
}

static void fill_effect(struct commit *commit, const struct model_effect *e)
{
    char text[16];
    struct uuid *user_ids;
    struct effect *effect;

    if (e->kind != EFFECT_EVENT) {
        testing_change(commit, e->kind, channel_id(CHANNEL_CONVERSATION, e->number),
                       testing_id('u', e->user));
        return;
    }
    snprintf(text, sizeof text, "%u;", e->word);
    effect =
        e->channel == CHANNEL_SESSION
            ? testing_session_event(commit, channel_id(e->channel, e->number),
                                    channel_id(CHANNEL_CONVERSATION, e->place), str_from(text))
            : testing_event(commit, e->channel, channel_id(e->channel, e->number), str_from(text));
    user_ids = ARENA_NEW(&commit->arena, struct uuid);
    *user_ids = testing_id('u', e->user);
    effect->audience = (struct audience){.kind = e->audience, .user_ids = user_ids, .count = 1};
    effect->flags = e->is_live ? EVENT_LIVE : EVENT_PLAIN;
}

/* The oldest commit reaches the hub. */
static void apply_commit(struct model *m)
{
    struct commit *commit;

    if (m->queue_count == 0 || m->waiting_count == QUEUE_MAX) return;
    commit = commit_new();
    for (size_t i = 0; i < m->queue[0].count; i++) fill_effect(commit, &m->queue[0].effects[i]);
    if (m->is_flushing) m->waiting[m->waiting_count++] = m->queue[0];
    else model_apply_commit(m, &m->queue[0]);
    hub_apply(&m->h->hub, commit);
    m->queue_count--;
    memmove(&m->queue[0], &m->queue[1], m->queue_count * sizeof m->queue[0]);
}

/* ---- the listeners ---- */

static void come(struct model *m, unsigned i)
{
    struct model_ear *ear = &m->ears[i];

    *ear = (struct model_ear){.is_there = true, .is_loading = true, .user = roll(m, USERS)};
    buf_init(&ear->expected, 16u << 20);
    testing_listen(m->h, i, testing_id('u', ear->user), 0);
}

static void take_answer(struct model *m, struct model_ear *ear)
{
    memcpy(ear->answer, m->database[ear->user], sizeof ear->answer);
    ear->has_answer = true;
}

static void load(struct model *m, unsigned i)
{
    struct model_ear *ear = &m->ears[i];
    struct uuid ids[CONVERSATIONS];
    size_t count = 0;

    for (unsigned c = 0; c < CONVERSATIONS; c++) {
        if (ear->answer[c]) ids[count++] = testing_id('c', c);
    }
    hub_listener_loaded(&m->h->hub, &m->h->ears[i]->listener, ids, count);
    model_flush_all(m);
    ear->is_loading = false;
    memcpy(ear->hears, ear->answer, sizeof ear->hears);
    for (size_t k = 0; k < ear->changes_count; k++)
        model_change(ear, ear->changes[k].conversation, ear->changes[k].is_join);
}

/* All that it should have, when no flush is under way. */
static void expect_heard(struct model *m, unsigned i)
{
    testing_peer_expect(&m->h->ears[i]->owner, buf_str(&m->ears[i].expected));
    buf_clear(&m->ears[i].expected);
}

static void go(struct model *m, unsigned i)
{
    hub_settle(&m->h->hub);
    model_settle(m);
    expect_heard(m, i);
    testing_unlisten(m->h, i);
    buf_release(&m->ears[i].expected);
    m->ears[i].is_there = false;
    m->ears[i].pending_count = 0;
}

static void command(struct model *m, unsigned i)
{
    struct model_ear *ear = &m->ears[i];
    struct hub *hub = &m->h->hub;
    struct listener *l = &m->h->ears[i]->listener;
    unsigned number = roll(m, CONVERSATIONS);
    struct uuid id = testing_id('c', number);

    switch (roll(m, 4)) {
    case 0:
        model_settle(m);
        assert_int_equal(hub_focus(hub, l, &id), ear->hears[number]);
        ear->has_focus = true;
        ear->focuses[number] = ear->hears[number];
        break;
    case 1:
        model_settle(m);
        assert_int_equal(hub_unfocus(hub, l, &id), ear->hears[number]);
        ear->focuses[number] = false;
        break;
    case 2:
        number %= SESSIONS;
        id = testing_id('s', number);
        if (!ear->hears_session[number]) model_flush_all(m);
        assert_true(hub_hear_session(hub, l, &id));
        ear->hears_session[number] = true;
        break;
    default:
        number %= SESSIONS;
        id = testing_id('s', number);
        if (ear->hears_session[number]) model_settle(m);
        hub_leave_session(hub, l, &id);
        ear->hears_session[number] = false;
        break;
    }
}

static void visit_ear(struct model *m)
{
    unsigned i = roll(m, EARS);
    struct model_ear *ear = &m->ears[i];

    if (!ear->is_there) come(m, i);
    else if (roll(m, 40) == 0) go(m, i);
    else if (ear->is_loading && !ear->has_answer) take_answer(m, ear);
    else if (ear->is_loading) load(m, i);
    else command(m, i);
}

static void flush(struct model *m)
{
    hub_flush(&m->h->hub);
    model_flush_all(m);
    for (unsigned i = 0; i < EARS; i++) {
        if (m->ears[i].is_there) expect_heard(m, i);
    }
}

/* To one listener, and to the others some time later. */
static void flush_part(struct model *m)
{
    m->is_flushing |= hub_has_news(&m->h->hub);
    if (hub_flush_until(&m->h->hub, 0)) model_settle(m);
}

/* When the hub knows all that the writer did, everybody hears what the database says. */
static void expect_caught_up(struct model *m)
{
    while (m->queue_count > 0) {
        flush(m);
        apply_commit(m);
    }
    flush(m);
    for (unsigned i = 0; i < EARS; i++) {
        const struct model_ear *ear = &m->ears[i];
        if (!ear->is_there || ear->is_loading) continue;
        assert_memory_equal(ear->hears, m->database[ear->user], sizeof ear->hears);
    }
}

static void test_against_the_model(void **state)
{
    static struct model m;

    m = (struct model){.h = *state, .random = seed};
    for (unsigned round = 0; round < ROUNDS; round++) {
        switch (roll(&m, 14)) {
        case 0:
        case 1:
        case 2: make_commit(&m); break;
        case 3:
        case 4:
        case 5: apply_commit(&m); break;
        case 6: flush(&m); break;
        case 7:
        case 8: flush_part(&m); break;
        default: visit_ear(&m); break;
        }
        if (round % 1000 == 999) expect_caught_up(&m);
    }
    for (unsigned i = 0; i < EARS; i++) {
        if (m.ears[i].is_there) go(&m, i);
    }
    print_message("%llu events were delivered\n", (unsigned long long)m.h->hub.events_delivered);
    assert_true(m.h->hub.events_delivered > ROUNDS / 4);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {HUB_TEST(test_against_the_model)};

    if (argc != 2 || !str_to_u64(str_from(argv[1]), &seed)) seed = clock_mono_ns() | 1;
    printf("seed %llu\n", (unsigned long long)seed);
    fflush(stdout);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
