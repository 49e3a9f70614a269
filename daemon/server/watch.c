/*
 * Watchers: connections that want to see verdicts as they happen. Invariant:
 * a watcher that does not read costs at most its unsent limit, then it is
 * closed; nobody waits for it.
 */
#include <stdlib.h>
#include <string.h>

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

/* Clusters merge: the one that is watched may bear another id by now. */
static void follow_alias(struct server *server, struct watch *watch)
{
    struct view *view;
    if (!watch->cluster || store_snapshot(server->store, &view) < 0)
        return;
    watch->cluster = view_cluster_id(view, watch->cluster);
    store_release(view);
}

int watch_start(struct server *server, struct request *request)
{
    struct connection *connection = request->connection;
    struct watch *watch = calloc(1, sizeof *watch);
    if (!watch)
        return json_error_set(&request->error, DUP_ENOMEM, "", JSON_NOWHERE, "out of memory");
    buf_init(&watch->id, request->id.len + 1);
    int r = read_filter(server, request, watch);
    follow_alias(server, watch);
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

/* Whether an article's outlet belongs to the owner that is watched. */
static int is_owned(const struct server *server, const struct watch *watch, const struct prepared *article)
{
    char room[HOSTS_MAX + 1];
    struct outlet outlet;
    outlets_find(server->tables->outlets, article->in.outlet.data, article->in.outlet.len, NULL, 0, room, &outlet);
    return outlet.owner ? outlet_hash(outlet.owner, strlen(outlet.owner)) == watch->owner
                        : article->outlet == watch->owned;
}

static int wants(const struct server *server, const struct watch *watch, const struct request *request)
{
    if ((watch->uncredited && request->standing != STATUS_UNCREDITED) ||
        (watch->claim >= 0 && watch->claim != request->prepared.claim) ||
        (watch->agency && watch->agency != request->agency) || request->articles < watch->min_articles ||
        (watch->owner && !is_owned(server, watch, &request->prepared)))
        return 0;
    if (watch->copies && request->relation == DUP_ORIGINAL)
        return 0;
    if (watch->relation >= 0 && watch->relation != (int)request->relation)
        return 0;
    return (!watch->cluster || watch->cluster == request->cluster) &&
           (!watch->outlet || watch->outlet == request->prepared.outlet);
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
static int watches_source(const struct watch *watch, const struct request *request)
{
    return (watch->cluster && watch->cluster == request->cluster) || (watch->agency && watch->agency == request->agency);
}

void watch_report(struct server *server, const struct request *request)
{
    struct connection *next;
    for (struct connection *c = server->connections; request->merged && c; c = c->next)
        if (c->watch)
            follow_alias(server, c->watch);
    if (!request->stored || request->verdict.error || request->verdict.len == 0)
        return;
    for (struct connection *c = server->connections; c; c = next) {
        next = c->next;
        if (!c->watch || c->closing)
            continue;
        int wanted = wants(server, c->watch, request);
        if (wanted)
            tell(c, "verdict", &request->verdict);
        if (request->source.len && !request->source.error && !c->closing && (wanted || watches_source(c->watch, request)))
            tell(c, "source", &request->source);
    }
}
