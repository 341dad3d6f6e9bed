// SPDX-License-Identifier: Apache-2.0
/* worker_test.c — the bound of its inbox, and that it starts and ends with whatever is in there.
 * What a worker does in between is tested by every suite that starts a server. */
#include "server/worker.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/check.h"
#include "limits.h"

static struct api_settings *some_settings(void)
{
    struct api_settings *settings = settings_new();

    settings->idle_timeout_ms = 1000;
    settings->strangers_max = 1;
    return settings;
}

static struct worker *make_worker(void)
{
    static const struct admission_tallies admission;
    struct api_settings *settings = some_settings();
    struct api shared = {.settings = settings, .admission = &admission};
    struct fault fault = {0};
    struct worker *w = NULL;

    if (worker_new(&w, &shared, &fault) != R_OK) fail_msg("%s", fault.text);
    settings_unref(settings);
    return w;
}

static void test_never_started(void **state)
{
    (void)state;
    worker_free(make_worker());
    worker_free(NULL);
}

/* Descriptors that are none are adopted like others, and dropped on the worker's thread. */
static void test_worker_inbox_items_max(void **state)
{
    struct worker *w = make_worker();

    (void)state;
    for (unsigned i = 0; i < WORKER_INBOX_ITEMS_MAX; i++)
        assert_int_equal(worker_adopt(w, -1, (struct admission){0}), R_OK);
    assert_int_equal(worker_adopt(w, -1, (struct admission){0}), R_FULL);
    worker_start(w);
    worker_stop(w);
    assert_int_equal(inbox_count(worker_inbox(w)), 0);
    worker_free(w);
}

/* The sanitizers see whether an old set is freed, and no sooner than nobody has it. */
static void test_settings_may_change_at_any_time(void **state)
{
    struct worker *w = make_worker();
    struct api_settings *settings = some_settings();

    (void)state;
    worker_use_settings(w, settings, NULL);
    worker_start(w);
    for (unsigned i = 0; i < 100; i++) {
        struct api_settings *next = some_settings();
        worker_use_settings(w, next, NULL);
        settings_unref(next);
    }
    worker_use_settings(w, settings, NULL);
    worker_stop(w);
    worker_free(w);
    assert_int_equal(settings->idle_timeout_ms, 1000);
    settings_unref(settings);
}

/* Whoever waited has the old set alone: the worker has let go of it. */
static void test_a_change_of_settings_can_be_waited_for(void **state)
{
    struct worker *w = make_worker();
    struct api_settings *settings = some_settings();
    struct api_settings *next = some_settings();
    uv_sem_t used;

    (void)state;
    assert_int_equal(uv_sem_init(&used, 0), 0);
    worker_use_settings(w, settings, &used);
    assert_int_not_equal(uv_sem_trywait(&used), 0);
    worker_start(w);
    uv_sem_wait(&used);
    worker_use_settings(w, next, &used);
    uv_sem_wait(&used);
    assert_int_equal(atomic_load(&settings->refs_count), 1);
    uv_sem_destroy(&used);
    worker_stop(w);
    worker_free(w);
    settings_unref(settings);
    settings_unref(next);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_never_started),
        cmocka_unit_test(test_worker_inbox_items_max),
        cmocka_unit_test(test_settings_may_change_at_any_time),
        cmocka_unit_test(test_a_change_of_settings_can_be_waited_for),
    };

    role_set(ROLE_MAIN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
