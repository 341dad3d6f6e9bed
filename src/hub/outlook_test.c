// SPDX-License-Identifier: Apache-2.0
/* outlook_test.c — one row for each reason to show an event or not: by the rows of the snapshot,
 * and after it as it was heard. */
#include "hub/outlook.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

/* Ids that sort by their letter. */
static struct uuid id_of(char letter)
{
    struct uuid id = {{0}};

    id.bytes[0] = (uint8_t)letter;
    return id;
}

enum { ME = 'm', OTHER = 'o', BLOCKED = 'b', ALSO_BLOCKED = 'x' };
/* Conversations: as an owner since ever; as a member since 50, who deleted what is below 10. */
enum { OWNED = 'C', JOINED = 'J', UNKNOWN = 'U' };

#define NEWEST 100u

struct fixture {
    struct arena arena;
    struct place places[2];
    struct uuid blocked[2];
    struct outlook outlook;
};

static int set_up(void **state)
{
    static struct fixture f;

    f = (struct fixture){
        .places = {{.conversation_id = id_of(OWNED), .role = PARTICIPANT_OWNER},
                   {.conversation_id = id_of(JOINED),
                    .role = PARTICIPANT_MEMBER,
                    .joined_cursor = 50,
                    .first_seq = 10}},
        .blocked = {id_of(BLOCKED), id_of(ALSO_BLOCKED)},
    };
    arena_init(&f.arena);
    f.outlook = (struct outlook){.user_id = id_of(ME),
                                 .newest = NEWEST,
                                 .places = {f.places, 2},
                                 .blocked = {f.blocked, 2},
                                 .arena = &f.arena};
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    arena_release(&f->arena);
    return 0;
}

static struct effect event_in(enum channel_kind channel, char id, uint64_t cursor)
{
    return (struct effect){.kind = EFFECT_EVENT,
                           .channel = channel,
                           .id = id_of(id),
                           .cursor = cursor,
                           .author_id = id_of(OTHER)};
}

/* ---- by the rows ---- */

static const struct row {
    const char *name;
    enum channel_kind channel;
    char id;
    char conversation; /* 0: none in the envelope */
    uint64_t cursor;
    uint64_t seq_num;
    char author;
    char sender;
    unsigned flags;
    bool is_shown;
} rows[] = {
    {"own channel", CHANNEL_USER, ME, 0, 1, 0, ME, 0, 0, true},
    {"somebody else's", CHANNEL_USER, OTHER, 0, 1, 0, ME, 0, 0, false},
    {"own, of a conversation", CHANNEL_USER, ME, OWNED, 1, 0, ME, 0, 0, true},
    {"own, of a foreign one", CHANNEL_USER, ME, UNKNOWN, 1, 0, ME, 0, 0, false},
    {"own, of before joining", CHANNEL_USER, ME, JOINED, 50, 0, ME, 0, 0, false},
    {"own, of after joining", CHANNEL_USER, ME, JOINED, 51, 0, ME, 0, 0, true},
    {"farewell", CHANNEL_USER, ME, UNKNOWN, 1, 0, OTHER, 0, EVENT_FAREWELL, true},
    {"farewell, log only", CHANNEL_USER, ME, UNKNOWN, 1, 0, OTHER, 0,
     EVENT_FAREWELL | EVENT_LOG_ONLY, true},
    {"somebody's farewell", CHANNEL_USER, OTHER, UNKNOWN, 1, 0, OTHER, 0, EVENT_FAREWELL, false},
    {"own, by a blocked one", CHANNEL_USER, ME, 0, 1, 0, BLOCKED, 0, EVENT_BLOCKABLE, true},
    {"session", CHANNEL_SESSION, OWNED, 0, 1, 0, OTHER, 0, 0, false},
    {"live", CHANNEL_CONVERSATION, OWNED, OWNED, 0, 0, OTHER, 0, EVENT_LIVE, false},
    {"conversation", CHANNEL_CONVERSATION, OWNED, OWNED, 1, 1, OTHER, OTHER, 0, true},
    {"the newest", CHANNEL_CONVERSATION, OWNED, OWNED, NEWEST, 1, OTHER, OTHER, 0, true},
    {"foreign", CHANNEL_CONVERSATION, UNKNOWN, UNKNOWN, 1, 1, OTHER, OTHER, 0, false},
    {"before joining", CHANNEL_CONVERSATION, JOINED, JOINED, 50, 20, OTHER, OTHER, 0, false},
    {"after joining", CHANNEL_CONVERSATION, JOINED, JOINED, 51, 20, OTHER, OTHER, 0, true},
    {"deleted for me", CHANNEL_CONVERSATION, JOINED, JOINED, 60, 9, OTHER, OTHER, 0, false},
    {"first not deleted", CHANNEL_CONVERSATION, JOINED, JOINED, 60, 10, OTHER, OTHER, 0, true},
    {"of no message", CHANNEL_CONVERSATION, JOINED, JOINED, 60, 0, OTHER, 0, 0, true},
    {"internal, owner", CHANNEL_CONVERSATION, OWNED, OWNED, 1, 1, OTHER, OTHER, EVENT_INTERNAL,
     true},
    {"internal, member", CHANNEL_CONVERSATION, JOINED, JOINED, 60, 20, OTHER, OTHER, EVENT_INTERNAL,
     false},
    {"blocked author", CHANNEL_CONVERSATION, OWNED, OWNED, 1, 1, BLOCKED, OTHER, EVENT_BLOCKABLE,
     false},
    {"blocked sender", CHANNEL_CONVERSATION, OWNED, OWNED, 1, 1, OTHER, ALSO_BLOCKED,
     EVENT_BLOCKABLE, false},
    {"neither blocked", CHANNEL_CONVERSATION, OWNED, OWNED, 1, 1, OTHER, OTHER, EVENT_BLOCKABLE,
     true},
    {"blocks do not count", CHANNEL_CONVERSATION, OWNED, OWNED, 1, 0, BLOCKED, 0, 0, true},
    {"no author", CHANNEL_CONVERSATION, OWNED, OWNED, 1, 0, 0, 0, EVENT_BLOCKABLE, true},
};

static void test_by_the_rows(void **state)
{
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct row *row = &rows[i];
        struct effect e = event_in(row->channel, row->id, row->cursor);

        e.conversation_id = id_of(row->conversation);
        e.author_id = id_of(row->author);
        e.sender_id = id_of(row->sender);
        e.seq_num = row->seq_num;
        e.flags = (enum event_flags)row->flags;
        if (outlook_shows(&f->outlook, &e) != row->is_shown) fail_msg("%s", row->name);
    }
}

static void test_who_is_in_nothing(void **state)
{
    struct outlook o = {.user_id = id_of(ME), .newest = NEWEST};
    struct effect own = event_in(CHANNEL_USER, ME, 1);
    struct effect other = event_in(CHANNEL_CONVERSATION, OWNED, 1);

    (void)state;
    other.flags = EVENT_BLOCKABLE;
    assert_true(outlook_shows(&o, &own));
    assert_false(outlook_shows(&o, &other));
}

/* ---- after the snapshot ---- */

static bool follows(struct fixture *f, const struct effect *e)
{
    return outlook_follows(&f->outlook, e);
}

static void test_after_it_as_it_was_heard(void **state)
{
    struct fixture *f = *state;
    struct uuid us[] = {id_of(OTHER), id_of(ME)};
    struct effect e = event_in(CHANNEL_CONVERSATION, JOINED, NEWEST + 1);

    /* What the rows would say does not count: whom it was for was decided at its commit. */
    e.seq_num = 1;
    e.flags = EVENT_INTERNAL | EVENT_BLOCKABLE;
    e.author_id = id_of(BLOCKED);
    assert_true(follows(f, &e));
    e.audience = (struct audience){.kind = AUDIENCE_ONLY, .user_ids = us, .count = 2};
    assert_true(follows(f, &e));
    e.audience.count = 1;
    assert_false(follows(f, &e));
    e.audience.kind = AUDIENCE_EXCEPT;
    assert_true(follows(f, &e));
    e.audience.count = 2;
    assert_false(follows(f, &e));
    e = event_in(CHANNEL_CONVERSATION, UNKNOWN, NEWEST + 1);
    assert_false(follows(f, &e));
    e = event_in(CHANNEL_USER, ME, NEWEST + 1);
    assert_true(follows(f, &e));
    e.flags = EVENT_LOG_ONLY | EVENT_FAREWELL; /* heard by the one beside it */
    assert_false(follows(f, &e));
    e = event_in(CHANNEL_USER, OTHER, NEWEST + 1);
    assert_false(follows(f, &e));
    e = event_in(CHANNEL_CONVERSATION, OWNED, 0);
    e.flags = EVENT_LIVE;
    assert_false(follows(f, &e));
}

static void change(struct fixture *f, enum effect_kind kind, char conversation, char user)
{
    struct uuid users[] = {id_of('z'), id_of(user)};
    struct effect e = {
        .kind = kind, .id = id_of(conversation), .user_ids = users, .user_ids_count = 2};

    assert_false(follows(f, &e)); /* no event */
}

static void expect_heard(struct fixture *f, const char *conversations)
{
    static const char all[] = {'A', OWNED, 'E', JOINED, UNKNOWN, 'Y', '\0'};

    for (const char *c = all; *c != '\0'; c++) {
        struct effect e = event_in(CHANNEL_CONVERSATION, *c, NEWEST + 1);
        bool is_expected = strchr(conversations, *c) != NULL;
        assert_int_equal(follows(f, &e), is_expected);
    }
}

static void test_comings_and_goings(void **state)
{
    struct fixture *f = *state;

    expect_heard(f, "CJ");
    change(f, EFFECT_JOIN, 'Y', ME);
    change(f, EFFECT_JOIN, 'A', ME);
    change(f, EFFECT_JOIN, 'E', ME);
    change(f, EFFECT_JOIN, 'E', ME); /* again */
    change(f, EFFECT_JOIN, OWNED, ME);
    change(f, EFFECT_JOIN, UNKNOWN, OTHER);
    expect_heard(f, "ACEJY");
    change(f, EFFECT_LEAVE, OWNED, ME);
    change(f, EFFECT_LEAVE, 'Y', ME);
    change(f, EFFECT_LEAVE, 'A', OTHER);
    change(f, EFFECT_LEAVE, UNKNOWN, ME);
    expect_heard(f, "AEJ");
    change(f, EFFECT_LEAVE, 'E', ME);
    change(f, EFFECT_LEAVE, 'A', ME);
    change(f, EFFECT_LEAVE, JOINED, ME);
    expect_heard(f, "");
    change(f, EFFECT_JOIN, OWNED, ME);
    expect_heard(f, "C");
}

#define OUTLOOK_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        OUTLOOK_TEST(test_by_the_rows),
        OUTLOOK_TEST(test_who_is_in_nothing),
        OUTLOOK_TEST(test_after_it_as_it_was_heard),
        OUTLOOK_TEST(test_comings_and_goings),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
