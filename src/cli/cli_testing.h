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
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/cli.h"

#define CLI_TESTING_WORDS_MAX 16u

static char cli_output[65536]; /* stdout and stderr of the last run, as they came */
static char cli_directory[32]; /* of the test */

/* A directory of its own for a test; the words of a run have `%` for it. */
static inline int cli_testing_dir_make(void **state)
{
    (void)state;
    snprintf(cli_directory, sizeof cli_directory, "/tmp/carillon-cli.XXXXXX");
    return mkdtemp(cli_directory) == NULL ? -1 : 0;
}

static inline int cli_testing_remove_entry(const char *path, const struct stat *st, int kind,
                                           struct FTW *ftw)
{
    (void)st, (void)kind, (void)ftw;
    return remove(path);
}

static inline int cli_testing_dir_remove(void **state)
{
    (void)state;
    return nftw(cli_directory, cli_testing_remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

/* `words` into `text`, with the directory in place of each `%`. */
static inline void cli_testing_expand(const char *words, char *text, size_t text_size)
{
    size_t len = 0;

    text[0] = '\0';
    for (; *words != '\0'; words++) {
        int added = *words == '%' ? snprintf(text + len, text_size - len, "%s", cli_directory)
                                  : snprintf(text + len, text_size - len, "%c", *words);

        assert_true(added > 0 && len + (size_t)added < text_size);
        len += (size_t)added;
    }
}

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

/* `words` has one space between two words, and `%` for the directory of the test; `input` is what
 * stdin has. */
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

    cli_testing_expand(words, text, sizeof text);
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
