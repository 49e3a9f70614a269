/*
 * Cache of heads: a chained hash table and a list in order of use. Invariant:
 * bytes counts what all entries cost and stays at most max, except that the
 * entry asked for last is always kept, so a caller's pointer stays good.
 */
#include "engine/heads.h"

#include <stdlib.h>
#include <string.h>

#define BUCKETS 16384u
/* Latest entries that are never evicted: an article, its candidates, another's heads, a pair, a new one. */
#define PINNED (LIMIT_COMPARISONS + LIMIT_HEADS + 4)

struct heads {
    const struct dup_secret *secret; /* borrowed */
    struct preparer *preparer;       /* owned */
    struct buf text;                 /* owned; scratch, like ... */
    struct article record;           /* ... this */
    struct head *bucket[BUCKETS];
    struct head *newest, *oldest;
    struct likely *likely;           /* borrowed */
    size_t bytes, max, count;
    uint64_t found, made;
};

struct heads *heads_new(const struct dup_secret *secret, size_t bytes, struct likely *likely)
{
    struct heads *heads = calloc(1, sizeof *heads);
    if (!heads)
        return NULL;
    heads->secret = secret;
    heads->likely = likely;
    heads->max = bytes;
    buf_init(&heads->text, LIMIT_LINE);
    article_init(&heads->record);
    heads->preparer = preparer_new();
    if (!heads->preparer) {
        free(heads);
        return NULL;
    }
    return heads;
}

static void unlink_used(struct heads *heads, struct head *head)
{
    *(head->newer ? &head->newer->older : &heads->newest) = head->older;
    *(head->older ? &head->older->newer : &heads->oldest) = head->newer;
}

static void link_newest(struct heads *heads, struct head *head)
{
    head->newer = NULL;
    head->older = heads->newest;
    *(heads->newest ? &heads->newest->newer : &heads->oldest) = head;
    heads->newest = head;
}

static void drop(struct heads *heads, struct head *head)
{
    struct head **at = &heads->bucket[head->num % BUCKETS];
    while (*at != head)
        at = &(*at)->next;
    *at = head->next;
    unlink_used(heads, head);
    heads->bytes -= head->bytes;
    heads->count--;
    article_done(&head->article);
    prepared_done(&head->text);
    free(head);
}

static int load_record(struct heads *heads, struct view *view, struct head *head)
{
    int r = view_article(view, head->num, &head->article);
    if (r < 0)
        return r;
    head->outlet = outlet_hash(head->article.outlet.data, head->article.outlet.len);
    head->has_record = 1;
    head->bytes += head->article.memory.cap;
    heads->bytes += head->article.memory.cap;
    return 0;
}

static int load(struct heads *heads, struct view *view, struct head *head)
{
    struct json_error err;
    int r = load_record(heads, view, head);
    if (r == 0)
        r = view_text(view, head->num, &heads->text);
    if (r == 0)
        r = prepare_text(heads->preparer, heads->secret, head->article.title,
                         (struct str){heads->text.data, heads->text.len}, &head->text, &err);
    return r;
}

/* Puts one that has its text into the table, and out what is too much. */
static void enter(struct heads *heads, struct head *head)
{
    size_t bytes = sizeof *head + (head->text.body.n + head->text.title.n) * (sizeof(uint32_t) + sizeof(uint8_t)) +
                   head->text.n_values * (sizeof(uint64_t) + sizeof(uint32_t));
    head->next = heads->bucket[head->num % BUCKETS];
    heads->bucket[head->num % BUCKETS] = head;
    link_newest(heads, head);
    likely_note(heads->likely, head->text.values, head->text.n_values, head->num);
    head->bytes += bytes;
    heads->bytes += bytes;
    heads->count++;
    while (heads->bytes > heads->max && heads->count > PINNED)
        drop(heads, heads->oldest);
}

static struct head *find(const struct heads *heads, uint32_t num)
{
    struct head *head = heads->bucket[num % BUCKETS];
    while (head && head->num != num)
        head = head->next;
    return head;
}

void heads_add(struct heads *heads, uint32_t num, const struct prepared *text)
{
    struct head *head = calloc(1, sizeof *head);
    if (!head)
        return;
    head->num = num;
    article_init(&head->article);
    if (prepared_copy_text(text, &head->text) < 0)
        free(head);
    else
        enter(heads, head);
}

int heads_get(struct heads *heads, struct view *view, uint32_t num, struct head **ret)
{
    struct head *head = find(heads, num);
    if (head) {
        unlink_used(heads, head);
        link_newest(heads, head);
        heads->found++;
        int r = head->has_record ? 0 : load_record(heads, view, head);
        if (r == 0)
            *ret = head;
        return r;
    }
    head = calloc(1, sizeof *head);
    if (!head)
        return DUP_ENOMEM;
    head->num = num;
    article_init(&head->article);
    int r = load(heads, view, head);
    if (r < 0) {
        heads->bytes -= head->bytes;
        article_done(&head->article);
        free(head);
        return r;
    }
    heads->made++;
    enter(heads, head);
    *ret = head;
    return 0;
}

int heads_posted(struct heads *heads, struct view *view, uint32_t num, uint32_t *ret)
{
    const struct head *head = find(heads, num);
    const struct article *record = head && head->has_record ? &head->article : &heads->record;
    int r = record == &heads->record ? view_article(view, num, &heads->record) : 0;
    if (r == 0)
        *ret = record->posted;
    return r;
}

void heads_figures(const struct heads *heads, struct heads_figures *ret)
{
    *ret = (struct heads_figures){heads->found, heads->made, heads->bytes};
}

void heads_forget(struct heads *heads, uint32_t num)
{
    struct head *head = find(heads, num);
    if (head)
        drop(heads, head);
}

void heads_clear(struct heads *heads)
{
    while (heads->oldest)
        drop(heads, heads->oldest);
}

void heads_free(struct heads *heads)
{
    if (!heads)
        return;
    heads_clear(heads);
    preparer_free(heads->preparer);
    buf_done(&heads->text);
    article_done(&heads->record);
    free(heads);
}
