// SPDX-License-Identifier: Apache-2.0
/* chance.c — xorshift64*, by Vigna: a few cycles, and good enough to cut sockets with. */
#include "bench/chance.h"

static uint64_t state = 1;

void chance_seed(uint64_t seed)
{
    state = seed;
}

uint64_t chance_below(uint64_t below)
{
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return below == 0 ? 0 : (state * UINT64_C(0x2545f4914f6cdd1d)) % below;
}
