// SPDX-License-Identifier: Apache-2.0
/* pace.h — when a worker writes to its listeners, and for how long at a time. The more events share
 * a write, the less each of them costs. So when writing to everybody took long, what comes next is
 * gathered until everything else had as long, too
 * (docs/decisions/0019-gather-after-a-long-flush.md). And so that nobody else waits for all of it,
 * it is written in parts, with a turn of the loop in between
 * (docs/decisions/0021-flush-in-parts.md). Times are of clock_mono_ns. Its owner's thread. */
#ifndef SERVER_PACE_H
#define SERVER_PACE_H

#include <stdbool.h>
#include <stdint.h>

struct pace {
    uint64_t until_ns; /* private; 0: nothing is waited for */
    uint64_t took_ns;  /* private: the parts so far of what is being written; 0: none */
    uint64_t began_ns; /* private: the first of them */
    uint64_t ended_ns; /* private: the last */
};

/* For how long what is gathered must wait; 0: write it. */
uint64_t pace_wait_ns(struct pace *p, uint64_t now_ns);
/* Until when to write, when a part begins now: at least half of the time is for writing. */
uint64_t pace_part_until_ns(const struct pace *p, uint64_t now_ns);
/* A part was written, in this time; is it the last? */
void pace_wrote(struct pace *p, uint64_t began_ns, uint64_t ended_ns, bool is_last);

#endif
