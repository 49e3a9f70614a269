/*
 * report - processor time of each report over all prints of a store, in one thread.
 *
 * usage: report DIR [TIMES]
 *
 * DIR is a state directory that no daemon has open (tests/bench/run.py --keep leaves one behind). The first
 * time includes reading the prints into memory; of the others the least and the median are shown, which
 * hold on a machine that is busy with other things, too. Nothing is written.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "engine/report.h"

#define TIMES_MAX 1000
#define ROWS 50

static int by_size(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

/* Microseconds from nothing to the first rows as JSON. */
static int measure(struct store *store, enum report_kind kind, uint64_t *ret_us, uint64_t *ret_prints)
{
    struct report_options options = {.kind = kind, .since = INT64_MIN, .until = INT64_MAX, .min_prints = 1, .limit = ROWS};
    uint64_t begin = clock_thread_us();
    struct report *report = report_new(&options);
    struct buf out;
    int r = report ? 1 : DUP_ENOMEM;
    while (r == 1) {
        struct view *view;
        if ((r = store_snapshot(store, &view)) == 0) {
            r = report_read(report, view, NULL);
            store_release(view);
        }
    }
    if (r == 0)
        r = report_finish(report);
    buf_init(&out, 1u << 20);
    for (size_t i = 0; r == 0 && i < ROWS && i < report_rows(report); i++)
        report_row(report, i, &out);
    *ret_us = clock_thread_us() - begin;
    *ret_prints = r == 0 ? report_prints(report) : 0;
    buf_done(&out);
    report_free(report);
    return r;
}

int main(int argc, char **argv)
{
    static const char *const names[] = {"outlets", "agencies", "owners", "graph"};
    static uint64_t us[TIMES_MAX];
    struct store_options options = {.dir = argc > 1 ? argv[1] : "", .read_only = 1};
    struct err err = {0};
    struct store *store;
    long times = argc > 2 ? strtol(argv[2], NULL, 10) : 15;
    if (argc < 2 || times < 2 || times > TIMES_MAX) {
        fputs("usage: report DIR [TIMES]\n", stderr);
        return 2;
    }
    if (store_open(&options, &err, &store) < 0) {
        fprintf(stderr, "report: %s\n", err.text);
        return 1;
    }
    for (int kind = 0; kind < 4; kind++) {
        uint64_t first = 0, prints = 0;
        for (long i = 0; i < times; i++) {
            if (measure(store, (enum report_kind)kind, &us[i], &prints) < 0) {
                fprintf(stderr, "report: %s failed\n", names[kind]);
                return 1;
            }
            first = i ? first : us[0];
        }
        qsort(us, (size_t)times, sizeof *us, by_size);
        printf("%-9s %llu prints: first %.1f ms, then %.1f to %.1f ms of processor (least, median)\n", names[kind],
               (unsigned long long)prints, (double)first / 1000, (double)us[0] / 1000, (double)us[times / 2] / 1000);
    }
    store_free(store);
    return 0;
}
