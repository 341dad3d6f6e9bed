// SPDX-License-Identifier: Apache-2.0
/* ledger.h — which messages of a conversation somebody has had: each once, and in order.
 * Numbers begin at 1 and have no gaps, so one number per conversation is enough to see a message
 * that is missing, that came twice, or too early. Pure. */
#ifndef BENCH_LEDGER_H
#define BENCH_LEDGER_H

#include <stdint.h>

struct ledger {
    uint32_t had_seq; /* all up to this one */
    /* Up to this one a sync told, and sockets may, too, until one tells of what came later: the
     * cursor that the sync was made with is older than the sync, also when it resumes. */
    uint32_t synced_seq;
};

struct ledger_tally {
    uint64_t counted_count; /* messages that came when they were due */
    uint64_t missing_count; /* passed over; one that comes too early passes over those before it */
    uint64_t twice_count;   /* or too late */
    uint64_t overlap_count; /* told by a socket after the sync had them: dropped, as documented */
};

/* A message came by the socket. */
void ledger_hear(struct ledger *l, uint32_t seq, struct ledger_tally *tally);
/* The same by a sync. */
void ledger_sync(struct ledger *l, uint32_t seq, struct ledger_tally *tally);

#endif
