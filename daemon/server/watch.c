/*
 * Watchers: connections that want to see verdicts as they happen. Invariant:
 * a watcher that does not read costs at most its unsent limit, then it is
 * closed; nobody waits for it.
 */
#include <stdlib.h>
#include <string.h>

#include "server/answer.h"
#include "server/query.h"

struct watch {
    struct buf id;            /* owned; of the request, raw JSON */
    uint64_t outlet;          /* 0: any */
    uint32_t cluster;         /* 0: any */
    int relation;             /* -1: any */
    int copies;               /* only what is not original */
    int uncredited;           /* only what is another's text without a credit */
    int claim;                /* enum dup_claim; -1: any */
    int64_t min_articles;     /* only what is in a cluster of so many */
    uint64_t agency;          /* agency_key of the source; 0: any */
    uint64_t owner;           /* hash of an owner's name; 0: any */
    uint64_t owned;           /* the outlet of that name, should it stand for itself */
};

void watch_free(struct watch *watch)
{
    if (watch)
        buf_done(&watch->id);
    free(watch);
}

static int read_filter(struct server *server, struct request *request, struct watch *watch)
{
    struct str outlet = {0}, relation = {0}, owner = {0};
    int r;
    watch->claim = -1;
    if ((r = query_string(request, "outlet", 0, &outlet)) < 0 ||
        (r = query_string(request, "relation", 0, &relation)) < 0 ||
        (r = query_cluster_id(request, "cluster", &watch->cluster)) < 0 ||
        (r = query_flag(request, "copies", &watch->copies)) < 0 ||
        (r = query_flag(request, "uncredited", &watch->uncredited)) < 0 ||
        (r = query_claim(request, &watch->claim)) < 0 || (r = query_agency(request, server->tables, &watch->agency)) < 0 ||
        (r = query_number(request, "min_articles", 1, INT32_MAX, &watch->min_articles)) < 0 ||
        (r = query_number(request, "min_prints", 1, INT32_MAX, &watch->min_articles)) < 0 ||
        (r = query_string(request, "owner", 0, &owner)) < 0)
        return r;
    watch->owner = outlet_hash(owner.data, owner.len);
    watch->owned = owner.data ? outlet_hash_any(server->tables->outlets, owner.data, owner.len) : 0;
    watch->outlet = outlet.data ? outlet_hash_any(server->tables->outlets, outlet.data, outlet.len) : 0;
    watch->relation = relation.data ? dup_relation_parse(relation.data, relation.len) : -1;
    if (relation.data && watch->relation < 0)
        return json_error_set(&request->error, DUP_EINVAL, "relation", JSON_NOWHERE, "there is no such relation");
    return 0;
}

/* Clusters merge: the one that is watched may bear another id by now. It stays as it is where that cannot be read. */
static int follow_alias(struct server *server, struct watch *watch)
{
    struct view *view;
    if (!watch->cluster)
        return 0;
    int r = store_snapshot(server->store, &view);
    if (r < 0)
        return r;
    uint32_t id = view_cluster_id(view, watch->cluster);
    r = view_failed(view);
    watch->cluster = r == 0 ? id : watch->cluster;
    store_release(view);
    return r;
}

int watch_start(struct server *server, struct request *request)
{
    struct connection *connection = request->connection;
    struct watch *watch = calloc(1, sizeof *watch);
    if (!watch)
        return json_error_set(&request->error, DUP_ENOMEM, "", JSON_NOWHERE, "out of memory");
    buf_init(&watch->id, request->id.len + 1);
    int r = read_filter(server, request, watch);
    if (r == 0 && (r = follow_alias(server, watch)) < 0)
        json_error_set(&request->error, r, "cluster", JSON_NOWHERE, "%s", dup_strerror(r));
    if (r == 0 && (r = buf_add(&watch->id, request->id.data, request->id.len)) < 0)
        json_error_set(&request->error, r, "", JSON_NOWHERE, "out of memory");
    if (r < 0) {
        watch_free(watch);
        return r;
    }
    if (!connection->watch)
        server->watchers++;
    watch_free(connection->watch);
    connection->watch = watch;
    return 0;
}

void watch_drop(struct request *request)
{
    for (size_t i = 0; i < request->n_told; i++) {
        buf_done(&request->told[i].verdict);
        buf_done(&request->told[i].outlet);
    }
    free(request->told);
    request->told = NULL;
    request->n_told = 0;
}

/* One verdict more, for which there is room; was: 0 for the article that came. */
static void keep(struct request *request, const struct verdict *verdict, struct str id, struct str outlet, struct str title,
                 uint64_t took_us, struct told told)
{
    struct buf *out = &told.verdict;
    buf_init(out, LIMIT_REPLY);
    buf_init(&told.outlet, LIMIT_REPLY);
    buf_add(&told.outlet, outlet.data, outlet.len);
    json_open(out, '{');
    answer_key_str(out, "id", id);
    answer_key_str(out, "outlet", outlet);
    answer_key_str(out, "title", title);
    answer_verdict(out, verdict, took_us);
    json_close(out, '}');
    told.relation = verdict->relation;
    told.standing = verdict->standing;
    told.cluster = verdict->cluster;
    told.articles = verdict->articles;
    told.agency = *verdict->source ? agency_key(verdict->source) : 0;
    request->told[request->n_told++] = told;
}

static struct str str_of(struct field field)
{
    return (struct str){field.data, field.len};
}

void watch_keep(struct engine *engine, struct request *request, const struct verdict *verdict, uint64_t took_us)
{
    const struct article_in *in = &request->prepared.in;
    size_t n;
    const struct changed *changed = engine_changed(engine, &n);
    if (verdict->status == VERDICT_UNCHANGED || !(request->told = calloc(n + 1, sizeof *request->told)))
        return;
    keep(request, verdict, str_of(in->id), str_of(in->outlet), str_of(in->title), took_us,
         (struct told){.claim = request->prepared.claim, .outlet_key = request->prepared.outlet});
    if (verdict->source_changed) {
        json_open(&request->source, '{');
        answer_key_cluster(&request->source, "cluster", verdict->cluster);
        answer_source_fields(&request->source, verdict->source_kind, verdict->source, verdict->confidence);
        json_close(&request->source, '}');
    }
    for (size_t i = 0; i < n; i++) {
        const struct article *a;
        struct verdict now;
        if (engine_changed_verdict(engine, &changed[i], &now, &a) == 0)
            keep(request, &now, a->id, a->outlet, a->title, took_us,
                 (struct told){.claim = a->claim, .outlet_key = a->outlet_key, .was = changed[i].was});
    }
}

/* Whether an article's outlet belongs to the owner that is watched. */
static int is_owned(const struct server *server, const struct watch *watch, const struct told *told)
{
    char room[HOSTS_MAX + 1];
    struct outlet outlet;
    outlets_find(server->tables->outlets, told->outlet.data, told->outlet.len, NULL, 0, room, &outlet);
    return outlet.owner ? outlet_hash(outlet.owner, strlen(outlet.owner)) == watch->owner
                        : told->outlet_key == watch->owned;
}

static int wants(const struct server *server, const struct watch *watch, const struct told *told)
{
    if ((watch->uncredited && told->standing != STATUS_UNCREDITED) || (watch->claim >= 0 && watch->claim != told->claim) ||
        (watch->agency && watch->agency != told->agency) || told->articles < watch->min_articles ||
        (watch->owner && !is_owned(server, watch, told)))
        return 0;
    if (watch->copies && told->relation == DUP_ORIGINAL)
        return 0;
    if (watch->relation >= 0 && watch->relation != (int)told->relation)
        return 0;
    return (!watch->cluster || watch->cluster == told->cluster || watch->cluster == told->was) &&
           (!watch->outlet || watch->outlet == told->outlet_key);
}

/* One line to a watcher: its id, and JSON under a key. */
static void tell(struct connection *c, const char *key, const struct buf *json)
{
    struct buf line;
    buf_init(&line, LIMIT_REPLY);
    json_open(&line, '{');
    if (c->watch->id.len) {
        json_key(&line, "id");
        json_raw(&line, c->watch->id.data, c->watch->id.len);
    }
    json_key(&line, key);
    json_raw(&line, json->data, json->len);
    json_close(&line, '}');
    buf_add_char(&line, '\n');
    if (!line.error)
        connection_send(c, line.data, line.len);
    buf_done(&line);
}

/* Who watches a cluster, or the agency that is its source now, hears of a new source whatever brought it. */
static int watches_source(const struct watch *watch, const struct told *told)
{
    return (watch->cluster && watch->cluster == told->cluster) || (watch->agency && watch->agency == told->agency);
}

static void tell_all(struct server *server, struct connection *c, const struct request *request)
{
    for (size_t i = 0; i < request->n_told && !c->closing; i++) {
        const struct told *told = &request->told[i];
        int wanted = !told->verdict.error && !told->outlet.error && wants(server, c->watch, told);
        if (wanted)
            tell(c, "verdict", &told->verdict);
        if (i == 0 && request->source.len && !request->source.error && !c->closing &&
            (wanted || watches_source(c->watch, told)))
            tell(c, "source", &request->source);
    }
}

void watch_report(struct server *server, const struct request *request)
{
    struct connection *next;
    for (struct connection *c = server->connections; request->merged && c; c = c->next)
        if (c->watch)
            follow_alias(server, c->watch);
    for (struct connection *c = server->connections; c; c = next) {
        next = c->next;
        if (c->watch)
            tell_all(server, c, request);
    }
}
