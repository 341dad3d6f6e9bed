// SPDX-License-Identifier: Apache-2.0
/* settings_test.c — a set of settings lives as long as anybody has it, and no longer: the
 * sanitizers look at what it owns. */
#include "api/settings.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>

#include <cmocka.h>

#define THREADS_COUNT 4u
#define ROUNDS_COUNT 20000u

static struct api_settings *example(void)
{
    struct api_settings *s = settings_new();
    struct livekit_options options = {.url = STR("wss://livekit.example.com"),
                                      .api_key = STR("key"),
                                      .api_secret = STR("secret")};
    struct fault fault;

    s->public_url = arena_copy(&s->arena, STR("https://chat.example.com"));
    s->idle_timeout_ms = 1000;
    assert_int_equal(livekit_new(&s->livekit, &options, &fault), R_OK);
    return s;
}

static void test_lives_until_the_last_reference(void **state)
{
    const struct api_settings *s = example();
    const struct api_settings *other = settings_ref(s);

    (void)state;
    assert_ptr_equal(s, other);
    settings_unref(s);
    assert_true(str_equals(other->public_url, STR("https://chat.example.com")));
    assert_true(str_equals(livekit_url(other->livekit), STR("wss://livekit.example.com")));
    settings_unref(other);
    settings_unref(NULL);
}

/* Its reference to begin with is the thread's. */
static void *come_and_go(void *arg)
{
    const struct api_settings *s = arg;

    for (unsigned i = 0; i < ROUNDS_COUNT; i++) {
        const struct api_settings *mine = settings_ref(s);
        if (mine->idle_timeout_ms != 1000) return arg;
        settings_unref(mine);
    }
    settings_unref(s);
    return NULL;
}

static void test_is_counted_by_many_threads(void **state)
{
    struct api_settings *s = example();
    pthread_t threads[THREADS_COUNT];

    (void)state;
    for (unsigned i = 0; i < THREADS_COUNT; i++) {
        (void)settings_ref(s);
        assert_int_equal(pthread_create(&threads[i], NULL, come_and_go, s), 0);
    }
    settings_unref(s);
    for (unsigned i = 0; i < THREADS_COUNT; i++) {
        void *failed = NULL;
        assert_int_equal(pthread_join(threads[i], &failed), 0);
        assert_null(failed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lives_until_the_last_reference),
        cmocka_unit_test(test_is_counted_by_many_threads),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
