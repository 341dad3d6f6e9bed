// SPDX-License-Identifier: Apache-2.0
/* search_sqlite_test.c — entries are found by every kind of query, newest first, in the named
 * conversations only; what was taken out is gone; a digest shows what is wrong. */
#include "store/messages.h"
#include "store/search.h"
#include "store/store_testing.h"

#define CONVERSATIONS_COUNT 40u

struct fixture {
    struct testing_dir dir;
    struct arena arena;
    struct tx tx;
    struct uuid tenant_id;
    struct uuid conversation_ids[CONVERSATIONS_COUNT]; /* in rising order */
    uint64_t last_order_num;
};

static int set_up(void **state)
{
    static struct fixture f;

    f = (struct fixture){.tenant_id = uuid_new()};
    for (size_t i = 0; i < CONVERSATIONS_COUNT; i++) f.conversation_ids[i] = uuid_new();
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

/* A message with this text, in the table and in the index. */
static struct search_entry say(struct fixture *f, size_t conversation, struct str text)
{
    struct search_entry entry = {.order_num = ++f->last_order_num,
                                 .conversation_id = f->conversation_ids[conversation],
                                 .text = text};
    struct message m = {.message_id = uuid_new(),
                        .conversation_id = entry.conversation_id,
                        .tenant_id = f->tenant_id,
                        .seq_num = entry.order_num,
                        .order_num = entry.order_num,
                        .sender_id = f->tenant_id,
                        .content_text = text};

    assert_int_equal(messages_insert(&f->tx, &m), R_OK);
    assert_int_equal(search_put(&f->tx, &entry), R_OK);
    return entry;
}

/* The places that are found, in the first `count` conversations, as text. */
static const char *find_in(struct fixture *f, size_t first, size_t count, uint64_t below,
                           struct str text)
{
    static char out[4096];
    struct search_query query;
    struct search_filter filter = {.query = &query,
                                   .conversation_ids = f->conversation_ids + first,
                                   .conversations_count = count,
                                   .below = below};
    struct search_scan scan;
    struct search_hit hit;
    enum result result;
    size_t len = 0;

    search_query_parse(text, &f->arena, &query);
    search_open(&f->tx, &filter, &f->arena, &scan);
    while ((result = search_next(&scan, &hit)) == R_OK) {
        assert_int_equal(hit.seq_num, hit.order_num);
        assert_true(len < sizeof out - 32);
        len += (size_t)snprintf(out + len, sizeof out - len, "%s%llu", len == 0 ? "" : " ",
                                (unsigned long long)hit.order_num);
    }
    assert_int_equal(result, R_DONE);
    search_close(&scan);
    out[len] = '\0';
    return out;
}

static const char *find(struct fixture *f, struct str text)
{
    return find_in(f, 0, 1, INT64_MAX, text);
}

static void every_kind_of_query_finds(void **state)
{
    static const struct {
        const char *query;
        const char *found;
    } rows[] = {
        {"hello", "2 1"},
        {"HELLO", "2 1"},
        {"hel", "2 1"},
        {"\"hel\"", ""},
        {"\"hello world\"", "1"},
        {"world hello", "2 1"},
        {"\"hello wor*\"", "1"},
        {"\"world hello\"", "2"},
        {"hello world you", "2"},
        {"creme", "3"},
        {"CRÈME", "3"},
        {"to", "6"},
        {"to*", "7 6"},
        {"t*", ""},
        {"東京", "5 4"},
        {"京都", "4"},
        {"東", "5 4"},
        {"都", "4"},
        {"行く", "4"},
        {"東京都に", "4"},
        {"東都", ""},
        {"東京タワー", "5"},
        {"タ", "5"},
        {"東京 hello", ""},
        {"to be", "6"},
        {"nothing", ""},
        {"👍", "6"},
    };
    struct fixture *f = *state;

    (void)say(f, 0, STR("Hello world"));
    (void)say(f, 0, STR("world, hello you"));
    (void)say(f, 0, STR("une crème brûlée"));
    (void)say(f, 0, STR("明日東京都に行く"));
    (void)say(f, 0, STR("東京タワー"));
    (void)say(f, 0, STR("to be, 👍"));
    (void)say(f, 0, STR("tomorrow"));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *found = find(f, str_from(rows[i].query));

        if (strcmp(found, rows[i].found) != 0)
            fail_msg("%s finds \"%s\", not \"%s\"", rows[i].query, found, rows[i].found);
    }
    assert_string_equal(find_in(f, 0, 1, 2, STR("hello")), "1");
    assert_string_equal(find_in(f, 0, 1, 1, STR("hello")), "");
    assert_string_equal(find_in(f, 0, 0, INT64_MAX, STR("hello")), "");
    assert_string_equal(find_in(f, 1, 1, INT64_MAX, STR("hello")), "");
}

/* One that is named to the engine, the most that always are, and one more. */
static void only_the_named_conversations_count(void **state)
{
    struct fixture *f = *state;

    static_assert(SEARCH_LISTED_MIN + 2 <= CONVERSATIONS_COUNT, "there is one that is not named");
    for (size_t i = 0; i < CONVERSATIONS_COUNT; i++) (void)say(f, i, STR("hello"));
    assert_string_equal(find_in(f, 2, 1, INT64_MAX, STR("hello")), "3");
    assert_string_equal(find_in(f, 0, SEARCH_LISTED_MIN, 4, STR("hello")), "3 2 1");
    assert_string_equal(find_in(f, 1, SEARCH_LISTED_MIN, 4, STR("hello")), "3 2");
    assert_string_equal(find_in(f, 1, SEARCH_LISTED_MIN + 1, 4, STR("hello")), "3 2");
    assert_string_equal(find_in(f, 0, SEARCH_LISTED_MIN + 1, 4, STR("hello")), "3 2 1");
}

/* More conversations than are always named, and so many hits elsewhere that they are named at last:
 * the hit behind exactly the bound, and behind one more. */
static void hits_elsewhere_are_passed_over(void **state)
{
    struct fixture *f = *state;
    size_t last = CONVERSATIONS_COUNT - 1;

    (void)say(f, 0, STR("hello"));
    (void)say(f, 1, STR("hello"));
    for (size_t i = 0; i < SEARCH_PASSED_MAX - 1; i++) (void)say(f, last, STR("hello"));
    assert_string_equal(find_in(f, 0, last, INT64_MAX, STR("hello")), "2 1");
    (void)say(f, last, STR("hello"));
    assert_string_equal(find_in(f, 0, last, INT64_MAX, STR("hello")), "2 1");
    (void)say(f, last, STR("hello"));
    assert_string_equal(find_in(f, 0, last, INT64_MAX, STR("hello")), "2 1");
}

/* A list that is as long as can be named, and one that is too long for that. */
static void very_many_conversations_can_be_named(void **state)
{
    struct fixture *f = *state;
    size_t count = SEARCH_LISTED_MAX + 1;
    struct uuid *ids = ARENA_ARRAY(&f->arena, struct uuid, count);
    struct search_query query;
    struct search_filter filter = {.query = &query, .conversation_ids = ids, .below = INT64_MAX};

    search_query_parse(STR("hello"), &f->arena, &query);
    (void)say(f, 0, STR("hello"));
    ids[0] = f->conversation_ids[0];
    for (size_t i = 1; i < count; i++) ids[i] = uuid_new();
    (void)say(f, 0, STR("hello"));
    for (size_t i = 0; i <= SEARCH_PASSED_MAX; i++) (void)say(f, 1, STR("hello"));
    for (; count >= SEARCH_LISTED_MAX; count--) {
        struct search_scan scan;
        struct search_hit hit;

        filter.conversations_count = count;
        search_open(&f->tx, &filter, &f->arena, &scan);
        assert_int_equal(search_next(&scan, &hit), R_OK);
        assert_int_equal(hit.order_num, 2);
        assert_int_equal(search_next(&scan, &hit), R_OK);
        assert_int_equal(hit.order_num, 1);
        assert_int_equal(search_next(&scan, &hit), R_DONE);
        search_close(&scan);
    }
}

static void the_longest_query_is_understood(void **state)
{
    struct fixture *f = *state;
    char text[SEARCH_QUERY_BYTES_MAX];

    for (size_t i = 0; i < sizeof text; i++) text[i] = i % 2 == 0 ? 'x' : ' ';
    (void)say(f, 0, STR("x"));
    assert_string_equal(find(f, str_of(text, sizeof text)), "1");
    for (size_t i = 0; i + 3 <= sizeof text; i += 3) memcpy(text + i, "\xe3\x8c\x96", 3);
    (void)say(f, 0, str_of(text, 3 * (sizeof text / 3)));
    assert_string_equal(find(f, str_of(text, 3 * (sizeof text / 3))), "2");
}

static uint64_t digest(struct fixture *f)
{
    uint64_t sum = 0;

    assert_int_equal(search_digest(&f->tx, &sum), R_OK);
    return sum;
}

static void what_was_taken_out_is_gone(void **state)
{
    struct fixture *f = *state;
    struct search_entry first = say(f, 0, STR("hello old 東京 hello"));
    struct search_entry second = say(f, 0, STR("hello"));
    struct search_entry changed = first;

    assert_int_equal(digest(f), search_digest_entry(&first) + search_digest_entry(&second));
    assert_int_equal(search_take(&f->tx, &first), R_OK);
    assert_string_equal(find(f, STR("hello")), "2");
    assert_string_equal(find(f, STR("old")), "");
    assert_string_equal(find(f, STR("東京")), "");
    assert_int_equal(digest(f), search_digest_entry(&second));

    changed.text = STR("new");
    assert_int_equal(search_put(&f->tx, &changed), R_OK);
    assert_string_equal(find(f, STR("new")), "1");
    assert_int_equal(digest(f), search_digest_entry(&changed) + search_digest_entry(&second));

    /* What was never put leaves a trace that the digest shows. */
    changed.text = STR("other");
    assert_int_equal(search_take(&f->tx, &changed), R_OK);
    assert_int_not_equal(digest(f), search_digest_entry(&second));

    assert_int_equal(search_clear(&f->tx), R_OK);
    assert_int_equal(digest(f), 0);
    assert_string_equal(find(f, STR("hello")), "");
    assert_int_equal(search_put(&f->tx, &second), R_OK);
    assert_string_equal(find(f, STR("hello")), "2");
}

/* A piece per transaction is written; tidying joins them until there is nothing to do. */
static void pieces_are_joined(void **state)
{
    struct fixture *f = *state;
    static const char sql[] = "SELECT count(DISTINCT segid) FROM search_text_idx";
    uint64_t sum;
    bool is_tidy = false;
    int64_t pieces_count;

    assert_int_equal(search_clear(&f->tx), R_OK);
    for (size_t i = 0; i < 12; i++) {
        (void)say(f, 0, STR("hello world"));
        assert_int_equal(db_commit(f->tx.db), R_OK);
        assert_int_equal(db_begin(f->tx.db), R_OK);
    }
    pieces_count = testing_number(f->tx.db, sql);
    assert_int_equal(pieces_count, 12);
    sum = digest(f);
    for (size_t i = 0; i < 100 && !is_tidy; i++)
        assert_int_equal(search_tidy(&f->tx, 8, &is_tidy), R_OK);
    assert_true(is_tidy);
    assert_true(testing_number(f->tx.db, sql) < pieces_count);
    assert_int_equal(digest(f), sum);
}

#define STORE_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(every_kind_of_query_finds),
        STORE_TEST(only_the_named_conversations_count),
        STORE_TEST(hits_elsewhere_are_passed_over),
        STORE_TEST(very_many_conversations_can_be_named),
        STORE_TEST(the_longest_query_is_understood),
        STORE_TEST(what_was_taken_out_is_gone),
        STORE_TEST(pieces_are_joined),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
