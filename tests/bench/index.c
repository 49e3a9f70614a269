/*
 * Goal: whether the index stays as fast, and as small in memory, when it
 * holds the postings of ten million articles, without the hours that texts take.
 *
 * Posts as an import does: batches of articles, each with 45 postings (what
 * the generated mix comes to), after as many look-ups as an article costs: 66
 * of new values, and for four articles in ten 66 of values of an earlier
 * article (nine in ten of those among the last 50,000). Prints a line each
 * tenth of the way: microseconds an article of look-ups and of additions with
 * commit and background steps, the longest of these, memory, disk.
 *
 * usage: index DIR ARTICLES [INDEX_MEMORY]; DIR is made, and may be kept for another start.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "store/store.h"

#define BATCH 512u
#define POSTED 45u
#define LOOKED_UP 66u
#define RECENT 50000u

struct times {
    uint64_t look_us, post_us, longest_us, steps;
};

static struct posting_list lists[LOOKED_UP];

static _Noreturn void die(const char *what, int code)
{
    fprintf(stderr, "index: %s: %s\n", what, dup_strerror(code));
    exit(1);
}

static uint64_t mix(uint64_t z)
{
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

/* Value k of an article; those from POSTED on are posted by nobody. */
static uint64_t value_of(uint64_t article, uint64_t k)
{
    return mix(article * 128 + k + 1);
}

static void look_up(struct store *store, uint64_t article, uint64_t *ret_hits)
{
    uint64_t values[LOOKED_UP], random = mix(~article);
    for (uint64_t k = 0; k < LOOKED_UP; k++)
        values[k] = value_of(article, k);
    int r = store_probe(store, values, LOOKED_UP, NULL, lists);
    if (r == 0 && random % 10 < 4 && article > 1) {
        uint64_t near = article < RECENT ? article : RECENT;
        uint64_t source = random / 10 % 10 ? article - 1 - random / 100 % (near - 1 ? near - 1 : 1) : 1 + random / 100 % article;
        for (uint64_t k = 0; k < LOOKED_UP; k++)
            values[k] = value_of(source, k);
        r = store_probe(store, values, LOOKED_UP, NULL, lists);
        for (uint64_t k = 0; r == 0 && k < LOOKED_UP; k++)
            *ret_hits += lists[k].n > 0;
    }
    if (r < 0)
        die("looking up", r);
}

static void post(struct store *store, uint64_t article)
{
    uint64_t values[POSTED];
    for (uint64_t k = 0; k < POSTED; k++)
        values[k] = value_of(article, k);
    int r = store_post(store, values, POSTED, (uint32_t)article);
    if (r < 0)
        die("posting", r);
}

static uint64_t memory_kb(const char *name)
{
    char line[256];
    unsigned long long kb = 0;
    FILE *file = fopen("/proc/self/status", "r");
    while (file && fgets(line, sizeof line, file))
        if (strncmp(line, name, strlen(name)) == 0)
            sscanf(line + strlen(name), ": %llu", &kb);
    if (file)
        fclose(file);
    return kb;
}

static void report(struct store *store, uint64_t article, uint64_t n, const struct times *t)
{
    struct store_stats stats;
    struct view *view;
    int r = store_snapshot(store, &view);
    if (r == 0)
        r = view_stats(view, &stats);
    if (r < 0)
        die("figures", r);
    store_release(view);
    printf("%10llu articles: look-ups %6.2f us, posting and steps %6.2f us, longest %4.0f ms, %2llu segments, %5.1f MB own memory, "
           "%6.1f MB filters, %6.2f GB file; filters wrong %.2f %%\n",
           (unsigned long long)article, (double)t->look_us / (double)n, (double)t->post_us / (double)n,
           (double)t->longest_us / 1000, (unsigned long long)stats.segments, (double)memory_kb("RssAnon") / 1024,
           (double)stats.filter_bytes / 1e6, (double)stats.used_bytes / 1e9,
           stats.filter_asked ? 100.0 * (double)stats.filter_wrong / (double)stats.filter_asked : 0);
    fflush(stdout);
}

static void batch(struct store *store, uint64_t first, uint64_t n, struct times *t, uint64_t *ret_hits)
{
    uint64_t start = clock_elapsed_us(), mid;
    int r = store_begin(store);
    if (r < 0)
        die("begin", r);
    for (uint64_t a = first; a < first + n; a++)
        look_up(store, a, ret_hits);
    mid = clock_elapsed_us();
    for (uint64_t a = first; a < first + n; a++)
        post(store, a);
    if ((r = store_commit(store)) < 0)
        die("commit", r);
    t->look_us += mid - start;
    t->post_us += clock_elapsed_us() - mid;
    while (store_owes(store)) {
        uint64_t before = clock_elapsed_us();
        if ((r = store_step(store)) < 0)
            die("a step", r);
        uint64_t took = clock_elapsed_us() - before;
        t->post_us += took;
        t->steps++;
        t->longest_us = took > t->longest_us ? took : t->longest_us;
    }
}

int main(int argc, char **argv)
{
    struct err err = {0};
    struct store *store;
    if (argc < 3) {
        fputs("usage: index DIR ARTICLES [INDEX_MEMORY]\n", stderr);
        return 2;
    }
    uint64_t articles = strtoull(argv[2], NULL, 10), part = articles / 10 ? articles / 10 : 1, hits = 0;
    struct store_options options = {.dir = argv[1], .index_memory = argc > 3 ? strtoull(argv[3], NULL, 10) : 0};
    struct times times = {0};
    uint64_t start = clock_elapsed_us();
    if (store_open(&options, &err, &store) < 0) {
        fprintf(stderr, "index: %s\n", err.text);
        return 1;
    }
    printf("opened in %.2f s\n", (double)(clock_elapsed_us() - start) / 1e6);
    for (uint64_t a = 1, since = 0; a <= articles; a += BATCH) {
        batch(store, a, BATCH, &times, &hits);
        since += BATCH;
        if (since >= part) {
            report(store, a + BATCH - 1, since, &times);
            times = (struct times){0};
            since = 0;
        }
    }
    start = clock_elapsed_us();
    store_free(store);
    if (store_open(&options, &err, &store) < 0) {
        fprintf(stderr, "index: %s\n", err.text);
        return 1;
    }
    printf("opened again in %.2f s\n", (double)(clock_elapsed_us() - start) / 1e6);
    store_free(store);
    return 0;
}
