// SPDX-License-Identifier: Apache-2.0
/* report.h — what was measured, for people and for scripts.
 * A report is a table with one row per figure and one column per repetition, closed by the median
 * and the range. Under it stands one line per repetition and one for the medians, each a list of
 * key=value, all beginning with the word "result". Names are literals of ours. */
#ifndef BENCH_REPORT_H
#define BENCH_REPORT_H

#include <stddef.h>

#define REPORT_REPETITIONS_MAX 32u
#define REPORT_FIGURES_MAX 32u

struct report_figure {
    const char *name; /* snake_case, the unit last */
    double values[REPORT_REPETITIONS_MAX];
    size_t values_count;
};

struct report {
    const char *scenario;
    struct report_figure figures[REPORT_FIGURES_MAX];
    size_t figures_count;
};

void report_init(struct report *r, const char *scenario);
/* One more value of a figure; figures appear in the order of their first value. */
void report_add(struct report *r, const char *name, double value);
void report_print(const struct report *r);

#endif
