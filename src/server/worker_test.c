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

static struct worker *worker_of(const struct api_settings *settings)
{
    static const struct admission_limits admission;
    static const struct worker_options options = {.unauthenticated_max = 1};
    struct api shared = {.settings = settings, .admission = &admission};
    struct fault fault = {0};
    struct worker *w = NULL;

    if (worker_new(&w, &shared, &options, &fault) != R_OK) fail_msg("%s", fault.text);
    return w;
}

static void test_never_started(void **state)
{
    struct api_settings settings = {.idle_timeout_ms = 1000};

    (void)state;
    worker_free(worker_of(&settings));
    worker_free(NULL);
}

/* Descriptors that are none are adopted like others, and dropped on the worker's thread. */
static void test_worker_inbox_items_max(void **state)
{
    struct api_settings settings = {.idle_timeout_ms = 1000};
    struct worker *w = worker_of(&settings);

    (void)state;
    for (unsigned i = 0; i < WORKER_INBOX_ITEMS_MAX; i++)
        assert_int_equal(worker_adopt(w, -1, (struct admission){0}), R_OK);
    assert_int_equal(worker_adopt(w, -1, (struct admission){0}), R_FULL);
    worker_start(w);
    worker_stop(w);
    assert_int_equal(inbox_count(worker_inbox(w)), 0);
    worker_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_never_started),
        cmocka_unit_test(test_worker_inbox_items_max),
    };

    role_set(ROLE_MAIN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
