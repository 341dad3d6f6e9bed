// SPDX-License-Identifier: Apache-2.0
/* issuer_keys_test.c — who waits while the issuer cannot be reached. What it answers, and how often
 * it is asked, is seen against a real one in test/e2e/oidc.test.js. */
#include "auth/issuer_keys.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <stdlib.h>

#include "base/check.h"
#include "limits.h"

static void no_keys(void *arg, struct jwks *set)
{
    (void)arg;
    jwks_unref(set);
    fail_msg("there is no issuer");
}

/* Nothing listens on port 1. */
static struct issuer_keys *make(void)
{
    struct issuer_keys_options options = {.issuer = {.url = STR("http://127.0.0.1:1"),
                                                     .audience = STR("chat"),
                                                     .tenant_id = uuid_new()},
                                          .refetch_ms = 3600000,
                                          .on_keys = no_keys};
    struct fault fault = {0};
    struct issuer_keys *k = NULL;

    if (issuer_keys_new(&k, &options, &fault) != R_OK) fail_msg("%s", fault.text);
    return k;
}

static void on_done(struct issuer_wait *wait)
{
    assert_false(wait->is_fresh);
    ++*(size_t *)wait->owner;
}

static void receive(struct inbox *inbox)
{
    struct inbox_item *item = inbox_wait(inbox, 1);

    item->receive(item, NULL);
}

static void all_who_wait_are_answered_and_one_more_is_refused(void **state)
{
    struct issuer_wait *waits = calloc(FOREIGN_WAITS_MAX + 1, sizeof *waits);
    struct issuer_keys *k = make();
    struct inbox replies;
    size_t done_count = 0;

    (void)state;
    assert_non_null(waits);
    inbox_init(&replies, FOREIGN_WAITS_MAX + 1, NULL, NULL);
    for (size_t i = 0; i <= FOREIGN_WAITS_MAX; i++) {
        waits[i] =
            (struct issuer_wait){.done = on_done, .reply_to = &replies, .owner = &done_count};
        assert_int_equal(issuer_keys_wait(k, &waits[i]), i < FOREIGN_WAITS_MAX ? R_OK : R_FULL);
    }
    issuer_keys_start(k);
    while (done_count < FOREIGN_WAITS_MAX) receive(&replies);
    assert_int_equal(issuer_keys_wait(k, &waits[0]), R_OK);
    while (done_count < FOREIGN_WAITS_MAX + 1) receive(&replies);
    issuer_keys_stop(k);
    assert_int_equal(issuer_keys_wait(k, &waits[0]), R_CLOSED);
    assert_int_equal(inbox_count(&replies), 0);
    issuer_keys_free(k);
    inbox_release(&replies);
    free(waits);
}

static void one_that_was_never_started_can_go(void **state)
{
    struct issuer_keys *k = make();

    (void)state;
    assert_true(str_equals(issuer_keys_issuer(k)->audience, STR("chat")));
    issuer_keys_stop(k);
    issuer_keys_free(k);
    issuer_keys_stop(NULL);
    issuer_keys_free(NULL);
}

static void an_address_that_nobody_should_believe_is_refused(void **state)
{
    struct issuer_keys_options options = {
        .issuer = {.url = STR("http://example.com"), .tenant_id = uuid_new()}, .refetch_ms = 1};
    struct fault fault = {0};
    struct issuer_keys *k = NULL;

    (void)state;
    assert_int_equal(issuer_keys_new(&k, &options, &fault), R_INVALID);
    assert_null(k);
    assert_non_null(strstr(fault.text, "oidc_issuer"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_who_wait_are_answered_and_one_more_is_refused),
        cmocka_unit_test(one_that_was_never_started_can_go),
        cmocka_unit_test(an_address_that_nobody_should_believe_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
