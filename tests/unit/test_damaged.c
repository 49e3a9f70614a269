/*
 * Goal: each thing that can be wrong in a store is told with the sentence that is its own, and such
 * a store is not opened for writing; a walk for which there is no time says so and blames nothing.
 * One damage at a time in a store that is good otherwise, with checksums right where that is how it
 * could have come about.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>
#include <xxhash.h>

#include "life.h"
#include "store/rows.h"

#define PAGE 4096u
#define POSTED 1100 /* values of each of the articles that fill a table of the index */

static struct image good;
static char told[1 << 16]; /* what a check says, a line each */

/* ---- time ------------------------------------------------------------------------ */

static int looks = -1;                  /* at the clock before it jumps; -1: it does not */
static time_t elapsed_jump, used_jump;  /* seconds, of the wall's clock and of the processor's */

int clock_gettime(clockid_t clock, struct timespec *ret)
{
    int r = (int)syscall(SYS_clock_gettime, clock, ret);
    if (clock == CLOCK_MONOTONIC && looks > 0)
        looks--;
    if (looks == 0)
        ret->tv_sec += clock == CLOCK_MONOTONIC ? elapsed_jump : clock == CLOCK_PROCESS_CPUTIME_ID ? used_jump : 0;
    return r;
}

/* ---- rows ------------------------------------------------------------------------- */

static struct { unsigned char key[512], data[4096]; size_t key_len, len; } row;

/* Rows of one kind in the table of clusters, as if they were a table. */
enum { RECORDS = TABLE_COUNT + ROW_RECORD, MEMBERS = TABLE_COUNT + ROW_MEMBER, OUTLETS = TABLE_COUNT + ROW_OUTLET,
       EVIDENCES = TABLE_COUNT + ROW_EVIDENCE, BASED = TABLE_COUNT + ROW_BASED };

static enum table table_of(int rows)
{
    return rows < TABLE_COUNT ? (enum table)rows : TABLE_CLUSTERS;
}

static void get_row(int table, int n)
{
    MDB_cursor *cursor;
    MDB_val key, data;
    uint32_t cluster;
    assert_int_equal(mdb_cursor_open(store->writer.txn, store->tables[table_of(table)], &cursor), 0);
    do {
        do {
            assert_int_equal(mdb_cursor_get(cursor, &key, &data, MDB_NEXT), 0);
        } while (table >= TABLE_COUNT && (int)row_kind(key.mv_data, key.mv_size, &cluster) != table - TABLE_COUNT);
    } while (n--);
    assert_true(key.mv_size <= sizeof row.key && data.mv_size <= sizeof row.data);
    memcpy(row.key, key.mv_data, row.key_len = key.mv_size);
    memcpy(row.data, data.mv_data, row.len = data.mv_size);
    mdb_cursor_close(cursor);
}

static void put_row(int table)
{
    assert_int_equal(table_put(store, table_of(table), row.key, row.key_len, row.data, row.len, 0), 0);
}

static void flip(int table, int n)
{
    get_row(table, n);
    row.data[row.len - 1] ^= 1;
    put_row(table);
}

static void cut(int table, int n)
{
    get_row(table, n);
    row.len--;
    put_row(table);
}

static void drop(int table, int n)
{
    get_row(table, n);
    assert_int_equal(table_del(store, table_of(table), row.key, row.key_len), 0);
}

/* The row again, under a key that is longer by a byte. */
static void stretch(int table, int n)
{
    get_row(table, n);
    row.key[row.key_len++] = 1;
    put_row(table);
}

static void drop_latest(uint32_t cluster)
{
    struct cluster c;
    assert_int_equal(view_cluster(&store->writer, cluster, &c), 0);
    row.key_len = order_key(ORDER_RECENT, &c, row.key);
    assert_int_equal(table_del(store, TABLE_RECENT, row.key, row.key_len), 0);
}

static void add_row(int table, uint32_t key, const void *data, size_t len)
{
    put_be32(row.key, key);
    row.key_len = 4;
    memcpy(row.data, data, row.len = len);
    put_row(table);
}

#define ARTICLE(number, change) do { \
        struct article a; \
        article_init(&a); \
        assert_int_equal(view_article(&store->writer, number, &a), 0); \
        change; \
        assert_int_equal(store_set_article(store, &a), 0); \
        article_done(&a); \
    } while (0)

/* The print alone, and not the record that it is made of. */
#define PRINT(number, change) do { \
        struct article a; \
        article_init(&a); \
        assert_int_equal(view_article(&store->writer, number, &a), 0); \
        change; \
        assert_int_equal(print_put(store, &a, 0), 0); \
        article_done(&a); \
    } while (0)

#define CLUSTER(number, change) do { \
        struct cluster c; \
        assert_int_equal(view_cluster(&store->writer, number, &c), 0); \
        change; \
        assert_int_equal(store_put_cluster(store, &c), 0); \
    } while (0)

#define EVIDENCE(number, which, change) do { \
        struct evidence e; \
        assert_int_equal(view_evidence_of(&store->writer, number, which, &e), 0); \
        change; \
        assert_int_equal(store_put_evidence(store, number, &e), 0); \
    } while (0)

#define SEGMENT(change) do { \
        struct segment s[SEGMENTS_MAX]; \
        assert_int_equal(segment_read_all(&store->writer, s), 0); \
        change; \
        assert_int_equal(segment_write_row(store, 0, s), 0); \
    } while (0)

/* A segment more, of one chunk: two keys with two numbers each. */
static void add_segment(uint64_t key, uint64_t next, uint32_t num, uint32_t other, uint64_t postings)
{
    const uint32_t nums[] = {num, other};
    struct segment s = {.state = SEGMENT_LIVE, .level = 9, .width = 1, .order = 90, .last = 9, .filter = filter_new(dir, 4)};
    struct chunk chunk = {.len = 0};
    assert_int_equal(segment_add(store, 20, &s, &chunk, key, nums, 2), 0);
    assert_int_equal(segment_add(store, 20, &s, &chunk, next, nums, 2), 0);
    assert_int_equal(segment_flush(store, 20, &s, &chunk), 0);
    s.postings += postings;
    assert_int_equal(segment_write_row(store, 20, &s), 0);
    filter_free(s.filter);
}

static void member(uint32_t cluster, uint32_t num, const char *byte, size_t len)
{
    unsigned char key[ROW_MAX];
    assert_int_equal(table_put(store, TABLE_CLUSTERS, key, row_member(key, cluster, num), byte, len, 0), 0);
}

/* Packs the last article's text against that of another. */
static void text_against(uint32_t of)
{
    struct buf packed;
    buf_init(&packed, 100);
    assert_int_equal(store_pack("words", 5, (struct str){"some words", 10}, &packed), 0);
    assert_int_equal(store_del_text(store, 10), 0);
    assert_int_equal(text_put(store, 10, &(struct packed){packed.data, packed.len, of}), 0);
    buf_done(&packed);
}

/*
 * What is done to the store, and what must be said of it. Articles 1 and 2 were superseded, 3, 4, 7 and 8 are in
 * cluster 1 with the heads 3, 7 and 8, cluster 3 has gone into it; 5 and 6 are in cluster 5; 9 is linked to
 * by 10; the rest are lone.
 */
static const char *damage_rows(int which)
{
    static const uint32_t far = 999;
    switch (which) {
    case 0: return store_del_id(store, "alone", 5), "article 5: its id leads nowhere";
    case 1: ARTICLE(10, a.id = ((struct str){"copy", 4})); return "article 10: its id leads to another article";
    case 2: return store_del_member(store, 5, 6, MEMBER_ARTICLE, 0, NULL), "article 6: its cluster 5 does not have it";
    case 3: ARTICLE(10, a.cluster = 9); return "article 10: its cluster 9 does not have it";
    case 4: ARTICLE(9, a.cluster = 999); return "article 9: its cluster 999 does not have it";
    case 5: ARTICLE(10, a.linked = 999); return "article 10: what it is linked to, 999, cannot be read";
    case 6: ARTICLE(1, a.flags |= ARTICLE_DELETED); return "article 1: its text is there although it was deleted";
    case 7: return store_del_text(store, 5), "article 5: its text cannot be read";
    case 8: flip(TABLE_TEXTS, 0); return "article 1: its text cannot be read";
    case 9: ARTICLE(8, a.head = 999); return "article 8: its head 999 cannot be read";
    case 10: ARTICLE(8, a.previous = 999); return "article 8: its previous version 999 cannot be read";
    case 11: drop(TABLE_ARTICLES, 1); return "article 2: its record is missing";
    case 12: flip(TABLE_ARTICLES, 1); return "article 2: ";
    case 13: get_row(TABLE_IDS, 0); memcpy(row.data, &far, row.len = 4); put_row(TABLE_IDS); return "an id leads to article 999, which is not there";
    case 14: get_row(TABLE_IDS, 0); row.key[0] ^= 1; put_row(TABLE_IDS); return "which has another";
    case 15: stretch(TABLE_IDS, 0); return "which has another";
    case 16: drop(TABLE_IDS, 0); return "the ids of 1 articles lead nowhere";
    case 17: cut(TABLE_IDS, 0); return "its id leads nowhere";
    case 18: cut(OUTLETS, 0); return "cluster 1: a count of its outlets is damaged";
    case 19: stretch(OUTLETS, 0); return "cluster 1: a count of its outlets is damaged";
    case 20: get_row(OUTLETS, 0); memset(row.data, 0, 4); put_row(OUTLETS); return "cluster 1: a count of its outlets is damaged";
    case 21: drop(OUTLETS, 0); return "cluster 1: says 3 outlets, has 2";
    case 22: CLUSTER(1, c.outlets++); return "cluster 1: says 4 outlets, has 3";
    case 23: CLUSTER(1, c.heads[0] = 1); return "cluster 1: its head 1 is none";
    case 24: CLUSTER(1, c.heads[0] = 4); return "cluster 1: its head 4 is none";
    case 25: CLUSTER(1, c.heads[0] = 5); return "cluster 1: its head 5 is none";
    case 26: CLUSTER(1, c.first = 5); return "cluster 1: its first member 5 is none";
    case 27: CLUSTER(1, c.last = 0); return "cluster 1: its latest member 0 is none";
    case 28: member(1, 1, "", 1); return "cluster 1: its member 1 cannot be read";
    case 29: member(1, 9, "", 1); return "cluster 1: its member 9 says it is in another";
    case 30: member(9, 5, "\1", 1); return "cluster 9: its link 5 says nothing of it";
    case 31: member(9, 5, "\2", 1); return "cluster 9: its members cannot be read";
    case 32: member(9, 5, "\1\1", 2); return "cluster 9: its members cannot be read";
    case 33: CLUSTER(1, c.articles++); return "cluster 1: says 5 articles and 0 links, has 4 and 0";
    case 34: CLUSTER(1, c.links++); return "cluster 1: says 4 articles and 1 links, has 4 and 0";
    case 35: CLUSTER(1, c.relations[0]++); return "cluster 1: its relations are not those of its members";
    case 36: get_row(RECORDS, 0); row.data[4] ^= 1; put_row(RECORDS); return "cluster 1: its record is damaged";
    case 37: cut(RECORDS, 0); return "cluster 1: its record is damaged";
    case 38: stretch(RECORDS, 0); return "cluster 1: its record is damaged";
    case 39: return store_put_alias(store, 5, 1), "cluster 5: it is there although it went into another";
    case 40: drop_latest(1); return "table recent: not as many rows";
    case 41: stretch(TABLE_SIZE, 0); return "table size: a row of cluster";
    case 42: get_row(TABLE_FIRST, 0); row.key[0] ^= 1; put_row(TABLE_FIRST); return "table first: a row of cluster";
    case 43: get_row(TABLE_SIZE, 0); row.key_len = 3; put_row(TABLE_SIZE); return "table size: a row of cluster 0 does not fit it";
    case 44: get_row(TABLE_SIZE, 0); put_be32(row.key + 4, 9); put_row(TABLE_SIZE); return "table size: a row of cluster 9 does not fit it";
    case 45: return store_put_alias(store, 3, 3), "cluster 3: where it went leads nowhere";
    case 46: flip(TABLE_ALIASES, 0); return "cluster 3: where it went leads nowhere";
    case 47: cut(TABLE_ALIASES, 0); return "cluster 3: where it went leads nowhere";
    case 48: stretch(TABLE_ALIASES, 0); return "cluster 0: where it went leads nowhere";
    case 49: store->counters.texts++; return "the counters say";
    case 50: store->counters.clusters++; return "the counters say 4 clusters, there are 3";
    case 51: store->counters.members--; return "members, there are";
    case 52: get_row(TABLE_TEXTS, 0); put_be32(row.key, 999); put_row(TABLE_TEXTS); return "there are texts of articles that are not there";
    case 53: ARTICLE(9, a.flags |= ARTICLE_SUPERSEDED); return "its head 9 is none";
    case 54: get_row(TABLE_PRINTS, 0); put_be32(row.key, 999); put_row(TABLE_PRINTS); return "there are prints of articles, or evidence of clusters";
    case 55: member(77, 5, "", 1); return "there are members or outlets of clusters";
    case 56: get_row(OUTLETS, 0); put_be32(row.key, 77); put_row(OUTLETS); return "there are members or outlets of clusters";
    case 57: flip(TABLE_PRINTS, 0); return "article 3: its print cannot be read";
    case 58: cut(TABLE_PRINTS, 0); return "article 3: its print cannot be read";
    case 59: PRINT(3, a.cluster++); return "article 3: its print says other things than its record";
    case 60: PRINT(3, a.outlet_key++); return "article 3: its print says other things than its record";
    case 61: PRINT(3, a.agencies.len = 2); return "article 3: its print says other things than its record";
    case 62: PRINT(3, a.seen++); return "article 3: its print says other things than its record";
    case 63: PRINT(3, a.claim = 0); return "article 3: its print says other things than its record";
    case 64: PRINT(10, a.claim = DUP_CLAIM_AGENCY); return "article 10: its print says other things than its record";
    case 65: PRINT(3, a.relation = 0); return "article 3: its print says other things than its record";
    case 66: PRINT(3, a.flags |= ARTICLE_WITHDRAWN); return "article 3: its print says other things than its record";
    case 67: EVIDENCE(1, "norra", e.first = 5); return "cluster 1: the first to name an agency, 5, is no member";
    case 68: EVIDENCE(1, "norra", e.first = 999); return "cluster 1: the first to name an agency, 999, is no member";
    case 69: flip(EVIDENCES, 0); return "cluster 1: its evidence cannot be read";
    case 70: cut(EVIDENCES, 0); return "cluster 1: its evidence cannot be read";
    case 71: EVIDENCE(1, "norra", e.own++); return "cluster 1: its evidence is not what its members say";
    case 72: CLUSTER(1, c.claims[0]++); return "cluster 1: its evidence is not what its members say";
    case 73: CLUSTER(1, c.generic++); return "cluster 1: its evidence is not what its members say";
    case 74: CLUSTER(1, c.uncredited++); return "cluster 1: its evidence is not what its members say";
    case 75: get_row(EVIDENCES, 0); memset(row.key + ROW_PREFIX, 'x', 90); row.key_len = ROW_PREFIX + 90; put_row(EVIDENCES); return "cluster 1: its evidence cannot be read";
    case 76: flip(TABLE_POSTINGS, 0); return "table postings: a row is damaged";
    case 77: stretch(TABLE_POSTINGS, 0); return "table postings: a row is damaged";
    case 78: get_row(TABLE_POSTINGS, 0); row.len = 3; put_row(TABLE_POSTINGS); return "table postings: a row is damaged";
    case 79: flip(TABLE_SEGMENTS, 0); return "table segments: a row is damaged";
    case 80: cut(TABLE_SEGMENTS, 0); return "table segments: a row is damaged";
    case 81: SEGMENT(s->state = 9); return "table segments: a row is damaged";
    case 82: SEGMENT(s->width = 0); return "table segments: a row is damaged";
    case 83: SEGMENT(s->width = 5); return "table segments: a row is damaged";
    case 84: SEGMENT(s->postings++); return "segment 0: it says";
    case 85: SEGMENT(s->last = s->first); return "segment 0: ";
    case 86: flip(TABLE_SEGMENT_0, 2); return "segment 0: a chunk is damaged";
    case 87: stretch(TABLE_SEGMENT_0, 2); return "segment 0: a chunk is damaged";
    case 88: get_row(TABLE_SEGMENT_0, 2); row.len = 9; put_row(TABLE_SEGMENT_0); return "segment 0: a chunk is damaged";
    case 89: add_segment(5, 5, 3, 4, 0); return "segment 20: 1 values or numbers are out of order";
    case 90: add_segment(5, 6, 4, 4, 0); return "segment 20: 2 values or numbers are out of order";
    case 91: add_segment(5, 6, 3, 40, 0); return "segment 20: 2 values or numbers are out of order";
    case 92: add_segment(5, 6, 3, 4, 1); return "segment 20: it says 5 postings and has 4";
    case 93: add_row(TABLE_ALIASES, 77, "", 0); return "cluster 77: where it went leads nowhere";
    case 94: get_row(MEMBERS, 0); row.key[4] = ROW_KINDS; put_row(MEMBERS); return "cluster 1: a row is of no kind";
    case 95: add_row(TABLE_CLUSTERS, 5, "", 0); return "cluster 5: a row is of no kind";
    case 96: stretch(MEMBERS, 0); return "cluster 1: its members cannot be read";
    case 97: get_row(MEMBERS, 0); row.key[4] = ROW_OUTLET; put_row(MEMBERS); return "cluster 1: a count of its outlets is damaged";
    case 98: get_row(MEMBERS, 0); row.key[4] = ROW_RECORD; put_row(MEMBERS); return "cluster 1: its record is damaged";
    case 99: get_row(EVIDENCES, 0); row.key_len = ROW_PREFIX; put_row(EVIDENCES); return "cluster 1: its evidence cannot be read";
    case 100: get_row(EVIDENCES, 0); put_be32(row.key, 77); put_row(EVIDENCES); return "there are prints of articles, or evidence of clusters";
    case 101: drop(BASED, 0); return "2 texts are packed against others, 1 rows say so";
    case 102: get_row(BASED, 0); put_be32(row.key + ROW_PREFIX, 5); put_row(BASED); return "article 1: a row says that the text of 5 is packed against its own, which is not so";
    case 103: stretch(BASED, 0); return "article 1: a row says that the text of 0 is packed against its own, which is not so";
    case 104: flip(TABLE_TEXTS, 0); return "article 7: its text cannot be read";
    case 105: text_against(999); return "article 10: its text cannot be read";
    case 106: text_against(7); return "article 10: its text cannot be read"; /* which is packed against that of 1 */
    case 107: get_row(TABLE_RECENT, 0); put_be32(row.key, 999); put_row(TABLE_RECENT); return "table recent: a row of cluster 1 does not fit it";
    case 108: get_row(TABLE_RECENT, 0); put_be32(row.key, 0); put_row(TABLE_RECENT); return "table recent: a row of cluster 1 does not fit it";
    case 109: stretch(TABLE_RECENT, 0); return "table recent: a row of cluster";
    default: return NULL;
    }
}

/* ---- pages, as LMDB 0.9 lays them out ---------------------------------------------- */

static uint64_t number_at(size_t at)
{
    uint64_t number;
    memcpy(&number, good.data + at, sizeof number);
    return number;
}

static char *bad; /* what becomes of the file */

static void set_number(size_t at, uint64_t number)
{
    memcpy(bad + at, &number, sizeof number);
}

static void set_byte(size_t at, unsigned value)
{
    bad[at] = (char)value;
}

static size_t newest(void)
{
    return number_at(PAGE + 144) > number_at(144) ? PAGE : 0;
}

enum { TREE_FREE = 40, TREE_MAIN = 88, LAST_PAGE = 136, LEAVES = 16, ENTRIES = 32, ROOT = 40 };

static unsigned node(size_t page, unsigned n)
{
    uint16_t at;
    memcpy(&at, good.data + page + 16 + 2 * n, sizeof at);
    return at;
}

/* Where the record of a table stands: the main table's tree has one page. */
static size_t tree_of(const char *name)
{
    size_t page = number_at(newest() + TREE_MAIN + ROOT) * PAGE, len = strlen(name);
    for (unsigned n = 0; n < TABLE_COUNT; n++)
        if (memcmp(good.data + page + node(page, n) + 8, name, len) == 0)
            return page + node(page, n) + 8 + len;
    fail_msg("no table %s", name);
    return 0;
}

static size_t root_of(size_t tree)
{
    return number_at(tree + ROOT) * PAGE;
}

static const char *damage_pages(int which)
{
    size_t clusters = tree_of("clusters"), page = root_of(clusters), texts = root_of(tree_of("texts"));
    size_t free_root = root_of(newest() + TREE_FREE), list = free_root + node(free_root, 0) + 16;
    uint64_t n_free = number_at(list);
    assert_int_equal(good.data[texts + 10] & 3, 1); /* a branch page */
    switch (which) {
    case 0: set_number(clusters + ENTRIES, 99); return "table clusters: it says 99 rows and has 20";
    case 1: set_number(clusters + LEAVES, 5); return "pages";
    case 2: set_number(newest() + TREE_MAIN + ENTRIES, 99); return "the file has 99 tables";
    case 3:
        memcpy(bad + page + 18, good.data + page + 20, 2);
        memcpy(bad + page + 20, good.data + page + 18, 2);
        return "table clusters: row 2 is out of order";
    case 4: set_byte(texts + node(texts, 1) + 8, 0xff); return "is not found by its key";
    case 5: set_number(list + 8, 0); return "1 entries of the free pages are wrong";
    case 6: set_number(list + 8, 1u << 30); return "1 entries of the free pages are wrong";
    case 7: set_number(list + 8, number_at(list + 16)); return "1 entries of the free pages are wrong";
    case 8: set_number(list, n_free + 1000); return "1 entries of the free pages are wrong";
    case 9: set_byte(page + 10, 0); return "damaged";
    case 10: set_number(clusters + ROOT, 1u << 30); return "damaged";
    default: return NULL;
    }
}

static const char *damage_head(int which, size_t *len)
{
    size_t file = good.len / PAGE * PAGE;
    switch (which) {
    case 0: set_byte(TREE_FREE + 1, 0x20); return "what cannot be";                   /* pages of 8,192 bytes */
    case 1: set_byte(PAGE + TREE_FREE + 1, 0x20); return "what cannot be";
    case 2: set_number(32, UINT64_MAX); return "what cannot be";
    case 3: set_number(PAGE + 32, UINT64_MAX); return "what cannot be";
    case 4: set_byte(TREE_FREE + 4, 0xf0); return "kinds of trees";
    case 5: set_byte(TREE_MAIN + 4, 4); return "kinds of trees";
    case 6: set_byte(PAGE + TREE_MAIN + 4, 4); return "kinds of trees";
    case 7: set_number(144, number_at(144) + 4); return "no two transactions";
    case 8: set_number(144, number_at(144) + 1); return "no two transactions";
    case 9: set_number(PAGE + 144, number_at(PAGE + 144) + 1); return "no two transactions";
    case 10: *len = file - 2 * PAGE; return "cut short";
    case 11: *len = 1000; return "what cannot be";
    case 12: set_number(TREE_FREE, 100); return "what cannot be";                     /* too small a page, too large, */
    case 13: set_number(TREE_FREE, 1u << 20); return "what cannot be";
    case 14: set_number(TREE_FREE, 4095); return "what cannot be";                    /* and no power of two */
    case 15: *len = 200; return "";                                                   /* these LMDB refuses */
    case 16: set_byte(16, 1); return "";
    case 17: *len = 100; return "";
    case 18: set_number(newest() + LAST_PAGE, number_at(newest() + LAST_PAGE) + 1); return "cut short"; /* by one that is not free */
    default: return NULL;
    }
}

/* ---- checking ------------------------------------------------------------------------ */

static void note(void *unused, const char *sentence)
{
    (void)unused;
    size_t len = strlen(told);
    snprintf(told + len, sizeof told - len, "%s\n", sentence);
}

static int check(uint32_t ms, int *ret_complete)
{
    struct view *view;
    told[0] = '\0';
    assert_int_equal(store_snapshot(store, &view), 0);
    int r = view_check_within(view, ms, note, NULL, ret_complete);
    store_release(view);
    return r;
}

static void assert_refused(const char *sentence)
{
    struct err err = {0};
    int r = store_verify(where(), 0, &err);
    if (r != DUP_ECORRUPT || !strstr(err.text, "is damaged: "))
        fail_msg("a store of which \"%s\" is said passes: %s", sentence, err.text);
}

static void test_rows(void **unused)
{
    const char *sentence;
    int complete;
    (void)unused;
    for (int which = 0;; which++) {
        put_back(&good);
        assert_int_equal(open_it(), 0);
        assert_int_equal(store_begin(store), 0);
        if (!(sentence = damage_rows(which)))
            break;
        assert_int_equal(store_commit(store), 0);
        int faults = check(0, &complete);
        if (faults <= 0 || !strstr(told, sentence))
            fail_msg("damage %d: \"%s\" is not said, but:\n%s", which, sentence, told);
        close_it();
        assert_refused(sentence);
    }
    close_it();
}

/* The setting of that name, cut short by so many bytes or its number changed. */
static void setting(const char *name, size_t shorter, int change)
{
    MDB_val data;
    assert_int_equal(table_get(&store->writer, TABLE_SETTINGS, name, strlen(name), &data), 0);
    memcpy(row.key, name, row.key_len = strlen(name));
    memcpy(row.data, data.mv_data, data.mv_size);
    row.len = data.mv_size - shorter;
    row.data[0] = (unsigned char)(row.data[0] + change);
    put_row(TABLE_SETTINGS);
}

static void seal_log(void)
{
    uint32_t sum = (uint32_t)XXH3_64bits_withSeed(row.data + 4, row.len - 4, get_be32(row.key + 4));
    memcpy(row.data, &sum, sizeof sum);
    put_row(TABLE_POSTINGS);
}

/* What a store cannot even be opened with: the counters are the last to be written. */
static const char *damage_opening(int which, int *ret_code)
{
    *ret_code = DUP_ECORRUPT;
    switch (which) {
    case 0: setting("format", 0, 1); return *ret_code = DUP_EFORMAT, "use a newer dupd";
    case 1: setting("format", 1, 0); return "settings";
    case 2: setting("fingerprints", 0, 1); return *ret_code = DUP_EFORMAT, "export and import it";
    case 3: setting("secret", 1, 0); return "settings";
    case 4: setting("secret", 0, 1); return *ret_code = DUP_EINVAL, "another secret";
    case 5: setting("counters", 1, 0); return "settings";
    case 6: store->counters.articles++; return "settings";
    case 7: store->counters.last_num++; return "settings";
    case 8: store->counters.last_num++; store->counters.first_num++; return "settings";
    case 9: drop(TABLE_ARTICLES, 0); store->counters.articles--; store->counters.last_num--; return "settings";
    case 10: drop(TABLE_ARTICLES, 315); store->counters.articles--; store->counters.first_num++; return "settings";
    case 11: setting("sealed", 1, 0); return "index";
    case 12: flip(TABLE_SEGMENTS, 0); return "index";
    case 13: flip(TABLE_POSTINGS, 0); return "index";
    case 14: get_row(TABLE_POSTINGS, 0); row.len = 4 + 5; seal_log(); return "index";
    case 15: get_row(TABLE_POSTINGS, 0); row.len -= 2; seal_log(); return "index";
    case 16: get_row(TABLE_POSTINGS, 0); row.key[0] = 9; seal_log(); return "index";
    case 17: get_row(TABLE_POSTINGS, 0); row.key[row.key_len++] = 1; seal_log(); return "index";
    case 18: return table_del(store, TABLE_SETTINGS, "format", 6), "settings";
    case 19: setting("format", 0, -1); return *ret_code = DUP_EFORMAT, "export it with the dupd that wrote it";
    case 20: /* of which the tables are others */
        setting("format", 0, 1);
        assert_int_equal(mdb_drop(store->writer.txn, store->tables[TABLE_ALIASES], 1), 0);
        return *ret_code = DUP_EFORMAT, "use a newer dupd";
    case 21: return mdb_drop(store->writer.txn, store->tables[TABLE_ALIASES], 1), *ret_code = DUP_EFORMAT, "is not a store of dupd";
    default: return NULL;
    }
}

static void test_opening(void **unused)
{
    const char *sentence;
    int code;
    (void)unused;
    for (int which = 0;; which++) {
        put_back(&good);
        assert_int_equal(open_it(), 0);
        assert_int_equal(store_begin(store), 0);
        if (!(sentence = damage_opening(which, &code)))
            break;
        assert_int_equal(store_commit(store), 0);
        close_it();
        int r = open_it();
        if (r != code || !strstr(opening.text, sentence))
            fail_msg("damage %d: \"%s\" is not said, but %s: %s", which, sentence, dup_strerror(r), r < 0 ? opening.text : "");
        close_it();
    }
    close_it();
}

/* Where the directory is none, a file, or somebody else's. */
static void test_places(void **unused)
{
    const struct image none = {NULL, 0};
    struct store_options options = *where();
    struct store *other;
    struct err err = {0};
    (void)unused;
    put_back(&none);
    fclose(fopen(dir, "w"));
    assert_int_equal(open_it(), DUP_EACCES);
    assert_non_null(strstr(opening.text, "is not a directory"));
    unlink(dir);
    options.read_only = 1;
    assert_int_equal(store_open(&options, &err, &other), DUP_ENOENT);
    assert_int_equal(open_it(), 0);
    options.read_only = 0;
    assert_int_equal(store_open(&options, &err, &other), DUP_EINUSE);
    close_it();
    /* Somebody else's file. */
    MDB_env *env;
    MDB_txn *txn;
    MDB_dbi dbi;
    char path[128];
    remove_files(dir);
    path_of(dir, "dupd.mdb", path);
    assert_int_equal(mdb_env_create(&env), 0);
    mdb_env_set_maxdbs(env, 1);
    assert_int_equal(mdb_env_open(env, path, MDB_NOSUBDIR, 0600), 0);
    assert_int_equal(mdb_txn_begin(env, NULL, 0, &txn), 0);
    assert_int_equal(mdb_dbi_open(txn, "letters", MDB_CREATE, &dbi), 0);
    assert_int_equal(mdb_txn_commit(txn), 0);
    mdb_env_close(env);
    assert_int_equal(open_it(), DUP_EFORMAT);
    assert_non_null(strstr(opening.text, "is not a store of dupd"));
    put_back(&good);
    options.map_size = 1u << 20; /* less than the file */
    options.index_memory = options.ledger_memory = 0;
    assert_int_equal(store_open(&options, &err, &other), 0);
    store_free(other);
    options.map_size = getenv("UNDER") ? 1u << 30 : 0; /* valgrind has no room for the usual one */
    options.sync = 1;
    assert_int_equal(store_open(&options, &err, &other), 0);
    store_free(other);
}

/* What callers ask for that makes no sense, and what a damaged row is to those who change it. */
static void test_changes(void **unused)
{
    struct cluster_cursor cursor = {{0}};
    struct cluster cluster;
    uint32_t num, outlets = 0;
    enum member_kind kind;
    (void)unused;
    put_back(&good);
    assert_int_equal(open_it(), 0);
    assert_int_equal(store_begin(store), 0);
    struct view *view = &store->writer;
    assert_int_equal(store_add_member(store, 1, 3, MEMBER_ARTICLE, 0, NULL), DUP_EINVAL);
    assert_int_equal(view_members(view, 1, UINT32_MAX, 1, &num, &kind), 0);
    assert_int_equal(view_members(view, 1, 0, 0, &num, &kind), 0);
    cursor.bytes[15] = 13;
    assert_int_equal(view_clusters(view, ORDER_RECENT, &cursor, 1, &cluster), DUP_EINVAL);
    memset(cursor.bytes, 0xff, sizeof cursor.bytes); /* past the last: it goes on there */
    cursor.bytes[15] = 8;
    assert_int_equal(view_clusters(view, ORDER_RECENT, &cursor, 1, &cluster), 1);
    cut(OUTLETS, 0);
    assert_int_equal(store_add_member(store, 1, 5, MEMBER_ARTICLE, get_be32(row.key + ROW_PREFIX) * (UINT64_C(1) << 32) | get_be32(row.key + ROW_PREFIX + 4),
                                      &outlets), DUP_ECORRUPT);
    assert_int_equal(view_cluster(view, 1, &cluster), 0);
    drop(TABLE_SIZE, 0);
    drop(TABLE_SIZE, 0);
    cluster.articles++;
    assert_int_equal(store_put_cluster(store, &cluster), DUP_ECORRUPT);
    get_row(RECORDS, 0);
    row.data[4] ^= 1;
    put_row(RECORDS);
    assert_int_equal(store_put_cluster(store, &cluster), DUP_ECORRUPT);
    struct cluster_cursor start = {{0}};
    assert_int_equal(view_clusters(view, ORDER_RECENT, &start, 9, (struct cluster[9]){{0}}), DUP_ECORRUPT);
    store_abort(store);
    /* An alias that cannot be read: nobody is told, and nothing is committed. */
    assert_int_equal(store_begin(store), 0);
    cut(TABLE_ALIASES, 0);
    view_cluster_id(view, 3);
    assert_int_equal(store_commit(store), DUP_ECORRUPT);
    assert_int_equal(store_begin(store), 0);
    assert_int_equal(view_cluster_id(view, 3), 1);
    store_abort(store);
    close_it();
}

static void write_bad(size_t len)
{
    struct image image = {bad, len};
    put_back(&image);
}

static void test_pages(void **unused)
{
    const char *sentence;
    (void)unused;
    for (int which = 0;; which++) {
        struct err err = {0};
        memcpy(bad, good.data, good.len);
        if (!(sentence = damage_pages(which)))
            break;
        write_bad(good.len);
        if (store_verify(where(), 0, &err) != DUP_ECORRUPT || !strstr(err.text, sentence))
            fail_msg("damage %d: \"%s\" is not said, but: %s", which, sentence, err.text);
    }
}

static void test_head(void **unused)
{
    const char *sentence;
    char path[128];
    (void)unused;
    path_of(dir, "dupd.mdb", path);
    for (int which = 0;; which++) {
        struct err err = {0};
        size_t len = good.len;
        memcpy(bad, good.data, good.len);
        if (!(sentence = damage_head(which, &len)))
            break;
        write_bad(len);
        int r = head_check(path, &err);
        if (r != (*sentence ? DUP_ECORRUPT : 0) || !strstr(err.text, sentence))
            fail_msg("damage %d: \"%s\" is not said, but: %s", which, sentence, err.text);
        assert_true(open_it() < 0);
    }
}

/* Reading a row whose length goes past the end of the file ends the process that reads it. */
static void test_walk_that_dies(void **unused)
{
    struct err err = {0};
    size_t page = root_of(tree_of("postings"));
    (void)unused;
    if (good.data[page + 10] & 1) /* a branch page: its first child */
        page = (size_t)(uint32_t)number_at(page + node(page, 0)) * PAGE;
    memcpy(bad, good.data, good.len);
    memcpy(bad + page + node(page, 0), &(uint32_t){30u << 20}, 4);
    write_bad(good.len);
    signal(SIGSEGV, SIG_DFL); /* in the child too, where cmocka must not go on */
    signal(SIGBUS, SIG_DFL);
    assert_int_equal(store_verify(where(), 0, &err), DUP_ECORRUPT);
    if (!strstr(err.text, "reading it ends the process"))
        fail_msg("%s", err.text);
}

static void test_nothing_there(void **unused)
{
    struct image none = {NULL, 0};
    struct err err = {0};
    char path[128];
    (void)unused;
    put_back(&none);
    assert_int_equal(store_verify(where(), 0, &err), 0);
    path_of(dir, "dupd.mdb", path);
    assert_int_equal(mkdir(dir, 0700), 0);
    fclose(fopen(path, "w"));
    assert_int_equal(store_verify(where(), 0, &err), 0);
    put_back(&good);
    assert_int_equal(store_verify(where(), 0, &err), 0);
    assert_int_equal(store_verify(where(), 60000, &err), 0);
}

static void test_no_time(void **unused)
{
    int complete;
    (void)unused;
    put_back(&good);
    assert_int_equal(open_it(), 0);
    for (int used = 0; used < 2; used++) {
        elapsed_jump = used ? 150 : 1000;
        used_jump = used ? 1000 : 0;
        complete = 0;
        for (int at = 2; !complete; at += 1 + at / 8) {
            looks = at;
            int r = check(100000, &complete);
            looks = -1;
            assert_int_equal(r, 0);
            assert_string_equal(told, "");
            assert_true(complete || at > 1);
        }
    }
    /* A busy machine: time has passed that the walk has not had. */
    elapsed_jump = 150;
    used_jump = 0;
    looks = 2;
    assert_int_equal(check(100000, &complete), 0);
    looks = -1;
    assert_true(complete);
    close_it();
}

/* ---- the good store --------------------------------------------------------------------- */

static void add_lone(uint32_t n, int values)
{
    static uint64_t posted[POSTED];
    char id[16];
    assert_int_equal(store_begin(store), 0);
    for (uint32_t i = 0; i < n; i++) {
        uint32_t num = view_last_num(&store->writer) + 1;
        struct article article = {.num = num, .cluster = num, .head = num, .posted = num, .version = 1, .seen = START_MS,
                                  .published = DUP_TIME_NONE, .id = {id, (size_t)sprintf(id, "lone-%u", num)}};
        for (int k = 0; k < values; k++)
            posted[k] = ((uint64_t)num << 32 | (uint64_t)k) * UINT64_C(0x9e3779b97f4a7c15);
        assert_int_equal(store_post(store, posted, (size_t)values, num), 0);
        assert_int_equal(store_add_article(store, &article, &(struct packed){0}), 0);
    }
    assert_int_equal(store_commit(store), 0);
}

static int set_up(void **unused)
{
    int r, complete;
    (void)unused;
    begin_life("damaged");
    assert_int_equal(open_it(), 0);
    assert_int_equal(submit(0, 6), 0);
    assert_int_equal(submit(6, ARRIVALS), 0);
    add_lone(5, POSTED);
    add_lone(1, 10);
    while ((r = store_step(store)) == 1)
        ;
    assert_int_equal(r, 0);
    add_lone(300, 2);
    assert_int_equal(check(0, &complete), 0);
    close_it();
    good = keep_file();
    bad = malloc(good.len);
    assert_non_null(bad);
    return 0;
}

static int tear_down(void **unused)
{
    (void)unused;
    free(good.data);
    free(bad);
    return end_life();
}

static uint64_t number_in(const struct image *image, size_t at)
{
    uint64_t number;
    memcpy(&number, image->data + at, sizeof number);
    return number;
}

/* Where the head of the newest state of a file stands. */
static size_t newest_in(const struct image *image)
{
    return number_in(image, PAGE + LAST_PAGE + 8) > number_in(image, LAST_PAGE + 8) ? PAGE : 0;
}

/* Pages that this state counts. */
static uint64_t pages_counted(const struct image *image)
{
    return number_in(image, newest_in(image) + LAST_PAGE) + 1;
}

static void put_aliases(uint32_t from, uint32_t to)
{
    assert_int_equal(store_begin(store), 0);
    for (uint32_t i = from; i < to; i++)
        assert_int_equal(store_put_alias(store, i, 1), 0);
    for (uint32_t i = from + (to - from) / 4; i < to; i++)
        assert_int_equal(store_del_alias(store, i), 0);
    assert_int_equal(store_commit(store), 0);
}

/* A store of which the file ends before pages that are free: a transaction took them and gave them back. */
static struct image end_early(void)
{
    put_back(&good);
    assert_int_equal(open_it(), 0);
    put_aliases(1000, 61000);
    close_it();
    return keep_file();
}

/* The same with lists of free pages that take a tree: a reader keeps them from being used, then the last page is let go. */
static struct image end_early_listed(void)
{
    struct view *view;
    put_back(&good);
    assert_int_equal(open_it(), 0);
    assert_int_equal(store_snapshot(store, &view), 0);
    for (uint32_t i = 0; i < 300; i++)
        put_aliases(1000, 1000 + 4);
    store_release(view);
    for (uint32_t i = 0; i < 3; i++)
        put_aliases(1000, 1000 + 4);
    close_it();
    struct image image = keep_file();
    image.len -= PAGE;
    return image;
}

static int go_on(void *unused, uint64_t copied)
{
    (void)unused;
    (void)copied;
    return 0;
}

/* LMDB does not write pages that a transaction took and gave back: a file may end before pages that are free. */
static void test_free_at_the_end(void **unused)
{
    char copy[100];
    struct err err = {0};
    struct image image = end_early();
    int complete;
    (void)unused;
    snprintf(copy, sizeof copy, "%s/copy", base);
    assert_true(image.len < pages_counted(&image) * PAGE);
    assert_int_equal(open_it(), 0);
    assert_int_equal(check(0, &complete), 0);
    assert_int_equal(store_backup(store, copy, go_on, NULL, &err), 0);
    close_it();
    remove_files(copy);
    assert_int_equal(rmdir(copy), 0);
    image.len -= image.len % PAGE + 2 * PAGE; /* and this one was cut */
    put_back(&image);
    assert_int_not_equal(open_it(), 0);
    free(image.data);
}

/* What the file says of free pages is read before anything vouches for it. */
static void test_list_of_free_pages(void **unused)
{
    struct image image = end_early_listed();
    char path[128];
    uint64_t root = number_in(&image, newest_in(&image) + TREE_FREE + ROOT);
    unsigned refused = 0;
    (void)unused;
    assert_int_equal(image.data[root * PAGE + 10], 1); /* a branch: there is a page below it */
    uint32_t below;
    uint16_t node_at;
    memcpy(&node_at, image.data + root * PAGE + 16, sizeof node_at);
    memcpy(&below, image.data + root * PAGE + node_at, sizeof below);
    put_back(&image);
    path_of(dir, "dupd.mdb", path);
    int fd = open(path, O_RDWR | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(head_check(path, &(struct err){0}), 0);
    for (size_t i = 0; i < 4 * PAGE; i++) {
        size_t at = (i & 1 ? root : below) * PAGE + i / 4;
        char byte = (char)(i & 2 ? ~image.data[at] : image.data[at] ^ 1);
        struct err err = {0};
        assert_int_equal(pwrite(fd, &byte, 1, (off_t)at), 1);
        int r = head_check(path, &err);
        assert_true(r == 0 || r == DUP_ECORRUPT);
        refused += r < 0;
        assert_int_equal(pwrite(fd, &image.data[at], 1, (off_t)at), 1);
    }
    close(fd);
    assert_true(refused > 100);
    free(image.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows), cmocka_unit_test(test_opening), cmocka_unit_test(test_places),
        cmocka_unit_test(test_changes), cmocka_unit_test(test_pages), cmocka_unit_test(test_head),
        cmocka_unit_test(test_free_at_the_end), cmocka_unit_test(test_list_of_free_pages),
        cmocka_unit_test(test_walk_that_dies), cmocka_unit_test(test_nothing_there), cmocka_unit_test(test_no_time),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
