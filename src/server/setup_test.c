// SPDX-License-Identifier: Apache-2.0
/* setup_test.c — every option that doors look at arrives there, and stays when the configuration is
 * gone. */
#include "server/setup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static char *variables[] = {
    "CARILLON_PUBLIC_URL=https://chat.example.com",
    "CARILLON_ALLOWED_ORIGINS=https://a.example,https://b.example",
    "CARILLON_TRUSTED_PROXIES=10.0.0.0/8,192.0.2.1",
    "CARILLON_SIGNUP=invite",
    "CARILLON_CONNECTIONS_PER_ADDRESS_MAX=11",
    "CARILLON_UNAUTHENTICATED_MAX=10",
    "CARILLON_SOCKETS_PER_USER_MAX=12",
    "CARILLON_ACCESS_TOKEN_TTL_SEC=13",
    "CARILLON_REFRESH_TOKEN_TTL_SEC=14",
    "CARILLON_MESSAGING_TOKEN_TTL_SEC=15",
    "CARILLON_PING_INTERVAL_SEC=16",
    "CARILLON_IDLE_TIMEOUT_SEC=17",
    "CARILLON_STREAM_SILENCE_SEC=18",
    "CARILLON_LIVEKIT_URL=wss://livekit.example.com",
    "CARILLON_LIVEKIT_API_KEY=key",
    "CARILLON_LIVEKIT_API_SECRET=secret",
    "CARILLON_CALL_RING_SEC=19",
    "CARILLON_RATE_READ_PER_MIN=20",
    "CARILLON_RATE_WRITE_PER_MIN=21",
    "CARILLON_RATE_SEND_PER_MIN=22",
    "CARILLON_RATE_SEARCH_PER_MIN=23",
    "CARILLON_RATE_AUTH_PER_MIN=24",
    "CARILLON_RATE_KEY_PER_MIN=25",
    "CARILLON_RATE_AGENT_TIMES=26",
    "CARILLON_EVENT_LOG_DAYS=2",
    "CARILLON_EVENT_LOG_EVENTS_MIN=27",
    "CARILLON_EVENT_LOG_EVENTS_MAX=28",
    NULL,
};

static void load(struct config *config, char **envp)
{
    const struct config_source source = {.envp = envp};
    struct fault fault = {0};

    if (config_load(config, &source, &fault) != R_OK) fail_msg("%s", fault.text);
}

static void test_settings_are_what_was_said(void **state)
{
    struct api_settings *s = NULL;
    struct retention_policy policy;
    struct address proxy;
    struct config config;
    struct fault fault;

    (void)state;
    load(&config, variables);
    assert_int_equal(setup_settings(&s, &config, 3, NULL, &fault), R_OK);
    policy = setup_retention(&config);
    config_release(&config);
    assert_string_equal(s->public_url.at, "https://chat.example.com");
    assert_int_equal(s->allowed_origins_count, 2);
    assert_string_equal(s->allowed_origins[1].at, "https://b.example");
    assert_true(address_parse(STR("192.0.2.1"), &proxy));
    assert_true(http_proxies_have(&s->proxies, &proxy));
    assert_int_equal(s->signup, SIGNUP_INVITE);
    assert_int_equal(s->connections_per_address_max, 11);
    assert_int_equal(s->strangers_max, 4); /* of three workers, ten in all */
    assert_int_equal(s->sockets_per_user_max, 12);
    assert_int_equal(s->access_token_ttl_sec, 13);
    assert_int_equal(s->refresh_token_ttl_sec, 14);
    assert_int_equal(s->messaging_token_ttl_sec, 15);
    assert_int_equal(s->ping_interval_ms, 16000);
    assert_int_equal(s->idle_timeout_ms, 17000);
    assert_int_equal(s->stream_silence_ms, 18000);
    assert_true(str_equals(livekit_url(s->livekit), STR("wss://livekit.example.com")));
    assert_int_equal(s->call_ring_ms, 19000);
    assert_int_equal(s->rates.per_min[RATE_READ], 20);
    assert_int_equal(s->rates.per_min[RATE_WRITE], 21);
    assert_int_equal(s->rates.per_min[RATE_SEND], 22);
    assert_int_equal(s->rates.per_min[RATE_SEARCH], 23);
    assert_int_equal(s->rates.per_min[RATE_AUTH], 24);
    assert_int_equal(s->rates.key_per_min, 25);
    assert_int_equal(s->rates.agent_times, 26);
    assert_null(s->tls);
    settings_unref(s);
    assert_int_equal(policy.age_ms, 2 * 86400000);
    assert_int_equal(policy.events_min, 27);
    assert_int_equal(policy.events_max, 28);
}

static void test_half_of_livekit_is_refused(void **state)
{
    char *envp[] = {"CARILLON_LIVEKIT_URL=wss://livekit.example.com", NULL};
    struct api_settings *s = NULL;
    struct fault fault = {0};
    struct config config;

    (void)state;
    load(&config, envp);
    assert_int_equal(setup_settings(&s, &config, 1, NULL, &fault), R_INVALID);
    assert_non_null(strstr(fault.text, "livekit_api_key"));
    assert_null(s);
    config_release(&config);
}

static void test_no_certificates_are_no_tls(void **state)
{
    char *envp[] = {"CARILLON_TLS_CERT=/nowhere/a.pem", "CARILLON_TLS_KEY=/nowhere/a.key", NULL};
    struct fault fault = {0};
    struct config config;
    struct tls *tls = NULL;

    (void)state;
    load(&config, (char *[]){NULL});
    assert_int_equal(setup_tls(&tls, &config, NULL, &fault), R_OK);
    assert_null(tls);
    config_release(&config);
    load(&config, envp);
    assert_int_equal(setup_tls(&tls, &config, NULL, &fault), R_IO);
    assert_non_null(strstr(fault.text, "/nowhere/a.pem"));
    config_release(&config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_settings_are_what_was_said),
        cmocka_unit_test(test_half_of_livekit_is_refused),
        cmocka_unit_test(test_no_certificates_are_no_tls),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
