// SPDX-License-Identifier: Apache-2.0
/* config_changes_test.c — one value of every type, the same and another; and which options are
 * fixed. */
#include "server/config_changes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static char *no_variables[] = {NULL};

static void load(struct config *config, const char *flag, const char *value)
{
    char *argv[] = {(char *)(uintptr_t)flag, (char *)(uintptr_t)value, NULL};
    const struct config_source source = {
        .argc = flag == NULL ? 0 : 2, .argv = argv, .envp = no_variables};
    struct fault fault = {0};

    if (config_load(config, &source, &fault) != R_OK) fail_msg("%s", fault.text);
}

/* What differs when the flag has the one value and the other: nothing, or one option. */
static const char *difference(const char *flag, const char *left, const char *right)
{
    struct config_changes changes;
    struct config a;
    struct config b;

    load(&a, flag, left);
    load(&b, right == NULL ? NULL : flag, right);
    config_changes_find(&changes, &a, &b);
    config_release(&a);
    config_release(&b);
    assert_in_range(changes.count, 0, 1);
    return changes.count == 0 ? "" : changes.options[0]->name;
}

static void every_type_is_compared(void **state)
{
    static const struct {
        const char *flag;
        const char *value;
        const char *other; /* NULL: the default */
        const char *name;
    } rows[] = {
        {"--listen", "127.0.0.1:1", "127.0.0.1:2", "listen"},
        {"--listen", "127.0.0.1:1", "127.0.0.2:1", "listen"},
        {"--listen", "0.0.0.0:1", "[::]:1", "listen"},
        {"--data", "one", "two", "data"},
        {"--public-url", "https://a.example", "https://b.example", "public_url"},
        {"--public-url", "https://a.example", NULL, "public_url"},
        {"--allowed-origins", "https://a.example", "https://b.example", "allowed_origins"},
        {"--allowed-origins", "https://a.example", "https://a.example,https://b.example",
         "allowed_origins"},
        {"--trusted-proxies", "10.0.0.0/8", "10.0.0.0/9", "trusted_proxies"},
        {"--trusted-proxies", "10.0.0.1", "10.0.0.2", "trusted_proxies"},
        {"--trusted-proxies", "10.0.0.1", NULL, "trusted_proxies"},
        {"--livekit-url", "wss://a.example", "wss://b.example", "livekit_url"},
        {"--livekit-api-key", "one", "two", "livekit_api_key"},
        {"--livekit-api-secret", "one", "two", "livekit_api_secret"},
        {"--rate-send-per-min", "1", "2", "rate_send_per_min"},
        {"--signup", "open", "closed", "signup"},
        {"--log-level", "debug", "info", "log_level"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_string_equal(difference(rows[i].flag, rows[i].value, rows[i].value), "");
        assert_string_equal(difference(rows[i].flag, rows[i].value, rows[i].other), rows[i].name);
    }
}

static void a_list_is_what_it_means(void **state)
{
    (void)state;
    assert_string_equal(difference("--allowed-origins", "https://a.example, https://b.example",
                                   "https://a.example,https://b.example"),
                        "");
    assert_string_equal(difference("--trusted-proxies", "10.0.0.1/32", "10.0.0.1"), "");
}

static void what_is_made_once_is_fixed(void **state)
{
    static const char *const fixed[] = {"listen",
                                        "data",
                                        "config",
                                        "core_dumps",
                                        "workers",
                                        "readers",
                                        "oidc_issuer",
                                        "oidc_audience",
                                        "oidc_tenant",
                                        "oidc_refetch_sec",
                                        "password_memory_kib",
                                        "password_threads"};
    size_t count = 0;

    (void)state;
    for (size_t i = 0; i < config_options_count; i++) {
        if (!config_options[i].is_fixed) continue;
        assert_in_range(count, 0, sizeof fixed / sizeof *fixed - 1);
        assert_string_equal(config_options[i].name, fixed[count++]);
    }
    assert_int_equal(count, sizeof fixed / sizeof *fixed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_is_compared),
        cmocka_unit_test(a_list_is_what_it_means),
        cmocka_unit_test(what_is_made_once_is_fixed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
