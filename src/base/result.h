// SPDX-License-Identifier: Apache-2.0
/* result.h — how a function says what became of its work.
 * A failure of the world (disk, peer, a full queue, a rule of the chat) is a value of `enum
 * result`, handled or passed up by name; our own mistakes are CHECKs (check.h); what a peer got
 * wrong in its bytes is a verdict of the pure parser that read them. */
#ifndef BASE_RESULT_H
#define BASE_RESULT_H

/* access() has a macro R_OK, 4, in both of these headers. Included afterwards they would turn
 * our R_OK into it without a word; included here, they cannot come again. */
#include <fcntl.h>
#include <unistd.h>
#undef R_OK

#define MUST_USE __attribute__((warn_unused_result))

enum result {
    R_OK = 0,
    R_DONE,            /* nothing more: the end of rows, of input, of a list */
    R_INVALID,         /* the caller's value is not allowed */
    R_UNAUTHENTICATED, /* who asks is not known */
    R_FORBIDDEN,       /* who asks is known and may not */
    R_NOT_FOUND,       /* it does not exist, or not for this caller */
    R_CONFLICT,        /* it contradicts what is there */
    R_TOO_LARGE,       /* a bound of limits.h on a size would be passed */
    R_TOO_MANY,        /* a bound of limits.h on a rate or a number would be passed */
    R_FULL,            /* a queue is at its maximum; nothing was queued */
    R_CLOSED,          /* the other side is gone or going */
    R_UNAVAILABLE,     /* try again later: no room, no memory, shutting down */
    R_IO,              /* the operating system refused */
    R_CORRUPT,         /* what was read back is not what was written */
};

/* What happened on a cold path (start, configuration, storage), for one line on stderr or in the
 * log. */
struct fault {
    enum result code;
    int os_error; /* an errno value, 0 when none */
    char text[256];
};

/* Fill `fault` and return `code`, so that a failing line can end in `return fault_set(…)`.
 * `fault` may be NULL. The text is a sentence part that names the thing and how to put it right. */
enum result fault_set(struct fault *fault, enum result code, int os_error, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* The name of a result, for logs and tests: "R_FULL". Never NULL. */
const char *result_name(enum result result);

#endif
