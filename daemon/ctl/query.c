/*
 * Questions about what is stored: article, cluster, clusters. It exists to turn the command line
 * into the protocol's filters and pages into one listing. Invariant: a listing follows cursors until
 * it has what was asked for, also over pages that come back empty, and says where to go on.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "ctl/ctl.h"
#include "ctl/out.h"
#include "ctl/show.h"

#define DEFAULT_ROWS 50
#define CURSOR_MAX 4096

static const struct show_column member_columns[] = {
    {"RELATION", "relation", SHOW_RELATION}, {"SHARE", "share_shorter", SHOW_SHARE}, {"PUBLISHED", "published", SHOW_TIME},
    {"OUTLET", "outlet", SHOW_TEXT},         {"TITLE", "title", SHOW_LONG},          {"ID", "id", SHOW_LONG},
};
static const struct show_column linked_columns[] = {
    {"RELATION", "relation", SHOW_RELATION}, {"SHARE", "share_shorter", SHOW_SHARE}, {"CLUSTER", "cluster", SHOW_TIME},
    {"OUTLET", "outlet", SHOW_TEXT},         {"TITLE", "title", SHOW_LONG},          {"ID", "id", SHOW_LONG},
};
static const struct show_column cluster_columns[] = {
    {"CLUSTER", "cluster", SHOW_TIME},   {"ARTICLES", "articles", SHOW_NUMBER},  {"OUTLETS", "outlets", SHOW_NUMBER},
    {"STARTED", "started", SHOW_TIME},   {"LATEST", "latest", SHOW_TIME},        {"FIRST OUTLET", "first.outlet", SHOW_TEXT},
    {"TITLE", "first.title", SHOW_LONG},
};
#define COUNT(array) (sizeof(array) / sizeof *(array))

/* The article of a reply as one object, its history as a member of it. */
static void print_article_json(const struct ctl *ctl)
{
    const char *article, *history;
    size_t len, history_len;
    struct buf whole;
    if (!out_slice(ctl->line, ctl->line_len, "article", &article, &len) || len < 2) {
        out_json(ctl->line, ctl->line_len);
        return;
    }
    if (!out_slice(ctl->line, ctl->line_len, "history", &history, &history_len)) {
        out_json(article, len);
        return;
    }
    buf_init(&whole, len + history_len + 64);
    buf_add(&whole, article, len - 1);
    buf_add_str(&whole, ",\"history\":");
    buf_add(&whole, history, history_len);
    buf_add_char(&whole, '}');
    out_json(whole.data, whole.len);
    buf_done(&whole);
}

/* A text line by line: its line feeds stay, all else that steers a display goes. */
static void print_text(const char *text)
{
    while (*text) {
        size_t len = strcspn(text, "\n");
        out_text(stdout, text, len);
        putchar('\n');
        text += len + (text[len] == '\n');
    }
}

static void print_article(struct json_object *reply)
{
    struct json_object *article = show_member(reply, "article"), *history = show_member(reply, "history");
    struct json_object *text = json_object_get(show_member(article, "text"));
    json_object_object_del(article, "text");
    show_fields(article);
    for (size_t i = 0; history && i < json_object_array_length(history); i++) {
        fputs("\nearlier:\n", stdout);
        show_fields(json_object_array_get_idx(history, i));
    }
    if (text) {
        putchar('\n');
        print_text(json_object_get_string(text));
    }
    json_object_put(text);
}

int verb_article(struct ctl *ctl)
{
    struct buf request;
    struct json_object *reply = NULL;
    ctl_begin(&request, "article");
    json_key_string(&request, "article", ctl->args[0], strlen(ctl->args[0]));
    if (ctl_value(ctl, "text"))
        json_key_bool(&request, "text", 1);
    if (ctl_value(ctl, "history"))
        json_key_bool(&request, "history", 1);
    json_close(&request, '}');
    int code = ctl_ask(ctl, &request, &reply);
    if (code == 0 && ctl->json)
        print_article_json(ctl);
    else if (code == 0)
        print_article(reply);
    json_object_put(reply);
    buf_done(&request);
    return code;
}

/* ---- pages ------------------------------------------------------------------ */

struct pages {
    int64_t left;             /* rows still wanted */
    char cursor[CURSOR_MAX];  /* "" at the beginning and at the end */
    int ended;
};

static int begin_pages(const struct ctl *ctl, struct pages *pages)
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

static void add_page(struct buf *request, const struct pages *pages)
{
    json_key_int(request, "limit", pages->left < LIMIT_PAGE ? pages->left : LIMIT_PAGE);
    json_key_string(request, "cursor", pages->cursor, strlen(pages->cursor));
}

/* Notes how many rows the page brought and where the next one begins. */
static void end_page(struct pages *pages, struct json_object *reply, const char *rows)
{
    const char *cursor = show_string(reply, "cursor");
    pages->left -= (int64_t)json_object_array_length(show_member(reply, rows));
    pages->ended = *cursor == '\0' || strlen(cursor) >= sizeof pages->cursor || strcmp(cursor, pages->cursor) == 0;
    snprintf(pages->cursor, sizeof pages->cursor, "%s", pages->ended ? "" : cursor);
}

static void tell_more(const struct pages *pages)
{
    if (!pages->ended)
        out_complain("there are more: --all, or go on with --cursor %s", pages->cursor);
}

/* ---- one cluster -------------------------------------------------------------- */

static int is_cluster_id(const char *text)
{
    size_t digits = *text == 'c' ? strspn(text + 1, "0123456789") : 0;
    return digits > 0 && text[1 + digits] == '\0';
}

static void print_cluster_head(struct json_object *reply)
{
    struct json_object *heads = show_member(reply, "heads");
    char articles[48], outlets[48];
    fputs("cluster ", stdout);
    out_text(stdout, show_string(reply, "cluster"), SIZE_MAX);
    printf(": %s, %s, %lld linked\n", out_things(articles, sizeof articles, (uint64_t)show_int(reply, "articles"), "article"),
           out_things(outlets, sizeof outlets, (uint64_t)show_int(reply, "outlets"), "outlet"), (long long)show_int(reply, "links"));
    fputs("from ", stdout);
    out_text(stdout, show_string(reply, "started"), SIZE_MAX);
    fputs(" to ", stdout);
    out_text(stdout, show_string(reply, "latest"), SIZE_MAX);
    fputs("\nfirst ", stdout);
    out_text(stdout, show_string(reply, "first"), SIZE_MAX);
    for (size_t i = 0; heads && i < json_object_array_length(heads); i++) {
        fputs(i ? ", " : "\nheads ", stdout);
        out_text(stdout, json_object_get_string(json_object_array_get_idx(heads, i)), SIZE_MAX);
    }
    fputs("\n\n", stdout);
}

static int ask_cluster(struct ctl *ctl, const struct pages *pages, struct json_object **ret)
{
    struct buf request;
    const char *name = ctl->args[0];
    ctl_begin(&request, "cluster");
    json_key_string(&request, is_cluster_id(name) && !ctl_value(ctl, "article") ? "cluster" : "article", name, strlen(name));
    add_page(&request, pages);
    json_close(&request, '}');
    int code = ctl_ask(ctl, &request, ret);
    buf_done(&request);
    return code;
}

int verb_cluster(struct ctl *ctl)
{
    struct pages pages;
    struct json_object *linked = NULL;
    int code = begin_pages(ctl, &pages), first = 1;
    while (code == 0 && !pages.ended && pages.left > 0) {
        struct json_object *reply = NULL;
        code = ask_cluster(ctl, &pages, &reply);
        if (code)
            break;
        if (ctl->json) {
            out_json(ctl->line, ctl->line_len);
        } else {
            if (first)
                print_cluster_head(reply);
            if (show_table(member_columns, COUNT(member_columns), show_member(reply, "members"), ctl->colour) < 0)
                code = CTL_REFUSED;
        }
        if (first)
            linked = json_object_get(show_member(reply, "linked"));
        first = 0;
        end_page(&pages, reply, "members");
        json_object_put(reply);
    }
    if (code == 0 && !ctl->json && linked && json_object_array_length(linked) > 0) {
        puts("\nlinked, and kept apart:");
        if (show_table(linked_columns, COUNT(linked_columns), linked, ctl->colour) < 0)
            code = CTL_REFUSED;
    }
    json_object_put(linked);
    if (code == 0)
        tell_more(&pages);
    return code;
}

/* ---- clusters ------------------------------------------------------------------- */

static int ask_clusters(struct ctl *ctl, const struct pages *pages, int64_t min_articles, int64_t min_outlets,
                        struct json_object **ret)
{
    static const char *const filters[] = {"since", "until", "outlet", "relation", "title", "order"};
    struct buf request;
    ctl_begin(&request, "clusters");
    for (size_t i = 0; i < COUNT(filters); i++)
        ctl_pass(ctl, &request, filters[i], filters[i]);
    if (min_articles > 0)
        json_key_int(&request, "min_articles", min_articles);
    if (min_outlets > 0)
        json_key_int(&request, "min_outlets", min_outlets);
    add_page(&request, pages);
    json_close(&request, '}');
    int code = ctl_ask(ctl, &request, ret);
    buf_done(&request);
    return code;
}

static void print_each(struct json_object *rows)
{
    for (size_t i = 0; i < json_object_array_length(rows); i++) {
        const char *text = json_object_to_json_string_ext(json_object_array_get_idx(rows, i),
                                                          JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
        out_json(text, strlen(text));
    }
}

int verb_clusters(struct ctl *ctl)
{
    struct pages pages;
    int64_t min_articles = 0, min_outlets = 0, rows = 0;
    int code = begin_pages(ctl, &pages);
    if (code == 0)
        code = ctl_number(ctl, "min-articles", 1, INT32_MAX, &min_articles);
    if (code == 0)
        code = ctl_number(ctl, "min-outlets", 1, INT32_MAX, &min_outlets);
    while (code == 0 && !pages.ended && pages.left > 0) {
        struct json_object *reply = NULL, *found;
        code = ask_clusters(ctl, &pages, min_articles, min_outlets, &reply);
        if (code)
            break;
        found = show_member(reply, "clusters");
        rows += (int64_t)json_object_array_length(found);
        if (ctl->json)
            print_each(found);
        else if (show_table(cluster_columns, COUNT(cluster_columns), found, ctl->colour) < 0)
            code = CTL_REFUSED;
        end_page(&pages, reply, "clusters");
        json_object_put(reply);
        if (code == 0 && ferror(stdout))
            code = CTL_REFUSED;
    }
    if (code == 0 && rows == 0 && !ctl->json)
        out_complain("no cluster matches");
    if (code == 0)
        tell_more(&pages);
    return code;
}
