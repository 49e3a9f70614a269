/*
 * The figures of an import: while it runs as a bar, at its end as a summary. It exists so that the
 * pump in import.c need not know how they look. Invariant: accepted + refused is the number of
 * entries dealt with, and the counts of relations, like those of statuses, add up to accepted.
 */
#include "ctl/tally.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "ctl/out.h"
#include "dup/compare.h"
#include "proto/json.h"

#define DRAW_EVERY_US 200000u
#define BAR_CELLS 20

void tally_init(struct tally *tally, int bar)
{
    *tally = (struct tally){.begun_us = clock_elapsed_us(), .bar = bar};
}

void tally_count(struct tally_list *list, const char *word)
{
    size_t i = 0;
    while (i < list->n && strncmp(list->words[i], word, TALLY_WORD - 1) != 0)
        i++;
    if (i == TALLY_WORDS)
        i--; /* more words than any daemon has: the last one stands for all of them */
    else if (i == list->n)
        snprintf(list->words[list->n++], TALLY_WORD, "%s", word);
    list->counts[i]++;
}

static double seconds_of(const struct tally *tally)
{
    double seconds = (double)(clock_elapsed_us() - tally->begun_us) / 1e6;
    return seconds > 0.000001 ? seconds : 0.000001;
}

static void add_time(struct buf *out, double seconds)
{
    unsigned long s = seconds < 1e8 ? (unsigned long)(seconds + 0.5) : 99999999;
    if (s >= 3600)
        buf_printf(out, "%lu:%02lu:%02lu", s / 3600, s / 60 % 60, s % 60);
    else
        buf_printf(out, "%lu:%02lu", s / 60, s % 60);
}

void tally_draw(struct tally *tally, uint64_t done, uint64_t total)
{
    uint64_t now = clock_elapsed_us();
    if (!tally->bar || now - tally->drawn_us < DRAW_EVERY_US)
        return;
    struct buf line;
    char count[48], rate[32];
    double seconds = seconds_of(tally), share = total ? (double)done / (double)total : 0;
    uint64_t answered = tally->accepted + tally->refused;
    buf_init(&line, 512);
    if (total) {
        int full = (int)((share > 1 ? 1 : share) * BAR_CELLS);
        buf_printf(&line, "%3.0f %% [", 100 * (share > 1 ? 1 : share));
        for (int i = 0; i < BAR_CELLS; i++)
            buf_add_char(&line, i < full ? '=' : i == full ? '>' : ' ');
        buf_add_str(&line, "] ");
    }
    buf_printf(&line, "%s  %s/s  %.1f MB/s  ", out_things(count, sizeof count, answered, "article"),
               out_count(rate, (uint64_t)((double)answered / seconds)), (double)tally->bytes / 1e6 / seconds);
    if (total && share > 0.001) {
        add_time(&line, share < 1 ? seconds / share - seconds : 0);
        buf_add_str(&line, " left");
    } else {
        add_time(&line, seconds);
    }
    if (tally->refused)
        buf_printf(&line, "  %s refused", out_count(count, tally->refused));
    size_t width = out_columns(STDERR_FILENO);
    fflush(stdout);
    fprintf(stderr, "\r%.*s\033[K", (int)(width > 1 ? width - 1 : 1), line.data ? line.data : "");
    fflush(stderr);
    buf_done(&line);
    tally->drawn = 1;
    tally->drawn_us = now;
}

void tally_clear(struct tally *tally)
{
    if (tally->drawn) {
        fputs("\r\033[K", stderr);
        fflush(stderr); /* before whatever takes the bar's place */
    }
    tally->drawn = 0;
}

static void print_list(const struct tally_list *list)
{
    char count[32];
    for (size_t i = 0; i < list->n; i++) {
        printf("  %14s  ", out_count(count, list->counts[i]));
        out_text(stdout, list->words[i], SIZE_MAX);
        putchar('\n');
    }
}

/* The relations in the order of their definition, whatever came first. */
static void sort_relations(const struct tally_list *list, struct tally_list *ret)
{
    static const char *const order[] = {
#define X(name, joins, word) word,
        DUP_RELATIONS(X)
#undef X
    };
    *ret = (struct tally_list){0};
    for (size_t k = 0; k <= sizeof order / sizeof *order; k++) {
        for (size_t i = 0; i < list->n; i++) {
            size_t place = 0;
            while (place < sizeof order / sizeof *order && strcmp(order[place], list->words[i]) != 0)
                place++;
            if (place != k)
                continue;
            memcpy(ret->words[ret->n], list->words[i], TALLY_WORD);
            ret->counts[ret->n++] = list->counts[i];
        }
    }
}

void tally_print(const struct tally *tally, int complete)
{
    char count[48], rate[32];
    double seconds = seconds_of(tally);
    struct tally_list relations;
    sort_relations(&tally->relations, &relations);
    printf("%s in %.1f s (%s/s, %.1f MB/s)\n", out_things(count, sizeof count, tally->accepted, "article"), seconds,
           out_count(rate, (uint64_t)((double)tally->accepted / seconds)), (double)tally->bytes / 1e6 / seconds);
    if (tally->statuses.n) {
        puts("by status");
        print_list(&tally->statuses);
    }
    if (relations.n) {
        puts("by relation");
        print_list(&relations);
    }
    if (tally->refused)
        printf("%s refused; the reasons are above, by file and line\n", out_count(count, tally->refused));
    if (tally->no_json && tally->no_json == tally->refused && !tally->accepted)
        puts("none of it is what import takes: JSON objects, one a line, or one JSON array of them; plain, gzip or zstd");
    if (complete)
        return;
    if (tally->last_file) {
        fputs("acknowledged: all up to ", stdout);
        out_text(stdout, tally->last_file, SIZE_MAX);
        printf(":%llu; run it again to go on, what is stored already stays as it is\n", (unsigned long long)tally->last_line);
    } else {
        puts("nothing was acknowledged");
    }
}

static void add_list(struct buf *out, const char *key, const struct tally_list *list)
{
    json_key(out, key);
    json_open(out, '{');
    for (size_t i = 0; i < list->n; i++)
        json_key_int(out, list->words[i], (int64_t)list->counts[i]);
    json_close(out, '}');
}

void tally_print_json(const struct tally *tally, int complete)
{
    struct buf out;
    struct tally_list relations;
    double seconds = seconds_of(tally);
    sort_relations(&tally->relations, &relations);
    buf_init(&out, 1u << 20);
    json_open(&out, '{');
    json_key_int(&out, "articles", (int64_t)tally->accepted);
    json_key_int(&out, "refused", (int64_t)tally->refused);
    add_list(&out, "status", &tally->statuses);
    add_list(&out, "relation", &relations);
    json_key_int(&out, "bytes", (int64_t)tally->bytes);
    json_key_real(&out, "seconds", seconds, 3);
    json_key_real(&out, "articles_per_second", (double)tally->accepted / seconds, 1);
    json_key_bool(&out, "complete", complete);
    json_key_bool(&out, "interrupted", tally->interrupted);
    if (tally->last_file) {
        json_key(&out, "acknowledged");
        json_open(&out, '{');
        json_key_string(&out, "file", tally->last_file, strlen(tally->last_file));
        json_key_int(&out, "line", (int64_t)tally->last_line);
        json_close(&out, '}');
    }
    json_close(&out, '}');
    if (!out.error)
        out_json(out.data, out.len);
    buf_done(&out);
}
