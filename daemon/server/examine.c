/*
 * Two articles side by side: what they share, and what the rules make of it.
 * Invariant: what is shown is what decides; nothing is measured for show.
 */
#include "server/examine.h"

#include <string.h>

#include "server/answer.h"
#include "server/query.h"

static double minhash_share(const uint8_t *a, const uint8_t *b)
{
    int same = 0;
    for (int i = 0; i < DUP_LANES; i++)
        same += a[i] == b[i];
    /* Lanes of 8 bits agree by chance once in 256 (Li and Koenig 2010, b-bit minwise hashing). */
    double share = ((double)same / DUP_LANES - 1.0 / 256) / (1 - 1.0 / 256);
    return share > 0 ? share : 0;
}

static void write_range(struct buf *out, const char *key, const struct wording *w, uint32_t at, uint32_t n)
{
    json_key(out, key);
    json_open(out, '[');
    json_int(out, w->words.begin[at]);
    json_int(out, w->words.end[at + n - 1]);
    json_close(out, ']');
}

void examine_spans(struct buf *out, const struct dup_comparison *comparison, const struct wording *a,
                   const struct wording *b)
{
    json_key(out, "spans");
    json_open(out, '[');
    for (size_t i = 0; i < comparison->n_spans; i++) {
        const struct dup_span *span = &comparison->spans[i];
        json_open(out, '{');
        write_range(out, "a", a, span->a, span->n);
        write_range(out, "b", b, span->b, span->n);
        json_key_int(out, "words", span->n);
        json_close(out, '}');
    }
    json_close(out, ']');
}

static void write_side(struct buf *out, const char *key, const struct dup_evidence_side *side)
{
    json_key(out, key);
    json_open(out, '{');
    json_key_real(out, "furniture", side->furniture, 1);
    json_key_real(out, "words", side->words, 1);
    json_key_real(out, "shared", side->shared, 1);
    json_key_real(out, "quoted", side->quoted, 1);
    json_key_real(out, "own_quoted", side->own_quoted, 1);
    json_key_real(out, "lead", side->lead, 3);
    json_key_int(out, "numbers", side->numbers);
    json_key_int(out, "shared_numbers", side->shared_numbers);
    json_close(out, '}');
}

void examine_evidence(struct buf *out, const struct dup_decision *decision)
{
    const struct dup_evidence *e = &decision->evidence;
    const char *rule = dup_rule_name(decision->rule);
    json_key(out, "evidence");
    json_open(out, '{');
    json_key_string(out, "rule", rule ? rule : "none", strlen(rule ? rule : "none"));
    write_side(out, "a", &e->a);
    write_side(out, "b", &e->b);
    json_key_real(out, "longest", e->longest, 1);
    json_key_int(out, "passages", e->passages);
    json_key_int(out, "swaps", e->swaps);
    json_key_int(out, "fact_swaps", e->fact_swaps);
    json_key_int(out, "number_swaps", e->number_swaps);
    if (e->titles >= 0)
        json_key_real(out, "titles", e->titles, 3);
    json_key_bool(out, "same_outlet", e->same_outlet);
    json_key_bool(out, "version_a", e->version_a);
    json_key_bool(out, "version_b", e->version_b);
    if (e->dated)
        json_key_real(out, "hours", e->hours, 2);
    json_close(out, '}');
}

void examine_pair(struct buf *out, const struct pair *pair, const struct wording *a, const struct wording *b)
{
    const struct dup_comparison *comparison = pair->comparison;
    const char *relation = dup_relation_word(pair->decision.relation);
    json_key_string(out, "relation", relation, strlen(relation));
    json_key_string(out, "why", pair->decision.why, strlen(pair->decision.why));
    json_key_real(out, "share_shorter", comparison->share_shorter, 4);
    json_key_real(out, "share_longer", comparison->share_longer, 4);
    json_key_real(out, "jaccard", comparison->jaccard, 4);
    json_key_int(out, "longest_run", comparison->longest);
    json_key_int(out, "words_a", comparison->words_a);
    json_key_int(out, "words_b", comparison->words_b);
    json_key_real(out, "minhash_jaccard", minhash_share(pair->text_a->minhash, pair->text_b->minhash), 4);
    json_key_int(out, "simhash_distance", __builtin_popcountll(pair->text_a->simhash ^ pair->text_b->simhash));
    examine_evidence(out, &pair->decision);
    examine_spans(out, comparison, a, b);
}

static int find(struct request *request, struct store *store, const char *name, uint32_t *ret)
{
    struct article article;
    article_init(&article);
    int r = query_find(request, store_writer_view(store), name, &article);
    if (r == 0)
        *ret = article.num;
    article_done(&article);
    return r;
}

/* The answer, once both are compared. bare: b's text where it was given with the request. */
static int answer_pair(struct request *request, struct store *store, const struct pair *pair, uint32_t num_b, struct str bare, int with_texts)
{
    struct buf *out = &request->reply;
    struct wording a, b;
    int r = wording_read(&a, store, pair->a->num, pair->text_a);
    if (r < 0)
        return r;
    r = bare.data ? wording_copy(&b, store, bare, pair->text_b) : wording_read(&b, store, num_b, pair->text_b);
    if (r == 0) {
        request_begin(request, out);
        examine_pair(out, pair, &a, &b);
        if (with_texts) {
            json_key_string(out, "text_a", a.text.data, a.text.len);
            json_key_string(out, "text_b", b.text.data, b.text.len);
        }
        json_close(out, '}');
        buf_add_char(out, '\n');
        wording_done(&b);
    }
    wording_done(&a);
    if (r == 0 && out->error == DUP_ETOOBIG)
        return json_error_set(&request->error, DUP_ETOOBIG, "texts", JSON_NOWHERE, "the answer is longer than %u bytes", LIMIT_REPLY);
    return r < 0 ? r : out->error;
}

int examine_compare(struct engine *engine, struct store *store, struct request *request)
{
    const struct prepared *text = request->prepared.memory ? &request->prepared : NULL;
    struct pair pair;
    struct str bare = {0}, b_given = {0};
    uint32_t a = 0, b = 0;
    int with_texts = 0;
    int r = query_flag(request, "texts", &with_texts);
    if (r == 0)
        r = find(request, store, "a", &a);
    if (r == 0)
        r = query_string(request, "b", 0, &b_given);
    if (r == 0 && text && b_given.data)
        r = json_error_set(&request->error, DUP_EINVAL, "text", JSON_NOWHERE, "give b or text, not both");
    if (r == 0)
        r = text ? query_string(request, "text", 1, &bare) : find(request, store, "b", &b);
    if (r == 0)
        r = engine_compare(engine, a, b, text, &pair);
    if (r == 0)
        r = answer_pair(request, store, &pair, b, bare, with_texts);
    if (r == DUP_ENOENT && !request->error.code)
        return json_error_set(&request->error, r, "", JSON_NOWHERE, "the text of one of them is not kept");
    return r;
}
