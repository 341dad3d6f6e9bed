// SPDX-License-Identifier: Apache-2.0
/* cli_testing.h — a tool of the tests: run `carillon <words>` in this process, and read what it
 * said. Functions are inline because only tests include them. One thread. */
#ifndef CLI_CLI_TESTING_H
#define CLI_CLI_TESTING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"

#define CLI_TESTING_WORDS_MAX 16u

static char cli_output[65536]; /* stdout and stderr of the last run, as they came */

static inline FILE *cli_testing_redirect(int fd, int *saved)
{
    FILE *file = tmpfile();

    assert_non_null(file);
    *saved = dup(fd);
    assert_true(*saved >= 0);
    assert_int_equal(dup2(fileno(file), fd), fd);
    return file;
}

static inline void cli_testing_restore(int fd, int saved, FILE *file)
{
    assert_int_equal(dup2(saved, fd), fd);
    close(saved);
    fclose(file);
}

/* `words` has one space between two words; `input` is what stdin has. */
static inline enum cli_exit cli_testing_run(const char *words, const char *input)
{
    char text[1024];
    char *argv[CLI_TESTING_WORDS_MAX + 1] = {"carillon"};
    char *envp[] = {NULL};
    int argc = 1;
    int saved_in;
    int saved_out;
    int saved_err = dup(STDERR_FILENO);
    FILE *in;
    FILE *out;
    enum cli_exit code;
    size_t len;

    snprintf(text, sizeof text, "%s", words);
    for (char *at = text; *at != '\0';) {
        char *end = strchrnul(at, ' ');
        if (*end != '\0') *end++ = '\0';
        assert_true(argc < (int)CLI_TESTING_WORDS_MAX);
        argv[argc++] = at;
        at = end;
    }
    fflush(stdout);
    in = cli_testing_redirect(STDIN_FILENO, &saved_in);
    assert_true(fputs(input, in) >= 0);
    rewind(in);
    lseek(fileno(in), 0, SEEK_SET);
    out = cli_testing_redirect(STDOUT_FILENO, &saved_out);
    assert_int_equal(dup2(fileno(out), STDERR_FILENO), STDERR_FILENO);
    code = cli_main(argc, argv, envp);
    fflush(stdout);
    rewind(out);
    len = fread(cli_output, 1, sizeof cli_output - 1, out);
    cli_output[len] = '\0';
    dup2(saved_err, STDERR_FILENO);
    close(saved_err);
    cli_testing_restore(STDOUT_FILENO, saved_out, out);
    cli_testing_restore(STDIN_FILENO, saved_in, in);
    return code;
}

static inline void cli_testing_says(const char *text)
{
    if (strstr(cli_output, text) == NULL) fail_msg("\"%s\" is not in: %s", text, cli_output);
}

#endif
