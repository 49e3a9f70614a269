/*
 * CSV, GraphML and DOT. Invariant: a value is escaped for people first (escape.h) and for its form
 * then, so that no order of bytes in it ends the string that it stands in.
 */
#include "ctl/format.h"

#include <stdio.h>
#include <string.h>

#include "base/escape.h"
#include "ctl/show.h"

#define VALUE_MAX (256u << 10)

/* ---- CSV -------------------------------------------------------------------- */

/* A cell that begins so is run by spreadsheets (the wide forms by some): an apostrophe makes it text. */
static int looks_like_formula(const char *text)
{
    static const char *const begins[] = {"=", "+", "-", "@", "\xef\xbc\x9d", "\xef\xbc\x8b", "\xef\xbc\x8d", "\xef\xbc\xa0"};
    text += strspn(text, " ");
    for (size_t i = 0; i < sizeof begins / sizeof *begins; i++)
        if (strncmp(text, begins[i], strlen(begins[i])) == 0)
            return 1;
    return 0;
}

static void put_text_cell(const char *text)
{
    struct buf safe;
    buf_init(&safe, VALUE_MAX);
    if (escape_add(&safe, text, strlen(text)) == 0 && safe.len) {
        putchar('"');
        if (looks_like_formula(safe.data))
            putchar('\'');
        for (const char *c = safe.data; *c; c++) {
            if (*c == '"')
                putchar('"');
            putchar(*c);
        }
        putchar('"');
    }
    buf_done(&safe);
}

static void put_cell(struct json_object *value)
{
    struct buf pairs;
    if (!value)
        return;
    if (json_object_is_type(value, json_type_array)) {
        buf_init(&pairs, VALUE_MAX);
        show_pairs(&pairs, value);
        put_text_cell(pairs.data ? pairs.data : "");
        buf_done(&pairs);
    } else if (json_object_is_type(value, json_type_string)) {
        put_text_cell(json_object_get_string(value));
    } else {
        fputs(json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN), stdout);
    }
}

void format_csv_head(const char *const *keys)
{
    for (size_t i = 0; keys[i]; i++)
        printf("%s%s", i ? "," : "", keys[i]);
    fputs("\r\n", stdout);
}

void format_csv_row(const char *const *keys, struct json_object *row)
{
    for (size_t i = 0; keys[i]; i++) {
        if (i)
            putchar(',');
        put_cell(show_find(row, keys[i]));
    }
    fputs("\r\n", stdout);
}

/* ---- graphs ------------------------------------------------------------------ */

/* The text of a node or edge; U+FFFE and U+FFFF, which XML does not allow, become "?". */
static void put_xml(const char *text)
{
    struct buf safe;
    buf_init(&safe, VALUE_MAX);
    escape_add(&safe, text, strlen(text));
    for (const char *c = safe.len && !safe.error ? safe.data : ""; *c; c++) {
        switch (*c) {
        case '&': fputs("&amp;", stdout); break;
        case '<': fputs("&lt;", stdout); break;
        case '>': fputs("&gt;", stdout); break;
        case '"': fputs("&quot;", stdout); break;
        default:
            if (strncmp(c, "\xef\xbf\xbe", 3) == 0 || strncmp(c, "\xef\xbf\xbf", 3) == 0) {
                putchar('?');
                c += 2;
            } else {
                putchar(*c);
            }
        }
    }
    buf_done(&safe);
}

static void put_dot(const char *text)
{
    struct buf safe;
    buf_init(&safe, VALUE_MAX);
    escape_add(&safe, text, strlen(text));
    putchar('"');
    for (const char *c = safe.len && !safe.error ? safe.data : ""; *c; c++) {
        if (*c == '"' || *c == '\\')
            putchar('\\');
        putchar(*c);
    }
    putchar('"');
    buf_done(&safe);
}

void graph_begin(struct graph *graph, enum graph_form form)
{
    *graph = (struct graph){form, json_object_new_object()};
    if (form == GRAPH_DOT) {
        puts("digraph syndication {\n  rankdir=LR;");
        return;
    }
    puts("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<graphml xmlns=\"http://graphml.graphdrawing.org/xmlns\">\n"
         "  <key id=\"name\" for=\"node\" attr.name=\"name\" attr.type=\"string\"/>\n"
         "  <key id=\"kind\" for=\"node\" attr.name=\"kind\" attr.type=\"string\"/>\n"
         "  <key id=\"weight\" for=\"edge\" attr.name=\"weight\" attr.type=\"long\"/>\n"
         "  <key id=\"uncredited\" for=\"edge\" attr.name=\"uncredited\" attr.type=\"long\"/>\n"
         "  <key id=\"lag\" for=\"edge\" attr.name=\"median_lag_s\" attr.type=\"long\"/>\n"
         "  <graph edgedefault=\"directed\">");
}

/* The number of a node, which is written when it is new. */
static int64_t node(struct graph *graph, const char *kind, const char *name)
{
    struct json_object *known = NULL;
    struct buf key;
    int64_t number = json_object_object_length(graph->seen);
    buf_init(&key, VALUE_MAX);
    buf_printf(&key, "%s %s", kind, name);
    const char *text = key.error ? "" : key.data;
    if (json_object_object_get_ex(graph->seen, text, &known)) {
        number = json_object_get_int64(known);
    } else {
        json_object_object_add(graph->seen, text, json_object_new_int64(number));
        if (graph->form == GRAPH_DOT) {
            printf("  n%lld [label=", (long long)number);
            put_dot(name);
            printf("%s];\n", strcmp(kind, "agency") == 0 ? ", shape=box" : "");
        } else {
            printf("    <node id=\"n%lld\"><data key=\"name\">", (long long)number);
            put_xml(name);
            printf("</data><data key=\"kind\">%s</data></node>\n", kind);
        }
    }
    buf_done(&key);
    return number;
}

void graph_edge(struct graph *graph, struct json_object *row)
{
    const char *kind = strcmp(show_string(row, "kind"), "agency") == 0 ? "agency" : "outlet";
    long long from = node(graph, kind, show_string(row, "from")), to = node(graph, "outlet", show_string(row, "to"));
    long long weight = show_int(row, "prints"), uncredited = show_int(row, "uncredited"), lag = show_int(row, "median_lag_s");
    if (graph->form == GRAPH_DOT) {
        printf("  n%lld -> n%lld [weight=%lld, label=\"%lld\"];\n", from, to, weight, weight);
        return;
    }
    printf("    <edge source=\"n%lld\" target=\"n%lld\"><data key=\"weight\">%lld</data><data key=\"uncredited\">%lld</data>",
           from, to, weight, uncredited);
    if (show_member(row, "median_lag_s"))
        printf("<data key=\"lag\">%lld</data>", lag);
    puts("</edge>");
}

void graph_end(struct graph *graph)
{
    if (!graph->seen)
        return;
    puts(graph->form == GRAPH_DOT ? "}" : "  </graph>\n</graphml>");
    json_object_put(graph->seen);
    graph->seen = NULL;
}
