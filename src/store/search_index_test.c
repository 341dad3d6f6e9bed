// SPDX-License-Identifier: Apache-2.0
/* search_index_test.c — after every order of sending, changing, deleting and stepping the index has
 * what the messages say; what is wrong with it is seen and put right. */
#include "store/search_index.h"

#include "store/messages.h"
#include "store/search.h"
#include "store/store_testing.h"

struct fixture {
    struct testing_dir dir;
    struct arena arena;
    struct tx tx;
    struct uuid tenant_id;
    struct uuid conversation_id;
    uint64_t last_seq;
};

static int set_up(void **state)
{
    static struct fixture f;

    f = (struct fixture){.tenant_id = uuid_new(), .conversation_id = uuid_new()};
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

static struct message say(struct fixture *f, struct str text)
{
    struct message m = {.message_id = uuid_new(),
                        .conversation_id = f->conversation_id,
                        .tenant_id = f->tenant_id,
                        .seq_num = ++f->last_seq,
                        .order_num = 10 * f->last_seq,
                        .sender_id = f->tenant_id,
                        .created_at_ms = 5000 + f->last_seq,
                        .content_text = text};

    assert_int_equal(messages_insert(&f->tx, &m), R_OK);
    return m;
}

static void edit(struct fixture *f, struct message *m, struct str text)
{
    m->content_text = text;
    m->edit_count++;
    m->edited_at_ms = f->tx.now_ms;
    assert_int_equal(messages_set_texts(&f->tx, m), R_OK);
}

static void bury(struct fixture *f, struct message *m)
{
    m->deleted_at_ms = f->tx.now_ms;
    assert_int_equal(messages_bury(&f->tx, m), R_OK);
}

static struct search_step step(struct fixture *f)
{
    struct search_step done;

    assert_int_equal(search_index_step(&f->tx, &done), R_OK);
    return done;
}

/* How many messages have it. */
static size_t count(struct fixture *f, struct str text)
{
    struct search_query query;
    struct search_filter filter = {.query = &query,
                                   .conversation_ids = &f->conversation_id,
                                   .conversations_count = 1,
                                   .below = INT64_MAX};
    struct search_scan scan;
    struct search_hit hit;
    size_t hits_count = 0;

    search_query_parse(text, &f->arena, &query);
    search_open(&f->tx, &filter, &f->arena, &scan);
    while (search_next(&scan, &hit) == R_OK) hits_count++;
    search_close(&scan);
    return hits_count;
}

static struct search_report verify(struct fixture *f)
{
    struct search_report report;

    assert_int_equal(search_index_verify(&f->tx, &report), R_OK);
    return report;
}

static void expect_right(struct fixture *f, uint64_t entries_count, uint64_t waiting_count)
{
    struct search_report report = verify(f);

    assert_true(report.is_current);
    assert_true(report.is_sound);
    assert_true(report.is_right);
    assert_int_equal(report.entries_count, entries_count);
    assert_int_equal(report.waiting_count, waiting_count);
}

static void what_is_said_is_found_after_a_step(void **state)
{
    struct fixture *f = *state;
    struct search_step done = step(f);

    assert_true(done.has_begun);
    assert_int_equal(done.entries_count, 0);
    assert_int_equal(done.waiting_since_ms, 0);
    assert_true(done.is_tidy);
    f->tx.is_text_changed = false;
    (void)say(f, STR("hello"));
    assert_true(f->tx.is_text_changed);
    assert_int_equal(count(f, STR("hello")), 0);
    expect_right(f, 0, 1);
    done = step(f);
    assert_false(done.has_begun);
    assert_int_equal(done.entries_count, 1);
    assert_int_equal(count(f, STR("hello")), 1);
    expect_right(f, 1, 0);
    assert_int_equal(step(f).entries_count, 0);
}

static void changes_follow_in_any_order(void **state)
{
    struct fixture *f = *state;
    struct message edited = say(f, STR("first"));
    struct message edited_before = say(f, STR("first"));
    struct message deleted = say(f, STR("first"));
    struct message deleted_before = say(f, STR("first"));

    edit(f, &edited_before, STR("second"));
    bury(f, &deleted_before);
    assert_int_equal(step(f).entries_count, 3);
    assert_int_equal(count(f, STR("first")), 2);
    assert_int_equal(count(f, STR("second")), 1);
    expect_right(f, 3, 0);

    f->tx.is_text_changed = false;
    edit(f, &edited, STR("second"));
    assert_true(f->tx.is_text_changed);
    edit(f, &edited, STR("third"));
    f->tx.is_text_changed = false;
    bury(f, &deleted);
    assert_true(f->tx.is_text_changed);
    assert_int_equal(count(f, STR("first")), 2); /* as it was put, until the step */
    expect_right(f, 3, 2);
    assert_int_equal(step(f).entries_count, 2);
    assert_int_equal(count(f, STR("first")), 0);
    assert_int_equal(count(f, STR("second")), 1);
    assert_int_equal(count(f, STR("third")), 1);
    expect_right(f, 2, 0);

    edit(f, &edited, STR("fourth"));
    bury(f, &edited);
    assert_int_equal(step(f).entries_count, 1);
    expect_right(f, 1, 0);
}

static void what_is_purged_is_forgotten(void **state)
{
    struct fixture *f = *state;
    struct message m = say(f, STR("hello"));
    struct message other = say(f, STR("hello"));
    size_t purged = 0;

    (void)step(f);
    (void)say(f, STR("hello")); /* never put */
    bury(f, &other);
    edit(f, &m, STR("hullo"));
    assert_int_equal(messages_delete_some(&f->tx, &f->tenant_id, &f->conversation_id, 1, &purged),
                     R_OK);
    assert_int_equal(purged, 1);
    expect_right(f, 2, 3);
    assert_int_equal(messages_delete_some(&f->tx, &f->tenant_id, &f->conversation_id, 9, &purged),
                     R_OK);
    assert_int_equal(purged, 2);
    assert_int_equal(step(f).entries_count, 2);
    assert_int_equal(count(f, STR("hello")), 0);
    expect_right(f, 0, 0);

    /* What is purged without a change before it. */
    (void)say(f, STR("hello"));
    (void)step(f);
    f->tx.is_text_changed = false;
    assert_int_equal(messages_delete_some(&f->tx, &f->tenant_id, &f->conversation_id, 9, &purged),
                     R_OK);
    assert_true(f->tx.is_text_changed);
    expect_right(f, 1, 1);
    (void)step(f);
    expect_right(f, 0, 0);
}

/* As many messages as a step takes, and one more; then their changes. */
static void a_step_has_bounds(void **state)
{
    struct fixture *f = *state;
    struct message messages[SEARCH_STEP_ENTRIES_MAX + 1];
    struct search_step done;

    for (size_t i = 0; i < SEARCH_STEP_ENTRIES_MAX; i++) messages[i] = say(f, STR("a"));
    done = step(f);
    assert_int_equal(done.entries_count, SEARCH_STEP_ENTRIES_MAX);
    assert_int_equal(done.waiting_since_ms, 0);
    messages[SEARCH_STEP_ENTRIES_MAX] = say(f, STR("a"));
    assert_int_equal(step(f).entries_count, 1);

    assert_int_equal(search_index_reset(&f->tx), R_OK);
    done = step(f);
    assert_int_equal(done.entries_count, SEARCH_STEP_ENTRIES_MAX);
    assert_int_equal(done.waiting_since_ms, messages[SEARCH_STEP_ENTRIES_MAX].created_at_ms);
    assert_int_equal(step(f).entries_count, 1);
    expect_right(f, SEARCH_STEP_ENTRIES_MAX + 1, 0);

    for (size_t i = 0; i <= SEARCH_STEP_ENTRIES_MAX; i++) edit(f, &messages[i], STR("b"));
    (void)say(f, STR("b"));
    done = step(f);
    assert_int_equal(done.entries_count, SEARCH_STEP_ENTRIES_MAX);
    assert_int_equal(done.waiting_since_ms, f->tx.now_ms);
    expect_right(f, SEARCH_STEP_ENTRIES_MAX + 1, 2);
    assert_int_equal(step(f).entries_count, 2);
    assert_int_equal(count(f, STR("b")), SEARCH_STEP_ENTRIES_MAX + 2);
    expect_right(f, SEARCH_STEP_ENTRIES_MAX + 2, 0);
}

static void long_texts_make_a_step_shorter(void **state)
{
    static char text[MESSAGE_TEXT_BYTES_MAX];
    struct fixture *f = *state;
    size_t fit = SEARCH_STEP_BYTES_MAX / sizeof text;

    memset(text, 'x', sizeof text);
    for (size_t i = 0; i < fit + 1; i++) (void)say(f, str_of(text, sizeof text));
    assert_int_equal(step(f).entries_count, fit);
    assert_int_equal(step(f).entries_count, 1);
}

static void other_rules_begin_anew(void **state)
{
    struct fixture *f = *state;
    struct message m = say(f, STR("hello"));

    (void)step(f);
    edit(f, &m, STR("hullo"));
    assert_int_equal(testing_number(f->tx.db, "UPDATE search_state SET rules = '0/0/1.0' "
                                              "RETURNING position"),
                     m.order_num);
    assert_false(verify(f).is_current);
    assert_true(step(f).has_begun);
    assert_int_equal(count(f, STR("hullo")), 1);
    assert_int_equal(count(f, STR("hello")), 0);
    expect_right(f, 1, 0);
}

static void a_wrong_index_is_seen_and_built_anew(void **state)
{
    struct fixture *f = *state;
    struct search_report report;
    struct fault fault = {0};
    struct message m = say(f, STR("one"));

    (void)say(f, STR("two"));
    (void)say(f, STR("three"));
    (void)step(f);
    bury(f, &m);
    /* As if the edit had been made by a program that does not know of the index. */
    assert_int_equal(testing_number(f->tx.db, "UPDATE message SET content_text = '2'"
                                              " WHERE seq_num = 2 RETURNING seq_num"),
                     2);
    report = verify(f);
    assert_true(report.is_current);
    assert_true(report.is_sound);
    assert_false(report.is_right);

    assert_int_equal(db_commit(f->tx.db), R_OK);
    if (search_index_rebuild(f->tx.db, &fault) != R_OK) fail_msg("%s", fault.text);
    assert_int_equal(db_begin(f->tx.db), R_OK);
    expect_right(f, 2, 0);
    assert_int_equal(count(f, STR("two")), 0);
    assert_int_equal(count(f, STR("2")), 1);
}

/* A page of the index that is not what it was. */
static void a_damaged_index_is_seen_and_built_anew(void **state)
{
    struct fixture *f = *state;
    struct search_report report;
    struct search_step done;
    struct fault fault = {0};

    (void)say(f, STR("one"));
    (void)step(f);
    assert_int_equal(db_commit(f->tx.db), R_OK);
    db_close(f->tx.db);
    testing_damage_search_index(&f->dir);
    f->tx.db = testing_db_open(&f->dir, DB_WRITER);
    assert_int_equal(db_begin(f->tx.db), R_OK);
    report = verify(f);
    assert_false(report.is_sound);
    assert_false(report.is_right);
    db_rollback(f->tx.db);
    if (search_index_rebuild(f->tx.db, &fault) != R_OK) fail_msg("%s", fault.text);
    assert_int_equal(db_begin(f->tx.db), R_OK);
    expect_right(f, 1, 0);
    assert_int_equal(search_index_step(&f->tx, &done), R_OK);
    assert_int_equal(count(f, STR("one")), 1);
}

#define STORE_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(what_is_said_is_found_after_a_step),
        STORE_TEST(changes_follow_in_any_order),
        STORE_TEST(what_is_purged_is_forgotten),
        STORE_TEST(a_step_has_bounds),
        STORE_TEST(long_texts_make_a_step_shorter),
        STORE_TEST(other_rules_begin_anew),
        STORE_TEST(a_wrong_index_is_seen_and_built_anew),
        STORE_TEST(a_damaged_index_is_seen_and_built_anew),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
