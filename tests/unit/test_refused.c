/*
 * Goal: whichever call of LMDB, of the allocator or of the system is refused while a store is made,
 * filled, read, checked, copied and emptied, an error comes back; what was committed is there
 * unharmed, and the same work done again succeeds. Never a crash, never success over a wrong store.
 *
 * A life of a store is cut into phases. Each is run over and over from the same file, and every time
 * another of its calls fails. Short form: one call of each way that leads to one, drawn by SEED.
 * EVERY=1: each call.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>

#include <cmocka.h>
#include <xxhash.h>

#include "fault/refuse.h"
#include "life.h"
#include "store/rows.h"
#include "store/ledger.h"

#define POSTED 1100        /* values of each of the articles that fill a table of the index, */
#define ASKED 100          /* and those of them that are looked up again */
#define FILLERS 5          /* so many a time */
#define FILLS 4

static char copy_dir[100];
static uint64_t seed;
static int every;

static uint64_t value_of(uint32_t num, uint32_t i)
{
    uint64_t mixed = ((uint64_t)(i % 3 ? num : num % FILLERS) << 32 | i) * UINT64_C(0x9e3779b97f4a7c15);
    return mixed ^ mixed >> 31;
}

/* ---- the store, and what it holds ---------------------------------------------------- */

static void report(void *unused, const char *sentence)
{
    (void)unused;
    fail_msg("%s", sentence);
}

static void add(uint64_t *hash, const void *data, size_t len)
{
    *hash = XXH3_64bits_withSeed(data, len, *hash + len);
}

static int by_size(const void *a, const void *b)
{
    const uint32_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

/* What reports count, as it is in memory. */
static int add_ledger(struct view *view, uint64_t *hash)
{
    struct ledger_chunks chunks;
    const struct entry *entries;
    uint32_t n;
    int r = ledger_enter(view, 0, &chunks, &entries, &n);
    if (r < 0)
        return r;
    for (uint32_t i = 0; i < 64; i++) {
        const struct entry *e = &entries[i];
        const uint64_t all[] = {(uint64_t)e->time, ledger_outlet(view, e->outlet), ledger_agency(view, e->agency), e->cluster,
                                e->first, e->print, e->claim, e->kind, e->state};
        add(hash, all, sizeof all);
    }
    ledger_leave(view);
    return 0;
}

/* Rows that may differ: what another text is packed against is a guess, and how far the index and ids have come. */
static int is_left_out(enum table table, const MDB_val *key)
{
    uint32_t of;
    return (table == TABLE_CLUSTERS && row_kind(key->mv_data, key->mv_size, &of) == ROW_BASED) ||
           (table == TABLE_SETTINGS && key->mv_size == 6 && memcmp(key->mv_data, "sealed", 6) == 0) ||
           (table == TABLE_SETTINGS && key->mv_size == 3 && memcmp(key->mv_data, "ids", 3) == 0) || table == TABLE_IDS;
}

static void add_id(struct view *view, uint32_t num, uint64_t *hash)
{
    struct article article;
    uint32_t found = 0;
    article_init(&article);
    assert_int_equal(view_article(view, num, &article), 0);
    if (article.id.len && !(article.flags & ARTICLE_SUPERSEDED))
        assert_int_equal(view_find_id(view, article.id.data, article.id.len, &found), 0);
    assert_true(!found || found == num);
    add(hash, &found, sizeof found);
    article_done(&article);
}

/* All rows but those, the texts, and what the index finds. */
static uint64_t contents(void)
{
    static struct posting_list found[POSTED];
    uint64_t values[ASKED], hash = 0;
    struct view *view;
    struct buf text;
    buf_init(&text, LIMIT_LINE);
    assert_int_equal(store_snapshot(store, &view), 0);
    assert_int_equal(add_ledger(view, &hash), 0);
    store_release(view);
    assert_int_equal(store_begin(store), 0);
    view = store_writer_view(store);
    for (int table = TABLE_SETTINGS; table < TABLE_POSTINGS; table++) {
        MDB_cursor *cursor;
        MDB_val key, data;
        assert_int_equal(mdb_cursor_open(view->txn, store->tables[table], &cursor), 0);
        while (table != TABLE_TEXTS && mdb_cursor_get(cursor, &key, &data, MDB_NEXT) == 0) {
            if (is_left_out((enum table)table, &key))
                continue;
            add(&hash, key.mv_data, key.mv_size);
            add(&hash, data.mv_data, data.mv_size);
        }
        mdb_cursor_close(cursor);
    }
    for (uint32_t num = view_first_num(view); num <= view_last_num(view); num++) {
        int kept = view_text(view, num, &text);
        add_id(view, num, &hash);
        add(&hash, &kept, sizeof kept);
        add(&hash, text.data, kept == 0 ? text.len : 0);
        for (uint32_t i = 0; i < ASKED; i++)
            values[i] = value_of(num, i * (POSTED / ASKED));
        assert_int_equal(store_probe(store, values, ASKED, NULL, found), 0);
        for (uint32_t i = 0; i < ASKED; i++) {
            qsort(found[i].nums, found[i].n, sizeof *found[i].nums, by_size);
            add(&hash, found[i].nums, found[i].n * sizeof *found[i].nums);
        }
    }
    for (size_t i = 0; i < ARRIVALS; i++) {
        assert_int_equal(store_probe(store, prepared[i].values, prepared[i].n_values, NULL, found), 0);
        for (uint32_t k = 0; k < prepared[i].n_values; k++)
            add(&hash, found[k].nums, found[k].n * sizeof *found[k].nums);
    }
    store_abort(store);
    buf_done(&text);
    return hash;
}

static void check_it(void)
{
    struct view *view;
    assert_int_equal(store_snapshot(store, &view), 0);
    assert_int_equal(view_check(view, report, NULL), 0);
    store_release(view);
    assert_int_equal(store_begin(store), 0); /* the index is looked up within a transaction */
    assert_int_equal(engine_check_store(store, store_writer_view(store), report, NULL), 0);
    store_abort(store);
}

/* ---- phases ------------------------------------------------------------------------------ */

/* Ends a transaction of the engine as the daemon does. */
static int finish(int r)
{
    if (r == 0)
        return store_commit(store);
    store_abort(store);
    return r;
}

static int run_submit(void)
{
    return submit(0, 6);
}

static int run_merge_clusters(void)
{
    return submit(6, ARRIVALS);
}

static int run_delete(void)
{
    uint32_t versions;
    int r = store_begin(store);
    if (r == 0)
        r = finish(engine_delete(engine, "back", 4, &versions));
    return r;
}

/* The oldest, so many of them. */
static int expire(int n)
{
    int more;
    int r = store_begin(store);
    if (r < 0)
        return r;
    r = engine_expire(engine, START_MS + 50 * HOUR_MS, START_MS + 100 * HOUR_MS, (uint32_t)n, &more);
    assert_true(r < 0 || r == n);
    return finish(r < 0 ? r : 0);
}

static int run_expire(void)
{
    return expire(4);
}

static int run_nothing(void)
{
    return 0;
}

static int post_fillers(void)
{
    static uint64_t values[POSTED];
    char id[16];
    int r = store_begin(store);
    for (uint32_t i = 0; r == 0 && i < FILLERS; i++) {
        uint32_t num = view_last_num(store_writer_view(store)) + 1;
        struct article article = {.num = num, .cluster = num, .head = num, .posted = num, .version = 1, .seen = START_MS,
                                  .published = DUP_TIME_NONE, .id = {id, (size_t)sprintf(id, "filler-%u", num)}};
        for (uint32_t k = 0; k < POSTED; k++)
            values[k] = value_of(num, k);
        r = store_post(store, values, POSTED, num);
        if (r == 0)
            r = store_add_article(store, &article, &(struct packed){0});
    }
    if (store->writer.txn)
        r = finish(r);
    return r;
}

static int run_steps(void)
{
    int r;
    while ((r = store_step(store)) == 1)
        ;
    return r;
}

/* Four segments, so that merging them is what comes next. */
static void fill(void)
{
    for (int i = 0; i < FILLS; i++) {
        assert_int_equal(post_fillers(), 0);
        assert_int_equal(store_begin(store), 0); /* the table is full: another takes its place */
        store_abort(store);
        while (tiers_sealing(store->tiers))
            assert_true(store_step(store) >= 0);
    }
    assert_int_equal(merge_level(store->tiers), 0);
}

static int run_expire_all(void)
{
    int r = expire((int)ARRIVALS - 4 + FILLERS * FILLS - 2);
    return r < 0 ? r : run_steps();
}

static int run_grow(void)
{
    store->grow = 1;
    return run_submit();
}

static int on_step(void *unused, uint64_t copied)
{
    (void)unused;
    (void)copied;
    return 0;
}

static int run_backup(void)
{
    struct err err = {0};
    int r = store_backup(store, copy_dir, on_step, NULL, &err);
    if (r < 0) {
        assert_int_equal(r, err.code);
        assert_int_equal(access(copy_dir, F_OK), -1); /* nothing half is left */
        return r;
    }
    remove_files(copy_dir);
    rmdir(copy_dir);
    return 0;
}

static int run_verify(void)
{
    struct err err = {0};
    signal(SIGSEGV, SIG_DFL); /* in the child too, where cmocka must not go on */
    int r = store_verify(where(), 0, &err);
    return r == DUP_ECORRUPT ? DUP_EIO : r; /* a call that says so is refused in a store that is good */
}

static int faults_told;

static void count_fault(void *unused, const char *sentence)
{
    (void)unused;
    assert_true(sentence[0]);
    faults_told++;
}

static int run_check(void)
{
    struct view *view;
    int r = store_snapshot(store, &view);
    if (r < 0)
        return r;
    faults_told = 0;
    r = view_check(view, count_fault, NULL);
    assert_true(r < 0 || r == faults_told);
    store_release(view);
    return r > 0 ? DUP_ECORRUPT : r;
}

static int read_article(struct view *view, uint32_t num, struct article *article, struct buf *text, uint64_t *hash)
{
    char name[AGENCY_NAME];
    uint32_t found;
    int r = view_article(view, num, article);
    if (r < 0)
        return r;
    add(hash, article->id.data, article->id.len);
    if ((r = view_find_id(view, article->id.data, article->id.len, &found)) == 0)
        add(hash, &found, sizeof found);
    if (r == 0 || r == DUP_ENOENT)
        r = view_text(view, num, text);
    add(hash, text->data, text->len);
    if (r == 0 || r == DUP_ENOENT)
        r = view_agency_name(view, num, agency_key("norra"), name);
    if (r == 0)
        add(hash, name, strlen(name));
    if ((r == 0 || r == DUP_ENOENT) && (r = view_has_outlet(view, num, outlet_hash("east.example", 12))) >= 0)
        add(hash, &r, sizeof r);
    found = view_cluster_id(view, article->cluster);
    add(hash, &found, sizeof found);
    return r == DUP_ENOENT || r > 0 ? 0 : r;
}

static int read_cluster(struct view *view, const struct cluster *cluster, uint64_t *hash)
{
    struct evidence evidence[4];
    uint32_t nums[4];
    enum member_kind kinds[4];
    int n = view_members(view, cluster->id, 0, 4, nums, kinds);
    add(hash, nums, n > 0 ? (size_t)n * sizeof *nums : 0);
    if (n >= 0)
        n = view_evidence(view, cluster->id, 4, evidence);
    for (int i = 0; i < n; i++)
        add(hash, &evidence[i].own, sizeof evidence[i] - offsetof(struct evidence, own));
    int r = n < 0 ? n : view_evidence_of(view, cluster->id, "norra", evidence);
    return r == DUP_ENOENT ? 0 : r;
}

static int read_all(struct view *view, uint64_t *hash)
{
    struct article article;
    struct store_stats stats;
    struct buf text;
    int r = view_stats(view, &stats);
    uint32_t num = view_first_num(view), last = view_last_num(view), since = view_num_since(view, START_MS + 3 * HOUR_MS);
    add(hash, &since, sizeof since);
    article_init(&article);
    buf_init(&text, LIMIT_LINE);
    for (; r == 0 && num <= last; num++)
        r = read_article(view, num, &article, &text, hash);
    article_done(&article);
    buf_done(&text);
    for (enum cluster_order order = ORDER_RECENT; r == 0 && order <= ORDER_FIRST; order++) {
        struct cluster_cursor cursor = {{0}};
        struct cluster cluster;
        while (r == 0 && (r = view_clusters(view, order, &cursor, 1, &cluster)) == 1)
            r = read_cluster(view, &cluster, hash);
    }
    if (r == 0)
        r = add_ledger(view, hash);
    return r < 0 ? r : view->failed;
}

static int run_read(void)
{
    static uint64_t expected;
    struct view *view;
    uint64_t hash = 0;
    int r = store_snapshot(store, &view);
    if (r < 0)
        return r;
    r = read_all(view, &hash);
    store_release(view);
    if (!expected)
        expected = hash;
    assert_true(r < 0 || hash == expected);
    return r;
}

static const struct phase {
    const char *name;
    int (*run)(void);
    void (*before)(void);  /* without refusals */
    int keeps;             /* what it leaves is what the next phases begin with */
    int opens;             /* it is the opening that is tried */
} phases[] = {
    {"create", open_it, NULL, 1, 1},
    {"submit", run_submit, NULL, 0, 0},
    {"grow", run_grow, NULL, 1, 0},
    {"merge clusters", run_merge_clusters, NULL, 1, 0},
    {"open", open_it, NULL, 0, 1},
    {"read", run_read, NULL, 0, 0},
    {"check", run_check, NULL, 0, 0},
    {"verify", run_verify, NULL, 0, 1},
    {"backup", run_backup, NULL, 0, 0},
    {"delete", run_delete, NULL, 1, 0},
    {"expire", run_expire, NULL, 1, 0},
    {"post", post_fillers, NULL, 0, 0},
    {"fill", run_nothing, fill, 1, 0},
    {"open with segments", open_it, NULL, 0, 1},
    {"steps", run_steps, NULL, 0, 0},
    {"check segments", run_check, NULL, 0, 0},
    {"expire with steps", run_expire_all, NULL, 0, 0},
};

/* ---- trying ---------------------------------------------------------------------------------- */

struct state { uint64_t before, after; }; /* contents */

static void start(const struct phase *phase, const struct image *image)
{
    put_back(image);
    if (phase->opens)
        return;
    assert_int_equal(open_it(), 0);
    if (phase->run != run_read)
        contents(); /* what reports count is in memory then */
}

static void reopen(void)
{
    close_it();
    assert_int_equal(open_it(), 0);
}

/* One run of a phase in which a call fails. */
static void try_call(const struct phase *phase, const struct image *image, const struct state *state, long at, unsigned code)
{
    start(phase, image);
    refuse_call(at, code);
    int r = phase->run();
    refuse_done();
    const char *name = refuse->name ? refuse->name : "none";
    if (r < 0 && (phase->opens || strcmp(name, "mdb_txn_commit") == 0 || r == DUP_EIO))
        close_it(); /* the daemon would end */
    if (!store)
        assert_int_equal(open_it(), 0);
    check_it();
    uint64_t now = contents();
    if (r == 0 ? now != state->after : now != state->before && now != state->after)
        fail_msg("%s: call %ld, %s, was refused: %s, and the contents are wrong", phase->name, at, name,
                 r == 0 ? "no error" : dup_strerror(r));
    if (r < 0 && !phase->opens && now == state->before) {
        if (engine)
            engine_aborted(engine);
        r = phase->run();
        if (r != 0 || contents() != state->after)
            fail_msg("%s: after call %ld, %s, it is not done again: %s", phase->name, at, name, dup_strerror(r));
    }
    reopen();
    check_it();
    assert_true(contents() == state->after || r < 0 || phase->opens);
    close_it();
}

struct call { uint64_t way, draw; long at; };

static int by_way(const void *a, const void *b)
{
    const struct call *x = a, *y = b;
    if (x->way != y->way)
        return x->way < y->way ? -1 : 1;
    return x->draw < y->draw ? -1 : x->draw > y->draw;
}

/* Of the calls that were reached the same way one, or all of them; how many. */
static long draw_calls(long n, struct call *calls)
{
    long drawn = 0;
    assert_in_range(n, 0, CALLS_MAX);
    for (long i = 0; i < n; i++)
        calls[i] = (struct call){refuse->ways[i], XXH3_64bits_withSeed(&i, sizeof i, seed), i};
    qsort(calls, (size_t)n, sizeof *calls, by_way);
    for (long i = 0; i < n; i++)
        if (every || i == 0 || calls[i].way != calls[drawn - 1].way)
            calls[drawn++] = calls[i];
    return drawn;
}

static struct image run_phase(const struct phase *phase, const struct image *image)
{
    struct state state = {0, 0};
    put_back(image);
    if (phase->before) {
        assert_int_equal(open_it(), 0);
        phase->before();
        close_it();
    }
    struct image from = image->data || phase->before ? keep_file() : (struct image){NULL, 0};
    if (from.data) {
        reopen();
        state.before = contents();
        close_it();
    }
    start(phase, &from);
    refuse_record();
    int r = phase->run();
    long n = refuse_done();
    assert_int_equal(r, 0);
    if (!store)
        assert_int_equal(open_it(), 0);
    state.after = contents();
    if (!from.data)
        state.before = state.after;
    reopen();
    check_it();
    close_it();
    struct image made = phase->keeps ? keep_file() : (struct image){NULL, 0};
    static struct call calls[CALLS_MAX];
    long drawn = draw_calls(n, calls);
    for (long i = 0; i < drawn; i++)
        for (unsigned code = 0; code < (every ? 3u : 1u); code++)
            try_call(phase, &from, &state, calls[i].at, every ? code : (unsigned)calls[i].draw);
    print_message("%-20s %ld of %ld calls refused\n", phase->name, drawn, n);
    free(from.data);
    return made;
}

static void test_phases(void **unused)
{
    struct image image = {NULL, 0};
    (void)unused;
    for (size_t i = 0; i < sizeof phases / sizeof *phases; i++) {
        struct image made = run_phase(&phases[i], &image);
        if (!made.data)
            continue;
        free(image.data);
        image = made;
    }
    free(image.data);
}

/* ---- one by one -------------------------------------------------------------------------------- */

static void test_codes(void **unused)
{
    static const struct { int code, expected; } rows[] = {
        {MDB_SUCCESS, 0}, {MDB_NOTFOUND, DUP_ENOENT}, {MDB_MAP_FULL, DUP_EBUSY}, {MDB_CORRUPTED, DUP_ECORRUPT},
        {MDB_PAGE_NOTFOUND, DUP_ECORRUPT}, {MDB_INCOMPATIBLE, DUP_ECORRUPT}, {MDB_BAD_DBI, DUP_ECORRUPT},
        {MDB_BAD_VALSIZE, DUP_ECORRUPT}, {MDB_CURSOR_FULL, DUP_ECORRUPT}, {MDB_BAD_TXN, DUP_ECORRUPT},
        {MDB_VERSION_MISMATCH, DUP_EFORMAT}, {MDB_INVALID, DUP_EFORMAT}, {MDB_READERS_FULL, DUP_ENOMEM},
        {MDB_PANIC, DUP_EIO}, {ENOSPC, DUP_EFULL}, {EIO, DUP_EIO}, {ENOMEM, DUP_ENOMEM}, {EACCES, DUP_EACCES}};
    struct store none = {.grow = 0};
    (void)unused;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(store_code(&none, rows[i].code), rows[i].expected);
        assert_int_equal(none.grow, i >= 2);
    }
    store_free(NULL);
}

static void open_new(void)
{
    const struct image none = {NULL, 0};
    put_back(&none);
    assert_int_equal(open_it(), 0);
}

static long calls_until(const char *name, int (*run)(void))
{
    for (long at = 0;; at++) {
        open_new();
        refuse_call(at, 1);
        run();
        refuse_done();
        assert_non_null(refuse->name);
        close_it();
        if (strcmp(refuse->name, name) == 0)
            return at;
    }
}

/* A write that was cut short is a full disk where there is no room, and an error of the disk else. */
static void test_commit_without_room(void **unused)
{
    long at = calls_until("mdb_txn_commit", run_submit);
    struct rlimit limit, before;
    (void)unused;
    for (int full = 0; full < 2; full++) {
        open_new();
        assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
        limit = (struct rlimit){4u << 20, before.rlim_max};
        if (full)
            assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
        refuse_call(at, 1);
        assert_int_equal(run_submit(), full ? DUP_EFULL : DUP_EIO);
        refuse_done();
        engine_aborted(engine);
        assert_int_equal(run_submit(), 0); /* and it goes on */
        setrlimit(RLIMIT_FSIZE, &before);
        check_it();
        close_it();
    }
}

static void test_map_that_cannot_grow(void **unused)
{
    (void)unused;
    open_new();
    store->map_size = STORE_MAP_MAX;
    assert_int_equal(run_grow(), DUP_EFULL);
    store->map_size = 32u << 20;
    assert_int_equal(run_grow(), 0);
    close_it();
}

static int give_up(void *unused, uint64_t copied)
{
    (void)unused;
    return copied ? DUP_ESTOPPING : 0;
}

static void test_backup(void **unused)
{
    struct err err = {0};
    (void)unused;
    open_new();
    assert_int_equal(run_submit(), 0);
    for (int i = 0; i < FILLS; i++)
        assert_int_equal(post_fillers(), 0);
    assert_int_equal(store_backup(store, copy_dir, give_up, NULL, &err), DUP_ESTOPPING);
    assert_int_equal(access(copy_dir, F_OK), -1);
    store->growing = 1;
    assert_int_equal(store_backup(store, copy_dir, on_step, NULL, &err), DUP_EBUSY);
    assert_non_null(strstr(err.text, "had to grow"));
    store->growing = 0;
    assert_int_equal(store_backup(store, dir, on_step, NULL, &err), DUP_EINVAL);
    assert_non_null(strstr(err.text, "holds a store already"));
    assert_int_equal(mkdir(copy_dir, 0700), 0);
    assert_int_equal(store_backup(store, copy_dir, give_up, NULL, &err), DUP_ESTOPPING);
    assert_int_equal(access(copy_dir, F_OK), 0); /* it was there before */
    assert_int_equal(store_backup(store, copy_dir, on_step, NULL, &err), 0);
    uint64_t expected = contents();
    close_it();
    remove_files(dir);
    assert_int_equal(rmdir(dir), 0);
    assert_int_equal(rename(copy_dir, dir), 0);
    assert_int_equal(open_it(), 0);
    check_it();
    assert_true(contents() == expected);
    close_it();
}

static int set_up(void **unused)
{
    (void)unused;
    assert_int_equal(refuse_init(), 0);
    seed = getenv("SEED") ? strtoull(getenv("SEED"), NULL, 10) : 1;
    every = getenv("EVERY") != NULL;
    begin_life("refused");
    snprintf(copy_dir, sizeof copy_dir, "%s/copy", base);
    return 0;
}

static int tear_down(void **unused)
{
    (void)unused;
    return end_life();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_codes),  cmocka_unit_test(test_commit_without_room), cmocka_unit_test(test_map_that_cannot_grow),
        cmocka_unit_test(test_backup), cmocka_unit_test(test_phases),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
