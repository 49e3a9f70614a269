/*
 * Goal: what articles do to each other's records, clusters and postings leaves nothing behind that is
 * wrong: at ceilings, where articles are decided on again, and where what others rest on goes.
 */
#include <dlfcn.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <lmdb.h>

#include "engine/engine.h"

#define HOUR_MS INT64_C(3600000)
#define DAY_MS (24 * HOUR_MS)
#define BEGIN INT64_C(1772409600000) /* 2026-03-02 */

static char dir[64];
static struct store *store;
static struct engine *engine;
static struct preparer *preparer;
static struct dup_agencies *agencies;
static int64_t now;
static unsigned long sequence; /* of those at random, for a fault */

static void open_with(size_t cache, int keep_text)
{
    struct store_options options = {.dir = dir, .map_size = 64u << 20, .index_memory = 8u << 20};
    struct engine_options how = {.window_ms = 30 * DAY_MS, .exact_window_ms = 365 * DAY_MS, .keep_text = keep_text, .cache_bytes = cache};
    struct err err = {0};
    assert_int_equal(store_open(&options, &err, &store), 0);
    engine = engine_new(store, &how);
    assert_non_null(engine);
}

static int set_up(void **state)
{
    (void)state;
    snprintf(dir, sizeof dir, "/tmp/engine.XXXXXX");
    if (!mkdtemp(dir))
        return -1;
    preparer = preparer_new();
    now = BEGIN;
    open_with(4u << 20, 1);
    return 0;
}

static void close_all(void)
{
    engine_free(engine);
    store_free(store);
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *where)
{
    (void)st;
    (void)flag;
    (void)where;
    return remove(path);
}

static int tear_down(void **state)
{
    (void)state;
    close_all();
    preparer_free(preparer);
    return nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* ---- texts: letters, each a story of its own, of 60 words or as many as the number behind it says ---- */

static void add_story(struct buf *out, char letter, unsigned long words)
{
    uint64_t random = (uint64_t)letter * UINT64_C(0x9e3779b97f4a7c15) | 1;
    for (unsigned long i = 0; i < words; i++) {
        char word[16];
        size_t n = 0;
        random ^= random << 13, random ^= random >> 7, random ^= random << 17;
        for (uint64_t rest = random >> 8; n < 3 + random % 6; rest /= 26)
            word[n++] = (char)('a' + rest % 26);
        if (out->len)
            buf_add_char(out, ' ');
        buf_add(out, word, n);
    }
}

static char *text_of(const char *stories)
{
    struct buf out;
    buf_init(&out, 1u << 20);
    while (*stories) {
        char letter = *stories++, *end;
        unsigned long words = strtoul(stories, &end, 10);
        add_story(&out, letter, end == stories ? 60 : words);
        stories = end;
    }
    buf_add_char(&out, '\0');
    assert_int_equal(out.error, 0);
    return out.data;
}

/* ---- what is done to the store: each a transaction ---------------------------------------------- */

struct paper { const char *id, *text, *outlet, *url, *title, *evolved, *byline, *published; };

static void put(struct json_object *object, const char *name, const char *value)
{
    if (value)
        json_object_object_add(object, name, json_object_new_string(value));
}

static void prepare(const struct paper *paper, struct prepared *ret)
{
    struct prepare_options options = {.secret = store_secret(store), .agencies = agencies, .body_max = 1u << 20};
    struct json_object *object = json_object_new_object();
    struct json_error error = {0};
    char *text = text_of(paper->text);
    put(object, "id", paper->id);
    put(object, "body", text);
    put(object, "outlet", paper->outlet);
    put(object, "url", paper->url);
    put(object, "title", paper->title);
    put(object, "evolvedfrom", paper->evolved);
    put(object, "byline", paper->byline);
    put(object, "published", paper->published);
    assert_int_equal(prepare_article(preparer, &options, object, ret, &error), 0);
    json_object_put(object);
    free(text);
}

static struct verdict send(struct paper paper)
{
    struct prepared prepared;
    struct verdict verdict;
    struct view *view;
    prepare(&paper, &prepared);
    assert_int_equal(store_snapshot(store, &view), 0);
    engine_ahead(engine, view, &prepared);
    store_release(view);
    now += HOUR_MS / 60;
    assert_int_equal(store_begin(store), 0);
    assert_int_equal(engine_submit(engine, &prepared, now, &verdict), 0);
    assert_int_equal(store_commit(store), 0);
    prepared_done(&prepared);
    return verdict;
}

static void take_out(const char *id)
{
    uint32_t versions;
    assert_int_equal(store_begin(store), 0);
    assert_int_equal(engine_delete(engine, id, strlen(id), &versions), 0);
    assert_int_equal(store_commit(store), 0);
}

static void report(void *arg, const char *sentence)
{
    (void)arg;
    print_error("sequence %lu: %s\n", sequence, sentence);
}

/* Nothing that the store's own check finds. */
static void assert_whole(void)
{
    struct view *view;
    assert_int_equal(store_snapshot(store, &view), 0);
    assert_int_equal(view_check(view, report, NULL), 0);
    assert_int_equal(engine_check_store(store, view, report, NULL), 0);
    store_release(view);
}

/* The cluster that an article is in now, and its record if it has one. */
static uint32_t cluster_of(const char *id, struct cluster *ret)
{
    struct article article;
    struct view *view;
    uint32_t num;
    article_init(&article);
    assert_int_equal(store_snapshot(store, &view), 0);
    assert_int_equal(view_find_id(view, id, strlen(id), &num), 0);
    assert_int_equal(view_article(view, num, &article), 0);
    num = view_cluster_id(view, article.cluster);
    memset(ret, 0, sizeof *ret);
    int r = view_cluster(view, num, ret);
    assert_true(r == 0 || r == DUP_ENOENT);
    store_release(view);
    article_done(&article);
    return num;
}

/* ---- ceilings ------------------------------------------------------------------------------------ */

/* Eight candidates and one more that it names: nine clusters at once. */
static void test_more_clusters_than_candidates(void **state)
{
    struct verdict v;
    (void)state;
    for (char letter = 'a'; letter <= 'i'; letter++) {
        char id[2] = {letter, 0}, text[] = {letter, letter == 'i' ? '3' : '6', '0', 0};
        assert_int_equal(send((struct paper){id, text, .outlet = id}).relation, DUP_ORIGINAL);
    }
    v = send((struct paper){"digest", "abcdefghi30", .outlet = "x", .evolved = "i"});
    assert_int_equal(v.relation, DUP_ROUNDUP);
    assert_whole();
    take_out("digest");
    assert_whole();
}

/* ---- pages ---------------------------------------------------------------------------------------- */

/* One article that changes and changes is one page, not many. */
static void test_versions_are_no_pages(void **state)
{
    static const char *const texts[] = {"a", "a59b2", "a59c2", "a59d2", "a59e2", "a59f2"};
    (void)state;
    send((struct paper){"first", "a", .outlet = "heron", .url = "https://heron.example/1", .title = "Mayor opens tulip market"});
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct verdict v = send((struct paper){"second", texts[i], .outlet = "heron", .url = "https://heron.example/2", .title = "Storm takes roof of sawmill"});
        assert_int_equal(v.furniture, 0);
        assert_int_equal(v.articles, 2);
    }
    assert_whole();
}

/* A page that two clusters were merged for falls apart into articles that stand each for itself. */
static void test_pages_of_a_merged_cluster(void **state)
{
    static const char *const titles[] = {"Mayor opens tulip market", "Storm takes roof of sawmill", "School bus runs on frying oil",
                                         "Chess club wins by telephone", "Bakers' guild divided over buns"};
    struct cluster c;
    (void)state;
    send((struct paper){"one", "ab", .outlet = "heron", .url = "https://heron.example/1", .title = titles[0]});
    send((struct paper){"two", "bc", .outlet = "heron", .url = "https://heron.example/2", .title = titles[1]});
    send((struct paper){"both", "adbce", .outlet = "egret"});
    uint32_t id = cluster_of("one", &c);
    assert_int_equal(c.articles, 3);
    assert_int_equal(cluster_of("two", &c), id);
    for (int i = 0; i < 5; i++) {
        char name[2] = {(char)('1' + i), 0}, url[40];
        snprintf(url, sizeof url, "https://heron.example/again-%d", i);
        send((struct paper){name, "ab", .outlet = "heron", .url = url, .title = titles[(i + 1) % 5]});
    }
    uint32_t one = cluster_of("one", &c), two = cluster_of("two", &c), both = cluster_of("both", &c);
    assert_int_equal(c.articles, 0);
    assert_true(one != two && two != both && one != both);
    assert_whole();
}

/* More articles stand in the cluster than can be told of: the one that came is answered with what it is. */
static void test_a_large_page(void **state)
{
    struct verdict v = {0};
    size_t n;
    (void)state;
    for (int i = 0; i < 132; i++) {
        char id[16], url[48];
        snprintf(id, sizeof id, "p%d", i % 1000);
        snprintf(url, sizeof url, "https://heron.example/%d", i);
        v = send((struct paper){id, "w", .outlet = i && i < 66 ? id : "heron", .url = url, .title = i ? "Storm takes roof of sawmill" : "Mayor opens tulip market"});
    }
    engine_changed(engine, &n);
    assert_int_equal(n, LIMIT_CHANGED);
    assert_int_equal(v.furniture, 1);
    assert_null(v.match);
    assert_string_equal(v.why, "a page that is nothing but furniture, seen under several addresses");
    assert_whole();
}

/* A story on a page with what is known as furniture is a story, and has copies. */
static void test_a_story_beside_furniture(void **state)
{
    static const char *const titles[] = {"Mayor opens tulip market", "Storm takes roof of sawmill", "School bus runs on frying oil", "Chess club wins by telephone"};
    struct verdict v;
    (void)state;
    for (int i = 0; i < 4; i++) {
        char id[] = {'p', (char)('0' + i), 0}, url[40];
        snprintf(url, sizeof url, "https://heron.example/%d", i);
        v = send((struct paper){id, "w", .outlet = "heron", .url = url, .title = titles[i]});
    }
    assert_int_equal(v.furniture, 1);
    v = send((struct paper){"story", "a200w", .outlet = "gull"});
    assert_int_equal(v.furniture, 0);
    v = send((struct paper){"copy", "a200", .outlet = "tern"});
    assert_int_equal(v.articles, 2);
    v = send((struct paper){"page", "a9w", .outlet = "skua"});
    assert_int_equal(v.furniture, 1);
    assert_whole();
}

/* ---- heads ----------------------------------------------------------------------------------------- */

/* What six versions of a story have in common is known from that story, whoever of them goes. */
static void test_a_head_goes(void **state)
{
    static const char *const texts[] = {"a200b20", "a200c40", "a200d45", "a200e50", "a200f55", "a200g60", "a200h65"};
    struct cluster c;
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        char id[] = {'s', (char)('0' + i), 0};
        struct verdict v = send((struct paper){id, texts[i], .outlet = id});
        assert_int_equal(v.articles, i + 1);
    }
    cluster_of("s1", &c);
    assert_int_equal(c.n_heads, 7);
    assert_int_equal(send((struct paper){"cut", "a150z100", .outlet = "cut"}).articles, 8);
    take_out("cut");
    take_out("s0");
    assert_whole();
    assert_int_equal(send((struct paper){"cut", "a150z100", .outlet = "cut"}).articles, 7);
    assert_whole();
}

/* ---- expiry -------------------------------------------------------------------------------------------- */

/* Stand before LMDB's own, and count what is read. */
static uint64_t reads;

int mdb_get(MDB_txn *txn, MDB_dbi dbi, MDB_val *key, MDB_val *data)
{
    int (*get)(MDB_txn *, MDB_dbi, MDB_val *, MDB_val *);
    *(void **)&get = dlsym(RTLD_NEXT, "mdb_get");
    reads++;
    return get(txn, dbi, key, data);
}

int mdb_cursor_get(MDB_cursor *cursor, MDB_val *key, MDB_val *data, MDB_cursor_op op)
{
    int (*get)(MDB_cursor *, MDB_val *, MDB_val *, MDB_cursor_op);
    *(void **)&get = dlsym(RTLD_NEXT, "mdb_cursor_get");
    reads++;
    return get(cursor, key, data, op);
}

/* What a step of the expiry reads, in rows. *ret_went: articles that went. */
static uint64_t expire_step(int *ret_went)
{
    int more;
    uint64_t before = reads;
    assert_int_equal(store_begin(store), 0);
    *ret_went = engine_expire(engine, now, now, 100, &more);
    assert_int_equal(more, 1);
    assert_int_equal(store_commit(store), 0);
    return reads - before;
}

/* Not each that goes costs a walk over a large cluster, the step does; nor does each post its story anew. */
static void test_a_large_cluster_expires(void **state)
{
    char id[24];
    struct cluster c;
    (void)state;
    for (int i = 0; i < 4100; i++) {
        snprintf(id, sizeof id, "copy-%d", i);
        send((struct paper){id, i < 100 ? "a" : "b", .outlet = "x"});
    }
    int went, steps = 0;
    uint64_t small = expire_step(&went), large = 0;
    assert_int_equal(went, 100);
    do { /* the texts of the others were packed against the first one's, which stays until they are packed anew */
        uint64_t step = expire_step(&went);
        large = step > large ? step : large;
        assert_true(went == 0 || went == 100);
        steps++;
    } while (went == 0);
    assert_true(steps > 10);
    assert_true(large < 12 * small);
    cluster_of("copy-4099", &c);
    assert_int_equal(c.articles, 3900);
    assert_int_equal(c.first, 201);
    assert_whole();
}

/* ---- texts packed against others ------------------------------------------------------------------------- */

/* Article num has the text that these pieces make; the article that it is packed against, 0: none. */
static uint32_t base_of(uint32_t num, const char *pieces)
{
    char *expected = text_of(pieces);
    struct view *view;
    struct buf text;
    uint32_t base;
    buf_init(&text, LIMIT_LINE);
    assert_int_equal(store_snapshot(store, &view), 0);
    assert_int_equal(view_text(view, num, &text), 0);
    assert_string_equal(text.data, expected);
    assert_int_equal(view_text_base(view, num, &base), 0);
    store_release(view);
    buf_done(&text);
    free(expected);
    return base;
}

static void test_texts_of_copies(void **state)
{
    (void)state;
    send((struct paper){"one", "abcdef", .outlet = "x"});
    send((struct paper){"other", "xyz", .outlet = "x"});
    send((struct paper){"copy", "abcdef", .outlet = "x"});
    send((struct paper){"cut", "abc", .outlet = "x"});
    send((struct paper){"longer", "abcdefgh", .outlet = "x"});
    send((struct paper){"copy of that", "abcdefgh", .outlet = "x"}); /* what that is packed against, and not that */
    send((struct paper){"its end", "ghij", .outlet = "x"});          /* not worth it */
    static const char *const pieces[] = {"abcdef", "xyz", "abcdef", "abc", "abcdefgh", "abcdefgh", "ghij"};
    static const uint32_t bases[] = {0, 0, 1, 1, 1, 1, 0};
    for (uint32_t i = 0; i < 7; i++)
        assert_int_equal(base_of(i + 1, pieces[i]), bases[i]);
    assert_whole();
    take_out("cut");
    assert_whole();
    take_out("one");
    assert_whole();
    for (uint32_t i = 1; i < 7; i++)
        if (i != 3)
            assert_int_equal(base_of(i + 1, pieces[i]), 0);
    send((struct paper){"late", "abcdef", .outlet = "x"}); /* like one that has gone */
    assert_int_equal(base_of(8, "abcdef"), 0);
    assert_whole();
}

/* What a text was packed against goes between a worker and the writer. */
static void test_base_goes_meanwhile(void **state)
{
    const struct paper paper = {"copy", "abcdef", .outlet = "x"};
    struct prepared prepared;
    struct verdict verdict;
    struct view *view;
    (void)state;
    send((struct paper){"one", "abcdef", .outlet = "x"});
    prepare(&paper, &prepared);
    assert_int_equal(store_snapshot(store, &view), 0);
    engine_ahead(engine, view, &prepared);
    store_release(view);
    assert_int_equal(prepared.base, 1);
    take_out("one");
    assert_int_equal(store_begin(store), 0);
    assert_int_equal(engine_submit(engine, &prepared, now, &verdict), 0);
    assert_int_equal(store_commit(store), 0);
    prepared_done(&prepared);
    assert_int_equal(base_of(2, "abcdef"), 0);
    assert_whole();
}

/* ---- decided again ----------------------------------------------------------------------------------- */

static struct article record_of(const char *id)
{
    struct article article;
    struct view *view;
    uint32_t num;
    article_init(&article);
    assert_int_equal(store_snapshot(store, &view), 0);
    assert_int_equal(view_find_id(view, id, strlen(id), &num), 0);
    assert_int_equal(view_article(view, num, &article), 0);
    store_release(view);
    return article;
}

/* A page's form is taken for a story, until enough prints have shown it: then it is said what all have become. */
static void test_what_is_decided_again(void **state)
{
    static const char *const titles[] = {"[RECORD] Velvet Ferry bring out a second record", "[RECORD] Nora Quill brings out a trailer",
                                         "[RECORD] Copper Larks bring out twelve names", "[RECORD] Ola Strand brings out a film",
                                         "[RECORD] Night Porters bring out nothing yet", "[RECORD] Mira and the Sheds give songs away"};
    int64_t came[6];
    size_t n = 0, at = 0;
    (void)state;
    for (; at < 6 && n == 0; at++) {
        char id[] = {'p', (char)('0' + at), 0}, text[] = {(char)('a' + at), '3', '0', 'z', '9', '0', 0};
        struct verdict v = send((struct paper){id, text, .outlet = "larks", .title = titles[at]});
        came[at] = now;
        struct article record = record_of(id);
        assert_int_equal(v.num, record.num);
        assert_int_equal(v.relation, record.relation);
        assert_true((v.match != NULL) == (record.head != record.num || record.linked));
        article_done(&record);
        engine_changed(engine, &n);
    }
    assert_true(n >= 3);
    for (size_t i = 0; i < at; i++) {
        char id[] = {'p', (char)('0' + i), 0};
        struct article record = record_of(id);
        assert_int_equal(record.seen, came[i]);
        assert_int_equal(record.version, 1);
        article_done(&record);
    }
    for (size_t i = 0; i < n; i++) {
        const struct changed *changed = &engine_changed(engine, &n)[i];
        const struct article *article;
        struct verdict v;
        assert_int_equal(store_begin(store), 0);
        assert_int_equal(engine_changed_verdict(engine, changed, &v, &article), 0);
        store_abort(store);
        struct article record = record_of(article->id.data);
        assert_int_equal(v.status, VERDICT_CHANGED);
        assert_int_equal(v.num, record.num);
        assert_int_equal(changed->was, 1);
        assert_int_not_equal(v.cluster, 1);
        article_done(&record);
    }
    /* Time still leads to numbers, though some have an earlier time than those before them. */
    struct view *view;
    assert_int_equal(store_snapshot(store, &view), 0);
    for (size_t i = 0; i < at; i++)
        assert_int_equal(view_num_since(view, came[i]), i + 1);
    assert_int_equal(view_num_since(view, now + 1), view_last_num(view) + 1);
    store_release(view);
    assert_whole();
    int more;
    assert_int_equal(store_begin(store), 0);
    assert_int_equal(engine_expire(engine, came[1], now, 100, &more), 1);
    assert_int_equal(more, 0);
    store_abort(store);
    engine_aborted(engine);
}

/* What is explained leaves the article itself out, whatever its earlier versions have left in the index. */
static void test_an_explanation_leaves_itself_out(void **state)
{
    static struct explanation why;
    (void)state;
    send((struct paper){"other", "b", .outlet = "x"});
    send((struct paper){"one", "a", .outlet = "y"});
    send((struct paper){"one", "b", .outlet = "y"});
    uint32_t num = send((struct paper){"one", "a", .outlet = "y"}).num;
    assert_int_equal(store_begin(store), 0);
    assert_int_equal(engine_explain(engine, num, 0, &why), 0);
    assert_int_equal(why.now.relation, DUP_ORIGINAL);
    for (size_t i = 0; i < why.n_trials; i++)
        assert_int_not_equal(why.trials[i].outcome, TRIAL_JOINS);
    store_abort(store);
}

/* ---- anything in any order: texts put together from a few stories, and the checks of the store ------------ */

#define SEQUENCES 60  /* SEQUENCES and SEED in the environment: others */

static uint64_t random_state;

static uint64_t draw(uint64_t below)
{
    random_state ^= random_state << 13, random_state ^= random_state >> 7, random_state ^= random_state << 17;
    return (random_state >> 11) % below;
}

static const char *draw_id(char *ret)
{
    sprintf(ret, "i%d", (int)draw(24));
    return ret;
}

static int submit_any(int stored)
{
    static const char *const titles[] = {
        "[RECORD] Velvet Ferry bring out a second record", "[RECORD] Nora Quill brings out a trailer", "Mayor opens tulip market", "Storm takes roof of sawmill",
        "UPDATE 2 Storm takes roof of sawmill", "CORRECTED: School bus runs on frying oil", NULL};
    char id[8], outlet[8], url[32], evolved[8], text[64] = "", published[40];
    struct paper paper = {draw_id(id), text, .title = titles[draw(7)]};
    struct prepared prepared;
    struct verdict verdict;
    size_t n = draw(5) ? 1 + draw(4) : 6 + draw(5);
    for (size_t i = 0; i < n; i++)
        sprintf(text + strlen(text), "%c%d", (char)('a' + draw(12)), draw(3) ? 60 : 20 + (int)draw(60));
    sprintf(outlet, "o%d", (int)draw(5));
    sprintf(url, "https://o.example/%d", (int)draw(6));
    paper.outlet = draw(5) ? outlet : NULL;
    paper.url = draw(4) ? url : NULL;
    paper.evolved = draw(6) ? NULL : draw_id(evolved);
    paper.byline = draw(6) ? NULL : draw(3) ? "Heron Wire" : draw(2) ? "Gull News" : "agencies";
    paper.published = draw(2) ? NULL : time_format(now + (int64_t)(10 - (int)draw(30)) * HOUR_MS, published, sizeof published);
    prepare(&paper, &prepared);
    int r = (stored ? engine_submit : engine_check)(engine, &prepared, now, &verdict);
    prepared_done(&prepared);
    size_t changes;
    const struct changed *changed = engine_changed(engine, &changes);
    for (size_t i = 0; stored && i < changes && r == 0; i++) {
        const struct article *article;
        r = engine_changed_verdict(engine, &changed[i], &verdict, &article);
    }
    return r;
}

static int find_any(struct view *view, uint32_t *ret_num)
{
    char id[8];
    draw_id(id);
    return view_find_id(view, id, strlen(id), ret_num);
}

static int explain_any(void)
{
    static struct explanation why;
    uint32_t num, other;
    struct view *view = store_writer_view(store);
    if (find_any(view, &num) < 0)
        return 0;
    if (draw(2) || find_any(view, &other) < 0 || other == num)
        other = 0;
    int r = engine_explain(engine, num, other, &why);
    uint32_t sum = 0; /* all that it points to is still there */
    for (size_t i = 0; i < why.n_trials && r == 0; i++) {
        assert_true(why.trials[i].head != num || why.trials[i].outcome == TRIAL_SUPERSEDED);
        for (size_t k = 0; why.trials[i].text && k < why.trials[i].text->body.n; k++)
            sum += why.trials[i].text->body.hash[k];
    }
    return sum == 1 || r == DUP_ENOENT ? 0 : r;
}

static int do_anything(void)
{
    uint32_t versions;
    char id[8];
    int r, more;
    switch (draw(20)) {
    case 0:
        draw_id(id);
        r = engine_delete(engine, id, strlen(id), &versions);
        return r == DUP_ENOENT ? 0 : r;
    case 1:
        return engine_expire(engine, now - (int64_t)draw(20) * DAY_MS, now, 1 + (uint32_t)draw(5), &more);
    case 2: return explain_any();
    case 3: return submit_any(0);
    default: return submit_any(1);
    }
}

static void play_any_sequence(void)
{
    int batches = 4 + (int)draw(30);
    engine_free(engine);
    store_free(store);
    open_with(draw(2) ? 1 : 1u << 20, draw(4) > 0);
    for (int i = 0; i < batches; i++) {
        assert_int_equal(store_begin(store), 0);
        for (size_t n = 1 + draw(6); n > 0; n--) {
            assert_true(do_anything() >= 0);
            now += (int64_t)(draw(6) * draw(6)) * HOUR_MS / 2;
        }
        if (draw(12)) {
            assert_int_equal(store_commit(store), 0);
        } else {
            store_abort(store);
            engine_aborted(engine);
        }
        if (draw(10) == 0 || i == batches - 1)
            assert_whole();
    }
}

static unsigned long from_environment(const char *name, unsigned long usual)
{
    const char *value = getenv(name);
    return value && *value ? strtoul(value, NULL, 10) : usual;
}

static void test_anything(void **state)
{
    unsigned long n = from_environment("SEQUENCES", SEQUENCES), seed = from_environment("SEED", 1);
    for (unsigned long i = 0; i < n; i++) {
        sequence = seed + i;
        random_state = (sequence + 1) * UINT64_C(0x9e3779b97f4a7c15) | 1;
        if (i) {
            assert_int_equal(tear_down(state), 0);
            assert_int_equal(set_up(state), 0);
        }
        play_any_sequence();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_more_clusters_than_candidates, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_versions_are_no_pages, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_pages_of_a_merged_cluster, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_large_page, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_story_beside_furniture, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_head_goes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_large_cluster_expires, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_texts_of_copies, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_base_goes_meanwhile, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_what_is_decided_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_an_explanation_leaves_itself_out, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_anything, set_up, tear_down),
    };
    if (dup_text_setup() < 0)
        return 2;
    static const char table[] = "[generic]\nname = agencies\n[HERON]\nname = Heron Wire\n[GULL]\nname = Gull News\n";
    char message[256];
    store_create_seed("engine", 6);
    if (dup_agencies_parse(table, sizeof table - 1, message, sizeof message, &agencies) < 0)
        return 2;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    dup_agencies_free(agencies);
    return failed;
}
