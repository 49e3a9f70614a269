/*
 * format.h - rows for other programs: CSV (RFC 4180), GraphML, DOT.
 *
 * Names in rows come from outside. Whatever they hold, a spreadsheet sees text and no formula, an
 * XML parser one value, Graphviz one string; what would steer a display is escaped as everywhere.
 */
#ifndef DUPD_CTL_FORMAT_H
#define DUPD_CTL_FORMAT_H

#include <json-c/json.h>

/* Keys as in show_column: "first.title" is a member of a member. NULL ends the list. */
void format_csv_head(const char *const *keys);
void format_csv_row(const char *const *keys, struct json_object *row);

enum graph_form { GRAPH_GRAPHML, GRAPH_DOT };
struct graph {
    enum graph_form form;
    struct json_object *seen;  /* owned; nodes that are written */
};
/* Edges are rows of the operation `graph`; a node is written before its first edge. */
void graph_begin(struct graph *graph, enum graph_form form);
void graph_edge(struct graph *graph, struct json_object *row);
void graph_end(struct graph *graph);

#endif
