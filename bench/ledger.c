// SPDX-License-Identifier: Apache-2.0
/* ledger.c — one number, and what is wrong with the next. */
#include "bench/ledger.h"

static void count(struct ledger *l, uint32_t seq, struct ledger_tally *tally)
{
    if (seq <= l->had_seq) {
        tally->twice_count++;
        return;
    }
    tally->missing_count += seq - l->had_seq - 1;
    tally->counted_count++;
    l->had_seq = seq;
}

void ledger_hear(struct ledger *l, uint32_t seq, struct ledger_tally *tally)
{
    if (seq <= l->synced_seq) {
        tally->overlap_count++;
        return;
    }
    count(l, seq, tally);
    l->synced_seq = 0;
}

void ledger_sync(struct ledger *l, uint32_t seq, struct ledger_tally *tally)
{
    count(l, seq, tally);
    l->synced_seq = l->had_seq;
}
