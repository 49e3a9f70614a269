/*
 * The wording of texts that were compared: words are found in them once more.
 * Invariant: one that was read has exactly the words that were compared.
 */
#include "server/wording.h"

#include <stdlib.h>

static int find_words(struct wording *w, struct store *store, const struct prepared *as)
{
    size_t max = dup_tokens_max(w->text.len), offset;
    struct dup_tokens *t = &w->words;
    t->hash = malloc(max * (3 * sizeof *t->hash + sizeof *t->flags));
    if (!t->hash)
        return DUP_ENOMEM;
    t->begin = t->hash + max;
    t->end = t->begin + max;
    t->flags = (uint8_t *)(t->end + max);
    t->cap = max;
    int r = dup_tokenize(store_secret(store), w->text.data, w->text.len, t, &offset);
    return r == 0 && t->n == as->body.n ? 0 : DUP_ECORRUPT;
}

static int end_with(int r, struct wording *w)
{
    if (r < 0)
        wording_done(w);
    return r;
}

int wording_read(struct wording *ret, struct store *store, uint32_t num, const struct prepared *as)
{
    *ret = (struct wording){.words = {0}};
    buf_init(&ret->text, LIMIT_LINE);
    int r = view_text(store_writer_view(store), num, &ret->text);
    return end_with(r == 0 ? find_words(ret, store, as) : r, ret);
}

int wording_copy(struct wording *ret, struct store *store, struct str text, const struct prepared *as)
{
    *ret = (struct wording){.words = {0}};
    buf_init(&ret->text, LIMIT_LINE);
    int r = buf_add(&ret->text, text.data, text.len);
    return end_with(r == 0 ? find_words(ret, store, as) : r, ret);
}

void wording_done(struct wording *wording)
{
    buf_done(&wording->text);
    free(wording->words.hash);
}
