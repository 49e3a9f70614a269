/*
 * Reports: top, outlets, agencies, owners, graph, carriers. It exists to turn one stream of rows
 * into what is wanted of it: a table, JSON, CSV, a graph. Invariant: rows are printed as they come,
 * except in a table, whose columns have to be measured first.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/ctl.h"
#include "ctl/format.h"
#include "ctl/out.h"
#include "ctl/show.h"

#define TABLE_ROWS "50"
#define NO_PRINTS "nothing in this period"

static const struct show_column top_columns[] = {
    {"CLUSTER", "cluster", SHOW_WORD},   {"PRINTS", "prints", SHOW_NUMBER},         {"OUTLETS", "outlets", SHOW_NUMBER},
    {"OWNERS", "owners", SHOW_NUMBER | SHOW_SPARE}, {"SOURCE", "source.name", SHOW_TEXT},      {"STARTED", "started", SHOW_TIME},
    {"FIRST", "first.outlet", SHOW_TEXT}, {"TITLE", "first.title", SHOW_LONG},
};
static const struct show_column outlet_columns[] = {
    {"OUTLET", "outlet", SHOW_LONG},         {"PRINTS", "prints", SHOW_NUMBER},
    {"AGENCY", "share_agency", SHOW_SHARE},  {"OWN", "share_own", SHOW_SHARE},
    {"UNCREDITED", "share_uncredited", SHOW_SHARE}, {"LAG", "median_lag_s", SHOW_LAG},
    {"BY AGENCY", "agencies", SHOW_PAIRS},   {"OWNER", "owner", SHOW_TEXT},
};
static const struct show_column agency_columns[] = {
    {"AGENCY", "agency", SHOW_LONG},       {"PRINTS", "prints", SHOW_NUMBER},         {"STORIES", "stories", SHOW_NUMBER},
    {"OUTLETS", "outlets", SHOW_NUMBER},   {"CREDITED", "credited", SHOW_NUMBER},     {"UNCREDITED", "uncredited", SHOW_NUMBER},
    {"HIDDEN", "hidden", SHOW_NUMBER},     {"OWN", "own", SHOW_NUMBER},               {"LAG", "median_lag_s", SHOW_LAG},
};
static const struct show_column owner_columns[] = {
    {"OWNER", "owner", SHOW_LONG},         {"OUTLETS", "outlets", SHOW_NUMBER},       {"PRINTS", "prints", SHOW_NUMBER},
    {"STORIES", "stories", SHOW_NUMBER},   {"AGENCY COPY", "agency_copy", SHOW_NUMBER}, {"UNCREDITED", "uncredited", SHOW_NUMBER},
    {"OWN", "own", SHOW_NUMBER},           {"COPIED", "copied", SHOW_NUMBER},
};
static const struct show_column edge_columns[] = {
    {"FROM", "from", SHOW_LONG},           {"TO", "to", SHOW_LONG},                   {"KIND", "kind", SHOW_WORD},
    {"PRINTS", "prints", SHOW_NUMBER},     {"UNCREDITED", "uncredited", SHOW_NUMBER}, {"LAG", "median_lag_s", SHOW_LAG},
};
static const struct show_column carrier_columns[] = {
    {"CARRIES", "carries", SHOW_WORD},     {"OUTLET", "outlet", SHOW_TEXT},           {"PRINTED", "time", SHOW_TIME},
    {"TITLE", "title", SHOW_LONG},         {"ID", "id", SHOW_LONG},
};

/* What CSV has: every member, under its key. */
static const char *const top_fields[] = {"cluster", "prints", "outlets", "owners", "source.kind", "source.name", "source.confidence",
                                         "started", "latest", "first.id", "first.outlet", "first.title", NULL};
static const char *const outlet_fields[] = {"outlet", "owner", "prints", "agency_copy", "credited", "generic", "uncredited",
                                            "own", "copied", "share_agency", "share_own", "share_uncredited", "median_lag_s",
                                            "agencies", NULL};
static const char *const agency_fields[] = {"agency", "prints", "stories", "outlets", "credited", "uncredited", "hidden", "own",
                                            "median_lag_s", NULL};
static const char *const owner_fields[] = {"owner", "outlets", "prints", "stories", "agency_copy", "credited", "generic",
                                           "uncredited", "own", "copied", NULL};
static const char *const edge_fields[] = {"from", "to", "kind", "prints", "credited", "generic", "uncredited", "median_lag_s", NULL};
static const char *const carrier_fields[] = {"carries", "id", "outlet", "url", "title", "published", "seen", "lag_s", "version", NULL};

struct report {
    const char *op;
    const struct show_column *columns;
    size_t n_columns;
    const char *const *fields;
    const char *nothing;       /* what is said when there is no row */
};

/* Where the rows go. */
struct sink {
    const struct report *report;
    enum { SINK_TABLE, SINK_JSON, SINK_CSV, SINK_GRAPHML, SINK_DOT } form;
    struct json_object *rows;  /* owned; of a table */
    struct graph graph;        /* of the two graph forms */
};

static int begin_sink(const struct ctl *ctl, struct sink *sink)
{
    static const struct { const char *option; int form; } forms[] = {
        {"csv", SINK_CSV}, {"graphml", SINK_GRAPHML}, {"dot", SINK_DOT}};
    int given = ctl->json;
    sink->form = ctl->json ? SINK_JSON : SINK_TABLE;
    for (size_t i = 0; i < CTL_COUNT(forms); i++) {
        if (ctl_value(ctl, forms[i].option)) {
            sink->form = forms[i].form;
            given++;
        }
    }
    if (given > 1) {
        out_complain("one form at a time: table, JSON, CSV or a graph");
        return CTL_USAGE;
    }
    return 0;
}

static void open_sink(struct sink *sink)
{
    if (sink->form == SINK_TABLE)
        sink->rows = json_object_new_array();
    else if (sink->form == SINK_CSV)
        format_csv_head(sink->report->fields);
    else if (sink->form == SINK_GRAPHML)
        graph_begin(&sink->graph, GRAPH_GRAPHML);
    else if (sink->form == SINK_DOT)
        graph_begin(&sink->graph, GRAPH_DOT);
}

static int put_row(struct ctl *ctl, struct sink *sink, const char *value, size_t len)
{
    struct json_object *row = NULL;
    struct json_error wrong;
    if (sink->form == SINK_JSON) {
        out_json(value, len);
        return 0;
    }
    if (json_parse_line(ctl->parser, value, len, &row, &wrong) < 0) {
        out_complain("the answer of dupd: %s", wrong.message);
        return CTL_NO_DAEMON;
    }
    if (sink->form == SINK_TABLE) {
        if (sink->report->columns == carrier_columns)
            show_add_time(row);
        json_object_array_add(sink->rows, row);
        return 0;
    }
    if (sink->form == SINK_CSV)
        format_csv_row(sink->report->fields, row);
    else
        graph_edge(&sink->graph, row);
    json_object_put(row);
    return 0;
}

static int close_sink(struct ctl *ctl, struct sink *sink, int code)
{
    if (sink->form == SINK_GRAPHML || sink->form == SINK_DOT)
        graph_end(&sink->graph);
    if (sink->rows && code == 0 && json_object_array_length(sink->rows) == 0)
        out_complain("%s", sink->report->nothing);
    else if (sink->rows && code == 0 &&
             show_table(sink->report->columns, sink->report->n_columns, sink->rows, ctl->colour) < 0)
        code = CTL_REFUSED;
    json_object_put(sink->rows);
    return code;
}

/* What the rows of `carriers` are about. */
static void tell_notice(struct json_object *reply)
{
    fputs("earlier: ", stdout);
    show_article(show_member(reply, "earlier"));
    putchar('\n');
    out_text(stdout, show_string(reply, "kind"), SIZE_MAX);
    fputs(" by: ", stdout);
    show_article(show_member(reply, "notice"));
    fputs("\n\n", stdout);
}

/* The line that ends the stream; says what was left out. */
static int take_end(struct ctl *ctl, const struct sink *sink)
{
    struct json_object *reply = NULL;
    struct json_error wrong;
    if (json_parse_line(ctl->parser, ctl->line, ctl->line_len, &reply, &wrong) < 0) {
        out_complain("the answer of dupd: %s", wrong.message);
        return CTL_NO_DAEMON;
    }
    if (show_member(reply, "notice") && sink->form == SINK_TABLE)
        tell_notice(reply);
    int64_t rows = show_int(reply, "rows"), of = show_int(reply, "of");
    if (of > rows && sink->form == SINK_TABLE)
        out_complain("the first %lld of %lld rows: --limit N shows more", (long long)rows, (long long)of);
    json_object_put(reply);
    return 0;
}

static int stream_rows(struct ctl *ctl, struct sink *sink)
{
    const char *value;
    size_t len = 0;
    int code = 0, ended = 0, opened = 0;
    while (code == 0 && !ended) {
        code = stream_next(ctl, "row", &value, &len);
        if (code)
            break;
        if (!opened && value)
            open_sink(sink);
        opened |= value != NULL;
        if (value)
            code = put_row(ctl, sink, value, len);
        else if (!stream_is_end(ctl, &code))
            code = 0;
        else
            ended = 1;
        if (code == 0 && ferror(stdout))
            code = CTL_REFUSED;
    }
    if (code == 0 && !opened)
        open_sink(sink);
    if (code == 0)
        code = take_end(ctl, sink);
    return close_sink(ctl, sink, code);
}

static int ask_number(const struct ctl *ctl, struct buf *request, const char *option, const char *key, const char *otherwise)
{
    int64_t number = 0;
    int code = ctl_number(ctl, option, 1, INT32_MAX, &number);
    if (code == 0 && number)
        json_key_int(request, key, number);
    else if (code == 0 && otherwise)
        json_key_int(request, key, strtoll(otherwise, NULL, 10));
    return code;
}

static int run(struct ctl *ctl, const struct report *report)
{
    struct sink sink = {.report = report};
    struct buf request;
    int code = begin_sink(ctl, &sink);
    if (code)
        return code;
    ctl_begin(&request, report->op);
    ctl_pass(ctl, &request, "since", "since");
    ctl_pass(ctl, &request, "until", "until");
    ctl_pass(ctl, &request, "agency", "agency");
    code = ask_number(ctl, &request, "min-prints", "min_prints", NULL);
    if (code == 0)
        code = ask_number(ctl, &request, "limit", "limit", sink.form == SINK_TABLE ? TABLE_ROWS : "2147483647");
    json_close(&request, '}');
    if (code == 0)
        code = ctl_connect(ctl);
    if (code == 0)
        code = ctl_send(ctl, &request);
    buf_done(&request);
    return code ? code : stream_rows(ctl, &sink);
}

int verb_top(struct ctl *ctl)
{
    static const struct report report = {"top", top_columns, CTL_COUNT(top_columns), top_fields, NO_PRINTS};
    return run(ctl, &report);
}

int verb_outlets(struct ctl *ctl)
{
    static const struct report report = {"outlets", outlet_columns, CTL_COUNT(outlet_columns), outlet_fields, NO_PRINTS};
    return run(ctl, &report);
}

int verb_agencies(struct ctl *ctl)
{
    static const struct report report = {"agencies", agency_columns, CTL_COUNT(agency_columns), agency_fields, NO_PRINTS};
    return run(ctl, &report);
}

int verb_owners(struct ctl *ctl)
{
    static const struct report report = {"owners", owner_columns, CTL_COUNT(owner_columns), owner_fields, NO_PRINTS};
    return run(ctl, &report);
}

int verb_graph(struct ctl *ctl)
{
    static const struct report report = {"graph", edge_columns, CTL_COUNT(edge_columns), edge_fields, NO_PRINTS};
    return run(ctl, &report);
}

int verb_carriers(struct ctl *ctl)
{
    static const struct report report = {"carriers", carrier_columns, CTL_COUNT(carrier_columns), carrier_fields,
                                         "nobody carries it any more"};
    struct sink sink = {.report = &report};
    struct buf request;
    int code = begin_sink(ctl, &sink);
    if (code)
        return code;
    ctl_begin(&request, report.op);
    json_key_string(&request, "article", ctl->args[0], strlen(ctl->args[0]));
    if (ctl_value(ctl, "all"))
        json_key_bool(&request, "all", 1);
    json_close(&request, '}');
    code = ctl_connect(ctl);
    if (code == 0)
        code = ctl_send(ctl, &request);
    buf_done(&request);
    return code ? code : stream_rows(ctl, &sink);
}
