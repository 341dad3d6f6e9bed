// SPDX-License-Identifier: Apache-2.0
/* indexer_test.c — when a step is due, with and without jobs that wait; failures and damage. */
#include "store/indexer.h"

#include "base/clock.h"
#include "store/messages.h"
#include "store/search_index.h"
#include "store/store_testing.h"

struct fixture {
    struct testing_dir dir;
    struct db *db;
    struct counters counters;
    struct indexer indexer;
    struct uuid id;
    uint64_t last_seq;
};

static int set_up(void **state)
{
    static struct fixture f;

    f = (struct fixture){.id = uuid_new()};
    testing_dir_make(&f.dir);
    f.db = testing_db_open_migrated(&f.dir);
    indexer_init(&f.indexer, f.db, &f.counters, 1000);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    testing_disk_mend();
    db_close(f->db);
    testing_dir_remove(&f->dir);
    return 0;
}

static void say(struct fixture *f, size_t count)
{
    struct tx tx = {.db = f->db, .now_ms = clock_wall_ms()};

    assert_int_equal(db_begin(f->db), R_OK);
    for (size_t i = 0; i < count; i++) {
        struct message m = {.message_id = uuid_new(),
                            .conversation_id = f->id,
                            .tenant_id = f->id,
                            .seq_num = ++f->last_seq,
                            .order_num = f->last_seq,
                            .sender_id = f->id,
                            .created_at_ms = tx.now_ms,
                            .content_text = STR("hello")};

        assert_int_equal(messages_insert(&tx, &m), R_OK);
    }
    assert_int_equal(db_commit(f->db), R_OK);
}

static struct store_stats stats(struct fixture *f)
{
    struct store_stats out;

    counters_get(&f->counters, &out);
    return out;
}

/* Until nothing is due, one step after the other. */
static void catch_up(struct fixture *f, uint64_t now_ms)
{
    for (size_t i = 0; f->indexer.due_ms != UINT64_MAX; i++) {
        assert_true(i < 1000);
        indexer_step(&f->indexer, now_ms);
    }
}

static void a_step_is_due_a_moment_after_a_change(void **state)
{
    struct fixture *f = *state;
    struct indexer *ix = &f->indexer;

    assert_true(indexer_is_due(ix, 1000, false)); /* what was left from before */
    catch_up(f, 1000);
    assert_false(indexer_is_due(ix, 1000000, false));

    say(f, 1);
    indexer_note(ix, 2000);
    indexer_note(ix, 2050);
    assert_false(indexer_is_due(ix, 2000 + SEARCH_DELAY_MS - 1, false));
    assert_true(indexer_is_due(ix, 2000 + SEARCH_DELAY_MS, false));
    catch_up(f, 2100);
    assert_int_equal(stats(f).search_entries, 1);
    assert_int_equal(stats(f).search_lag_ms, 0);
}

static void jobs_go_first_but_not_for_ever(void **state)
{
    struct fixture *f = *state;
    struct indexer *ix = &f->indexer;

    catch_up(f, 1000);
    say(f, 1);
    indexer_note(ix, 2000);
    assert_false(indexer_is_due(ix, 2000 + SEARCH_LAG_MS_MAX - 1, true));
    assert_true(indexer_is_due(ix, 2000 + SEARCH_LAG_MS_MAX, true));
    indexer_step(ix, 2000 + SEARCH_LAG_MS_MAX);
    assert_int_equal(stats(f).search_entries, 1);
    assert_false(indexer_is_due(ix, 1000000, true)); /* tidying waits as long as it must */
}

/* Several pieces, each of one message, are joined while nothing else is to be done. */
static void tidying_follows_when_there_is_time(void **state)
{
    struct fixture *f = *state;
    struct indexer *ix = &f->indexer;
    size_t i = 0;

    catch_up(f, 1000);
    do {
        assert_true(i++ < 100);
        catch_up(f, 1000);
        say(f, SEARCH_STEP_ENTRIES_MAX);
        indexer_note(ix, 2000);
        indexer_step(ix, 2100);
        assert_int_equal(ix->behind_since_ms, 0);
    } while (ix->due_ms == UINT64_MAX);
    assert_int_equal(ix->due_ms, 2100 + SEARCH_TIDY_MS);
    assert_false(indexer_is_due(ix, 2100 + SEARCH_TIDY_MS - 1, false));
    assert_true(indexer_is_due(ix, 2100 + SEARCH_TIDY_MS, false));
    assert_false(indexer_is_due(ix, UINT64_MAX - 1, true));
}

static void the_lag_is_that_of_the_oldest_change(void **state)
{
    struct fixture *f = *state;
    struct indexer *ix = &f->indexer;
    uint64_t now_ms = clock_mono_ms();

    catch_up(f, now_ms);
    say(f, SEARCH_STEP_ENTRIES_MAX + 1);
    indexer_note(ix, now_ms - 5000);
    assert_in_range(stats(f).search_lag_ms, 5000, 60000);
    indexer_step(ix, now_ms);
    assert_int_equal(stats(f).search_entries, SEARCH_STEP_ENTRIES_MAX);
    assert_true(indexer_is_due(ix, now_ms, false)); /* at once: there is one more */
    assert_in_range(ix->behind_since_ms, now_ms - 5000, now_ms);
    indexer_step(ix, now_ms);
    assert_int_equal(stats(f).search_entries, SEARCH_STEP_ENTRIES_MAX + 1);
    assert_int_equal(stats(f).search_lag_ms, 0);
}

static void a_failure_is_tried_again_later_and_later(void **state)
{
    struct fixture *f = *state;
    struct indexer *ix = &f->indexer;
    uint64_t retry_ms = SEARCH_RETRY_MS_MIN;
    uint64_t now_ms = 2000;

    catch_up(f, 1000);
    say(f, 1);
    indexer_note(ix, now_ms);
    atomic_store(&testing_write_code, SQLITE_FULL);
    for (size_t i = 0; i < 10; i++) {
        indexer_step(ix, now_ms);
        assert_int_equal(ix->due_ms, now_ms + retry_ms);
        assert_int_equal(ix->behind_since_ms, 2000);
        now_ms = ix->due_ms;
        retry_ms = 2 * retry_ms < SEARCH_RETRY_MS_MAX ? 2 * retry_ms : SEARCH_RETRY_MS_MAX;
    }
    assert_int_equal(retry_ms, SEARCH_RETRY_MS_MAX);
    testing_disk_mend();
    catch_up(f, now_ms);
    assert_int_equal(stats(f).search_entries, 1);
    assert_int_equal(ix->retry_ms, 0);
}

static void damage_is_mended_once(void **state)
{
    struct fixture *f = *state;
    struct indexer *ix = &f->indexer;
    struct search_report report;
    struct tx tx = {0};

    catch_up(f, 1000);
    say(f, 3);
    catch_up(f, 1000 + (indexer_note(ix, 1000), 0));
    for (size_t i = 0; i < 2; i++) {
        db_close(f->db);
        testing_damage_search_index(&f->dir);
        f->db = testing_db_open(&f->dir, DB_WRITER);
        ix->db = f->db;
        say(f, 1);
        indexer_note(ix, 2000);
        indexer_step(ix, 2100);
        if (i == 0) {
            catch_up(f, 2100);
            tx.db = f->db;
            assert_int_equal(db_begin(f->db), R_OK);
            assert_int_equal(search_index_verify(&tx, &report), R_OK);
            db_rollback(f->db);
            assert_true(report.is_right);
            assert_int_equal(report.entries_count, 4);
        }
    }
    assert_true(ix->was_damaged);
    assert_int_equal(ix->due_ms, 2100 + SEARCH_RETRY_MS_MIN);
}

#define STORE_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(a_step_is_due_a_moment_after_a_change),
        STORE_TEST(jobs_go_first_but_not_for_ever),
        STORE_TEST(tidying_follows_when_there_is_time),
        STORE_TEST(the_lag_is_that_of_the_oldest_change),
        STORE_TEST(a_failure_is_tried_again_later_and_later),
        STORE_TEST(damage_is_mended_once),
    };

    testing_disk_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
