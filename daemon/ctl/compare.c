/*
 * Two texts side by side with what they share marked. It exists because a person believes a verdict
 * when the shared sentences are seen. Invariant: marks stand exactly at the daemon's byte ranges;
 * a range that does not fit its text is left out rather than trusted.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "ctl/ctl.h"
#include "ctl/files.h"
#include "ctl/out.h"
#include "ctl/show.h"

#define SPANS_MAX 4096

struct range {
    size_t from, to;
};

struct marks {
    const char *on, *off;
    const char *again; /* at the start of a line that a passage goes on in */
};

static int by_start(const void *x, const void *y)
{
    const struct range *a = x, *b = y;
    return a->from < b->from ? -1 : a->from > b->from;
}

/* The ranges of one side ("a" or "b") in order, those that fit into len bytes and do not overlap. */
static size_t read_ranges(struct json_object *spans, const char *side, size_t len, struct range *ret)
{
    size_t n = 0, kept = 0;
    for (size_t i = 0; spans && i < json_object_array_length(spans) && n < SPANS_MAX; i++) {
        struct json_object *pair = show_member(json_object_array_get_idx(spans, i), side);
        if (!pair || !json_object_is_type(pair, json_type_array) || json_object_array_length(pair) < 2)
            continue;
        int64_t from = json_object_get_int64(json_object_array_get_idx(pair, 0));
        int64_t to = json_object_get_int64(json_object_array_get_idx(pair, 1));
        if (from >= 0 && from < to && (uint64_t)to <= len)
            ret[n++] = (struct range){(size_t)from, (size_t)to};
    }
    qsort(ret, n, sizeof *ret, by_start);
    for (size_t i = 0; i < n; i++) {
        if (kept == 0 || ret[i].from >= ret[kept - 1].to)
            ret[kept++] = ret[i];
    }
    return kept;
}

/* Text with its line feeds, the rest escaped; at the start of each further line, again. */
static void print_piece(const char *text, size_t len, const char *again)
{
    const char *feed;
    while ((feed = memchr(text, '\n', len)) != NULL) {
        size_t line = (size_t)(feed - text);
        out_text(stdout, text, line);
        putchar('\n');
        fputs(again, stdout);
        text = feed + 1;
        len -= line + 1;
    }
    out_text(stdout, text, len);
}

static void print_marked(struct json_object *text, struct json_object *spans, const char *side, const struct marks *marks)
{
    static struct range ranges[SPANS_MAX];
    const char *data = json_object_get_string(text);
    size_t len = (size_t)json_object_get_string_len(text), at = 0;
    size_t n = read_ranges(spans, side, len, ranges);
    for (size_t i = 0; i < n; i++) {
        print_piece(data + at, ranges[i].from - at, "");
        fputs(marks->on, stdout);
        print_piece(data + ranges[i].from, ranges[i].to - ranges[i].from, marks->again);
        fputs(marks->off, stdout);
        at = ranges[i].to;
    }
    print_piece(data + at, len - at, "");
    putchar('\n');
}

static void print_side(struct json_object *reply, const char *side, const char *name, int colour)
{
    static const struct marks plain = {"[[", "]]", ""}, coloured = {"\033[1;33m", "\033[0m", "\033[1;33m"};
    char key[8];
    snprintf(key, sizeof key, "text_%s", side);
    struct json_object *text = show_member(reply, key);
    fputs(colour ? "\033[1m--- " : "--- ", stdout);
    out_text(stdout, name, SIZE_MAX);
    snprintf(key, sizeof key, "words_%s", side);
    printf(" (%lld words)%s\n", (long long)show_int(reply, key), show_colour_end(colour));
    if (text && json_object_is_type(text, json_type_string))
        print_marked(text, show_member(reply, "spans"), side, colour ? &coloured : &plain);
    putchar('\n');
}

static void print_comparison(const struct ctl *ctl, struct json_object *reply, const char *b)
{
    const char *relation = show_string(reply, "relation");
    char share[16];
    print_side(reply, "a", ctl->args[0], ctl->colour);
    print_side(reply, "b", b, ctl->colour);
    fputs("relation       ", stdout);
    fputs(show_colour(relation, ctl->colour), stdout);
    out_text(stdout, relation, SIZE_MAX);
    puts(show_colour_end(ctl->colour));
    if (*show_string(reply, "why")) {
        fputs("because        ", stdout);
        out_text(stdout, show_string(reply, "why"), SIZE_MAX);
        putchar('\n');
    }
    printf("shared         %s of the shorter text, ", show_share(share, sizeof share, reply, "share_shorter"));
    printf("%s of the longer\n", show_share(share, sizeof share, reply, "share_longer"));
    printf("longest run    %lld words\n", (long long)show_int(reply, "longest_run"));
    printf("Jaccard        %.3f (estimated from MinHash %.3f)\n", json_object_get_double(show_member(reply, "jaccard")),
           json_object_get_double(show_member(reply, "minhash_jaccard")));
    printf("SimHash        %lld bits differ\n", (long long)show_int(reply, "simhash_distance"));
}

/* Adds the second side: another article's id, or a file's text. */
static int add_second(const struct ctl *ctl, struct buf *request, const char *path)
{
    struct buf text;
    if (!path) {
        json_key_string(request, "b", ctl->args[1], strlen(ctl->args[1]));
        return 0;
    }
    buf_init(&text, LIMIT_LINE);
    int code = file_read(path, &text);
    if (code == 0)
        code = file_check_text(path, &text);
    if (code == 0) {
        json_key(request, "text");
        json_string(request, text.data ? text.data : "", text.len);
    }
    buf_done(&text);
    return code;
}

int verb_compare(struct ctl *ctl)
{
    struct buf request;
    struct json_object *reply = NULL;
    const char *path = ctl_value(ctl, "text");
    if ((path != NULL) == (ctl->n_args == 2)) {
        out_complain("compare takes two articles, or one and --text FILE; see dupctl compare --help");
        return CTL_USAGE;
    }
    ctl_begin(&request, "compare");
    json_key_string(&request, "a", ctl->args[0], strlen(ctl->args[0]));
    int code = add_second(ctl, &request, path);
    if (!ctl->json)
        json_key_bool(&request, "texts", 1);
    json_close(&request, '}');
    if (code == 0)
        code = ctl_ask(ctl, &request, &reply);
    if (code == 0 && ctl->json)
        out_json(ctl->line, ctl->line_len);
    else if (code == 0)
        print_comparison(ctl, reply, path ? path : ctl->args[1]);
    json_object_put(reply);
    buf_done(&request);
    return code;
}
