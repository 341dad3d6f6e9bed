// SPDX-License-Identifier: Apache-2.0
/* chance.h — numbers that look random and are the same for the same seed, so that a run can be
 * repeated. One thread; not for anything that must not be foreseen. */
#ifndef BENCH_CHANCE_H
#define BENCH_CHANCE_H

#include <stdint.h>

/* 1 unless set. Not 0. */
void chance_seed(uint64_t seed);
/* From 0 to below `below`; 0 when that is 0. */
uint64_t chance_below(uint64_t below);

#endif
