// SPDX-License-Identifier: Apache-2.0
/* server_metrics.h — what a server counts itself, from its /metrics. */
#ifndef BENCH_SERVER_METRICS_H
#define BENCH_SERVER_METRICS_H

#include "bench/rest_client.h"

/* The value of a metric without labels; a server that has none of that name ends the program. */
double server_metric(struct rest_client *client, const char *name);

#endif
