/*
 * power.c - power cuts. Reads what preload.c wrote down of a daemon's run, builds states in which
 * the disk may have been left by a power cut, opens each, and holds it against what the client had
 * sent and been told.
 *
 * usage: power RECORD OPERATIONS STATES SEED honest|lying DIR
 *
 * OPERATIONS: a line each in the order of sending on one connection, "ID<tab>TEXT", TEXT "-" for a
 * delete; no text comes twice. A state is good when it opens, passes the check, and is what some
 * number of operations from the first on leave behind, those acknowledged at that moment being
 * among them. Prints "GOOD good, BAD bad"; the exit code is 0 unless something could not be done.
 *
 * What a cut leaves: every write before the last sync; of those since, each is there, is not, or is
 * there in some sectors. An honest disk keeps its word about syncs. A lying one has lost any of the
 * latest writes, synced or not.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dup/text.h"
#include "engine/engine.h"
#include "fault/record.h"
#include "store/store.h"

#define SECTOR 512u
#define UNDER_WAY 64 /* operations that may be stored beyond the last one that can be seen */
#define PATIENCE_S 20 /* for one state */
#define LIES_MAX 200 /* writes that a lying disk may have lost */

struct operation { char *id, *text; size_t text_len, same; int is_delete; }; /* same: the first with its id */

static struct operation *operations;
static size_t n_operations;
static const struct event **events; /* into the record; an event's bytes follow it */
static const char **bytes;
static size_t n_events;
static uint64_t random_state;
static char path[4096];

/* The states need not outlive this program. */
int fsync(int fd)
{
    (void)fd;
    return 0;
}

int fdatasync(int fd)
{
    (void)fd;
    return 0;
}

static uint64_t draw(uint64_t below)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state % below;
}

static void die(const char *what, const char *which)
{
    fprintf(stderr, "power: %s %s\n", what, which);
    exit(2);
}

static void *need(void *memory)
{
    if (!memory)
        die("out of", "memory");
    return memory;
}

static char *read_file(const char *name, size_t *ret_len)
{
    struct stat st;
    FILE *file = fopen(name, "r");
    if (!file || fstat(fileno(file), &st) < 0)
        die("cannot read", name);
    char *data = need(malloc((size_t)st.st_size + 1));
    *ret_len = fread(data, 1, (size_t)st.st_size, file);
    data[*ret_len] = '\0';
    fclose(file);
    return data;
}

static void read_record(const char *name)
{
    size_t len, at = 0, cap = 0;
    char *data = read_file(name, &len);
    for (; at + sizeof(struct event) <= len; n_events++) {
        if (n_events == cap) {
            cap = cap ? 2 * cap : 4096;
            events = need(realloc(events, cap * sizeof *events));
            bytes = need(realloc(bytes, cap * sizeof *bytes));
        }
        struct event *event = need(malloc(sizeof *event));
        memcpy(event, data + at, sizeof *event);
        events[n_events] = event;
        bytes[n_events] = data + at + sizeof *event;
        at += sizeof *event + event->len;
        if (at > len)
            die("cut short:", name);
    }
}

static void read_operations(const char *name)
{
    size_t len, cap = 0;
    char *rest = read_file(name, &len);
    for (char *line; (line = strsep(&rest, "\n")) && *line; n_operations++) {
        char *text = strchr(line, '\t');
        if (!text)
            die("no tab in a line of", name);
        *text++ = '\0';
        if (n_operations == cap) {
            cap = cap ? 2 * cap : 1024;
            operations = need(realloc(operations, cap * sizeof *operations));
        }
        size_t same = 0;
        while (same < n_operations && strcmp(operations[same].id, line) != 0)
            same++;
        operations[n_operations] = (struct operation){line, text, strlen(text), same, strcmp(text, "-") == 0};
    }
}

/* ---- what a state holds -------------------------------------------------- */

/*
 * What the store has under the id of operation at: the operation that put it there, counted from 1;
 * 0 for nothing, -1 for what no operation did.
 */
static long found_under(struct view *view, size_t at, struct buf *text)
{
    uint32_t num;
    const char *id = operations[at].id;
    int r = view_find_id(view, id, strlen(id), &num);
    if (r == DUP_ENOENT)
        return 0;
    if (r < 0 || view_text(view, num, text) < 0)
        return -1;
    for (size_t i = at; i < n_operations; i++)
        if (operations[i].same == at && operations[i].text_len == text->len &&
            memcmp(operations[i].text, text->data, text->len) == 0)
            return (long)i + 1;
    return -1;
}

static int complain(const char *what, const char *which)
{
    printf("%s %s\n", what, which);
    return 1;
}

/* Whether the first n operations leave what was found (an entry for the first of each id). */
static int leaves(size_t n, const long *found)
{
    long *left = need(calloc(n_operations + 1, sizeof *left));
    int same = 1;
    for (size_t i = 0; i < n; i++)
        left[operations[i].same] = operations[i].is_delete ? 0 : (long)i + 1;
    for (size_t i = 0; i < n_operations && same; i++)
        same = operations[i].same != i || left[i] == found[i];
    free(left);
    return same;
}

static int check_prefix(struct view *view, size_t acknowledged)
{
    struct buf text;
    size_t least = acknowledged;
    long *found = need(calloc(n_operations + 1, sizeof *found));
    buf_init(&text, LIMIT_LINE);
    for (size_t i = 0; i < n_operations; i++) {
        if (operations[i].same != i)
            continue;
        found[i] = found_under(view, i, &text);
        if (found[i] < 0)
            return complain("foreign or damaged:", operations[i].id);
        if (found[i] > (long)least)
            least = (size_t)found[i];
    }
    buf_done(&text);
    /* What was under way and not acknowledged may be there: at most a few batches. */
    for (size_t n = least; n <= n_operations && n <= least + UNDER_WAY; n++) {
        if (leaves(n, found)) {
            free(found);
            return 0;
        }
    }
    return complain("not what the operations leave, those acknowledged among them;", "something is lost");
}

static void report(void *arg, const char *sentence)
{
    static int told;
    (void)arg;
    if (told++ < 3)
        puts(sentence);
}

static int check_state(const char *dir, size_t acknowledged)
{
    struct store_options options = {.dir = dir, .map_size = 256u << 20, .index_memory = 1u << 20};
    struct store *store;
    struct view *view;
    struct err err = {0};
    if (store_open(&options, &err, &store) < 0)
        return complain("not opened:", err.text);
    if (store_snapshot(store, &view) < 0)
        return complain("no", "snapshot");
    if (view_check(view, report, NULL) != 0 || engine_check_store(store, view, report, NULL) != 0)
        return 1;
    int bad = check_prefix(view, acknowledged);
    store_release(view);
    store_free(store);
    return bad;
}

/* In a child: a damaged file may end the process. */
static int is_good(const char *dir, size_t acknowledged)
{
    int status;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        struct rlimit none = {0, 0};
        setrlimit(RLIMIT_CORE, &none);
        alarm(PATIENCE_S);
        int bad = check_state(dir, acknowledged);
        fflush(stdout);
        _exit(bad);
    }
    if (child < 0 || waitpid(child, &status, 0) < 0)
        die("cannot", "fork");
    if (WIFSIGNALED(status))
        printf("killed by signal %d\n", WTERMSIG(status));
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* ---- states ------------------------------------------------------------------ */

struct image { char *data; size_t len, cap; };

static void put_bytes(struct image *image, uint64_t offset, const char *data, size_t len)
{
    size_t end = (size_t)offset + len;
    if (end > image->cap) {
        image->data = need(realloc(image->data, 2 * end));
        image->cap = 2 * end;
    }
    if (end > image->len) {
        memset(image->data + image->len, 0, end - image->len);
        image->len = end;
    }
    memcpy(image->data + offset, data, len);
}

/* A write of which nothing was promised: there, not there, or there in part. */
static void put_perhaps(struct image *image, size_t at)
{
    const struct event *event = events[at];
    uint64_t fate = draw(4);
    if (fate == 0)
        return;
    for (uint32_t from = 0; from < event->len; from += SECTOR) {
        uint32_t len = event->len - from < SECTOR ? event->len - from : SECTOR;
        if (fate != 1 || draw(2))
            put_bytes(image, event->offset + from, bytes[at] + from, len);
    }
}

static int is_write(const struct event *event)
{
    return event->kind == EVENT_WRITE || event->kind == EVENT_WRITE_DURABLE;
}

struct moment {
    struct image durable;   /* what no cut can take */
    size_t synced;          /* events before this one are in it, as far as they are writes */
    size_t acknowledged;
    int created, named;     /* the file is there; so is its name after a cut */
};

static size_t count_lines(const char *data, size_t len)
{
    size_t n = 0;
    for (size_t i = 0; i < len; i++)
        n += data[i] == '\n';
    return n;
}

static void settle(struct moment *m, size_t until)
{
    for (; m->synced < until; m->synced++)
        if (is_write(events[m->synced]))
            put_bytes(&m->durable, events[m->synced]->offset, bytes[m->synced], events[m->synced]->len);
}

/* Moves on over one event. A durable write is so by itself; those before it wait for a sync. */
static void pass(struct moment *m, size_t at, int lying)
{
    const struct event *event = events[at];
    switch ((enum event_kind)event->kind) {
    case EVENT_NAME: m->created = 1; break;
    case EVENT_SYNC_DIRECTORY: m->named = m->created; break;
    case EVENT_REPLY: m->acknowledged += count_lines(bytes[at], event->len); break;
    case EVENT_WRITE_DURABLE:
        if (!lying)
            put_bytes(&m->durable, event->offset, bytes[at], event->len);
        break;
    case EVENT_SYNC:
        if (!lying)
            settle(m, at);
        break;
    case EVENT_WRITE:
    default: break;
    }
}

/* The disk after a cut just before event at; writes a state into path. 0: there is no file. */
static int build(const struct moment *m, size_t at, int lying)
{
    struct image image = {need(malloc(m->durable.len + 1)), m->durable.len, m->durable.len + 1};
    size_t from = m->synced, window = at;
    memcpy(image.data, m->durable.data ? m->durable.data : "", m->durable.len);
    for (uint64_t lies = lying ? 20 + draw(LIES_MAX - 20) : 0; window > from && lies; window--)
        lies -= is_write(events[window - 1]) ? 1 : 0;
    for (size_t i = from; i < at; i++) {
        if (lying && i < window && is_write(events[i]))
            put_bytes(&image, events[i]->offset, bytes[i], events[i]->len);
        else if (events[i]->kind == EVENT_WRITE_DURABLE && !lying)
            put_bytes(&image, events[i]->offset, bytes[i], events[i]->len);
        else if (is_write(events[i]))
            put_perhaps(&image, i);
    }
    if (at < n_events && is_write(events[at]) && draw(2))
        put_perhaps(&image, at);
    unlink(path);
    int exists = m->created && (m->named || draw(2));
    FILE *file = exists ? fopen(path, "w") : NULL;
    if (exists && (!file || fwrite(image.data, 1, image.len, file) != image.len || fclose(file) != 0))
        die("cannot write", path);
    free(image.data);
    return exists;
}

static int ascending(const void *a, const void *b)
{
    const size_t x = *(const size_t *)a, y = *(const size_t *)b;
    return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
    if (argc != 7)
        die("usage: power RECORD OPERATIONS STATES SEED", "honest|lying DIR");
    read_record(argv[1]);
    read_operations(argv[2]);
    size_t n = strtoul(argv[3], NULL, 10), good = 0, *moments = need(calloc(n + 1, sizeof *moments));
    random_state = strtoull(argv[4], NULL, 10) * 2654435761u + 88172645463325252u;
    int lying = strcmp(argv[5], "lying") == 0;
    snprintf(path, sizeof path, "%s/dupd.mdb", argv[6]);
    if (dup_text_setup() < 0 || n_events == 0)
        die("nothing in", argv[1]);
    for (size_t i = 0; i < n; i++)
        moments[i] = draw(n_events + 1);
    qsort(moments, n, sizeof *moments, ascending);
    struct moment m = {.created = 0};
    for (size_t i = 0, at = 0; i < n; i++) {
        for (; at < moments[i]; at++)
            pass(&m, at, lying);
        int exists = build(&m, at, lying);
        if (exists ? is_good(argv[6], m.acknowledged) : m.acknowledged == 0)
            good++;
        else
            printf("state %zu: cut before event %zu of %zu, %zu acknowledged\n", i, at, n_events, m.acknowledged);
    }
    printf("%zu good, %zu bad\n", good, n - good);
    return 0;
}
