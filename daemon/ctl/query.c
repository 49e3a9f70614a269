/*
 * Questions about what is stored: article, clusters. It exists to turn the command line into the
 * protocol's filters, and pages into one listing.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "ctl/ctl.h"
#include "ctl/out.h"
#include "ctl/pages.h"
#include "ctl/show.h"

static const struct show_column cluster_columns[] = {
    {"CLUSTER", "cluster", SHOW_WORD},   {"ARTICLES", "articles", SHOW_NUMBER},  {"OUTLETS", "outlets", SHOW_NUMBER},
    {"STARTED", "started", SHOW_TIME},   {"LATEST", "latest", SHOW_TIME | SHOW_SPARE},        {"SOURCE", "source.name", SHOW_TEXT}, {"FIRST", "first.outlet", SHOW_TEXT},
    {"TITLE", "first.title", SHOW_LONG},
};

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

/* ---- clusters ------------------------------------------------------------------- */

static int ask_clusters(struct ctl *ctl, const struct pages *pages, int64_t min_articles, int64_t min_outlets,
                        struct json_object **ret)
{
    static const char *const filters[] = {"since", "until", "outlet", "relation", "title", "order",
                                          "agency", "claim", "owner"};
    struct buf request;
    ctl_begin(&request, "clusters");
    for (size_t i = 0; i < CTL_COUNT(filters); i++)
        ctl_pass(ctl, &request, filters[i], filters[i]);
    if (min_articles > 0)
        json_key_int(&request, "min_articles", min_articles);
    if (min_outlets > 0)
        json_key_int(&request, "min_outlets", min_outlets);
    if (ctl_value(ctl, "uncredited"))
        json_key_bool(&request, "uncredited", 1);
    pages_ask(&request, pages);
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
    int code = pages_begin(ctl, &pages);
    if (code == 0)
        code = ctl_number(ctl, "min-articles", 1, INT32_MAX, &min_articles);
    if (code == 0)
        code = ctl_number(ctl, "min-prints", 1, INT32_MAX, &min_articles);
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
        else if (show_table(cluster_columns, CTL_COUNT(cluster_columns), found, ctl->colour) < 0)
            code = CTL_REFUSED;
        pages_turn(&pages, reply, "clusters");
        json_object_put(reply);
        if (code == 0 && ferror(stdout))
            code = CTL_REFUSED;
    }
    if (code == 0 && rows == 0 && !ctl->json)
        out_complain("no cluster matches");
    if (code == 0)
        pages_tell(&pages);
    return code;
}
