// SPDX-License-Identifier: Apache-2.0
/* pace.h — when a worker writes to its listeners. The more events share a write, the less each of
 * them costs. So when writing to everybody took long, what comes next is gathered for as long
 * again, which also leaves the worker that time for everything else
 * (docs/decisions/0019-gather-after-a-long-flush.md). Times are of clock_mono_ns. Its owner's
 * thread. */
#ifndef SERVER_PACE_H
#define SERVER_PACE_H

#include <stdint.h>

struct pace {
    uint64_t until_ns; /* private; 0: nothing is waited for */
};

/* For how long what is gathered must wait; 0: write it. */
uint64_t pace_wait_ns(struct pace *p, uint64_t now_ns);
/* Everything was written, in this time. */
void pace_wrote(struct pace *p, uint64_t began_ns, uint64_t ended_ns);

#endif
