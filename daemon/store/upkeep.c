/*
 * Upkeep: what is old goes, what readers left behind is cleared, and figures.
 * Invariant: an expired article leaves neither record nor text, and its id leads nowhere.
 */
#include <errno.h>
#include <fcntl.h>
#include <lmdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/internal.h"

int store_drop_article(struct store *store, const struct article *article)
{
    unsigned char key[4];
    uint32_t current;
    put_be32(key, article->num);
    ids_changed(store, article->num);
    int r = view_find_id(&store->writer, article->id.data, article->id.len, &current);
    if (r == 0 && current == article->num)
        r = store_del_id(store, article->id.data, article->id.len);
    if (r == 0 || r == DUP_ENOENT)
        r = store_del_text(store, article->num);
    if (r == 0 || r == DUP_ENOENT)
        r = table_del(store, TABLE_ARTICLES, key, sizeof key);
    if (r == 0)
        r = print_del(store, article->num);
    if (r == 0)
        r = recent_drop(store, article->num);
    if (r < 0)
        return r;
    store->counters.articles--;
    if (article->num >= store->counters.first_num)
        store->counters.first_num = article->num + 1;
    store->expired++;
    return 0;
}

void store_upkeep(struct store *store)
{
    int dead;
    mdb_reader_check(store->env, &dead);
    store_choose_reading(store);
}

static uint64_t table_pages(const MDB_stat *stat)
{
    return stat->ms_branch_pages + stat->ms_leaf_pages + stat->ms_overflow_pages;
}

int view_stats(struct view *view, struct store_stats *ret)
{
    struct store *store = view->store;
    struct counters counters;
    MDB_envinfo info;
    MDB_stat stat_env, free_list, in_table;
    struct stat st;
    MDB_val data;
    char path[4096];
    int r = table_get(view, TABLE_SETTINGS, "counters", 8, &data);
    if (r < 0 || data.mv_size != sizeof counters)
        return r < 0 ? r : DUP_ECORRUPT;
    memcpy(&counters, data.mv_data, sizeof counters);
    mdb_env_info(store->env, &info);
    mdb_env_stat(store->env, &stat_env);
    if ((r = store_code(store, mdb_stat(view->txn, 0, &free_list))) < 0)
        return r;
    snprintf(path, sizeof path, "%s/dupd.mdb", store->dir);
    if (stat(path, &st) < 0)
        return err_from_errno(errno);
    uint64_t live = table_pages(&free_list);
    for (int i = 0; i < TABLE_COUNT; i++) {
        if ((r = store_code(store, mdb_stat(view->txn, store->tables[i], &in_table))) < 0)
            return r;
        live += table_pages(&in_table);
    }
    *ret = (struct store_stats){
        .articles = counters.articles, .texts = counters.texts, .clusters = counters.clusters,
        .members = counters.members, .file_bytes = (uint64_t)st.st_size,
        .used_bytes = ((uint64_t)info.me_last_pgno + 1) * stat_env.ms_psize,
        .live_bytes = live * stat_env.ms_psize,
        .map_bytes = info.me_mapsize, .free_lists = free_list.ms_entries,
        .index_postings = store->figures.postings, .index_bytes = store->figures.bytes,
        .segments = store->figures.segments, .segment_postings = store->figures.sealed,
        .filter_bytes = store->figures.filter_bytes, .seals = store->figures.seals, .merges = store->figures.merges,
        .filter_asked = store->figures.filter_asked, .filter_passed = store->figures.filter_passed,
        .filter_wrong = store->figures.filter_wrong,
        .probes = store->probes, .probe_hits = store->probe_hits, .expired = store->expired};
    return 0;
}
