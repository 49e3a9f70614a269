/*
 * Tables. It exists to keep libsmartcols in one file: which columns give way on a narrow terminal,
 * which are right-aligned, how a relation is coloured. Invariant: cells are escaped before the
 * library sees them, and in a pipe nothing is cut.
 */
#include <libsmartcols/libsmartcols.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/escape.h"
#include "ctl/out.h"
#include "ctl/show.h"

#define CELL_MAX (64u << 10)

struct json_object *show_find(struct json_object *row, const char *key)
{
    char outer[32];
    const char *dot = strchr(key, '.');
    if (!dot || (size_t)(dot - key) >= sizeof outer)
        return show_member(row, key);
    memcpy(outer, key, (size_t)(dot - key));
    outer[dot - key] = '\0';
    return show_member(show_member(row, outer), dot + 1);
}

int show_lag(struct buf *out, int64_t seconds)
{
    if (seconds < 60)
        return buf_printf(out, "%lld s", (long long)seconds);
    if (seconds < 3600)
        return buf_printf(out, "%lld min", (long long)(seconds / 60));
    if (seconds < 48 * 3600)
        return buf_printf(out, "%lld h %02lld", (long long)(seconds / 3600), (long long)(seconds / 60 % 60));
    return buf_printf(out, "%lld d", (long long)(seconds / 86400));
}

int show_pairs(struct buf *out, struct json_object *pairs)
{
    for (size_t i = 0; i < json_object_array_length(pairs); i++) {
        struct json_object *pair = json_object_array_get_idx(pairs, i);
        const char *name = show_string(pair, "agency");
        buf_add_str(out, i ? ", " : "");
        escape_add(out, name, strlen(name));
        buf_printf(out, " %lld", (long long)show_int(pair, "prints"));
    }
    return out->error;
}

/* The text of a cell, escaped, into an empty buffer. */
static int make_cell(struct buf *out, const struct show_column *column, struct json_object *row)
{
    struct json_object *member = show_find(row, column->key);
    if (!member)
        return 0;
    unsigned kind = column->kind & ~SHOW_SPARE;
    if (kind == SHOW_SHARE)
        return buf_printf(out, "%.0f%%", 100 * json_object_get_double(member));
    if (kind == SHOW_LAG)
        return show_lag(out, json_object_get_int64(member));
    if (kind == SHOW_PAIRS)
        return show_pairs(out, member);
    const char *text = json_object_get_string(member);
    size_t len = strlen(text);
    if (kind == SHOW_TIME && (len == 20 || len == 24) && text[10] == 'T' && text[len - 1] == 'Z') {
        escape_add(out, text, 10); /* 2026-11-24T04:03:54Z: the seconds and the zone say little */
        buf_add_char(out, ' ');
        return escape_add(out, text + 11, 5);
    }
    return escape_add(out, text, len);
}

static int is_left_out(const struct show_column *column, int narrow)
{
    return narrow && column->kind & SHOW_SPARE;
}

static int add_line(struct libscols_table *table, const struct show_column *columns, size_t n_columns,
                    struct json_object *row, int narrow, int colour)
{
    struct libscols_line *line = scols_table_new_line(table, NULL);
    struct buf cell;
    int r = line ? 0 : -1;
    buf_init(&cell, CELL_MAX);
    for (size_t i = 0, place = 0; r == 0 && i < n_columns; i++) {
        if (is_left_out(&columns[i], narrow))
            continue;
        buf_clear(&cell);
        make_cell(&cell, &columns[i], row);
        r = scols_line_set_data(line, place, cell.len && !cell.error ? cell.data : "");
        if (r == 0 && colour && columns[i].kind == SHOW_RELATION)
            r = scols_cell_set_color(scols_line_get_cell(line, place), show_colour(cell.len ? cell.data : "", 1));
        place++;
    }
    buf_done(&cell);
    return r;
}

int show_table(const struct show_column *columns, size_t n_columns, struct json_object *rows, int colour)
{
    struct libscols_table *table = scols_new_table();
    int r = table ? 0 : -1, narrow = isatty(STDOUT_FILENO) && out_columns(STDOUT_FILENO) < SHOW_WIDE;
    if (r == 0) {
        scols_table_enable_noencoding(table, 1);
        scols_table_set_termforce(table, isatty(STDOUT_FILENO) ? SCOLS_TERMFORCE_AUTO : SCOLS_TERMFORCE_NEVER);
        scols_table_enable_colors(table, colour);
    }
    for (size_t i = 0; r == 0 && i < n_columns; i++) {
        unsigned kind = columns[i].kind & ~SHOW_SPARE;
        int flags = kind == SHOW_NUMBER || kind == SHOW_SHARE || kind == SHOW_LAG ? SCOLS_FL_RIGHT
                    : kind == SHOW_TEXT || kind == SHOW_LONG || kind == SHOW_PAIRS ? SCOLS_FL_TRUNC : 0;
        double width = kind == SHOW_LONG ? 0.3 : kind == SHOW_TEXT || kind == SHOW_PAIRS ? 0.2 : 1;
        if (!is_left_out(&columns[i], narrow) && !scols_table_new_column(table, columns[i].name, width, flags))
            r = -1;
    }
    for (size_t i = 0; r == 0 && i < json_object_array_length(rows); i++)
        r = add_line(table, columns, n_columns, json_object_array_get_idx(rows, i), narrow, colour);
    fflush(stdout);
    if (r == 0 && scols_table_get_nlines(table) > 0)
        r = scols_print_table(table);
    scols_unref_table(table);
    if (r != 0)
        out_complain("the table cannot be shown: out of memory");
    return r == 0 ? 0 : -1;
}

void show_row(const struct show_column *columns, size_t n_columns, struct json_object *row)
{
    struct buf cell;
    buf_init(&cell, CELL_MAX);
    for (size_t i = 0; i < n_columns; i++) {
        buf_clear(&cell);
        make_cell(&cell, &columns[i], row);
        printf("%s%s", i ? "\t" : "", cell.len && !cell.error ? cell.data : "");
    }
    putchar('\n');
    buf_done(&cell);
}

void show_row_names(const struct show_column *columns, size_t n_columns)
{
    for (size_t i = 0; i < n_columns; i++)
        printf("%s%s", i ? "\t" : "", columns[i].name);
    putchar('\n');
}
