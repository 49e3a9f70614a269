/*
 * decide - what the engine makes of a set of articles, without a daemon.
 *
 * usage: decide [--secret TEXT] [--order SEED] [--off RULE[,RULE...]] [--pairs FILE] <articles.jsonl
 *
 * Articles come one a line on standard input, in that order or, with --order, shuffled. Prints
 *   article ID CLUSTER RELATION HEAD          for each one stored, and
 *   pair ID_A ID_B RELATION RULE CANDIDATE    for each line of FILE, whose first two fields are ids,
 * separated by tabs. CANDIDATE is 1 when the index leads from the first to a head of the second's
 * cluster. --off switches rules off, "?" lists them. For tests/quality/run.py.
 */
#include <ftw.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/engine.h"
#include "proto/json.h"

#define BATCH 256
#define NOW INT64_C(1764547200000) /* 2025-12-01: after every article that is measured with */

struct decide {
    struct store *store;
    struct engine *engine;
    struct preparer *preparer;
    struct json_parser *parser;
    struct prepare_options prepare;
    char **lines;               /* owned */
    size_t n_lines, cap;
};

static void need(int code, const char *what)
{
    if (code < 0) {
        fprintf(stderr, "decide: %s: %s\n", what, dup_strerror(code));
        exit(2);
    }
}

static void read_lines(struct decide *d)
{
    char *line = NULL;
    size_t room = 0;
    for (ssize_t len; (len = getline(&line, &room, stdin)) > 0; line = NULL, room = 0) {
        if (d->n_lines == d->cap) {
            d->cap = d->cap ? 2 * d->cap : 4096;
            d->lines = realloc(d->lines, d->cap * sizeof *d->lines);
            need(d->lines ? 0 : DUP_ENOMEM, "reading");
        }
        if (line[len - 1] == '\n')
            line[len - 1] = '\0';
        d->lines[d->n_lines++] = line;
    }
    free(line);
}

/* Fisher-Yates with a xorshift generator: the same order for the same seed. */
static void shuffle(struct decide *d, uint64_t seed)
{
    uint64_t x = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
    for (size_t i = d->n_lines; i > 1; i--) {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        char **a = &d->lines[i - 1], **b = &d->lines[x % i], *swap = *a;
        *a = *b;
        *b = swap;
    }
}

static void submit(struct decide *d, const char *line)
{
    struct json_object *object = NULL;
    struct prepared prepared;
    struct verdict verdict;
    struct json_error err;
    need(json_parse_line(d->parser, line, strlen(line), &object, &err), "a line");
    if (prepare_article(d->preparer, &d->prepare, object, &prepared, &err) == 0) {
        need(engine_submit(d->engine, &prepared, NOW, &verdict), "submit");
        prepared_done(&prepared);
    }
    json_object_put(object);
}

static void submit_all(struct decide *d)
{
    for (size_t i = 0; i < d->n_lines; i += BATCH) {
        need(store_begin(d->store), "begin");
        for (size_t k = i; k < d->n_lines && k < i + BATCH; k++)
            submit(d, d->lines[k]);
        need(store_commit(d->store), "commit");
    }
}

static void print_articles(struct decide *d)
{
    struct view *view = store_writer_view(d->store);
    struct article article, head;
    article_init(&article);
    article_init(&head);
    for (uint32_t num = 1; num <= view_last_num(view); num++) {
        need(view_article(view, num, &article), "an article");
        need(view_article(view, article.head, &head), "a head");
        if (!(article.flags & (ARTICLE_SUPERSEDED | ARTICLE_DELETED)))
            printf("article\t%s\tc%u\t%s\t%s\n", article.id.data, view_cluster_id(view, article.cluster),
                   dup_relation_word(article.relation), head.id.data);
    }
    article_done(&article);
    article_done(&head);
}

static void print_pair(struct decide *d, const char *a, const char *b)
{
    struct view *view = store_writer_view(d->store);
    struct explanation why;
    uint32_t num_a, num_b;
    if (view_find_id(view, a, strlen(a), &num_a) < 0 || view_find_id(view, b, strlen(b), &num_b) < 0)
        return;
    need(engine_explain(d->engine, num_a, num_b, &why), "explain");
    int candidate = 0;
    for (size_t i = 0; i < why.n_standings; i++)
        candidate |= why.standings[i].trial != NULL;
    const char *rule = why.has_pair ? dup_rule_name(why.pair.decision.rule) : NULL;
    printf("pair\t%s\t%s\t%s\t%s\t%d\n", a, b,
           why.has_pair ? dup_relation_word(why.pair.decision.relation) : "unknown", rule ? rule : "none", candidate);
}

static void print_pairs(struct decide *d, const char *path)
{
    FILE *file = fopen(path, "r");
    char *line = NULL;
    size_t room = 0;
    if (!file) {
        perror(path);
        exit(2);
    }
    while (getline(&line, &room, file) > 0) {
        char *rest = line, *a = strsep(&rest, "\t\n"), *b = rest ? strsep(&rest, "\t\n") : NULL;
        if (b)
            print_pair(d, a, b);
    }
    free(line);
    fclose(file);
}

static uint64_t rules_named(char *names)
{
    uint64_t mask = 0;
    for (char *name; (name = strsep(&names, ","));) {
        int i = 0;
        while (dup_rule_name(i) && strcmp(dup_rule_name(i), name) != 0)
            i++;
        if (!dup_rule_name(i)) {
            for (i = 0; dup_rule_name(i); i++)
                puts(dup_rule_name(i));
            exit(strcmp(name, "?") == 0 ? 0 : 2);
        }
        mask |= UINT64_C(1) << i;
    }
    return mask;
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

int main(int argc, char **argv)
{
    static const struct option known[] = {{"secret", 1, NULL, 's'}, {"order", 1, NULL, 'o'}, {"off", 1, NULL, 'x'},
                                          {"pairs", 1, NULL, 'p'}, {NULL, 0, NULL, 0}};
    struct decide d = {0};
    const char *secret = "decide", *pairs = NULL;
    uint64_t order = 0;
    for (int c; (c = getopt_long(argc, argv, "", known, NULL)) != -1;) {
        switch (c) {
        case 's': secret = optarg; break;
        case 'o': order = strtoull(optarg, NULL, 10); break;
        case 'x': dup_rules_disable(rules_named(optarg)); break;
        case 'p': pairs = optarg; break;
        default: return 2;
        }
    }
    char dir[] = "/tmp/dupd-decide.XXXXXX";
    if (!mkdtemp(dir)) {
        perror(dir);
        return 2;
    }
    struct store_options options = {.dir = dir};
    struct engine_options engine = {.window_ms = INT64_C(30) * 86400000, .exact_window_ms = INT64_C(365) * 86400000,
                                    .keep_text = 1, .cache_bytes = 256u << 20};
    struct err err = {0};
    need(dup_text_setup(), "tables");
    store_create_seed(secret, strlen(secret));
    need(store_open(&options, &err, &d.store), err.text);
    d.engine = engine_new(d.store, &engine);
    d.preparer = preparer_new();
    d.parser = json_parser_new();
    d.prepare = (struct prepare_options){.secret = store_secret(d.store), .body_max = LIMIT_BODY};
    need(d.engine && d.preparer && d.parser ? 0 : DUP_ENOMEM, "start");
    read_lines(&d);
    if (order)
        shuffle(&d, order);
    submit_all(&d);
    need(store_begin(d.store), "begin");
    print_articles(&d);
    if (pairs)
        print_pairs(&d, pairs);
    store_abort(d.store);
    engine_free(d.engine);
    store_free(d.store);
    preparer_free(d.preparer);
    json_parser_free(d.parser);
    for (size_t i = 0; i < d.n_lines; i++)
        free(d.lines[i]);
    free(d.lines);
    nftw(dir, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
    return 0;
}
