// SPDX-License-Identifier: Apache-2.0
/* config_test.c — which layer wins, and that every mistake keeps the server from starting (L11). */
#include "server/config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "limits.h"

#define WORDS_MAX 16u

static struct fault fault;
static char path[] = "/tmp/config_test.XXXXXX";

static int make_file(void **state)
{
    int file = mkstemp(path);

    (void)state;
    if (file < 0) return -1;
    close(file);
    return 0;
}

static int remove_file(void **state)
{
    (void)state;
    return unlink(path);
}

static void write_file(const char *text)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

/* Flags and variables as one text each, with spaces between; FILE stands for the path of the file.
 */
static size_t split(char *text, char **words)
{
    size_t count = 0;
    char *end;

    for (; *text != '\0'; text = end) {
        assert_true(count < WORDS_MAX);
        end = strchrnul(text, ' ');
        if (*end != '\0') *end++ = '\0';
        words[count++] = strcmp(text, "FILE") == 0 ? path : text;
    }
    words[count] = NULL;
    return count;
}

static enum result load(struct config *config, const char *flags, const char *variables)
{
    char flags_text[512];
    char variables_text[512];
    char *argv[WORDS_MAX + 1];
    char *envp[WORDS_MAX + 1];
    struct config_source source = {.argv = argv, .envp = envp};

    snprintf(flags_text, sizeof flags_text, "%s", flags);
    snprintf(variables_text, sizeof variables_text, "%s", variables);
    source.argc = (int)split(flags_text, argv);
    split(variables_text, envp);
    return config_load(config, &source, &fault);
}

static void assert_refused(const char *flags, const char *variables, const char *text)
{
    struct config config = {0};

    fault = (struct fault){0};
    if (load(&config, flags, variables) == R_OK) fail_msg("accepted: %s", text);
    if (strstr(fault.text, text) == NULL) fail_msg("%s\nis not in: %s", text, fault.text);
}

static void assert_file_refused(const char *content, const char *text)
{
    write_file(content);
    assert_refused("--config FILE", "", text);
}

static void nothing_given_means_defaults(void **state)
{
    struct config config;

    (void)state;
    assert_int_equal(load(&config, "", "PATH=/bin HOME=/"), R_OK);
    assert_string_equal(config.listen.host, "127.0.0.1");
    assert_int_equal(config.listen.port, 8080);
    assert_false(config.listen.is_ipv6);
    assert_string_equal(config.data.at, "./data");
    assert_null(config.config.at);
    assert_null(config.public_url.at);
    assert_int_equal(config.allowed_origins.count, 0);
    assert_int_equal(config.signup, CONFIG_SIGNUP_OPEN);
    assert_int_equal(config.log_level, LOG_INFO);
    assert_in_range(config.workers, 1, WORKERS_MAX);
    assert_int_equal(config.readers, 2);
    assert_in_range(config.connections_max, 1, CONNECTIONS_MAX);
    assert_int_equal(config.access_token_ttl_sec, 900);
    assert_int_equal(config.refresh_token_ttl_sec, 30 * 24 * 3600);
    assert_int_equal(config.messaging_token_ttl_sec, 60);
    assert_int_equal(config.ping_interval_sec, 25);
    assert_int_equal(config.idle_timeout_sec, 75);
    assert_int_equal(config.drain_timeout_sec, 10);
    assert_int_equal(config.password_memory_kib, 19456);
    assert_int_equal(config.password_threads, 1);
    config_release(&config);
    config_release(&config);
}

static void certificates_come_with_their_keys(void **state)
{
    struct config config;

    (void)state;
    assert_refused("--tls-cert a.pem", "", "tls_cert and tls_key go together");
    assert_refused("--tls-key a.key", "", "there are 0 certificates and 1 keys");
    assert_refused("--tls-cert a.pem,b.pem", "CARILLON_TLS_KEY=a.key", "2 certificates and 1 keys");
    write_file("tls_cert = a.pem\ntls_cert = b.pem\ntls_key = a.key, b.key\n");
    assert_int_equal(load(&config, "--config FILE", ""), R_OK);
    assert_string_equal(config.tls_cert.items[1].at, "b.pem");
    assert_string_equal(config.tls_key.items[1].at, "b.key");
    config_release(&config);
}

static void the_higher_layer_wins(void **state)
{
    struct config config;

    (void)state;
    write_file("workers = 2\nreaders = 3\npublic_url = https://file.example\nsignup = closed\n"
               "allowed_origins = https://a.example, https://b.example\n"
               "allowed_origins = https://c.example\n");
    assert_int_equal(load(&config, "--workers=5 --config FILE --log-level debug",
                          "CARILLON_WORKERS=4 CARILLON_PUBLIC_URL=https://env.example"),
                     R_OK);
    assert_int_equal(config.workers, 5);
    assert_int_equal(config.readers, 3);
    assert_string_equal(config.public_url.at, "https://env.example");
    assert_int_equal(config.signup, CONFIG_SIGNUP_CLOSED);
    assert_int_equal(config.log_level, LOG_DEBUG);
    assert_int_equal(config.allowed_origins.count, 3);
    assert_string_equal(config.allowed_origins.items[2].at, "https://c.example");
    assert_string_equal(config.config.at, path);
    config_release(&config);
}

static void a_higher_list_replaces_a_lower_one(void **state)
{
    struct config config;

    (void)state;
    write_file("allowed_origins = https://a.example, https://b.example\n");
    assert_int_equal(load(&config,
                          "--config FILE --allowed-origins https://x.example "
                          "--allowed-origins https://y.example",
                          ""),
                     R_OK);
    assert_int_equal(config.allowed_origins.count, 2);
    assert_string_equal(config.allowed_origins.items[0].at, "https://x.example");
    config_release(&config);
    assert_int_equal(load(&config, "--config FILE", "CARILLON_ALLOWED_ORIGINS="), R_OK);
    assert_int_equal(config.allowed_origins.count, 0);
    config_release(&config);
}

static void the_environment_may_name_the_file(void **state)
{
    struct config config;
    char variable[64];

    (void)state;
    write_file("listen = [::1]:0\n");
    snprintf(variable, sizeof variable, "CARILLON_CONFIG=%s", path);
    assert_int_equal(load(&config, "", variable), R_OK);
    assert_string_equal(config.listen.host, "::1");
    assert_true(config.listen.is_ipv6);
    assert_int_equal(config.listen.port, 0);
    config_release(&config);
    assert_refused("--config /nonexistent/x", variable, "/nonexistent/x");
}

static void L11_an_empty_file_says_nothing(void **state)
{
    struct config config;

    (void)state;
    write_file("");
    assert_int_equal(load(&config, "--config FILE", ""), R_OK);
    assert_int_equal(config.listen.port, 8080);
    config_release(&config);
    write_file("# a comment\n\n   ; another\n");
    assert_int_equal(load(&config, "--config FILE", ""), R_OK);
    config_release(&config);
}

static void L11_a_damaged_file_is_refused(void **state)
{
    (void)state;
    assert_file_refused("workers = 2\nlisten = 127.0.0.1:80", ":2 ends without a newline");
    assert_file_refused("workers = 2\nliste\n", ":2 must be `name = value`");
    assert_file_refused("a\nworkers = 0\n", ":1 must be `name = value`");
    assert_file_refused("workers = 0\na\n", ":1: workers must be");
    assert_file_refused("workers = 2\n\nworkres = 3\n", ":3: workres is no option");
    assert_file_refused("workers = 2\nworkers = 3\n", ":2: workers is given twice");
    assert_file_refused("workers = 65\n", ":1: workers must be a whole number from 1 to 64");
    assert_file_refused("[server]\nworkers = 2\n", ":1 opens a section");
    assert_file_refused("config = /etc/x\n", ":1: config may not stand in a file");
    assert_file_refused("listen = 127.0.0.1:80\n  workers = 2x\n", ":2: workers must be");
    assert_file_refused("workers =\n", ":1: workers must be");
}

static void L11_an_unreadable_file_is_refused(void **state)
{
    struct config config;

    (void)state;
    assert_int_equal(load(&config, "--config /nonexistent/carillon.conf", ""), R_IO);
    assert_string_equal(fault.text, "cannot open the configuration /nonexistent/carillon.conf: "
                                    "No such file or directory");
    assert_int_equal(load(&config, "--config /", ""), R_IO);
    assert_non_null(strstr(fault.text, "cannot read the configuration /: Is a directory"));
}

static void a_mistake_below_is_found_too(void **state)
{
    (void)state;
    write_file("workers = many\n");
    assert_refused("--config FILE --workers 2", "CARILLON_WORKERS=3", "workers must be");
    assert_refused("--workers 2", "CARILLON_WORKERS=many", "CARILLON_WORKERS must be");
}

static void wrong_flags_are_named(void **state)
{
    (void)state;
    assert_refused("--wrokers 2", "", "--wrokers is no flag");
    assert_refused("--public_url https://x", "", "--public_url is no flag");
    assert_refused("workers", "", "\"workers\" is no flag");
    assert_refused("-w", "", "\"-w\" is no flag");
    assert_refused("--", "", "-- is no flag");
    assert_refused("--workers", "", "--workers needs a value: --workers N");
    assert_refused("--workers 2 --workers 2", "", "--workers is given twice");
    assert_refused("--signup=anybody", "",
                   "--signup must be open, invite or closed, not \"anybody\"");
    assert_refused(
        "--ping-interval-sec 0", "",
        "--ping-interval-sec must be a whole number of seconds from 1 to 3600, not \"0\"");
    assert_refused("--data=", "", "--data must be a path");
}

static void wrong_variables_are_named(void **state)
{
    struct config config;

    (void)state;
    assert_refused("", "CARILLON_WROKERS=2", "variable CARILLON_WROKERS is no option");
    assert_refused("", "CARILLON_READERS=17",
                   "CARILLON_READERS must be a whole number from 1 to 16");
    assert_refused("", "CARILLON_workers=2", "CARILLON_workers is no option");
    assert_int_equal(load(&config, "",
                          "CARILLON_TOKEN=x CARILLON_PORT=tcp://10.0.0.1:80 "
                          "CARILLON_SERVICE_HOST=10.0.0.1 CARILLON_PORT_80_TCP=x"),
                     R_OK);
    config_release(&config);
}

static void the_help_names_every_option(void **state)
{
    static const char *const flags[] = {
        "--listen ADDR:PORT",
        "--data DIR",
        "--config FILE",
        "--public-url URL",
        "--allowed-origins",
        "--signup WHO",
        "--log-level LEVEL",
        "--workers N",
        "--readers N",
        "--connections-max N",
        "--access-token-ttl-sec N",
        "--refresh-token-ttl-sec N",
        "--messaging-token-ttl-sec N",
        "--ping-interval-sec N",
        "--idle-timeout-sec N",
        "--drain-timeout-sec N",
        "--password-memory-kib N",
        "--password-threads N",
    };
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);

    (void)state;
    assert_non_null(out);
    config_help(out);
    assert_int_equal(fclose(out), 0);
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++)
        assert_non_null(strstr(text, flags[i]));
    for (char *line = text; *line != '\0'; line = strchr(line, '\n') + 1)
        assert_true(strchr(line, '\n') - line <= 100);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_given_means_defaults),
        cmocka_unit_test(certificates_come_with_their_keys),
        cmocka_unit_test(the_higher_layer_wins),
        cmocka_unit_test(a_higher_list_replaces_a_lower_one),
        cmocka_unit_test(the_environment_may_name_the_file),
        cmocka_unit_test(L11_an_empty_file_says_nothing),
        cmocka_unit_test(L11_a_damaged_file_is_refused),
        cmocka_unit_test(L11_an_unreadable_file_is_refused),
        cmocka_unit_test(a_mistake_below_is_found_too),
        cmocka_unit_test(wrong_flags_are_named),
        cmocka_unit_test(wrong_variables_are_named),
        cmocka_unit_test(the_help_names_every_option),
    };

    return cmocka_run_group_tests(tests, make_file, remove_file);
}
