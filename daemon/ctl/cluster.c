/*
 * A cluster drawn: where the text comes from, who says so, and a line a print in the order of
 * publication. It exists because the daemon lists members as they arrived, page by page. Invariant:
 * a print's time is the claimed one, or when it was first seen, marked as such (show_printed).
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/ctl.h"
#include "ctl/out.h"
#include "ctl/pages.h"
#include "ctl/show.h"

#define BARS 48          /* characters of the time line */

static const struct show_column print_columns[] = {
    {"LAG", "lag", SHOW_LAG},         {"PUBLISHED", "time", SHOW_TIME | SHOW_SPARE},         {"OUTLET", "outlet", SHOW_TEXT},
    {"RELATION", "relation", SHOW_RELATION}, {"OF HEAD", "of_head", SHOW_SHARE}, {"CREDIT", "credit_shown", SHOW_WORD},
    {"HEADLINE", "headline", SHOW_LONG},      {"ID", "id", SHOW_LONG},
};
static const struct show_column linked_columns[] = {
    {"RELATION", "relation", SHOW_RELATION}, {"SHARE", "share_shorter", SHOW_SHARE}, {"CLUSTER", "cluster", SHOW_WORD},
    {"OUTLET", "outlet", SHOW_TEXT},         {"TITLE", "title", SHOW_LONG},          {"ID", "id", SHOW_LONG},
};

static int is_cluster_id(const char *text)
{
    size_t digits = *text == 'c' ? strspn(text + 1, "0123456789") : 0;
    return digits > 0 && text[1 + digits] == '\0';
}

static int ask_cluster(struct ctl *ctl, const struct pages *pages, struct json_object **ret)
{
    struct buf request;
    const char *name = ctl->args[0];
    ctl_begin(&request, "cluster");
    json_key_string(&request, is_cluster_id(name) && !ctl_value(ctl, "article") ? "cluster" : "article", name, strlen(name));
    pages_ask(&request, pages);
    json_close(&request, '}');
    int code = ctl_ask(ctl, &request, ret);
    buf_done(&request);
    return code;
}

/* ---- prints in order -------------------------------------------------------- */

struct drawn {
    struct json_object *article; /* borrowed from the list */
    int64_t ms;
    size_t place;                /* in the order of arrival */
};

static int in_order(const void *a, const void *b)
{
    const struct drawn *x = a, *y = b;
    if (x->ms != y->ms)
        return x->ms < y->ms ? -1 : 1;
    return x->place < y->place ? -1 : x->place > y->place;
}

/* How much of its head a print carries: the share of the longer text where the head is that. */
static void add_share(struct json_object *article, struct json_object *words)
{
    struct json_object *head = show_member(words, show_string(article, "head")), *share;
    int head_longer = head ? json_object_get_int64(head) >= show_int(article, "words")
                           : strcmp(show_string(article, "relation"), "extended") != 0;
    share = show_member(article, head_longer ? "share_longer" : "share_shorter");
    if (share)
        json_object_object_add(article, "of_head", json_object_get(share));
}

/* "credited: PTI", "generic", "uncredited". */
static void add_credit(struct json_object *article)
{
    const char *status = show_string(article, "status"), *agencies = show_string(article, "agencies");
    struct buf text;
    buf_init(&text, 1024);
    buf_add_str(&text, status);
    if (*agencies && strcmp(status, "credited") == 0)
        buf_printf(&text, ": %s", agencies);
    json_object_object_add(article, "credit_shown", json_object_new_string(text.data ? text.data : ""));
    buf_done(&text);
}

static void add_cells(struct drawn *list, size_t n)
{
    struct json_object *words = json_object_new_object();
    const char *headline = "";
    for (size_t i = 0; i < n; i++)
        json_object_object_add(words, show_string(list[i].article, "id"), json_object_new_int64(show_int(list[i].article, "words")));
    for (size_t i = 0; i < n; i++) {
        struct json_object *a = list[i].article;
        const char *title = show_string(a, "title");
        json_object_object_add(a, "lag", json_object_new_int64((list[i].ms - list[0].ms) / 1000));
        if (i == 0 || strcmp(title, headline) != 0)
            json_object_object_add(a, "headline", json_object_new_string(title));
        if (i == 0)
            headline = title;
        add_share(a, words);
        add_credit(a);
    }
    json_object_put(words);
}

/* ---- the drawing -------------------------------------------------------------- */

static void put(const char *text)
{
    out_text(stdout, text, SIZE_MAX);
}

static void put_count(long long n, const char *what, int *first)
{
    if (n) {
        printf("%s%lld %s", *first ? "" : ", ", n, what);
        *first = 0;
    }
}

static void draw_evidence(struct json_object *source)
{
    struct json_object *list = show_member(source, "evidence");
    for (size_t i = 0; list && i < json_object_array_length(list); i++) {
        struct json_object *e = json_object_array_get_idx(list, i);
        int first = 1;
        fputs("         ", stdout);
        put(show_string(e, "agency"));
        fputs(": ", stdout);
        put_count(show_int(e, "own"), "on its own site", &first);
        put_count(show_int(e, "signed"), "signed", &first);
        put_count(show_int(e, "from"), "made with its material", &first);
        put_count(show_int(e, "among_others"), "named among others", &first);
        fputs("; first ", stdout);
        put(show_string(e, "first"));
        putchar('\n');
    }
    int first = 1;
    fputs("         credits: ", stdout);
    put_count(show_int(source, "named"), "with a name", &first);
    put_count(show_int(source, "generic"), "\"agencies\"", &first);
    put_count(show_int(source, "silent"), "none", &first);
    putchar('\n');
}

static void draw_head(struct json_object *reply)
{
    struct json_object *source = show_member(reply, "source"), *confidence = show_member(source, "confidence");
    struct json_object *heads = show_member(reply, "heads");
    char articles[48], outlets[48];
    fputs("cluster ", stdout);
    put(show_string(reply, "cluster"));
    printf(": %s, %s, %lld linked\nsource   ", out_things(articles, sizeof articles, (uint64_t)show_int(reply, "articles"), "article"),
           out_things(outlets, sizeof outlets, (uint64_t)show_int(reply, "outlets"), "outlet"), (long long)show_int(reply, "links"));
    put(*show_string(source, "name") ? show_string(source, "name") : show_string(source, "kind"));
    if (confidence)
        printf(" (agency, %.0f %% sure)", 100 * json_object_get_double(confidence));
    else if (*show_string(source, "name"))
        fputs(" (no agency is known)", stdout);
    putchar('\n');
    draw_evidence(source);
    fputs("first    ", stdout);
    put(show_string(reply, "first"));
    fputs("\nfullest  ", stdout);
    put(show_string(source, "fullest"));
    if (*show_string(source, "notice")) {
        fputs("\nnotice   ", stdout);
        put(show_string(source, "notice"));
        fputs(" corrects or withdraws it (dupctl carriers)", stdout);
    }
    for (size_t i = 0; heads && i < json_object_array_length(heads); i++) {
        fputs(i ? ", " : "\nheads    ", stdout);
        put(json_object_get_string(json_object_array_get_idx(heads, i)));
    }
    fputs("\n\n", stdout);
}

/* Prints over time, as many marks as there is room for: the higher, the more at once. */
static void draw_time_line(const struct drawn *list, size_t n)
{
    static const char *const marks[] = {" ", "\u2581", "\u2582", "\u2583", "\u2584", "\u2585", "\u2586", "\u2587", "\u2588"};
    size_t counts[BARS] = {0}, most = 0;
    int64_t begin = list[0].ms, span = list[n - 1].ms - begin;
    struct buf length;
    if (span <= 0)
        return;
    for (size_t i = 0; i < n; i++) {
        size_t at = (size_t)((double)(list[i].ms - begin) / (double)span * (BARS - 1) + 0.5);
        most = ++counts[at] > most ? counts[at] : most;
    }
    fputs("\nfirst |", stdout);
    for (size_t i = 0; i < BARS; i++)
        fputs(marks[counts[i] ? 1 + (counts[i] - 1) * 7 / (most > 1 ? most - 1 : 1) : 0], stdout);
    buf_init(&length, 64);
    show_lag(&length, span / 1000);
    printf("| %s later\n", length.data);
    buf_done(&length);
}

static void draw_versions(const struct drawn *list, size_t n)
{
    int any = 0;
    for (size_t i = 0; i < n; i++) {
        if (show_int(list[i].article, "version") < 2)
            continue;
        fputs(any++ ? ", " : "\nversions: ", stdout);
        put(show_string(list[i].article, "id"));
        printf(" (version %lld)", (long long)show_int(list[i].article, "version"));
    }
    if (any)
        putchar('\n');
}

static int draw_prints(const struct ctl *ctl, struct json_object *members)
{
    size_t n = json_object_array_length(members);
    struct drawn *list = calloc(n ? n : 1, sizeof *list);
    struct json_object *rows = json_object_new_array();
    int r = list && rows ? 0 : -1;
    for (size_t i = 0; r == 0 && i < n; i++)
        list[i] = (struct drawn){json_object_array_get_idx(members, i), show_add_time(json_object_array_get_idx(members, i)), i};
    if (r == 0 && n) {
        qsort(list, n, sizeof *list, in_order);
        add_cells(list, n);
        for (size_t i = 0; i < n; i++)
            json_object_array_add(rows, json_object_get(list[i].article));
        r = show_table(print_columns, CTL_COUNT(print_columns), rows, ctl->colour);
        draw_time_line(list, n);
        draw_versions(list, n);
    }
    json_object_put(rows);
    free(list);
    return r;
}

/* What is linked to several clusters says how much it shares with the best one: that is shown if it is this. */
static void keep_shares(struct json_object *linked, struct json_object *members)
{
    struct json_object *ids = json_object_new_object();
    for (size_t i = 0; i < json_object_array_length(members); i++)
        json_object_object_add(ids, show_string(json_object_array_get_idx(members, i), "id"), json_object_new_boolean(1));
    for (size_t i = 0; i < json_object_array_length(linked); i++) {
        struct json_object *a = json_object_array_get_idx(linked, i);
        if (!show_member(ids, show_string(a, "linked")))
            json_object_object_del(a, "share_shorter");
    }
    json_object_put(ids);
}

static int draw_linked(const struct ctl *ctl, struct json_object *linked, struct json_object *members)
{
    if (json_object_array_length(linked) == 0)
        return 0;
    keep_shares(linked, members);
    puts("\nlinked, and kept apart:");
    return show_table(linked_columns, CTL_COUNT(linked_columns), linked, ctl->colour);
}

static void take_all(struct json_object *to, struct json_object *from)
{
    for (size_t i = 0; from && i < json_object_array_length(from); i++)
        json_object_array_add(to, json_object_get(json_object_array_get_idx(from, i)));
}

int verb_cluster(struct ctl *ctl)
{
    struct pages pages;
    struct json_object *members = json_object_new_array(), *linked = json_object_new_array();
    int code = pages_begin(ctl, &pages), first = 1;
    while (code == 0 && !pages.ended && pages.left > 0) {
        struct json_object *reply = NULL;
        code = ask_cluster(ctl, &pages, &reply);
        if (code)
            break;
        if (ctl->json)
            out_json(ctl->line, ctl->line_len);
        else if (first)
            draw_head(reply);
        first = 0;
        if (!ctl->json) {
            take_all(members, show_member(reply, "members"));
            take_all(linked, show_member(reply, "linked"));
        }
        pages_turn(&pages, reply, "members");
        json_object_put(reply);
    }
    if (code == 0 && !ctl->json && (draw_prints(ctl, members) < 0 || draw_linked(ctl, linked, members) < 0))
        code = CTL_REFUSED;
    json_object_put(members);
    json_object_put(linked);
    if (code == 0)
        pages_tell(&pages);
    return code;
}
