/*
 * Reports as streams: the walk over a period in slices, then the rows, a turn
 * of the stream each. Invariant: every turn opens and closes a snapshot of its
 * own, and at most LIMIT_REPORTS walks hold memory at a time.
 */
#include "engine/report.h"

#include <string.h>

#include "server/answer.h"
#include "server/query.h"

#define DEFAULT_ROWS 100

static int begin(struct server *server, struct request *request, enum report_kind kind)
{
    struct report_options options = {.kind = kind, .since = INT64_MIN, .until = INT64_MAX};
    int64_t limit = DEFAULT_ROWS, min_prints = 1;
    int r;
    if ((r = query_time(request, "since", &options.since)) < 0 ||
        (r = query_time(request, "until", &options.until)) < 0 ||
        (r = query_number(request, "limit", 1, INT32_MAX, &limit)) < 0 ||
        (r = query_number(request, "min_prints", 1, INT32_MAX, &min_prints)) < 0 ||
        (r = query_agency(request, request->tables, &options.agency)) < 0)
        return r;
    options.min_prints = (uint32_t)min_prints;
    options.limit = (size_t)limit;
    if (++server->reports > LIMIT_REPORTS) {
        server->reports--;
        return json_error_set(&request->error, DUP_EBUSY, "", JSON_NOWHERE,
                              "%d reports are under way: try again when one has ended", LIMIT_REPORTS);
    }
    request->limit = (uint64_t)limit;
    request->report = report_new(&options);
    if (!request->report) {
        server->reports--;
        return DUP_ENOMEM;
    }
    return 0;
}

/* A turn of reading: 1 while there is more. */
static int read_on(struct server *server, struct request *request)
{
    struct view *view;
    int r = store_snapshot(server->store, &view);
    if (r < 0)
        return r;
    r = report_read(request->report, view, request->tables->outlets);
    r = r >= 0 && view_failed(view) ? view_failed(view) : r;
    store_release(view);
    if (r == DUP_ETOOBIG)
        return json_error_set(&request->error, r, "", JSON_NOWHERE,
                              "the report needs more than %u MiB of memory: ask for a shorter period", LIMIT_REPORT_BYTES >> 20);
    return r;
}

static int write_rows(struct request *request)
{
    struct buf *out = &request->reply;
    size_t rows = report_rows(request->report);
    if (rows > request->limit)
        rows = (size_t)request->limit;
    for (; request->streamed < rows && out->len < LIMIT_PAGE_BYTES; request->streamed++) {
        request_begin(request, out);
        json_key(out, "row");
        json_open(out, '{');
        report_row(request->report, (size_t)request->streamed, out);
        json_close(out, '}');
        json_close(out, '}');
        buf_add_char(out, '\n');
    }
    if (request->streamed < rows)
        return 1;
    request_begin(request, out);
    json_key_bool(out, "done", 1);
    json_key_int(out, "rows", (int64_t)rows);
    json_key_int(out, "of", (int64_t)report_rows(request->report));
    json_key_int(out, "prints", (int64_t)report_prints(request->report));
    json_close(out, '}');
    return buf_add_char(out, '\n');
}

static int run(struct server *server, struct request *request, enum report_kind kind)
{
    int r = request->report ? 0 : begin(server, request, kind);
    if (r == 0 && !request->cursor) {
        r = read_on(server, request);
        if (r == 0 && (r = report_finish(request->report)) == 0)
            request->cursor = 1; /* all is read: rows from here on */
        if (r != 0)
            return r;
    }
    return r < 0 ? r : write_rows(request);
}

int query_outlets(struct server *server, struct view *view, struct request *request)
{
    (void)view;
    return run(server, request, REPORT_OUTLETS);
}

int query_agencies(struct server *server, struct view *view, struct request *request)
{
    (void)view;
    return run(server, request, REPORT_AGENCIES);
}

int query_owners(struct server *server, struct view *view, struct request *request)
{
    (void)view;
    return run(server, request, REPORT_OWNERS);
}

int query_graph(struct server *server, struct view *view, struct request *request)
{
    (void)view;
    return run(server, request, REPORT_GRAPH);
}

void report_end(struct server *server, struct request *request)
{
    if (!request->report)
        return;
    report_free(request->report);
    request->report = NULL;
    server->reports--;
}
