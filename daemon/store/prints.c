/*
 * Prints: of every current article the few bytes that reports are made from,
 * so that counting decodes no record. Invariant: an article has a print while it is neither superseded
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
    ledger_note(store, num);
    int r = table_del(store, TABLE_PRINTS, key, sizeof key);
    return r == DUP_ENOENT ? 0 : r;
}

int print_put(struct store *store, const struct article *article, unsigned flags)
{
    struct print p;
    unsigned char key[4];
    if (!article_is_current(article))
        return print_del(store, article->num);
    print_of(article, &p);
    struct row row = {.cluster = p.cluster, .outlet = p.outlet, .agency = p.agency, .time = p.time,
                      .claim = p.claim, .relation = p.relation, .flags = p.flags};
    row.sum = row_sum(&row, p.num);
    put_be32(key, p.num);
    ledger_note(store, p.num);
    return table_put(store, TABLE_PRINTS, key, sizeof key, &row, sizeof row, flags);
}

int print_read(uint32_t num, const MDB_val *data, struct print *ret)
{
    struct row row;
    if (data->mv_size != sizeof row)
        return DUP_ECORRUPT;
    memcpy(&row, data->mv_data, sizeof row);
    if (row.sum != row_sum(&row, num))
        return DUP_ECORRUPT;
    *ret = (struct print){.num = num, .cluster = row.cluster, .outlet = row.outlet,
                          .agency = row.agency, .time = row.time, .claim = row.claim,
                          .relation = row.relation, .flags = row.flags};
    return 0;
}

int view_print(struct view *view, uint32_t num, struct print *ret)
{
    unsigned char key[4];
    MDB_val data;
    put_be32(key, num);
    int r = table_get(view, TABLE_PRINTS, key, sizeof key, &data);
    return r < 0 ? r : print_read(num, &data, ret);
}
