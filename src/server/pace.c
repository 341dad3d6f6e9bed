// SPDX-License-Identifier: Apache-2.0
/* pace.c — as long again as it took, and as long as the others take, within bounds. */
#include "server/pace.h"

#include "base/check.h"
#include "limits.h"

uint64_t pace_wait_ns(struct pace *p, uint64_t now_ns)
{
    if (now_ns < p->until_ns) return p->until_ns - now_ns;
    p->until_ns = 0;
    return 0;
}

uint64_t pace_part_until_ns(const struct pace *p, uint64_t now_ns)
{
    uint64_t others_ns = p->took_ns == 0 ? 0 : now_ns - p->ended_ns;

    return now_ns + (others_ns > WORKER_FLUSH_NS_MAX ? others_ns : WORKER_FLUSH_NS_MAX);
}

void pace_wrote(struct pace *p, uint64_t began_ns, uint64_t ended_ns, bool is_last)
{
    uint64_t took_ns = p->took_ns + ended_ns - began_ns;
    uint64_t first_ns = p->took_ns == 0 ? began_ns : p->began_ns;
    uint64_t others_ns = ended_ns - first_ns - took_ns; /* had it already, between the parts */

    CHECK(began_ns <= ended_ns);
    p->took_ns = is_last ? 0 : took_ns;
    p->began_ns = first_ns;
    p->ended_ns = ended_ns;
    if (!is_last || took_ns < WORKER_GATHER_NS_MIN) return;
    if (took_ns > WORKER_GATHER_NS_MAX) took_ns = WORKER_GATHER_NS_MAX;
    if (others_ns < took_ns) p->until_ns = ended_ns + took_ns - others_ns;
}
