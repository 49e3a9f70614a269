/*
 * replay.c - plays a timeline of articles under a set clock and compares each
 * verdict, and the clusters, with what the timeline expects.
 *
 * usage: replay FILE.timeline...      exit code 0: all as expected, 1: not
 *
 * A timeline is lines; "#" begins a remark. Texts are named pieces, so that a
 * copy, a cut and a mix are seen at a glance:
 *
 *   text NAME               its words are the indented lines that follow
 *   clock TIME              what time it is from here on
 *   outlets                 the indented lines are a table as in outlets.conf(5)
 *   window DAYS DAYS        how far apart copies and exact copies may be
 *   article ID              an article comes in; indented lines say what it
 *     outlet, title, url, published, provider ... holds,
 *     body NAME NAME ...                          (named texts, a blank between)
 *     is RELATION                                 and what is expected of it:
 *     status STATUS | match ID | first ID | furniture | with ID ID ...
 *                           (with: all members of its cluster, in order)
 *     source SOURCE | turns | credit WORD | notice ID
 *                           (SOURCE: "outlet", "unknown agency" or "agency NAME"; turns: its
 *                           cluster had another before; WORD: credited, uncredited, ...)
 *   check ID                the same, and nothing is stored
 *   delete ID               an article is taken out
 *   expire TIME             all that arrived before it expires
 *   restart                 the store is closed and opened again
 *   clusters                each indented line: the members of a cluster of
 *                           two or more, in order; those and no others
 *   source ID: SOURCE       the source of the cluster of an article
 *   evidence ID: NAME ...   the agencies named in it, each as NAME=own/signed/from/weak:FIRST
 *   linked ID: ID ...       what is linked to the cluster of the first
 *
 * Every timeline is played with a store of its own in a private directory, once with each of the
 * secrets below: always the same ones, so that it comes out the same each time, and more than one,
 * since the secret decides which values of a text are kept and nothing expected here may be a
 * matter of luck. REPLAY_SEED in the environment takes one other secret instead of them.
 */
#include <errno.h>
#include <ftw.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "engine/engine.h"

#define MEMBERS_MAX 500
#define DAY_MS INT64_C(86400000)

struct text {
    char *name;      /* into the file's lines */
    struct buf body; /* owned */
};

struct replay {
    const char *path;
    char *memory, **lines;         /* owned; the file, and where its lines begin */
    size_t n_lines, at;            /* at: the line that is read next */
    struct text *texts;            /* owned */
    size_t n_texts;
    char dir[256];
    struct store *store;           /* owned */
    struct engine *engine;         /* owned */
    struct preparer *preparer;     /* owned */
    struct engine_options options;
    struct dup_agencies *agencies; /* owned */
    struct outlets *outlets;       /* owned; NULL until the timeline gives some */
    int failures, expectations;
};

static void die(const struct replay *r, const char *format, ...)
    __attribute__((format(printf, 2, 3), noreturn));

/* For faults of the timeline itself, or of the store: nothing can follow. */
static void die(const struct replay *r, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fprintf(stderr, "%s:%zu: ", r->path, r->at);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    exit(2);
}

static void need(const struct replay *r, int code, const char *what)
{
    if (code < 0)
        die(r, "%s: %s", what, dup_strerror(code));
}

static void expect(struct replay *r, size_t line, const char *what, const char *expected, const char *got)
{
    r->expectations++;
    if (strcmp(expected, got) == 0)
        return;
    fprintf(stderr, "%s:%zu: %s: expected \"%s\", got \"%s\"\n", r->path, line, what, expected, got);
    r->failures++;
}

/* ---- the file --------------------------------------------------------- */

static void read_lines(struct replay *r)
{
    FILE *file = fopen(r->path, "r");
    struct buf all;
    buf_init(&all, 16u << 20);
    if (!file)
        die(r, "%s", strerror(errno));
    size_t n;
    char chunk[4096];
    while ((n = fread(chunk, 1, sizeof chunk, file)) > 0)
        need(r, buf_add(&all, chunk, n), "reading");
    fclose(file);
    if (!all.data)
        die(r, "the timeline is empty");
    r->memory = all.data;
    r->lines = calloc(all.len + 1, sizeof *r->lines);
    if (!r->lines)
        die(r, "out of memory");
    for (char *rest = r->memory, *line; (line = strsep(&rest, "\n"));) {
        size_t len = strlen(line);
        while (len && (line[len - 1] == ' ' || line[len - 1] == '\r'))
            line[--len] = '\0';
        if (*line == '#')
            *line = '\0';
        r->lines[r->n_lines++] = line;
    }
}

/* The next line that is indented, without its indentation; NULL when a new statement begins. */
static char *next_indented(struct replay *r)
{
    while (r->at < r->n_lines && r->lines[r->at][0] == '\0')
        r->at++;
    if (r->at == r->n_lines || r->lines[r->at][0] != ' ')
        return NULL;
    char *line = r->lines[r->at++];
    return line + strspn(line, " ");
}

/* Cuts the first word off; *rest: what follows it, "" for nothing. */
static char *cut_word(char *line, char **rest)
{
    size_t len = strcspn(line, " ");
    *rest = line + len + strspn(line + len, " ");
    line[len] = '\0';
    return line;
}

static void read_text(struct replay *r, char *name)
{
    struct text *texts = realloc(r->texts, (r->n_texts + 1) * sizeof *texts);
    if (!texts)
        die(r, "out of memory");
    r->texts = texts;
    struct text *text = &texts[r->n_texts++];
    text->name = name;
    buf_init(&text->body, 1u << 20);
    for (char *line; (line = next_indented(r));) {
        if (text->body.len)
            buf_add_char(&text->body, ' ');
        need(r, buf_add_str(&text->body, line), "reading a text");
    }
    if (!text->body.len)
        die(r, "text %s has no words", name);
}

static void add_texts(struct replay *r, char *names, struct buf *out)
{
    for (char *name; (name = strsep(&names, " "));) {
        size_t i = 0;
        while (i < r->n_texts && strcmp(r->texts[i].name, name) != 0)
            i++;
        if (i == r->n_texts)
            die(r, "there is no text %s", name);
        if (out->len)
            buf_add_char(out, ' ');
        need(r, buf_add(out, r->texts[i].body.data, r->texts[i].body.len), "a body");
    }
}

static int64_t read_time(struct replay *r, const char *text)
{
    int64_t ms;
    need(r, time_parse(text, strlen(text), &ms), text);
    return ms;
}

/* ---- the store -------------------------------------------------------- */

static void open_store(struct replay *r)
{
    struct store_options options = {.dir = r->dir, .map_size = 64u << 20, .index_memory = 8u << 20};
    struct err err = {0};
    if (store_open(&options, &err, &r->store) < 0)
        die(r, "%s", err.text);
    r->engine = engine_new(r->store, &r->options);
    if (!r->engine)
        die(r, "out of memory");
}

static void close_store(struct replay *r)
{
    engine_free(r->engine);
    store_free(r->store);
}

/* The agencies that the timelines know: those of the project's own table. */
static void read_agencies(struct replay *r)
{
    struct buf text;
    char chunk[65536], message[256] = "";
    FILE *file = fopen("conf/agencies.conf", "r");
    size_t n;
    buf_init(&text, 4u << 20);
    if (!file)
        die(r, "conf/agencies.conf: %s", strerror(errno));
    while ((n = fread(chunk, 1, sizeof chunk, file)) > 0)
        need(r, buf_add(&text, chunk, n), "reading the agencies");
    fclose(file);
    if (dup_agencies_parse(text.data, text.len, message, sizeof message, &r->agencies) < 0)
        die(r, "conf/agencies.conf: %s", message);
    buf_done(&text);
}

static const char *id_of(struct replay *r, struct view *view, uint32_t num, struct article *scratch)
{
    need(r, view_article(view, num, scratch), "an article");
    return scratch->id.data;
}

/* The members or links of a cluster, "a b c"; those of a lone article are itself. */
static void list_members(struct replay *r, struct view *view, uint32_t cluster, enum member_kind kind,
                         struct buf *out)
{
    static uint32_t nums[MEMBERS_MAX];
    static enum member_kind kinds[MEMBERS_MAX];
    struct article article;
    article_init(&article);
    buf_clear(out);
    cluster = view_cluster_id(view, cluster);
    int n = view_members(view, cluster, 0, MEMBERS_MAX, nums, kinds);
    need(r, n, "members");
    for (int i = 0; i < n; i++)
        if (kinds[i] == kind)
            buf_printf(out, "%s%s", out->len ? " " : "", id_of(r, view, nums[i], &article));
    if (n == 0 && kind == MEMBER_ARTICLE)
        buf_add_str(out, id_of(r, view, cluster, &article));
    article_done(&article);
}

static uint32_t cluster_of(struct replay *r, struct view *view, const char *id)
{
    struct article article;
    uint32_t num;
    article_init(&article);
    need(r, view_find_id(view, id, strlen(id), &num), id);
    need(r, view_article(view, num, &article), id);
    num = article.cluster;
    article_done(&article);
    return num;
}

static struct view *snapshot(struct replay *r)
{
    struct view *view;
    need(r, store_snapshot(r->store, &view), "reading the store");
    return view;
}

/* "outlet", "unknown agency", "agency PTI". */
static const char *source_text(enum source_kind kind, const char *name, char ret[128])
{
    snprintf(ret, 128, "%s%s%s", source_kind_word(kind), *name ? " " : "", name);
    return ret;
}

/* ---- statements ------------------------------------------------------- */

struct expected {
    size_t line;
    char *what, *value;
};

static void compare_expected(struct replay *r, const struct expected *e, const struct verdict *v,
                             const char *match)
{
    static const char *const statuses[] = {"new", "unchanged", "updated", "checked"};
    struct buf members;
    struct cluster cluster;
    struct article article;
    if (strcmp(e->what, "is") == 0) {
        expect(r, e->line, "relation", e->value, dup_relation_word(v->relation));
    } else if (strcmp(e->what, "status") == 0) {
        expect(r, e->line, "status", e->value, statuses[v->status]);
    } else if (strcmp(e->what, "match") == 0) {
        expect(r, e->line, "match", e->value, match);
    } else if (strcmp(e->what, "furniture") == 0) {
        expect(r, e->line, "furniture", "yes", v->furniture ? "yes" : "no");
    } else if (strcmp(e->what, "source") == 0) {
        char source[128];
        expect(r, e->line, "source", e->value, source_text(v->source_kind, v->source, source));
    } else if (strcmp(e->what, "turns") == 0) {
        expect(r, e->line, "turns", "yes", v->source_changed ? "yes" : "no");
    } else if (strcmp(e->what, "notice") == 0) {
        struct view *view = snapshot(r);
        article_init(&article);
        int lone = view_cluster(view, v->cluster, &cluster) < 0;
        expect(r, e->line, "notice", e->value, lone || !cluster.notice ? "none" : id_of(r, view, cluster.notice, &article));
        article_done(&article);
        store_release(view);
    } else if (strcmp(e->what, "credit") == 0) {
        expect(r, e->line, "credit", e->value, source_status_word(v->standing));
    } else if (strcmp(e->what, "with") == 0) {
        struct view *view = snapshot(r);
        buf_init(&members, 1u << 16);
        list_members(r, view, v->cluster, MEMBER_ARTICLE, &members);
        expect(r, e->line, "members", e->value, members.data ? members.data : "");
        buf_done(&members);
        store_release(view);
    } else if (strcmp(e->what, "first") == 0) {
        struct view *view = snapshot(r);
        article_init(&article);
        int lone = view_cluster(view, v->cluster, &cluster) < 0;
        expect(r, e->line, "first", e->value, id_of(r, view, lone ? v->cluster : cluster.first, &article));
        article_done(&article);
        store_release(view);
    } else {
        r->at = e->line;
        die(r, "\"%s\" is not known here", e->what);
    }
}

static void put_field(struct json_object *object, const char *name, const char *value, size_t len)
{
    json_object_object_add(object, name, json_object_new_string_len(value, (int)len));
}

/* Reads an article's lines into an object to submit and a list of what is expected. */
static size_t read_article(struct replay *r, struct json_object *object, struct expected *list, size_t max)
{
    static const char *const fields[] = {"outlet", "title", "url", "published", "language", "byline", "provider", "evolvedfrom",
                                         "pubstatus"};
    size_t n = 0;
    for (char *line; (line = next_indented(r));) {
        char *value, *word = cut_word(line, &value);
        int is_field = 0;
        for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
            is_field |= strcmp(word, fields[i]) == 0;
        if (is_field) {
            put_field(object, word, value, strlen(value));
        } else if (strcmp(word, "body") == 0) {
            struct buf body;
            buf_init(&body, 1u << 20);
            add_texts(r, value, &body);
            put_field(object, "body", body.data, body.len);
            buf_done(&body);
        } else if (n == max) {
            die(r, "too many expectations for one article");
        } else {
            list[n++] = (struct expected){r->at, word, value};
        }
    }
    return n;
}

static void play_article(struct replay *r, const char *id, int stored)
{
    struct prepare_options options = {.secret = store_secret(r->store), .agencies = r->agencies,
                                      .outlets = r->outlets, .body_max = 1u << 20};
    struct json_object *object = json_object_new_object();
    struct expected expected[16];
    struct prepared prepared;
    struct json_error error = {0};
    struct verdict verdict = {0};
    struct view *view;
    put_field(object, "id", id, strlen(id));
    size_t n = read_article(r, object, expected, sizeof expected / sizeof *expected);
    if (prepare_article(r->preparer, &options, object, &prepared, &error) < 0)
        die(r, "%s: %s", id, error.message);
    json_object_put(object);
    need(r, store_snapshot(r->store, &view), "snapshot");
    engine_ahead(r->engine, view, &prepared);
    store_release(view);
    need(r, store_begin(r->store), "begin");
    need(r, (stored ? engine_submit : engine_check)(r->engine, &prepared, clock_now_ms(), &verdict), id);
    char *match = strdup(verdict.match ? verdict.match->id.data : "none");
    need(r, store_commit(r->store), "commit");
    prepared_done(&prepared);
    if (n == 0)
        die(r, "%s expects nothing", id);
    for (size_t i = 0; i < n; i++)
        compare_expected(r, &expected[i], &verdict, match);
    free(match);
}

static void play_delete(struct replay *r, const char *id)
{
    uint32_t versions;
    need(r, store_begin(r->store), "begin");
    need(r, engine_delete(r->engine, id, strlen(id), &versions), id);
    need(r, store_commit(r->store), "commit");
}

static void play_expire(struct replay *r, const char *time)
{
    int64_t oldest = read_time(r, time);
    int more;
    need(r, store_begin(r->store), "begin");
    need(r, engine_expire(r->engine, oldest, clock_now_ms(), 1000, &more), "expire");
    need(r, store_commit(r->store), "commit");
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* All clusters of two and more, each a line; compared as sets. */
static void play_clusters(struct replay *r)
{
    size_t line = r->at, n_expected = 0, n_got = 0;
    char *expected[256] = {0}, *got[256] = {0};
    struct cluster_cursor cursor = {{0}};
    struct cluster cluster;
    struct buf members, all_expected, all_got;
    for (char *text; n_expected < 256 && (text = next_indented(r));)
        expected[n_expected++] = text;
    struct view *view = snapshot(r);
    buf_init(&members, 1u << 16);
    buf_init(&all_expected, 1u << 20);
    buf_init(&all_got, 1u << 20);
    while (n_got < 256 && view_clusters(view, ORDER_RECENT, &cursor, 1, &cluster) == 1) {
        if (cluster.articles < 2)
            continue;
        list_members(r, view, cluster.id, MEMBER_ARTICLE, &members);
        got[n_got++] = strdup(members.data);
    }
    store_release(view);
    qsort(expected, n_expected, sizeof *expected, by_text);
    qsort(got, n_got, sizeof *got, by_text);
    for (size_t i = 0; i < n_expected; i++)
        buf_printf(&all_expected, "%s%s", i ? "; " : "", expected[i]);
    for (size_t i = 0; i < n_got; i++) {
        buf_printf(&all_got, "%s%s", i ? "; " : "", got[i]);
        free(got[i]);
    }
    expect(r, line, "clusters", n_expected ? all_expected.data : "", n_got ? all_got.data : "");
    buf_done(&members);
    buf_done(&all_expected);
    buf_done(&all_got);
}

static void play_linked(struct replay *r, char *rest)
{
    char *ids = strchr(rest, ':');
    if (!ids)
        die(r, "linked ID: ID ...");
    *ids++ = '\0';
    struct view *view = snapshot(r);
    struct buf links;
    buf_init(&links, 1u << 16);
    list_members(r, view, cluster_of(r, view, rest), MEMBER_LINK, &links);
    expect(r, r->at, "linked", ids + strspn(ids, " "), links.len ? links.data : "");
    buf_done(&links);
    store_release(view);
}

static void play_outlets(struct replay *r)
{
    struct buf text;
    char message[256] = "";
    buf_init(&text, 1u << 20);
    for (char *line; (line = next_indented(r));)
        buf_printf(&text, "%s\n", line);
    outlets_free(r->outlets);
    if (outlets_parse(text.data ? text.data : "", text.len, r->agencies, message, sizeof message, &r->outlets) < 0)
        die(r, "outlets: %s", message);
    buf_done(&text);
}

/* The record of the cluster of an article; the view is the caller's. */
static void load_cluster(struct replay *r, struct view *view, const char *id, struct cluster *ret)
{
    need(r, view_cluster(view, view_cluster_id(view, cluster_of(r, view, id)), ret), id);
}

static void play_source(struct replay *r, char *rest)
{
    char *expected = strchr(rest, ':'), name[AGENCY_NAME] = "", text[128];
    struct cluster c;
    if (!expected)
        die(r, "source ID: SOURCE");
    *expected++ = '\0';
    struct view *view = snapshot(r);
    load_cluster(r, view, rest, &c);
    if (c.source)
        need(r, view_agency_name(view, c.id, c.source, name), "the source's name");
    expect(r, r->at, "source of the cluster", expected + strspn(expected, " "),
           source_text((enum source_kind)c.source_kind, name, text));
    store_release(view);
}

static void play_evidence(struct replay *r, char *rest)
{
    char *expected = strchr(rest, ':');
    struct evidence list[LIMIT_EVIDENCE];
    struct cluster c;
    struct article first;
    struct buf text;
    if (!expected)
        die(r, "evidence ID: NAME=own/signed/from/weak:FIRST ...");
    *expected++ = '\0';
    article_init(&first);
    buf_init(&text, 1u << 16);
    struct view *view = snapshot(r);
    load_cluster(r, view, rest, &c);
    int n = view_evidence(view, c.id, LIMIT_EVIDENCE, list);
    need(r, n, "evidence");
    for (int i = 0; i < n; i++)
        buf_printf(&text, "%s%s=%u/%u/%u/%u:%s", i ? " " : "", list[i].name, list[i].own, list[i].agency,
                   list[i].from, list[i].weak, id_of(r, view, list[i].first, &first));
    expect(r, r->at, "evidence", expected + strspn(expected, " "), text.len ? text.data : "");
    store_release(view);
    article_done(&first);
    buf_done(&text);
}

static void play_statement(struct replay *r, char *line)
{
    char *rest, *word = cut_word(line, &rest);
    long days, exact_days;
    if (strcmp(word, "text") == 0) {
        read_text(r, rest);
    } else if (strcmp(word, "clock") == 0) {
        clock_set_now_ms(read_time(r, rest));
    } else if (strcmp(word, "window") == 0 && sscanf(rest, "%ld %ld", &days, &exact_days) == 2) {
        r->options.window_ms = days * DAY_MS;
        r->options.exact_window_ms = exact_days * DAY_MS;
        engine_configure(r->engine, &r->options);
    } else if (strcmp(word, "article") == 0) {
        play_article(r, rest, 1);
    } else if (strcmp(word, "check") == 0) {
        play_article(r, rest, 0);
    } else if (strcmp(word, "expire") == 0) {
        play_expire(r, rest);
    } else if (strcmp(word, "delete") == 0) {
        play_delete(r, rest);
    } else if (strcmp(word, "restart") == 0) {
        close_store(r);
        open_store(r);
    } else if (strcmp(word, "clusters") == 0) {
        play_clusters(r);
    } else if (strcmp(word, "outlets") == 0) {
        play_outlets(r);
    } else if (strcmp(word, "source") == 0) {
        play_source(r, rest);
    } else if (strcmp(word, "evidence") == 0) {
        play_evidence(r, rest);
    } else if (strcmp(word, "linked") == 0) {
        play_linked(r, rest);
    } else {
        die(r, "\"%s\" is not known", word);
    }
}

static void report_fault(void *arg, const char *sentence)
{
    struct replay *r = arg;
    fprintf(stderr, "%s: the store at the end: %s\n", r->path, sentence);
    r->failures++;
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *where)
{
    (void)st;
    (void)flag;
    (void)where;
    return remove(path);
}

/* Plays one timeline in a store with this secret; the number of expectations that were not met. */
static int play(const char *path, const char *seed)
{
    store_create_seed(seed, strlen(seed));
    struct replay r = {.path = path, .options = {.window_ms = 30 * DAY_MS, .exact_window_ms = 365 * DAY_MS,
                                                 .keep_text = 1, .cache_bytes = 4u << 20}};
    const char *parent = getenv("TMP");
    snprintf(r.dir, sizeof r.dir, "%.200s/replay.XXXXXX", parent ? parent : "/tmp");
    read_lines(&r);
    if (!mkdtemp(r.dir))
        die(&r, "%s: %s", r.dir, strerror(errno));
    r.preparer = preparer_new();
    open_store(&r);
    read_agencies(&r);
    clock_set_now_ms(INT64_C(1772409600000)); /* 2026-03-02, until the timeline says otherwise */
    while (r.at < r.n_lines) {
        char *line = r.lines[r.at++];
        if (*line == ' ')
            die(&r, "an indented line that belongs to nothing");
        if (*line)
            play_statement(&r, line);
    }
    struct view *view = snapshot(&r);
    need(&r, view_check(view, report_fault, &r), "walking the store");
    need(&r, engine_check_store(r.store, view, report_fault, &r), "looking for heads by their texts");
    store_release(view);
    close_store(&r);
    preparer_free(r.preparer);
    dup_agencies_free(r.agencies);
    outlets_free(r.outlets);
    nftw(r.dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    for (size_t i = 0; i < r.n_texts; i++)
        buf_done(&r.texts[i].body);
    free(r.texts);
    free(r.lines);
    free(r.memory);
    if (r.expectations == 0)
        die(&r, "the timeline expects nothing");
    printf("%s: secret \"%s\": %d expectations, %d failed\n", path, seed, r.expectations, r.failures);
    return r.failures;
}

int main(int argc, char **argv)
{
    static const char *const secrets[] = {"timeline", "another", "third"};
    const char *seed = getenv("REPLAY_SEED");
    int failures = 0;
    if (argc < 2) {
        fprintf(stderr, "usage: replay FILE.timeline...\n");
        return 2;
    }
    need(&(struct replay){.path = argv[0]}, dup_text_setup(), "setup");
    for (int i = 1; i < argc; i++) {
        if (seed && *seed)
            failures += play(argv[i], seed);
        for (size_t k = 0; k < sizeof secrets / sizeof *secrets && (!seed || !*seed); k++)
            failures += play(argv[i], secrets[k]);
    }
    return failures ? 1 : 0;
}
