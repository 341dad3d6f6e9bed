// SPDX-License-Identifier: Apache-2.0
/* log_test.c — the form of a line, and that no value can forge one (case L9). */
#include "base/log.h"

#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "limits.h"

#define THREADS 4u
#define LINES_PER_THREAD 500u

static int real_stderr;
static int captured; /* an unlinked file that takes the place of stderr */
static char text[2u << 20];

static int set_up(void **state)
{
    char path[] = "/tmp/log_test.XXXXXX";

    (void)state;
    log_set_level(LOG_INFO);
    captured = mkstemp(path);
    real_stderr = dup(STDERR_FILENO);
    if (captured < 0 || real_stderr < 0 || unlink(path) != 0) return -1;
    /* Threads append, as they do to a real log. */
    if (fcntl(captured, F_SETFL, O_APPEND) != 0) return -1;
    return dup2(captured, STDERR_FILENO) < 0 ? -1 : 0;
}

static int tear_down(void **state)
{
    (void)state;
    dup2(real_stderr, STDERR_FILENO);
    close(real_stderr);
    close(captured);
    return 0;
}

/* Everything that was logged since the last call. */
static const char *logged(void)
{
    ssize_t len = pread(captured, text, sizeof text - 1, 0);

    assert_true(len >= 0);
    text[len] = '\0';
    assert_int_equal(ftruncate(captured, 0), 0);
    return text;
}

/* What follows `at=… level=info event=e`, which is checked. */
static const char *logged_fields(void)
{
    const char *line = logged();

    assert_memory_equal(line, "at=20", 5);
    assert_memory_equal(line + 3 + 24, " level=info event=e", 19);
    return line + 3 + 24 + 19;
}

static void a_line_has_its_fields_in_order(void **state)
{
    struct uuid id;

    (void)state;
    assert_true(uuid_parse(STR("0190f3e0-7c1a-7abc-8def-0123456789ab"), &id));
    log_write(LOG_INFO, "e", LOG_FIELD_STR("s", STR("plain")), LOG_FIELD_TEXT("t", "two words"),
              LOG_FIELD_U64("u", UINT64_MAX), LOG_FIELD_I64("i", -7), LOG_FIELD_UUID("id", id),
              LOG_FIELD_STR("none", STR_NONE));
    assert_string_equal(logged_fields(), " s=plain t=\"two words\" u=18446744073709551615 i=-7"
                                         " id=0190f3e0-7c1a-7abc-8def-0123456789ab none=\"\"\n");
    log_write(LOG_INFO, "e", LOG_FIELD_U64("n", 0));
    assert_string_equal(logged_fields(), " n=0\n");
}

static void lines_below_the_level_are_dropped(void **state)
{
    (void)state;
    log_write(LOG_DEBUG, "e", LOG_FIELD_U64("n", 1));
    assert_string_equal(logged(), "");
    log_set_level(LOG_ERROR);
    log_write(LOG_WARN, "e", LOG_FIELD_U64("n", 1));
    assert_string_equal(logged(), "");
    log_write(LOG_ERROR, "e", LOG_FIELD_U64("n", 1));
    assert_non_null(strstr(logged(), " level=error event=e n=1\n"));
    log_set_level(LOG_DEBUG);
    log_write(LOG_DEBUG, "e", LOG_FIELD_U64("n", 1));
    assert_non_null(strstr(logged(), " level=debug event=e n=1\n"));
}

static void L9_a_value_cannot_forge_a_line(void **state)
{
    static const struct {
        struct str value;
        const char *expected;
    } cases[] = {
        {STR("a\nat=2026 level=error"), "\"a\\u000aat=2026 level=error\""},
        {STR("a\rb"), "\"a\\u000db\""},
        {STR("\x1B[2J"), "\"\\u001b[2J\""},
        {STR("a\0b"), "\"a\\u0000b\""},
        {STR("\x7F"), "\"\\u007f\""},
        {STR("\xC2\x85"), "\"\\u0085\""},
        {STR("\xE2\x80\xA8\xE2\x80\xA9"), "\"\\u2028\\u2029\""},
        {STR("\xE2\x80\xAE"
             "evil"),
         "\"\\u202eevil\""},
        {STR("a=b"), "\"a=b\""},
        {STR("a\"b\\c"), "\"a\\\"b\\\\c\""},
        {STR("\xFF\xED\xA0\x80x"), "\"\\xff\\xed\\xa0\\x80x\""},
        {STR("\xE2\x82"), "\"\\xe2\\x82\""},
        {STR("grüße 😀"), "\"grüße 😀\""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char expected[128];
        log_write(LOG_INFO, "e", LOG_FIELD_STR("v", cases[i].value));
        snprintf(expected, sizeof expected, " v=%s\n", cases[i].expected);
        assert_string_equal(logged_fields(), expected);
    }
}

static void L9_a_long_value_is_cut(void **state)
{
    char *value = malloc(1u << 20);
    char expected[LOG_VALUE_BYTES_MAX + 16];

    (void)state;
    assert_non_null(value);
    memset(value, 'x', 1u << 20);
    log_write(LOG_INFO, "e", LOG_FIELD_STR("v", str_of(value, LOG_VALUE_BYTES_MAX)));
    snprintf(expected, sizeof expected, " v=%.*s\n", (int)LOG_VALUE_BYTES_MAX, value);
    assert_string_equal(logged_fields(), expected);

    snprintf(expected, sizeof expected, " v=\"%.*s...\"\n", (int)LOG_VALUE_BYTES_MAX, value);
    log_write(LOG_INFO, "e", LOG_FIELD_STR("v", str_of(value, LOG_VALUE_BYTES_MAX + 1)));
    assert_string_equal(logged_fields(), expected);
    log_write(LOG_INFO, "e", LOG_FIELD_STR("v", str_of(value, 1u << 20)));
    assert_string_equal(logged_fields(), expected);

    /* A character that would be cut in two is left out. */
    memcpy(value + LOG_VALUE_BYTES_MAX - 2, "\xE2\x82\xAC", 3);
    snprintf(expected, sizeof expected, " v=\"%.*s...\"\n", (int)LOG_VALUE_BYTES_MAX - 2, value);
    log_write(LOG_INFO, "e", LOG_FIELD_STR("v", str_of(value, 1000)));
    assert_string_equal(logged_fields(), expected);
    free(value);
}

/* A field that does not fit is left out with all that follow, and the line says so. */
static void L9_a_long_line_is_cut(void **state)
{
    char value[LOG_VALUE_BYTES_MAX];
    struct log_field fields[LOG_LINE_BYTES_MAX / LOG_VALUE_BYTES_MAX + 2];
    size_t count = sizeof fields / sizeof fields[0] - 1;
    const char *line;

    (void)state;
    memset(value, 'x', sizeof value);
    for (size_t i = 0; i < count; i++) fields[i] = LOG_FIELD_STR("v", str_of(value, sizeof value));
    fields[count] = (struct log_field){0};
    log_write_fields(LOG_INFO, "e", fields);
    line = logged();
    assert_in_range(strlen(line), LOG_LINE_BYTES_MAX - LOG_VALUE_BYTES_MAX - 10,
                    LOG_LINE_BYTES_MAX);
    assert_string_equal(line + strlen(line) - strlen("xxx cut=true\n"), "xxx cut=true\n");

    memset(value, '\x01', sizeof value); /* the worst: six bytes for each */
    log_write_fields(LOG_INFO, "e", fields);
    line = logged();
    assert_true(strlen(line) <= LOG_LINE_BYTES_MAX);
    assert_string_equal(line + strlen(line) - strlen("\" cut=true\n"), "\" cut=true\n");
}

/* Case L10: a log that cannot be written must not stop or kill the program. */
static void L10_a_closed_log_is_survived(void **state)
{
    (void)state;
    close(STDERR_FILENO);
    log_write(LOG_INFO, "e", LOG_FIELD_U64("n", 1));
    assert_int_equal(dup2(captured, STDERR_FILENO), STDERR_FILENO);
    log_write(LOG_INFO, "e", LOG_FIELD_U64("n", 2));
    assert_string_equal(logged_fields(), " n=2\n");
}

static void *log_many(void *arg)
{
    for (size_t i = 0; i < LINES_PER_THREAD; i++)
        log_write(LOG_INFO, "e", LOG_FIELD_TEXT("thread", arg), LOG_FIELD_U64("n", i));
    return NULL;
}

static void threads_do_not_mix_their_lines(void **state)
{
    static char names[THREADS][2] = {"a", "b", "c", "d"};
    pthread_t threads[THREADS];
    size_t lines_count = 0;
    const char *at;

    (void)state;
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, log_many, names[i]), 0);
    for (size_t i = 0; i < THREADS; i++) assert_int_equal(pthread_join(threads[i], NULL), 0);
    for (at = logged(); *at != '\0'; at = strchr(at, '\n') + 1) {
        assert_memory_equal(at, "at=20", 5);
        assert_memory_equal(at + 27, " level=info event=e thread=", 27);
        assert_non_null(strchr(at, '\n'));
        lines_count++;
    }
    assert_int_equal(lines_count, THREADS * LINES_PER_THREAD);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_line_has_its_fields_in_order), TEST(lines_below_the_level_are_dropped),
        TEST(L9_a_value_cannot_forge_a_line), TEST(L9_a_long_value_is_cut),
        TEST(L9_a_long_line_is_cut),          TEST(L10_a_closed_log_is_survived),
        TEST(threads_do_not_mix_their_lines),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
