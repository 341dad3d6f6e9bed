// SPDX-License-Identifier: Apache-2.0
/* check.c — the last words of a process whose code was wrong. */
#include "base/check.h"

#include <stdio.h>
#include <stdlib.h>

static _Thread_local enum role current_role = ROLE_NONE;

void role_set(enum role role)
{
    current_role = role;
}

enum role role_self(void)
{
    return current_role;
}

static const char *role_name(enum role role)
{
    switch (role) {
    case ROLE_NONE: return "none";
    case ROLE_MAIN: return "main";
    case ROLE_WORKER: return "worker";
    case ROLE_WRITER: return "writer";
    case ROLE_READER: return "reader";
    case ROLE_CRYPTO: return "crypto";
    case ROLE_FETCHER: return "fetcher";
    }
    return "?";
}

_Noreturn void check_failed(const char *fact, const char *file, int line)
{
    fprintf(stderr, "carillon: CHECK failed: %s at %s:%d on thread %s\n", fact, file, line,
            role_name(current_role));
    abort();
}
