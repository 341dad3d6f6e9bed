// SPDX-License-Identifier: Apache-2.0
/* check.h — assertions that stay on, and the role of the calling thread.
 * CHECK is for our own mistakes: it is cheap, states one fact, and stops the process when the
 * fact is false. Never CHECK what a peer, a file or the kernel can cause. */
#ifndef BASE_CHECK_H
#define BASE_CHECK_H

#include <assert.h>

/* What a thread is for. Set once when the thread starts; entry points CHECK_ON the role they
 * need. */
enum role {
    ROLE_NONE,
    ROLE_MAIN,
    ROLE_WORKER,
    ROLE_WRITER,
    ROLE_READER,
    ROLE_CRYPTO,
    ROLE_FETCHER
};

void role_set(enum role role);
enum role role_self(void);

#define CHECK(fact) ((fact) ? (void)0 : check_failed(#fact, __FILE__, __LINE__))
#define CHECK_ON(role) CHECK(role_self() == (role))

/* DCHECK is for facts that cost more than a few instructions; only debug builds look. */
#ifdef NDEBUG
#define DCHECK(fact) ((void)0)
#else
#define DCHECK(fact) CHECK(fact)
#endif

/* Write the failed fact, where it stands and the thread's role to stderr, then abort. */
_Noreturn void check_failed(const char *fact, const char *file, int line);

#endif
