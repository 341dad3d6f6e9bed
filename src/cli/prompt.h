// SPDX-License-Identifier: Apache-2.0
/* prompt.h — asking for a password. Main thread. */
#ifndef CLI_PROMPT_H
#define CLI_PROMPT_H

#include "base/result.h"
#include "base/str.h"
#include "limits.h"

struct prompt_password {
    char bytes[PASSWORD_BYTES_MAX + 2]; /* one more than a password may have, and a NUL */
    size_t len;
};

/* From a terminal: asked twice, without echo. From anything else: the first line of stdin, so that
 * a script can pipe it in and it never stands in a command line. R_INVALID: the two differ, or it
 * is longer than any password; R_CLOSED: nothing came; R_IO. Wipe it when done. */
MUST_USE enum result prompt_read(struct prompt_password *out, struct fault *fault);
/* The same for a password that there is already: asked once. */
MUST_USE enum result prompt_read_known(struct prompt_password *out, struct fault *fault);
void prompt_wipe(struct prompt_password *password);

static inline struct str prompt_str(const struct prompt_password *password)
{
    return str_of(password->bytes, password->len);
}

#endif
