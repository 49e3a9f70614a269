/*
 * Ahead: what workers do for an article with a snapshot before the writer comes
 * to it. Invariant: nothing is decided here. What is looked up is what the writer would find; a guess
 * at what the article is a copy of makes its text short when it is right, and changes no answer when it
 * is wrong.
 */
#include "engine/internal.h"

#define BASE_MAX (128u << 10) /* bytes of a text that others are packed against: a short one must not have to read a book */
#define PART 4                /* of an article's values one must be a head's, for it to be a copy of that */
#define WORTH 3               /* times shorter than the text: less is not worth that it depends on another */

/* The text that one like that of head num is packed against: the head's, or what that is packed against itself. */
static int read_base(struct view *view, uint32_t num, uint32_t *ret_base, struct buf *text)
{
    int r = view_text_base(view, num, ret_base);
    if (r == 0 && *ret_base == 0)
        *ret_base = num;
    return r < 0 ? r : view_text(view, *ret_base, text);
}

/* Rows that the writer will read of an article that it compares with, and of its cluster: it would wait for each, the workers wait together. */
static void touch(struct view *view, uint32_t num)
{
    struct article article;
    struct cluster cluster;
    struct print print;
    article_init(&article);
    if (view_article(view, num, &article) == 0 && view_cluster(view, view_cluster_id(view, article.cluster), &cluster) == 0) {
        view_print(view, cluster.first, &print);
        for (uint32_t i = 0; i < cluster.n_heads; i++)
            view_article(view, cluster.heads[i], &article);
    }
    article_done(&article);
}

void engine_ahead(const struct engine *e, struct view *view, struct prepared *article)
{
    uint32_t num = likely_find(e->likely, article->values, article->n_values), base, votes, unused;
    struct buf text;
    if (view_probe(view, article->values, article->n_values + 1, &article->probed) == 0 && !num) {
        num = probed_most(&article->probed, &votes);
        num = votes * PART < article->n_values ? 0 : num;
        if (num)
            touch(view, num);
    }
    if (article->probed.order) /* a large store: the writer would wait for memory, or for the disk */
        view_find_id(view, article->in.id.data, article->in.id.len, &unused);
    buf_init(&text, BASE_MAX);
    if (num && read_base(view, num, &base, &text) == 0)
        prepared_pack(article, base, (struct str){text.data, text.len});
    if (!article->packed.len || article->packed.len * WORTH > article->raw.len)
        prepared_pack(article, 0, (struct str){0});
    buf_done(&text);
}
