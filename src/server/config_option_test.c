// SPDX-License-Identifier: Apache-2.0
/* config_option_test.c — the table is sound, and what each type accepts. */
#include "server/config_option.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/resource.h>

#include <cmocka.h>

#include "limits.h"

static struct config config;
static struct fault fault;

static int set_up(void **state)
{
    (void)state;
    config_set_defaults(&config);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    config_release(&config);
    return 0;
}

static enum result set(const char *name, const char *value)
{
    const struct config_option *option = config_option_find(str_from(name));
    struct config_layer layer;

    assert_non_null(option);
    config_layer_init(&layer, &config);
    return config_layer_set(&layer, option, str_from(value), name, &fault);
}

static void every_option_is_described(void **state)
{
    (void)state;
    assert_true(config_options_count <= CONFIG_OPTIONS_MAX);
    for (size_t i = 0; i < config_options_count; i++) {
        const struct config_option *option = &config_options[i];
        assert_true(option->name != NULL && option->help != NULL && option->placeholder != NULL);
        assert_ptr_equal(config_option_find(str_from(option->name)), option);
        assert_true((option->type == CONFIG_CHOICE) == (option->choices != NULL));
        assert_true((option->type == CONFIG_NUMBER) == (option->number.unit != NULL));
        assert_true((option->default_number != NULL) == (option->default_words != NULL));
        assert_true(option->type != CONFIG_NUMBER || option->number.min <= option->number.max);
    }
    assert_null(config_option_find(STR("")));
    assert_null(config_option_find(STR("listen ")));
}

static void addresses_are_numeric(void **state)
{
    static const char *const good[] = {"127.0.0.1:0", "0.0.0.0:65535", "[::1]:0", "[::]:8080",
                                       "[2001:db8::1]:443"};
    static const char *const bad[] = {
        "",
        ":",
        ":8080",
        "8080",
        "127.0.0.1",
        "127.0.0.1:",
        "[::1]",
        "::1:8080",
        "localhost:8080",
        "127.1:80",
        "0x7f000001:80",
        "256.0.0.1:80",
        "127.0.0.1:65536",
        "127.0.0.1:-1",
        "127.0.0.1: 80",
        "[127.0.0.1]:80",
        "[::1%lo]:80",
        "[]:80",
        "[::1]]:80",
        "[0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000]:80",
    };

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_int_equal(set("listen", good[i]), R_OK);
    assert_string_equal(config.listen.host, "2001:db8::1");
    assert_true(config.listen.is_ipv6);
    assert_int_equal(config.listen.port, 443);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(set("listen", bad[i]), R_INVALID);
    assert_int_equal(config.listen.port, 443);
}

/* Case A11: an origin is compared byte by byte, so only the form that browsers send can match. */
static void A11_origins_are_exact(void **state)
{
    static const char *const good[] = {"", "http://localhost", "https://app.example.com",
                                       "http://127.0.0.1:3000", "https://[::1]:8443"};
    static const char *const bad[] = {
        "app.example.com",
        "https://",
        "https://App.example.com",
        "https://app.example.com/",
        "https://user@host",
        "https://*.example.com",
        "*",
        "null",
        "https://host:",
        "https://host:0",
        "https://host:65536",
        "https://host:80:80",
        "ftp://host",
        "https://host/path",
        "https://host?x",
        "https://[::1",
        "https://a b",
        "https://:80",
    };

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_int_equal(set("public_url", good[i]), R_OK);
        assert_int_equal(set("allowed_origins", good[i]), R_OK);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(set("public_url", bad[i]), R_INVALID);
        assert_int_equal(set("allowed_origins", bad[i]), R_INVALID);
    }
    assert_string_equal(config.public_url.at, "https://[::1]:8443");
    assert_int_equal(set("public_url", ""), R_OK);
    assert_null(config.public_url.at);
}

static void lists_have_a_bound(void **state)
{
    struct config_layer layer;
    const struct config_option *option = config_option_find(STR("allowed_origins"));
    char item[32];

    (void)state;
    assert_int_equal(set("allowed_origins", "http://a, http://b ,http://c"), R_OK);
    assert_int_equal(config.allowed_origins.count, 3);
    assert_string_equal(config.allowed_origins.items[1].at, "http://b");
    assert_int_equal(set("allowed_origins", "http://a,"), R_INVALID);
    assert_int_equal(set("allowed_origins", "http://a,,http://b"), R_INVALID);
    assert_int_equal(set("allowed_origins", ","), R_INVALID);

    config_layer_init(&layer, &config);
    for (unsigned i = 0; i < CONFIG_LIST_ITEMS_MAX; i++) {
        snprintf(item, sizeof item, "http://host-%u", i);
        assert_int_equal(config_layer_set(&layer, option, str_from(item), "x", &fault), R_OK);
    }
    assert_int_equal(config.allowed_origins.count, CONFIG_LIST_ITEMS_MAX);
    assert_int_equal(config_layer_set(&layer, option, STR("http://one-more"), "x", &fault),
                     R_INVALID);
    assert_non_null(strstr(fault.text, "at most 64"));
}

static void networks_are_numeric_and_have_a_bound(void **state)
{
    static const char *const bad[] = {"proxy.example.com", "10.0.0.1/8", "10.0.0.0/8,", ",",
                                      "10.0.0.0/8,,::1",   "10.0.0.0/33"};
    struct config_layer layer;
    const struct config_option *option = config_option_find(STR("trusted_proxies"));
    char item[32];

    (void)state;
    assert_int_equal(config.trusted_proxies.count, 0);
    assert_int_equal(set("trusted_proxies", "127.0.0.1, 10.0.0.0/8 ,::1"), R_OK);
    assert_int_equal(config.trusted_proxies.count, 3);
    assert_int_equal(config.trusted_proxies.items[1].bits, 104);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(set("trusted_proxies", bad[i]), R_INVALID);
    assert_int_equal(set("trusted_proxies", ""), R_OK);
    assert_int_equal(config.trusted_proxies.count, 0);

    config_layer_init(&layer, &config);
    for (unsigned i = 0; i < CONFIG_LIST_ITEMS_MAX; i++) {
        snprintf(item, sizeof item, "10.0.0.%u", i);
        assert_int_equal(config_layer_set(&layer, option, str_from(item), "x", &fault), R_OK);
    }
    assert_int_equal(config.trusted_proxies.count, CONFIG_LIST_ITEMS_MAX);
    assert_int_equal(config_layer_set(&layer, option, STR("::1"), "x", &fault), R_INVALID);
    assert_non_null(strstr(fault.text, "at most 64"));
}

/* At both ends of every range and one past them. */
static void numbers_have_a_range(void **state)
{
    (void)state;
    for (size_t i = 0; i < config_options_count; i++) {
        const struct config_option *option = &config_options[i];
        char text[32];
        if (option->type != CONFIG_NUMBER) continue;
        snprintf(text, sizeof text, "%llu", (unsigned long long)option->number.min);
        assert_int_equal(set(option->name, text), R_OK);
        snprintf(text, sizeof text, "%llu", (unsigned long long)option->number.max);
        assert_int_equal(set(option->name, text), R_OK);
        snprintf(text, sizeof text, "%llu", (unsigned long long)option->number.max + 1);
        assert_int_equal(set(option->name, text), R_INVALID);
        snprintf(text, sizeof text, "%lld", (long long)option->number.min - 1);
        assert_int_equal(set(option->name, text), R_INVALID);
    }
    assert_int_equal(config.workers, WORKERS_MAX);
    assert_int_equal(config.readers, READERS_MAX);
    assert_int_equal(config.connections_max, CONNECTIONS_MAX);
    assert_int_equal(config.sockets_per_user_max, SOCKETS_PER_USER_MAX);
    assert_int_equal(config.rate_send_per_min, RATE_PER_MIN_MAX);
    assert_int_equal(config.rate_agent_times, RATE_AGENT_TIMES_MAX);
    assert_int_equal(config.event_log_events_min, RETENTION_EVENTS_MIN_MAX);
    assert_int_equal(config.event_log_events_max, RETENTION_EVENTS_TOTAL_MAX);
    assert_int_equal(set("workers", " 1"), R_INVALID);
    assert_int_equal(set("workers", "1k"), R_INVALID);
    assert_string_equal(fault.text, "workers must be a whole number from 1 to 64, not \"1k\"");
}

static void choices_are_listed(void **state)
{
    (void)state;
    assert_int_equal(set("signup", "invite"), R_OK);
    assert_int_equal(config.signup, CONFIG_SIGNUP_INVITE);
    assert_int_equal(set("log_level", "error"), R_OK);
    assert_int_equal(config.log_level, LOG_ERROR);
    assert_int_equal(set("log_level", "INFO"), R_INVALID);
    assert_string_equal(fault.text, "log_level must be debug, info, warn or error, not \"INFO\"");
}

/* Case L6: with few open files there are few connections, and some files are left for the rest. */
static void L6_connections_fit_the_open_files(void **state)
{
    static const struct {
        rlim_t files;
        uint64_t connections;
    } cases[] = {{64, 32},
                 {2 * CONFIG_FDS_RESERVED, CONFIG_FDS_RESERVED},
                 {2 * CONFIG_FDS_RESERVED + 1, CONFIG_FDS_RESERVED + 1},
                 {1024, 1024 - CONFIG_FDS_RESERVED}};
    struct rlimit before;

    (void)state;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct rlimit files = {cases[i].files, before.rlim_max};
        if (files.rlim_cur > before.rlim_max) continue;
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &files), 0);
        config_release(&config);
        config_set_defaults(&config);
        assert_int_equal(config.connections_max, cases[i].connections);
    }
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
}

static void paths_have_a_bound(void **state)
{
    struct config_layer layer;
    const struct config_option *option = config_option_find(STR("tls_cert"));

    (void)state;
    assert_int_equal(set("tls_cert", "/etc/a.pem, b.pem"), R_OK);
    assert_int_equal(config.tls_cert.count, 2);
    assert_string_equal(config.tls_cert.items[1].at, "b.pem");
    assert_int_equal(set("tls_cert", ""), R_OK);
    assert_int_equal(config.tls_cert.count, 0);
    assert_int_equal(set("tls_cert", "a.pem,"), R_INVALID);
    assert_int_equal(set("tls_cert", "a.pem,,b.pem"), R_INVALID);

    config_layer_init(&layer, &config);
    for (unsigned i = 0; i < TLS_CERTIFICATES_MAX; i++)
        assert_int_equal(config_layer_set(&layer, option, STR("x.pem"), "x", &fault), R_OK);
    assert_int_equal(config.tls_cert.count, TLS_CERTIFICATES_MAX);
    assert_int_equal(config_layer_set(&layer, option, STR("x.pem"), "x", &fault), R_INVALID);
    assert_non_null(strstr(fault.text, "at most 4 paths"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

static void urls_of_livekit_and_words(void **state)
{
    static const char *const good_urls[] = {"", "ws://x", "wss://lk.example.com:7880/path"};
    static const char *const bad_urls[] = {"wss://", "wss:///x", "https://x",
                                           "ws:x",   "ws://a b", " ws://x"};
    char word[CONFIG_WORD_BYTES_MAX + 2] = {0};

    (void)state;
    for (size_t i = 0; i < sizeof good_urls / sizeof good_urls[0]; i++)
        assert_int_equal(set("livekit_url", good_urls[i]), R_OK);
    for (size_t i = 0; i < sizeof bad_urls / sizeof bad_urls[0]; i++)
        assert_int_equal(set("livekit_url", bad_urls[i]), R_INVALID);
    memset(word, '~', CONFIG_WORD_BYTES_MAX);
    assert_int_equal(set("livekit_api_key", word), R_OK);
    assert_int_equal(config.livekit_api_key.len, CONFIG_WORD_BYTES_MAX);
    word[CONFIG_WORD_BYTES_MAX] = '~';
    assert_int_equal(set("livekit_api_key", word), R_INVALID);
    assert_int_equal(set("livekit_api_key", "w\xc3\xb6rter"), R_INVALID);
}

static void a_secret_is_in_no_message(void **state)
{
    (void)state;
    assert_int_equal(set("livekit_api_secret", "hunter2"), R_OK);
    assert_int_equal(set("livekit_api_secret", "hunter2 and more"), R_INVALID);
    assert_null(strstr(fault.text, "hunter2"));
    assert_non_null(strstr(fault.text, "livekit_api_secret must be"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_option_is_described),
        TEST(addresses_are_numeric),
        TEST(A11_origins_are_exact),
        TEST(lists_have_a_bound),
        TEST(paths_have_a_bound),
        TEST(networks_are_numeric_and_have_a_bound),
        TEST(numbers_have_a_range),
        TEST(choices_are_listed),
        TEST(L6_connections_fit_the_open_files),
        TEST(urls_of_livekit_and_words),
        TEST(a_secret_is_in_no_message),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
