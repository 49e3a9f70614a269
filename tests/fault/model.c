/*
 * model.c - random operations on the engine and its store, held against a model so naive that it
 * cannot be wrong: a list of versions, where articles with the same text are one cluster.
 *
 * usage: model COUNT SEED DIR       runs sequences SEED .. SEED + COUNT - 1; one that fails is had
 *                                   again with COUNT 1 and its number
 *
 * Time is virtual, and the storage fails now and then: a disk that is full takes nothing of a batch
 * and all goes on; one that fails otherwise ends the life of the store, as it ends the daemon, and
 * the batch is there whole or not at all after that.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/clock.h"
#include "engine/engine.h"

#define IDS 12
#define STORIES 7
#define STORY_WORDS 60
#define VERSIONS_MAX 4096
#define BATCH_MAX 8
#define DAY_MS INT64_C(86400000)
#define START_MS INT64_C(1772409600000)

/* ---- storage that fails -------------------------------------------------------- */

static long calls_left = -1; /* until a call fails; -1: none does */
static int call_error;

static int fails(void)
{
    if (calls_left < 0 || calls_left-- > 0)
        return 0;
    errno = call_error;
    return 1;
}

ssize_t pwrite(int fd, const void *data, size_t len, off_t offset)
{
    return fails() ? -1 : syscall(SYS_pwrite64, fd, data, len, offset);
}

ssize_t pwritev(int fd, const struct iovec *parts, int n, off_t offset)
{
    return fails() ? -1 : syscall(SYS_pwritev, fd, parts, n, (long)offset, 0L);
}

int fdatasync(int fd)
{
    (void)fd;
    return fails() ? -1 : 0;
}

int fsync(int fd)
{
    (void)fd;
    return 0;
}

/* ---- the model ------------------------------------------------------------------- */

enum { CURRENT, SUPERSEDED, DELETED };
struct version { int id, story, state, number; int64_t seen; };
struct model { struct version list[VERSIONS_MAX]; size_t first, n; };

struct run {
    uint64_t number, random;
    char dir[256];
    struct store *store;
    struct engine *engine;
    struct preparer *preparer;
    int64_t now;
    struct model model, before; /* before: as in the last commit */
    char what[BATCH_MAX + 4][64]; /* of the batch, for a failure */
    int n_what, told; /* told: each operation is printed */
};

static char stories[STORIES][STORY_WORDS * 8];

static uint64_t draw(struct run *r, uint64_t below)
{
    r->random ^= r->random << 13;
    r->random ^= r->random >> 7;
    r->random ^= r->random << 17;
    return r->random % below;
}

static void wrong(const struct run *r, const char *format, ...) __attribute__((format(printf, 2, 3), noreturn));
static void wrong(const struct run *r, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    printf("sequence %llu: ", (unsigned long long)r->number);
    vprintf(format, args);
    va_end(args);
    printf("\nthe batch:");
    for (int i = 0; i < r->n_what; i++)
        printf(" %s;", r->what[i]);
    printf("\nagain with: model 1 %llu DIR\n", (unsigned long long)r->number);
    exit(1);
}

static void need(const struct run *r, int code, const char *what)
{
    if (code < 0)
        wrong(r, "%s: %s", what, dup_strerror(code));
}

static struct version *current_of(struct model *m, int id)
{
    for (size_t i = m->n; i > m->first; i--)
        if (m->list[i - 1].id == id && m->list[i - 1].state == CURRENT)
            return &m->list[i - 1];
    return NULL;
}

static unsigned copies_of(const struct model *m, int story)
{
    unsigned n = 0;
    for (size_t i = m->first; i < m->n; i++)
        n += m->list[i].story == story && m->list[i].state == CURRENT;
    return n;
}

/* ---- operations: on the store, and on the model --------------------------------------- */

static void say(struct run *r, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void say(struct run *r, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(r->what[r->n_what++], sizeof r->what[0], format, args);
    va_end(args);
    if (r->told)
        puts(r->what[r->n_what - 1]);
}

static void add_field(struct json_object *object, const char *name, const char *value)
{
    json_object_object_add(object, name, json_object_new_string(value));
}

static void name_of(int id, char *ret)
{
    sprintf(ret, "article-%d", id);
}

/* What the verdict must be, from the model as it was before. */
static void expect_verdict(struct run *r, const struct verdict *v, enum verdict_status status, unsigned others)
{
    enum dup_relation relation = others ? DUP_EXACT : DUP_ORIGINAL;
    if (v->status != status || v->relation != relation || v->articles != others + (status == VERDICT_CHECKED ? 0 : 1))
        wrong(r, "the verdict is status %d, relation %s, %u articles; not %d, %s, %u", v->status,
              dup_relation_word(v->relation), v->articles, status, dup_relation_word(relation), others + 1);
}

static int do_submit(struct run *r, int stored)
{
    int id = (int)draw(r, IDS), story = (int)draw(r, STORIES);
    struct prepare_options options = {.secret = store_secret(r->store), .body_max = 1u << 20};
    struct json_object *object = json_object_new_object();
    struct json_error error;
    struct prepared prepared;
    struct verdict verdict = {0};
    struct view *view;
    struct version *old = current_of(&r->model, id);
    char name[32], outlet[32];
    name_of(id, name);
    sprintf(outlet, "outlet-%d.example", id);
    say(r, "%s %s story %d", stored ? "submit" : "check", name, story);
    add_field(object, "id", name);
    add_field(object, "outlet", outlet);
    add_field(object, "body", stories[story]);
    need(r, prepare_article(r->preparer, &options, object, &prepared, &error), "preparing");
    json_object_put(object);
    need(r, store_snapshot(r->store, &view), "snapshot"); /* what the batch has changed by now it does not see */
    engine_ahead(r->engine, view, &prepared);
    store_release(view);
    int result = (stored ? engine_submit : engine_check)(r->engine, &prepared, r->now, &verdict);
    prepared_done(&prepared);
    if (result < 0)
        return result;
    if (!stored) {
        unsigned copies = copies_of(&r->model, story);
        if ((verdict.relation == DUP_EXACT) != (copies > 0) || verdict.articles != copies)
            wrong(r, "the check says %s and %u articles where there are %u", dup_relation_word(verdict.relation),
                  verdict.articles, copies);
    } else if (old && old->story == story) {
        if (verdict.status != VERDICT_UNCHANGED || verdict.articles != copies_of(&r->model, story))
            wrong(r, "status %d and %u articles instead of unchanged and %u", verdict.status, verdict.articles,
                  copies_of(&r->model, story));
    } else {
        expect_verdict(r, &verdict, old ? VERDICT_UPDATED : VERDICT_NEW, copies_of(&r->model, story));
        int number = old ? old->number + 1 : 1;
        if (old)
            old->state = SUPERSEDED;
        r->model.list[r->model.n++] = (struct version){id, story, CURRENT, number, r->now};
    }
    return 0;
}

static int do_delete(struct run *r)
{
    int id = (int)draw(r, IDS);
    struct version *old = current_of(&r->model, id);
    char name[32];
    uint32_t versions;
    name_of(id, name);
    say(r, "delete %s", name);
    int result = engine_delete(r->engine, name, strlen(name), &versions);
    if (result == DUP_ENOENT && !old)
        return 0;
    if (result < 0)
        return result;
    if (!old)
        wrong(r, "deleted what is not there");
    for (size_t i = r->model.first; i < r->model.n; i++)
        if (r->model.list[i].id == id)
            r->model.list[i].state = DELETED;
    return 0;
}

static int do_expire(struct run *r)
{
    int64_t oldest = r->now - (int64_t)draw(r, 40) * DAY_MS;
    uint32_t max = 1 + (uint32_t)draw(r, 5), expected = 0;
    int more;
    say(r, "expire %u before day %lld", max, (long long)((oldest - START_MS) / DAY_MS));
    int done = engine_expire(r->engine, oldest, r->now, max, &more);
    if (done < 0)
        return done;
    for (; expected < max && r->model.first < r->model.n && r->model.list[r->model.first].seen < oldest; expected++)
        r->model.first++;
    if ((uint32_t)done != expected)
        wrong(r, "%d expired instead of %u", done, expected);
    if (more != (r->model.first < r->model.n && r->model.list[r->model.first].seen < oldest))
        wrong(r, "%d expired, and %s is said to be due", done, more ? "another" : "none");
    return 0;
}

static int do_operation(struct run *r)
{
    switch (draw(r, 16)) {
    case 0: case 1: return do_delete(r);
    case 2: return do_expire(r);
    case 3: case 4: return do_submit(r, 0);
    default: return do_submit(r, 1);
    }
}

/* ---- comparing --------------------------------------------------------------------------- */

static void report(void *arg, const char *sentence)
{
    wrong(arg, "the check: %s", sentence);
}

/* What is different, or NULL. */
static const char *difference(struct run *r, struct model *m, struct view *view)
{
    uint32_t clusters[STORIES] = {0}, num;
    struct article article;
    struct buf text;
    struct store_stats stats;
    need(r, view_stats(view, &stats), "figures");
    const char *what = stats.articles != m->n - m->first || (stats.articles && view_last_num(view) != m->n)
                       ? "there are more or fewer records" : NULL;
    article_init(&article);
    buf_init(&text, 1u << 16);
    for (int id = 0; id < IDS && !what; id++) {
        struct version *expected = current_of(m, id);
        char name[32];
        name_of(id, name);
        int found = view_find_id(view, name, strlen(name), &num);
        if (found == DUP_ENOENT || !expected) {
            what = !expected && found == DUP_ENOENT ? NULL : "an article is missing, or there without reason";
            continue;
        }
        need(r, found, name);
        need(r, view_article(view, num, &article), name);
        need(r, view_text(view, num, &text), name);
        const char *story = stories[expected->story];
        if (text.len != strlen(story) || memcmp(text.data, story, text.len) != 0)
            what = "an article has another text";
        else if (article.version != (uint32_t)expected->number || article.seen != expected->seen)
            what = "an article is another version, or came at another time";
        uint32_t cluster = view_cluster_id(view, article.cluster);
        if (clusters[expected->story] && clusters[expected->story] != cluster)
            what = "articles with the same text are in two clusters";
        clusters[expected->story] = cluster;
    }
    for (int a = 0; a < STORIES && !what; a++)
        for (int b = 0; b < a && !what; b++)
            what = clusters[a] && clusters[a] == clusters[b] ? "articles with different texts are in one cluster" : NULL;
    article_done(&article);
    buf_done(&text);
    return what;
}

static void compare(struct run *r, int thorough)
{
    struct view *view;
    need(r, store_snapshot(r->store, &view), "a snapshot");
    const char *what = difference(r, &r->model, view);
    if (what)
        wrong(r, "%s", what);
    need(r, view_check(view, report, r), "the check");
    if (thorough)
        need(r, engine_check_store(r->store, view, report, r), "the check");
    store_release(view);
}

/* ---- lives ---------------------------------------------------------------------------------- */

static void open_store(struct run *r)
{
    struct store_options options = {.dir = r->dir, .map_size = 16u << 20, .index_memory = 1u << 12, .sync = 1};
    struct engine_options engine = {.window_ms = 30 * DAY_MS, .exact_window_ms = 3650 * DAY_MS, .keep_text = 1,
                                    .cache_bytes = 1u << 16};
    struct err err = {0};
    if (store_open(&options, &err, &r->store) < 0)
        wrong(r, "%s", err.text);
    r->engine = engine_new(r->store, &engine);
    if (!r->engine)
        wrong(r, "out of memory");
}

static void close_store(struct run *r)
{
    engine_free(r->engine);
    store_free(r->store);
}

static void restart(struct run *r)
{
    close_store(r);
    open_store(r);
}

/* After a commit of which nothing is known: the batch is there whole, or not at all. */
static void find_out(struct run *r)
{
    struct view *view;
    restart(r);
    need(r, store_snapshot(r->store, &view), "a snapshot");
    if (difference(r, &r->model, view))
        r->model = r->before;
    store_release(view);
}

static void run_batch(struct run *r)
{
    int n = 1 + (int)draw(r, BATCH_MAX), fate = (int)draw(r, 12), result = 0;
    r->n_what = 0;
    if (r->told)
        printf("-- day %lld\n", (long long)((r->now - START_MS) / DAY_MS));
    r->before = r->model;
    need(r, store_begin(r->store), "begin");
    for (int i = 0; i < n && result == 0; i++)
        result = do_operation(r);
    need(r, result, "the last operation");
    if (fate == 0) {
        say(r, "abort");
        store_abort(r->store);
        engine_aborted(r->engine);
        r->model = r->before;
        return;
    }
    if (fate <= 2) {
        call_error = fate == 1 ? ENOSPC : EIO;
        calls_left = (long)draw(r, 4);
        say(r, "%s after %ld calls", fate == 1 ? "full" : "broken", calls_left);
    }
    result = store_commit(r->store);
    int met = calls_left < 0 && fate >= 1 && fate <= 2;
    calls_left = -1;
    if (result == 0)
        return;
    if (!met)
        wrong(r, "the commit failed: %s", dup_strerror(result));
    engine_aborted(r->engine);
    if (result == DUP_EFULL)
        r->model = r->before;
    else
        find_out(r);
}

static void remove_store(const struct run *r)
{
    static const char *const names[] = {"dupd.mdb", "dupd.mdb-lock", "lock"};
    char path[300];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(path, sizeof path, "%s/%s", r->dir, names[i]);
        unlink(path);
    }
}

static void run_sequence(struct run *r)
{
    int batches = 1 + (int)draw(r, 8);
    open_store(r);
    for (int i = 0; i < batches; i++) {
        run_batch(r);
        r->now += (int64_t)draw(r, 3) * (int64_t)draw(r, 10) * DAY_MS + 1;
        if (draw(r, 6) == 0)
            restart(r);
        if (draw(r, 3) == 0)
            compare(r, 0);
        for (int steps = 0; steps < 4; steps++)
            need(r, store_step(r->store), "a step of the index");
    }
    if (draw(r, 2))
        restart(r);
    compare(r, 1);
    close_store(r);
    remove_store(r);
}

int main(int argc, char **argv)
{
    static struct run run;
    if (argc != 4) {
        fprintf(stderr, "usage: model COUNT SEED DIR\n");
        return 2;
    }
    uint64_t count = strtoull(argv[1], NULL, 10), seed = strtoull(argv[2], NULL, 10);
    store_create_seed("model", 5);
    if (dup_text_setup() < 0 || !(run.preparer = preparer_new()))
        return 2;
    run.random = 88172645463325252u;
    for (int story = 0; story < STORIES; story++)
        for (int word = 0; word < STORY_WORDS; word++)
            sprintf(stories[story] + strlen(stories[story]), "%sw%llu", word ? " " : "",
                    (unsigned long long)draw(&run, 99999));
    run.told = count == 1;
    for (uint64_t i = 0; i < count; i++) {
        run.number = seed + i;
        run.random = (run.number + 1) * 0x9e3779b97f4a7c15u | 1;
        run.now = START_MS;
        run.model.first = run.model.n = 0;
        snprintf(run.dir, sizeof run.dir, "%.200s/model", argv[3]);
        run_sequence(&run);
    }
    preparer_free(run.preparer);
    printf("%llu sequences\n", (unsigned long long)count);
    return 0;
}
