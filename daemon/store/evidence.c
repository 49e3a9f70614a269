/*
 * Evidence: for each cluster, the agencies that its members name, a row each,
 * so that a cluster's source is decided without walking its members.
 * Invariant: a row's counts are those of the cluster's members, and a row
 * whose counts are all nought does not stand.
 */
#include <lmdb.h>
#include <string.h>
#include <xxhash.h>

#include "store/rows.h"

/* own, agency, from, weak, first, checksum; little-endian. */
struct evidence_row { uint32_t counts[5], sum; };

static uint32_t row_sum(const struct evidence_row *row, uint32_t cluster)
{
    return (uint32_t)XXH3_64bits_withSeed(row->counts, sizeof row->counts, cluster);
}

static int read_row(const MDB_val *key, const MDB_val *data, uint32_t cluster, struct evidence *ret)
{
    struct evidence_row row;
    size_t len = key->mv_size - ROW_PREFIX;
    if (data->mv_size != sizeof row || key->mv_size <= ROW_PREFIX || len >= sizeof ret->name)
        return DUP_ECORRUPT;
    memcpy(&row, data->mv_data, sizeof row);
    if (row.sum != row_sum(&row, cluster))
        return DUP_ECORRUPT;
    memcpy(ret->name, (const char *)key->mv_data + ROW_PREFIX, len);
    ret->name[len] = '\0';
    ret->own = row.counts[0];
    ret->agency = row.counts[1];
    ret->from = row.counts[2];
    ret->weak = row.counts[3];
    ret->first = row.counts[4];
    return 0;
}

int view_evidence_of(struct view *view, uint32_t cluster, const char *name, struct evidence *ret)
{
    unsigned char bytes[ROW_MAX];
    MDB_val key = {row_evidence(bytes, cluster, name), bytes}, data;
    int r = table_get(view, TABLE_CLUSTERS, key.mv_data, key.mv_size, &data);
    return r < 0 ? r : read_row(&key, &data, cluster, ret);
}

int view_evidence(struct view *view, uint32_t cluster, size_t max, struct evidence *ret)
{
    unsigned char start[ROW_MAX];
    MDB_cursor *cursor;
    MDB_val key = {row_evidence(start, cluster, ""), start}, data;
    size_t n = 0;
    int r = 0;
    int code = mdb_cursor_open(view->txn, view->store->tables[TABLE_CLUSTERS], &cursor);
    if (code != 0)
        return store_code(view->store, code);
    for (code = mdb_cursor_get(cursor, &key, &data, MDB_SET_RANGE);
         code == 0 && r == 0 && n < max && row_is(key.mv_data, key.mv_size, cluster, ROW_EVIDENCE);
         code = mdb_cursor_get(cursor, &key, &data, MDB_NEXT))
        if ((r = read_row(&key, &data, cluster, &ret[n])) == 0)
            n++;
    mdb_cursor_close(cursor);
    if (r < 0)
        return r;
    return code == 0 || code == MDB_NOTFOUND ? (int)n : store_code(view->store, code);
}

int store_put_evidence(struct store *store, uint32_t cluster, const struct evidence *e)
{
    unsigned char key[ROW_MAX];
    struct evidence_row row = {{e->own, e->agency, e->from, e->weak, e->first}, 0};
    size_t len = row_evidence(key, cluster, e->name);
    row.sum = row_sum(&row, cluster);
    if (e->own || e->agency || e->from || e->weak)
        return table_put(store, TABLE_CLUSTERS, key, len, &row, sizeof row, 0);
    int r = table_del(store, TABLE_CLUSTERS, key, len);
    return r == DUP_ENOENT ? 0 : r;
}

int store_drop_evidence(struct store *store, uint32_t cluster)
{
    struct evidence list[16];
    unsigned char key[ROW_MAX];
    int n, r = 0;
    while ((n = view_evidence(&store->writer, cluster, 16, list)) > 0 && r == 0)
        for (int i = 0; i < n && r == 0; i++)
            r = table_del(store, TABLE_CLUSTERS, key, row_evidence(key, cluster, list[i].name));
    return n < 0 ? n : r;
}

void agency_name_keep(struct str name, char ret[AGENCY_NAME])
{
    size_t len = name.len;
    if (len >= AGENCY_NAME) {
        len = AGENCY_NAME - 1;
        while (len && ((unsigned char)name.data[len] & 0xc0) == 0x80)
            len--;
    }
    memcpy(ret, len ? name.data : "", len);
    ret[len] = '\0';
}

uint64_t agency_key(const char *name)
{
    return XXH3_64bits(name, strlen(name)) | 1;
}

int article_names_agency(const struct article *article)
{
    static const char generic[] = "generic";
    return article->claim != DUP_CLAIM_NONE && article->agencies.len &&
           !(article->agencies.len == sizeof generic - 1 &&
             memcmp(article->agencies.data, generic, sizeof generic - 1) == 0);
}

static struct evidence *entry(struct evidence *list, size_t *n, size_t max, struct str name)
{
    struct evidence made = {0};
    agency_name_keep(name, made.name);
    for (size_t i = 0; i < *n; i++)
        if (strcmp(list[i].name, made.name) == 0)
            return &list[i];
    if (*n == max || !made.name[0])
        return NULL;
    list[*n] = made;
    return &list[(*n)++];
}

size_t article_evidence(const struct article *article, struct evidence *ret, size_t max)
{
    struct str rest = article->agencies;
    struct evidence *e;
    size_t n = 0;
    if (article->own.len && (e = entry(ret, &n, max, article->own)))
        e->own = 1;
    if (!article_names_agency(article))
        return n;
    int alone = memchr(rest.data, '+', rest.len) == NULL;
    while (rest.len) {
        const char *plus = memchr(rest.data, '+', rest.len);
        struct str name = {rest.data, plus ? (size_t)(plus - rest.data) : rest.len};
        size_t past = name.len + (plus != NULL);
        rest = (struct str){rest.data + past, rest.len - past};
        if (!(e = entry(ret, &n, max, name)))
            continue;
        e->agency = alone && article->claim == DUP_CLAIM_AGENCY;
        e->from = alone && !e->agency && article->relation != DUP_EXTENDED;
        e->weak = !e->agency && !e->from;
    }
    return n;
}

int view_agency_name(struct view *view, uint32_t cluster, uint64_t key, char ret[AGENCY_NAME])
{
    struct evidence list[LIMIT_EVIDENCE];
    struct article article;
    int n = view_evidence(view, cluster, LIMIT_EVIDENCE, list), r = n < 0 ? n : 0;
    article_init(&article);
    if (n == 0 && (r = view_article(view, cluster, &article)) == 0)
        n = (int)article_evidence(&article, list, LIMIT_EVIDENCE);
    article_done(&article);
    if (r < 0)
        return r;
    for (int i = 0; i < n; i++) {
        if (agency_key(list[i].name) == key) {
            strcpy(ret, list[i].name);
            return 0;
        }
    }
    return DUP_ENOENT;
}
