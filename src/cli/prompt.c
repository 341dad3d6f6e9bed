// SPDX-License-Identifier: Apache-2.0
/* prompt.c — one line from stdin, with the echo of a terminal turned off.
 * Bytes are read one by one, so that what follows the line is left to whoever reads next. */
#include "cli/prompt.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <termios.h>
#include <unistd.h>

static enum result read_line(struct prompt_password *out, struct fault *fault)
{
    out->len = 0;
    for (;;) {
        char c;
        ssize_t got = read(STDIN_FILENO, &c, 1);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return fault_set(fault, R_IO, errno, "cannot read the password");
        if (got == 0 && out->len == 0)
            return fault_set(fault, R_CLOSED, 0, "no password came from stdin");
        if (got == 0 || c == '\n') return R_OK;
        if (out->len > PASSWORD_BYTES_MAX)
            return fault_set(fault, R_INVALID, 0, "a password has at most %u bytes",
                             PASSWORD_BYTES_MAX);
        out->bytes[out->len++] = c;
    }
}

/* The terminal is as before when this returns. A signal in between leaves it without echo, which
 * the shell puts right. */
static enum result read_hidden(const char *question, struct prompt_password *out,
                               struct fault *fault)
{
    struct termios before;
    struct termios hidden;
    enum result result;

    if (tcgetattr(STDIN_FILENO, &before) != 0)
        return fault_set(fault, R_IO, errno, "cannot turn off the echo of the terminal");
    hidden = before;
    hidden.c_lflag &= ~(tcflag_t)ECHO;
    fputs(question, stderr);
    if (tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden) != 0)
        return fault_set(fault, R_IO, errno, "cannot turn off the echo of the terminal");
    result = read_line(out, fault);
    (void)!tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
    fputc('\n', stderr);
    return result;
}

enum result prompt_read(struct prompt_password *out, struct fault *fault)
{
    struct prompt_password again = {.len = 0};
    enum result result;

    if (isatty(STDIN_FILENO) == 0) return read_line(out, fault);
    if ((result = read_hidden("Password: ", out, fault)) != R_OK) return result;
    result = read_hidden("The same again: ", &again, fault);
    if (result == R_OK && !str_equals_secret(prompt_str(out), prompt_str(&again)))
        result = fault_set(fault, R_INVALID, 0, "the two passwords differ");
    prompt_wipe(&again);
    return result;
}

enum result prompt_read_known(struct prompt_password *out, struct fault *fault)
{
    if (isatty(STDIN_FILENO) == 0) return read_line(out, fault);
    return read_hidden("Password: ", out, fault);
}

void prompt_wipe(struct prompt_password *password)
{
    sodium_memzero(password, sizeof *password);
}
