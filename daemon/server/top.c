/*
 * The most carried copies of a period, by walking the order of sizes from the
 * largest: the first rows are there at once, however many clusters there are.
 * Invariant: a turn ends after a fiftieth of a second, rows or not.
 */
#include <string.h>

#include "base/clock.h"
#include "base/map.h"
#include "server/answer.h"
#include "server/filter.h"

#define TURN_US 20000u
#define DEFAULT_ROWS 100
#define OWNERS_PAGE 128
#define OWNERS_MEMBERS 512 /* members of a cluster that are looked at for its owners */

/* The owner of an outlet as a number; its name is read from an article of it. */
static uint64_t owner_of(struct view *view, const struct outlets *outlets, uint32_t num, struct article *scratch)
{
    char room[HOSTS_MAX + 1];
    struct outlet who;
    if (view_article(view, num, scratch) < 0)
        return 0;
    outlets_find(outlets, scratch->outlet.data, scratch->outlet.len, NULL, 0, room, &who);
    return who.owner ? outlet_hash(who.owner, strlen(who.owner)) : scratch->outlet_key;
}

/* Independent owners among the first members of a cluster. */
static int count_owners(struct view *view, const struct outlets *outlets, uint32_t cluster, struct article *scratch,
                        size_t *ret)
{
    uint32_t nums[OWNERS_PAGE], after = 0;
    enum member_kind kinds[OWNERS_PAGE];
    struct map seen, owners;
    int n = 1, is_new, seen_all = 0;
    map_init(&seen);
    map_init(&owners);
    for (int done = 0; n > 0 && done < OWNERS_MEMBERS && !seen_all; done += n) {
        n = view_members(view, cluster, after, OWNERS_PAGE, nums, kinds);
        for (int i = 0; i < n; i++) {
            struct print print;
            if (kinds[i] != MEMBER_ARTICLE || view_print(view, nums[i], &print) < 0 || !print.outlet)
                continue;
            if (!map_put(&seen, print.outlet, &is_new))
                n = DUP_ENOMEM;
            uint64_t owner = n > 0 && is_new ? owner_of(view, outlets, nums[i], scratch) : 0;
            if (owner && !map_put(&owners, owner, &is_new))
                n = DUP_ENOMEM;
        }
        seen_all = n >= 0 && n < OWNERS_PAGE;
        after = n > 0 ? nums[n - 1] : after;
    }
    *ret = owners.n;
    map_done(&seen);
    map_done(&owners);
    return n < 0 ? n : 0;
}

static int write_row(struct request *request, struct view *view, const struct cluster *c, const struct article *first)
{
    struct buf *out = &request->reply;
    struct article scratch;
    char name[AGENCY_NAME] = "";
    size_t owners;
    article_init(&scratch);
    int r = count_owners(view, request->tables->outlets, c->id, &scratch, &owners);
    article_done(&scratch);
    if (r < 0)
        return r;
    request_begin(request, out);
    json_key(out, "row");
    json_open(out, '{');
    answer_key_cluster(out, "cluster", c->id);
    json_key_int(out, "prints", c->articles);
    json_key_int(out, "outlets", c->outlets);
    json_key_int(out, "owners", (int64_t)owners);
    if (c->source && (r = view_agency_name(view, c->id, c->source, name)) < 0)
        return r;
    answer_source_brief(out, "source", (enum source_kind)c->source_kind, name, c->confidence);
    answer_key_time(out, "started", c->first_time);
    answer_key_time(out, "latest", c->last_time);
    json_key(out, "first");
    answer_brief(out, first);
    json_close(out, '}');
    json_close(out, '}');
    return buf_add_char(out, '\n');
}

/* Walks on until time, room or rows are up. 1: there is more. */
static int walk(struct request *request, struct view *view, const struct filter *f, int64_t limit)
{
    uint64_t end_us = clock_elapsed_us() + TURN_US;
    struct article first;
    int r = 1;
    article_init(&first);
    while (r == 1 && (int64_t)request->streamed < limit) {
        struct cluster c;
        r = view_clusters(view, ORDER_SIZE, &request->position, 1, &c);
        int begun = r == 1 && c.first_time >= f->since && c.first_time < f->until;
        if (begun && filter_passes(f, view, &c, &first)) {
            int e = write_row(request, view, &c, &first);
            request->streamed++;
            if (e < 0)
                r = e;
        }
        if (clock_elapsed_us() >= end_us || request->reply.len >= LIMIT_PAGE_BYTES)
            break;
    }
    article_done(&first);
    return r == 1 && (int64_t)request->streamed == limit ? 0 : r;
}

int query_top(struct server *server, struct view *view, struct request *request)
{
    int64_t limit = DEFAULT_ROWS;
    struct filter f;
    (void)server;
    int r = query_number(request, "limit", 1, INT32_MAX, &limit);
    if (r == 0)
        r = filter_read(request, &f);
    if (r < 0)
        return r;
    r = walk(request, view, &f, limit);
    filter_done(&f);
    if (r != 0)
        return r;
    request_begin(request, &request->reply);
    json_key_bool(&request->reply, "done", 1);
    json_key_int(&request->reply, "rows", (int64_t)request->streamed);
    json_close(&request->reply, '}');
    return buf_add_char(&request->reply, '\n');
}
