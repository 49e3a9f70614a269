/*
 * The trie of agency names and credit phrases. One lookup has to find the
 * longest of a thousand names at a word, and say "none" in a nanosecond at
 * most words; so its edges are one hash table keyed by node and word, behind
 * a bit sieve of the words that begin something. Invariant: after
 * agencies_seal() nothing changes, and any thread may read.
 */
#include "core/agencies.h"

#include <stdlib.h>
#include <string.h>

#include "dup/error.h"

#define PHRASE_TOKENS 64
#define HOST_MAX 253

struct agencies_edge {
    uint64_t key;   /* node << 32 | hash of the word */
    uint32_t node;  /* where it leads; 0 for an empty slot */
};

struct agencies_entry {
    uint32_t next;  /* further entry of the node, or 0 */
    uint32_t kind, agency;
    char *exact;    /* owned; as it must be written, NULL for any case */
};

struct agencies_domain {
    char *host;     /* owned; lower case */
    uint32_t agency;
};

/* As it stands in the file, for the sieve. */
struct agencies_phrase {
    char *text;     /* owned */
    uint32_t kind;
    int exact;
};

static size_t slot_of(const struct dup_agencies *a, uint64_t key)
{
    return (size_t)((key * UINT64_C(0x9e3779b97f4a7c15)) >> 32) & a->mask;
}

static uint32_t follow(const struct dup_agencies *a, uint32_t node, uint32_t hash)
{
    uint64_t key = (uint64_t)node << 32 | hash;

    for (size_t i = slot_of(a, key);; i = (i + 1) & a->mask) {
        if (a->edges[i].node == 0 || a->edges[i].key == key)
            return a->edges[i].node;
    }
}

/* Marks that may stand within a name and are not part of it. */
static int is_passed_over(const struct credit_token *t)
{
    switch (t->mark) {
    case '-': case '.': case '"': case '\'': case '*': case '&': case '/':
        return 1;
    default:
        return 0;
    }
}

int agencies_match(const struct dup_agencies *a, const char *text, const struct credit_token *t,
                   size_t i, size_t n, unsigned wanted, struct agencies_hit *ret)
{
    uint32_t node = 0, first = t[i].hash % AGENCIES_SIEVE;
    int found = 0;

    if (!(a->sieve[first / 64] >> first % 64 & 1))
        return 0;
    for (size_t k = i; k < n && t[k].kind != CREDIT_MARK;) {
        node = follow(a, node, t[k].hash);
        if (node == 0)
            break;
        uint32_t begin = t[i].begin, len = t[k].end - begin;
        k++;
        for (uint32_t e = a->first[node]; e; e = a->entries[e].next) {
            const struct agencies_entry *entry = &a->entries[e];
            if (!(entry->kind & wanted) ||
                (entry->exact && (strlen(entry->exact) != len ||
                                  memcmp(entry->exact, text + begin, len) != 0)))
                continue;
            found = 1;
            *ret = (struct agencies_hit){ entry->kind, entry->agency, k, entry->exact != NULL };
        }
        for (int skipped = 0; skipped < 2 && k < n && is_passed_over(&t[k]); skipped++)
            k++;
    }
    return found;
}

/* ---- building ---- */

static int grow(void *array, size_t *cap, size_t n, size_t size)
{
    void **p = array;

    if (n < *cap)
        return 0;
    size_t more = *cap ? 2 * *cap : 64;
    void *moved = realloc(*p, more * size);
    if (!moved)
        return DUP_ENOMEM;
    memset((char *)moved + *cap * size, 0, (more - *cap) * size);
    *p = moved;
    *cap = more;
    return 0;
}

static void put_edge(struct dup_agencies *a, struct agencies_edge edge)
{
    size_t i = slot_of(a, edge.key);
    while (a->edges[i].node)
        i = (i + 1) & a->mask;
    a->edges[i] = edge;
}

static int widen(struct dup_agencies *a)
{
    size_t old = a->edges ? a->mask + 1 : 0, size = old ? 2 * old : 1024;
    struct agencies_edge *before = a->edges, *edges = calloc(size, sizeof *edges);

    if (!edges)
        return DUP_ENOMEM;
    a->edges = edges;
    a->mask = size - 1;
    for (size_t i = 0; i < old; i++)
        if (before[i].node)
            put_edge(a, before[i]);
    free(before);
    return 0;
}

static int add_node(struct dup_agencies *a, uint32_t *ret_node)
{
    int rc = grow(&a->first, &a->cap_nodes, a->n_nodes, sizeof *a->first);
    if (rc == 0) {
        a->first[a->n_nodes] = 0;
        *ret_node = (uint32_t)a->n_nodes++;
    }
    return rc;
}

static int step(struct dup_agencies *a, uint32_t node, uint32_t hash, uint32_t *ret_node)
{
    uint32_t made = 0;
    int rc = 0;

    if (!a->edges || 2 * a->n_edges > a->mask)
        rc = widen(a);
    if (rc == 0 && a->n_nodes == 0)
        rc = add_node(a, &made); /* the root */
    if (rc < 0)
        return rc;
    made = follow(a, node, hash);
    if (made == 0) {
        if ((rc = add_node(a, &made)) < 0)
            return rc;
        put_edge(a, (struct agencies_edge){ (uint64_t)node << 32 | hash, made });
        a->n_edges++;
        if (node == 0)
            a->sieve[hash % AGENCIES_SIEVE / 64] |= UINT64_C(1) << hash % 64;
    }
    *ret_node = made;
    return 0;
}

static int keep_phrase(struct dup_agencies *a, const char *text, size_t len, unsigned kind, int exact)
{
    int rc = grow(&a->phrases, &a->cap_phrases, a->n_phrases, sizeof *a->phrases);
    if (rc < 0)
        return rc;
    struct agencies_phrase *phrase = &a->phrases[a->n_phrases];
    *phrase = (struct agencies_phrase){ strndup(text, len), kind, exact };
    if (!phrase->text)
        return DUP_ENOMEM;
    a->n_phrases++;
    return 0;
}

int agencies_add(struct dup_agencies *a, const char *phrase, size_t len, unsigned kind,
                 uint32_t agency, int exact, uint32_t *ret_other)
{
    struct credit_token t[PHRASE_TOKENS];
    size_t n = credit_scan(phrase, 0, len, t, PHRASE_TOKENS);
    uint32_t node = 0;
    int words = 0, rc;

    for (size_t i = 0; i < n; i++) {
        if (t[i].kind == CREDIT_MARK)
            continue;
        if ((rc = step(a, node, t[i].hash, &node)) < 0)
            return rc;
        words++;
    }
    if (!words || n == PHRASE_TOKENS) {
        *ret_other = UINT32_MAX;
        return DUP_EINVAL;
    }
    for (uint32_t e = a->first[node]; e; e = a->entries[e].next) {
        const struct agencies_entry *entry = &a->entries[e];
        int same = entry->kind == kind &&
                   (!entry->exact || !exact ||
                    (strlen(entry->exact) == len && memcmp(entry->exact, phrase, len) == 0));
        if (same && entry->agency != agency) {
            *ret_other = entry->agency;
            return DUP_EINVAL;
        }
    }
    if (a->n_entries == 0)
        a->n_entries = 1;
    if ((rc = keep_phrase(a, phrase, len, kind, exact)) < 0)
        return rc;
    if ((rc = grow(&a->entries, &a->cap_entries, a->n_entries, sizeof *a->entries)) < 0)
        return rc;
    struct agencies_entry *entry = &a->entries[a->n_entries];
    *entry = (struct agencies_entry){ a->first[node], kind, agency, NULL };
    if (exact && !(entry->exact = strndup(phrase, len)))
        return DUP_ENOMEM;
    a->first[node] = (uint32_t)a->n_entries++;
    return 0;
}

/* ---- domains ---- */

int agencies_add_domain(struct dup_agencies *a, const char *host, size_t len, uint32_t agency)
{
    int rc = grow(&a->domains, &a->cap_domains, a->n_domains, sizeof *a->domains);
    if (rc < 0)
        return rc;
    char *copy = strndup(host, len);
    if (!copy)
        return DUP_ENOMEM;
    a->domains[a->n_domains++] = (struct agencies_domain){ copy, agency };
    return 0;
}

static int by_host(const void *x, const void *y)
{
    const struct agencies_domain *a = x, *b = y;
    return strcmp(a->host, b->host);
}

/* How much a word tells of its phrase: nothing (it stands everywhere), little (only beside another), much. */
static int telling(const struct dup_agencies *a, const char *text, const struct credit_token *t, size_t i)
{
    struct agencies_hit hit;
    uint32_t len = t[i].end - t[i].begin;

    if (len == 1 || (len < 5 && t[i].flags & CREDIT_LOWER) ||
        agencies_match(a, text, t, i, i + 1, AGENCIES_AND | AGENCIES_LINK, &hit))
        return 0;
    if (t[i].kind == CREDIT_NUMBER)
        return 1;
    return agencies_match(a, text, t, i, i + 1, AGENCIES_FILL | AGENCIES_COMMON, &hit) ? len > 3 : 2;
}

/*
 * Puts the longest word that tells much into the sieve, or two and more that tell little. Where some
 * are capitalised only of these, since of running text the sieve looks at capitals alone.
 */
static void sieve_phrase(struct dup_agencies *a, const char *text, size_t len, int exact)
{
    struct credit_token t[PHRASE_TOKENS];
    size_t n = credit_scan(text, 0, len, t, PHRASE_TOKENS), best = n, pairs = 0;
    int tells[PHRASE_TOKENS], most = -1, capitals = 0;

    for (size_t i = 0; i < n; i++) {
        tells[i] = t[i].kind == CREDIT_MARK ? -1 : telling(a, text, t, i);
        capitals |= tells[i] > 0 && t[i].flags & CREDIT_UPPER;
    }
    for (size_t i = 0; i < n; i++) {
        if (capitals && !(t[i].flags & CREDIT_UPPER))
            tells[i] = -1;
        pairs += tells[i] == 1;
        if (tells[i] > most ||
            (tells[i] >= 0 && tells[i] == most && t[i].end - t[i].begin > t[best].end - t[best].begin)) {
            most = tells[i];
            best = i;
        }
    }
    int weak = most == 1 && pairs > 1;
    for (size_t i = 0; i < n; i++)
        if (i == best || (weak && tells[i] == 1))
            credit_sieve_add(&a->words, text + t[i].begin, t[i].end - t[i].begin,
                             weak ? CREDIT_SIEVE_WEAK : exact ? CREDIT_SIEVE_EXACT : CREDIT_SIEVE_STRONG);
}

/* A host by its first label; beside the second where the first tells little ("news.cn"). */
static void sieve_host(struct dup_agencies *a, const char *host)
{
    struct credit_token t[PHRASE_TOKENS];
    size_t len = strcspn(host, "."), n = credit_scan(host, 0, strlen(host), t, PHRASE_TOKENS);

    if (n < 3 || telling(a, host, t, 0) != 1 || t[1].mark != '.') {
        sieve_phrase(a, host, len, 0);
        return;
    }
    for (size_t i = 0; i < 3; i += 2)
        credit_sieve_add(&a->words, host + t[i].begin, t[i].end - t[i].begin, CREDIT_SIEVE_WEAK);
}

/* Every credit holds one of these or the host of an agency. */
#define TELLING (AGENCIES_NAME | AGENCIES_OWN | AGENCIES_MIXED | AGENCIES_FEED | AGENCIES_PROVIDED | \
                 AGENCIES_SIGNOFF | AGENCIES_HALF)

static void free_phrases(struct dup_agencies *a)
{
    for (size_t i = 0; i < a->n_phrases; i++)
        free(a->phrases[i].text);
    free(a->phrases);
    a->phrases = NULL;
    a->n_phrases = 0;
}

void agencies_seal(struct dup_agencies *a)
{
    for (size_t i = 0; i < a->n_phrases; i++)
        if (a->phrases[i].kind & TELLING)
            sieve_phrase(a, a->phrases[i].text, strlen(a->phrases[i].text), a->phrases[i].exact);
    for (size_t i = 0; i < a->n_domains; i++)
        sieve_host(a, a->domains[i].host);
    free_phrases(a);
    if (a->n_domains)
        qsort(a->domains, a->n_domains, sizeof *a->domains, by_host);
}

uint32_t agencies_of_host(const struct dup_agencies *a, const char *host, size_t len)
{
    char lower[HOST_MAX + 1];

    if (len > HOST_MAX || a->n_domains == 0)
        return 0;
    for (size_t i = 0; i < len; i++)
        lower[i] = host[i] >= 'A' && host[i] <= 'Z' ? (char)(host[i] + 32) : host[i];
    lower[len] = '\0';
    for (char *rest = lower; rest; rest = strchr(rest, '.')) {
        rest += *rest == '.';
        struct agencies_domain key = { rest, 0 };
        const struct agencies_domain *found =
            bsearch(&key, a->domains, a->n_domains, sizeof key, by_host);
        if (found)
            return found->agency;
    }
    return 0;
}

void dup_agencies_free(struct dup_agencies *a)
{
    if (!a)
        return;
    for (size_t i = 0; i < a->n; i++)
        free(a->agencies[i].name);
    for (size_t i = 1; i < a->n_entries; i++)
        free(a->entries[i].exact);
    for (size_t i = 0; i < a->n_domains; i++)
        free(a->domains[i].host);
    free_phrases(a);
    free(a->agencies);
    free(a->edges);
    free(a->first);
    free(a->entries);
    free(a->domains);
    free(a);
}
