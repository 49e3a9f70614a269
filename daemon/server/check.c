/*
 * Checking a store: everything is read, nothing is changed. Invariant: a
 * store that passes gives the same answers before and after.
 */
#include "server/check.h"

#include <stdio.h>
#include <string.h>

#include "base/escape.h"
#include "engine/engine.h"
#include "store/store.h"

static void report(void *arg, const char *sentence)
{
    char line[512];
    (void)arg;
    printf("fault: %s\n", escape_line(line, sizeof line, sentence, strlen(sentence)));
}

/* The heads are looked up in an index made of the records, so those have to be good. */
static int check_heads(struct store *store, struct view *view, struct err *err)
{
    int r = store_load_index(store, err);
    return r < 0 ? r : engine_check_store(store, view, report, NULL);
}

int check_run(const struct config *config, struct err *err)
{
    struct store_options options = {.dir = config->state_dir, .map_size = config->map_size,
                                    .index_memory = config->index_memory, .read_only = 1};
    struct store *store;
    struct view *view;
    struct store_stats stats;
    int r = dup_text_setup();
    if (r < 0)
        return err_set(err, r, "out of memory");
    r = store_open(&options, err, &store);
    if (r < 0)
        return r;
    r = store_snapshot(store, &view);
    if (r == 0) {
        r = view_check(view, report, NULL);
        if (r == 0)
            r = check_heads(store, view, err);
        if (r >= 0 && view_stats(view, &stats) == 0)
            printf("%llu articles, %llu clusters, %d faults\n", (unsigned long long)stats.articles,
                   (unsigned long long)stats.clusters, r);
        store_release(view);
    }
    if (r < 0 && !err->code)
        err_set(err, r, "the store in %s cannot be walked: %s", config->state_dir, dup_strerror(r));
    store_free(store);
    return r;
}
