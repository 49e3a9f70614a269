/*
 * Pages: one listing out of many replies. Invariant: a listing follows cursors until it has what was
 * asked for, also over pages that come back empty, and says where to go on.
 */
#include "ctl/pages.h"

#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "ctl/out.h"
#include "ctl/show.h"

#define DEFAULT_ROWS 50

int pages_begin(const struct ctl *ctl, struct pages *pages)
{
    const char *cursor = ctl_value(ctl, "cursor");
    *pages = (struct pages){.left = DEFAULT_ROWS};
    int code = ctl_number(ctl, "limit", 1, INT64_MAX, &pages->left);
    if (ctl_value(ctl, "all"))
        pages->left = INT64_MAX;
    if (cursor && strlen(cursor) >= sizeof pages->cursor) {
        out_complain("--cursor is too long to be one");
        return CTL_USAGE;
    }
    if (cursor)
        strcpy(pages->cursor, cursor);
    return code;
}

void pages_ask(struct buf *request, const struct pages *pages)
{
    json_key_int(request, "limit", pages->left < LIMIT_PAGE ? pages->left : LIMIT_PAGE);
    json_key_string(request, "cursor", pages->cursor, strlen(pages->cursor));
}

void pages_turn(struct pages *pages, struct json_object *reply, const char *rows)
{
    const char *cursor = show_string(reply, "cursor");
    pages->left -= (int64_t)json_object_array_length(show_member(reply, rows));
    pages->ended = *cursor == '\0' || strlen(cursor) >= sizeof pages->cursor || strcmp(cursor, pages->cursor) == 0;
    snprintf(pages->cursor, sizeof pages->cursor, "%s", pages->ended ? "" : cursor);
}

void pages_tell(const struct pages *pages)
{
    if (!pages->ended)
        out_complain("there are more: --all, or go on with --cursor %s", pages->cursor);
}
