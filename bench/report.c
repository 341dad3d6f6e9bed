// SPDX-License-Identifier: Apache-2.0
/* report.c — what was measured, for people and for scripts. */
#include "bench/report.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"

void report_init(struct report *r, const char *scenario)
{
    *r = (struct report){.scenario = scenario};
}

void report_add(struct report *r, const char *name, double value)
{
    struct report_figure *figure = NULL;

    for (size_t i = 0; i < r->figures_count && figure == NULL; i++) {
        if (strcmp(r->figures[i].name, name) == 0) figure = &r->figures[i];
    }
    if (figure == NULL) {
        CHECK(r->figures_count < REPORT_FIGURES_MAX);
        figure = &r->figures[r->figures_count++];
        figure->name = name;
    }
    CHECK(figure->values_count < REPORT_REPETITIONS_MAX);
    figure->values[figure->values_count++] = value;
}

struct summary {
    double median;
    double least;
    double most;
};

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;

    return (x > y) - (x < y);
}

static struct summary summarize(const struct report_figure *figure)
{
    double sorted[REPORT_REPETITIONS_MAX];
    size_t n = figure->values_count;

    CHECK(n > 0);
    memcpy(sorted, figure->values, n * sizeof sorted[0]);
    qsort(sorted, n, sizeof sorted[0], compare_doubles);
    return (struct summary){
        .median = (sorted[(n - 1) / 2] + sorted[n / 2]) / 2,
        .least = sorted[0],
        .most = sorted[n - 1],
    };
}

/* Whole numbers as such, and four significant digits of everything else: no figure here is known
 * more exactly. */
static const char *number(double value, char out[32])
{
    const char *format = "%.4g";

    if (value > 1e3 || value < -1e3 || value == (double)(int64_t)value) format = "%.0f";
    (void)snprintf(out, 32, format, value);
    return out;
}

static void print_table(const struct report *r, size_t repetitions_count)
{
    char text[32];

    printf("\n%-32s", r->scenario);
    for (size_t n = 0; n < repetitions_count; n++) printf(" %10zu", n + 1);
    printf(" %10s   range\n", "median");
    for (size_t i = 0; i < r->figures_count; i++) {
        const struct report_figure *figure = &r->figures[i];
        struct summary s = summarize(figure);

        printf("%-32s", figure->name);
        for (size_t n = 0; n < repetitions_count; n++) {
            printf(" %10s", n < figure->values_count ? number(figure->values[n], text) : "-");
        }
        printf(" %10s", number(s.median, text));
        printf("   %s", number(s.least, text));
        printf("..%s\n", number(s.most, text));
    }
}

static void print_lines(const struct report *r, size_t repetitions_count)
{
    char text[32];

    for (size_t n = 0; n < repetitions_count; n++) {
        printf("result scenario=%s repetition=%zu", r->scenario, n + 1);
        for (size_t i = 0; i < r->figures_count; i++) {
            if (n >= r->figures[i].values_count) continue;
            printf(" %s=%s", r->figures[i].name, number(r->figures[i].values[n], text));
        }
        printf("\n");
    }
    printf("result scenario=%s repetition=median", r->scenario);
    for (size_t i = 0; i < r->figures_count; i++) {
        printf(" %s=%s", r->figures[i].name, number(summarize(&r->figures[i]).median, text));
    }
    printf("\n");
}

void report_print(const struct report *r)
{
    size_t repetitions_count = 0;

    for (size_t i = 0; i < r->figures_count; i++) {
        if (r->figures[i].values_count > repetitions_count) {
            repetitions_count = r->figures[i].values_count;
        }
    }
    print_table(r, repetitions_count);
    printf("\n");
    print_lines(r, repetitions_count);
    (void)fflush(stdout);
}
