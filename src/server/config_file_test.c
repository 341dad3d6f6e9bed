// SPDX-License-Identifier: Apache-2.0
/* config_file_test.c — the bounds of the file, and every way to cut or damage it (case L11). */
#include "server/config_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "limits.h"

static struct fault fault;
static struct config config;
static char path[] = "/tmp/config_file_test.XXXXXX";

static int set_up(void **state)
{
    int file;

    (void)state;
    memcpy(path + strlen(path) - 6, "XXXXXX", 6);
    file = mkstemp(path);
    return file < 0 ? -1 : close(file);
}

static int tear_down(void **state)
{
    (void)state;
    config_release(&config);
    return unlink(path);
}

static enum result read_text(struct str text)
{
    struct config_layer layer;
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_int_equal(fwrite(text.at, 1, text.len, file), text.len);
    assert_int_equal(fclose(file), 0);
    config_release(&config);
    config_layer_init(&layer, &config);
    fault = (struct fault){0};
    return config_file_read(path, &layer, &fault);
}

static void both_separators_and_comments_are_read(void **state)
{
    (void)state;
    assert_int_equal(read_text(STR("workers=2\n  readers : 3   ; why\r\n\t# note\n"
                                   "data = /var/lib/a b\n")),
                     R_OK);
    assert_int_equal(config.workers, 2);
    assert_int_equal(config.readers, 3);
    assert_string_equal(config.data.at, "/var/lib/a b");
}

static void L11_a_line_has_a_bound(void **state)
{
    char text[CONFIG_LINE_BYTES_MAX + 3];
    size_t path_len = CONFIG_LINE_BYTES_MAX - strlen("data = ");

    (void)state;
    memset(text, 'x', sizeof text);
    memcpy(text, "data = ", strlen("data = "));
    text[CONFIG_LINE_BYTES_MAX] = '\n';
    assert_int_equal(read_text(str_of(text, CONFIG_LINE_BYTES_MAX + 1)), R_OK);
    assert_int_equal(config.data.len, path_len);
    text[CONFIG_LINE_BYTES_MAX] = 'x';
    text[CONFIG_LINE_BYTES_MAX + 1] = '\n';
    assert_int_equal(read_text(str_of(text, CONFIG_LINE_BYTES_MAX + 2)), R_INVALID);
    assert_non_null(strstr(fault.text, ":1 is too long"));
}

static void L11_a_file_has_a_bound(void **state)
{
    char *text = malloc(CONFIG_FILE_BYTES_MAX + 1);

    (void)state;
    assert_non_null(text);
    memset(text, '\n', CONFIG_FILE_BYTES_MAX + 1);
    assert_int_equal(read_text(str_of(text, CONFIG_FILE_BYTES_MAX)), R_OK);
    assert_int_equal(read_text(str_of(text, CONFIG_FILE_BYTES_MAX + 1)), R_TOO_LARGE);
    free(text);
}

static void L11_a_nul_is_not_an_end(void **state)
{
    (void)state;
    assert_int_equal(read_text(STR("workers = 2\nreaders = 3\0 4\n")), R_INVALID);
    assert_non_null(strstr(fault.text, ":2 contains a NUL byte"));
}

/* A prefix of a file is read only when the cut is at the end of a line. */
static void L11_a_cut_file_is_noticed(void **state)
{
    const struct str text =
        STR("# options\nworkers = 12\nlisten = 127.0.0.1:8080\nsignup = open\n");

    (void)state;
    for (size_t len = 0; len <= text.len; len++) {
        bool is_whole_lines = len == 0 || text.at[len - 1] == '\n';
        assert_int_equal(read_text(str_of(text.at, len)), is_whole_lines ? R_OK : R_INVALID);
        if (!is_whole_lines) assert_non_null(strstr(fault.text, "ends without a newline"));
    }
}

/* Every byte replaced by every other: refused with a reason, or read; never a crash. */
static void L11_a_damaged_file_is_survived(void **state)
{
    char text[] = "workers = 2\nlisten = [::1]:0\n";

    (void)state;
    for (size_t i = 0; i < sizeof text - 1; i++) {
        for (int byte = 0; byte < 256; byte += 3) {
            char kept = text[i];
            text[i] = (char)byte;
            if (read_text(str_of(text, sizeof text - 1)) != R_OK)
                assert_true(strlen(fault.text) > strlen(path));
            text[i] = kept;
        }
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(both_separators_and_comments_are_read),
        TEST(L11_a_line_has_a_bound),
        TEST(L11_a_file_has_a_bound),
        TEST(L11_a_nul_is_not_an_end),
        TEST(L11_a_cut_file_is_noticed),
        TEST(L11_a_damaged_file_is_survived),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
