// SPDX-License-Identifier: Apache-2.0
/* pace.c — as long again as it took, within bounds. */
#include "server/pace.h"

#include "base/check.h"
#include "limits.h"

uint64_t pace_wait_ns(struct pace *p, uint64_t now_ns)
{
    if (now_ns < p->until_ns) return p->until_ns - now_ns;
    p->until_ns = 0;
    return 0;
}

void pace_wrote(struct pace *p, uint64_t began_ns, uint64_t ended_ns)
{
    uint64_t took_ns = ended_ns - began_ns;

    CHECK(began_ns <= ended_ns);
    if (took_ns < WORKER_GATHER_NS_MIN) return;
    if (took_ns > WORKER_GATHER_NS_MAX) took_ns = WORKER_GATHER_NS_MAX;
    p->until_ns = ended_ns + took_ns;
}
