/*
 * Checking the file: that each tree holds what its records say, in order, and
 * is found again by its keys; that every page is used once or free. LMDB
 * itself trusts all of it. Invariant: nothing here looks into values.
 */
#include <errno.h>
#include <lmdb.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "store/internal.h"

#define META_PAGES 2
#define FREE_TABLE 0   /* LMDB's own tables: of free pages, */
#define MAIN_TABLE 1   /* and of the tables */
#define LATE_EVERY 256 /* rows between looks at the clock */
#define BUSY_TIMES 4   /* the time on the clock for the processor time that was given */

void check_fault(struct check *c, const char *format, ...)
{
    char text[256];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    c->report(c->arg, text);
    c->faults += c->faults < INT32_MAX;
}

int check_is_late(struct check *c)
{
    struct timespec used;
    uint64_t now;
    if (c->late || !c->deadline_us || (now = clock_elapsed_us()) <= c->deadline_us)
        return c->late;
    /* A busy machine takes time that the walk has not had: up to so much more is given. */
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    c->late = (uint64_t)used.tv_sec * 1000000u + (uint64_t)used.tv_nsec / 1000u >= c->budget_us ||
              now - c->deadline_us > (BUSY_TIMES - 1) * c->budget_us;
    return c->late;
}

/* Every row in its order, and where a look-up by its key finds it. */
static void check_rows(struct check *c, const char *name, MDB_dbi dbi, const MDB_stat *stat)
{
    MDB_cursor *cursor = NULL;
    MDB_val key, data, found, before = {0, NULL};
    uint64_t rows = 0;
    int code = mdb_cursor_open(c->view->txn, dbi, &cursor);
    for (code = code ? code : mdb_cursor_get(cursor, &key, &data, MDB_FIRST); code == 0;
         code = mdb_cursor_get(cursor, &key, &data, MDB_NEXT)) {
        if (rows && mdb_cmp(c->view->txn, dbi, &before, &key) >= 0) {
            check_fault(c, "table %s: row %llu is out of order", name, (unsigned long long)rows);
            break;
        }
        if (mdb_get(c->view->txn, dbi, &key, &found) != 0 || found.mv_data != data.mv_data) {
            check_fault(c, "table %s: row %llu is not found by its key", name, (unsigned long long)rows);
            break;
        }
        before = key;
        if (++rows % LATE_EVERY == 0 && check_is_late(c))
            break;
    }
    mdb_cursor_close(cursor);
    if (code != 0 && code != MDB_NOTFOUND)
        check_fault(c, "table %s: it cannot be walked: %s", name, mdb_strerror(code));
    else if (code == MDB_NOTFOUND && rows != stat->ms_entries)
        check_fault(c, "table %s: it says %llu rows and has %llu", name, (unsigned long long)stat->ms_entries,
                    (unsigned long long)rows);
}

/* Marks the pages that are free; how many. Each row of the table is a list of page numbers. */
static uint64_t check_free(struct check *c, uint64_t n_pages)
{
    unsigned char *is_free = calloc(n_pages / 8 + 1, 1);
    MDB_cursor *cursor;
    MDB_val key, data;
    uint64_t n = 0, wrong = 0;
    int code = is_free ? mdb_cursor_open(c->view->txn, FREE_TABLE, &cursor) : ENOMEM;
    if (code != 0) {
        check_fault(c, "the free pages cannot be read: %s", mdb_strerror(code));
        free(is_free);
        return 0;
    }
    while ((code = mdb_cursor_get(cursor, &key, &data, MDB_NEXT)) == 0) {
        uint64_t count = 0, room = data.mv_size / sizeof count;
        if (room)
            memcpy(&count, data.mv_data, sizeof count);
        if (count >= room || key.mv_size != sizeof(uint64_t)) {
            wrong++;
            continue;
        }
        for (uint64_t i = 1; i <= count; i++) {
            uint64_t page;
            memcpy(&page, (const char *)data.mv_data + i * sizeof page, sizeof page);
            if (page < META_PAGES || page >= n_pages || is_free[page / 8] >> (page % 8) & 1) {
                wrong++;
                continue;
            }
            is_free[page / 8] |= (unsigned char)(1u << (page % 8));
            n++;
        }
    }
    mdb_cursor_close(cursor);
    free(is_free);
    if (code != MDB_NOTFOUND)
        check_fault(c, "the free pages cannot be walked: %s", mdb_strerror(code));
    if (wrong)
        check_fault(c, "%llu entries of the free pages are wrong", (unsigned long long)wrong);
    return n;
}

static uint64_t pages_of(const MDB_stat *stat)
{
    return stat->ms_branch_pages + stat->ms_leaf_pages + stat->ms_overflow_pages;
}

void check_file(struct check *c)
{
    struct store *store = c->view->store;
    MDB_envinfo info;
    MDB_stat stat;
    uint64_t used = META_PAGES;
    mdb_env_info(store->env, &info);
    /* Only the state that is the file's newest: while a daemon writes the two may differ. */
    int newest = info.me_last_txnid == mdb_txn_id(c->view->txn);
    for (int i = 0; i < TABLE_COUNT; i++) {
        int code = mdb_stat(c->view->txn, store->tables[i], &stat);
        if (code != 0) {
            check_fault(c, "table %s: %s", table_names[i], mdb_strerror(code));
            return;
        }
        used += pages_of(&stat);
        check_rows(c, table_names[i], store->tables[i], &stat);
    }
    for (MDB_dbi dbi = FREE_TABLE; dbi <= MAIN_TABLE; dbi++) {
        if (mdb_stat(c->view->txn, dbi, &stat) == 0)
            used += pages_of(&stat);
        if (dbi == MAIN_TABLE && stat.ms_entries != TABLE_COUNT)
            check_fault(c, "the file has %zu tables instead of %d", stat.ms_entries, TABLE_COUNT);
    }
    uint64_t n_pages = (uint64_t)info.me_last_pgno + 1, n_free = newest ? check_free(c, n_pages) : 0;
    if (newest && used + n_free != n_pages)
        check_fault(c, "of %llu pages %llu are used and %llu free", (unsigned long long)n_pages,
                    (unsigned long long)used, (unsigned long long)n_free);
}
