/*
 * Prints: of every current article the few bytes that reports are made from,
 * so that a report over a million articles reads 40 MB in one go and decodes
 * no record. Invariant: an article has a print while it is neither superseded
 * nor deleted, made of its record alone.
 */
#include <lmdb.h>
#include <string.h>
#include <xxhash.h>

#include "store/internal.h"

/* Packed, little-endian; the checksum is over all that follows it. */
struct row {
    uint32_t sum, cluster;
    uint64_t outlet, agency;
    int64_t time;
    uint8_t claim, relation, flags, unused[5];
};

static uint32_t row_sum(const struct row *row, uint32_t num)
{
    return (uint32_t)XXH3_64bits_withSeed(&row->cluster, sizeof *row - sizeof row->sum, num);
}

void print_of(const struct article *article, struct print *ret)
{
    struct evidence named[DUP_CREDITS_MAX + 1];
    size_t n = article_evidence(article, named, DUP_CREDITS_MAX + 1);
    *ret = (struct print){
        .num = article->num, .cluster = article->cluster, .outlet = article->outlet_key,
        .agency = n ? agency_key(named[0].name) : 0, .claim = article->claim,
        .time = article_time(article->published, article->seen), .relation = article->relation,
        .state = PRINT_MEMBER,
        .flags = (uint8_t)((article->own.len ? PRINT_OWN : 0) |
                           (article_names_agency(article) ? PRINT_NAMED : 0) |
                           (n > 1 ? PRINT_SEVERAL : 0) |
                           (article->flags & ARTICLE_CORRECTED ? PRINT_CORRECTED : 0) |
                           (article->flags & ARTICLE_WITHDRAWN ? PRINT_WITHDRAWN : 0))};
}

int print_del(struct store *store, uint32_t num)
{
    unsigned char key[4];
    put_be32(key, num);
    int r = table_del(store, TABLE_PRINTS, key, sizeof key);
    return r == DUP_ENOENT ? 0 : r;
}

int print_put(struct store *store, const struct article *article, unsigned flags)
{
    struct print p;
    unsigned char key[4];
    if (article->flags & (ARTICLE_SUPERSEDED | ARTICLE_DELETED))
        return print_del(store, article->num);
    print_of(article, &p);
    struct row row = {.cluster = p.cluster, .outlet = p.outlet, .agency = p.agency, .time = p.time,
                      .claim = p.claim, .relation = p.relation, .flags = p.flags};
    row.sum = row_sum(&row, p.num);
    put_be32(key, p.num);
    return table_put(store, TABLE_PRINTS, key, sizeof key, &row, sizeof row, flags);
}

static int read_row(const MDB_val *key, const MDB_val *data, struct print *ret)
{
    struct row row;
    uint32_t num = key->mv_size == 4 ? get_be32(key->mv_data) : 0;
    if (!num || data->mv_size != sizeof row)
        return DUP_ECORRUPT;
    memcpy(&row, data->mv_data, sizeof row);
    if (row.sum != row_sum(&row, num))
        return DUP_ECORRUPT;
    *ret = (struct print){.num = num, .cluster = row.cluster, .outlet = row.outlet,
                          .agency = row.agency, .time = row.time, .claim = row.claim,
                          .relation = row.relation, .flags = row.flags, .state = PRINT_MEMBER};
    return 0;
}

int view_print(struct view *view, uint32_t num, struct print *ret)
{
    unsigned char bytes[4];
    MDB_val key = {sizeof bytes, bytes}, data;
    put_be32(bytes, num);
    int r = table_get(view, TABLE_PRINTS, bytes, sizeof bytes, &data);
    return r < 0 ? r : read_row(&key, &data, ret);
}

/* A cursor that moves forward only; asked about ascending numbers. */
struct follower {
    MDB_cursor *cursor;
    uint32_t at;      /* number that it stands at; UINT32_MAX at the end */
};

static int follower_open(struct view *view, enum table table, uint32_t from, struct follower *ret)
{
    unsigned char start[4];
    MDB_val key = {sizeof start, start}, data;
    put_be32(start, from);
    int code = mdb_cursor_open(view->txn, view->store->tables[table], &ret->cursor);
    if (code != 0)
        return store_code(view->store, code);
    code = mdb_cursor_get(ret->cursor, &key, &data, MDB_SET_RANGE);
    ret->at = code == 0 ? get_be32(key.mv_data) : UINT32_MAX;
    return 0;
}

static int follower_has(struct follower *f, uint32_t num)
{
    MDB_val key, data;
    while (f->at < num)
        f->at = mdb_cursor_get(f->cursor, &key, &data, MDB_NEXT) == 0 ? get_be32(key.mv_data) : UINT32_MAX;
    return f->at == num;
}

int view_prints(struct view *view, uint32_t from, size_t max, struct print *ret)
{
    unsigned char start[4];
    struct follower clusters = {0}, aliases = {0};
    MDB_cursor *cursor;
    MDB_val key = {sizeof start, start}, data;
    size_t n = 0;
    put_be32(start, from);
    int code = mdb_cursor_open(view->txn, view->store->tables[TABLE_PRINTS], &cursor);
    if (code != 0)
        return store_code(view->store, code);
    int r = follower_open(view, TABLE_CLUSTERS, from, &clusters);
    if (r == 0)
        r = follower_open(view, TABLE_ALIASES, from, &aliases);
    for (code = mdb_cursor_get(cursor, &key, &data, MDB_SET_RANGE); code == 0 && r == 0 && n < max;
         code = mdb_cursor_get(cursor, &key, &data, MDB_NEXT)) {
        struct print *p = &ret[n];
        if ((r = read_row(&key, &data, p)) < 0)
            break;
        if (p->cluster == p->num && !follower_has(&aliases, p->num))
            p->state = follower_has(&clusters, p->num) ? PRINT_FOUNDER : PRINT_LONE;
        n++;
    }
    mdb_cursor_close(aliases.cursor);
    mdb_cursor_close(clusters.cursor);
    mdb_cursor_close(cursor);
    if (r < 0)
        return r;
    return code == 0 || code == MDB_NOTFOUND ? (int)n : store_code(view->store, code);
}
