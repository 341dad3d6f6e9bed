// SPDX-License-Identifier: Apache-2.0
/* refusals.h — connections that are turned away before anything is read of them. They are told why
 * in HTTP, whatever they wanted to say, and the little that they send is read away until they have
 * heard it: a plain close would reset them, and they would not know. Main thread. */
#ifndef SERVER_REFUSALS_H
#define SERVER_REFUSALS_H

#include "base/frame.h"
#include "base/slots.h"
#include "net/loop.h"

enum refusal {
    REFUSAL_OVERLOADED, /* 503: the server has as many as it takes */
    REFUSAL_ADDRESS,    /* 429: so has the address */
};
#define REFUSAL_KINDS_COUNT (REFUSAL_ADDRESS + 1u)

struct refusals {
    struct loop *loop;
    struct slots open; /* private */
    struct frame *answers[REFUSAL_KINDS_COUNT];
};

void refusals_init(struct refusals *r, struct loop *loop);
/* CHECKs that none is open. Accepts a zeroed struct. */
void refusals_release(struct refusals *r);

/* The descriptor is the callee's. Past REFUSALS_OPEN_MAX the answer is sent once and not waited
 * for. */
void refusals_add(struct refusals *r, int fd, enum refusal why);
/* Close those that are still open; they are gone after the next turn. */
void refusals_close(struct refusals *r);

#endif
