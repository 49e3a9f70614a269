/*
 * The daemon's figures for people: all that it gave, and from them where its
 * time and its space go. Invariant: nothing is shown that the reply does not
 * have, so an older daemon's figures are shown as far as they go.
 */
#include <stdio.h>

#include "ctl/ctl.h"
#include "ctl/out.h"
#include "ctl/show.h"

struct part {
    const char *key; /* of a figure in the group */
    const char *what;
};

static double figure(struct json_object *stats, const char *group, const char *key)
{
    return (double)show_int(show_member(stats, group), key);
}

static double share(double part, double whole)
{
    return whole > 0 ? 100 * part / whole : 0;
}

static void show_time(struct json_object *stats)
{
    static const struct part parts[] = {
        {"read_us", "read, looked up, packed (workers)"},
        {"find_us", "found and compared (writer)"},
        {"store_us", "stored (writer)"},
        {"commit_us", "committed and synced (writer)"},
        {"index_us", "index sealed and merged (writer)"},
    };
    double requests = figure(stats, "writer", "requests"), whole = 0;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        whole += figure(stats, "stages", parts[i].key);
    if (!show_member(stats, "stages") || requests <= 0 || whole <= 0)
        return;
    puts("time (us an article, share of all)");
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        double us = figure(stats, "stages", parts[i].key);
        printf("  %-38s %8.1f  %5.1f %%\n", parts[i].what, us / requests, share(us, whole));
    }
    double uptime_us = 1e6 * (double)show_int(stats, "uptime_s");
    if (uptime_us > 0)
        printf("  %-38s %8s  %5.1f %%\n", "of its time the writer was busy", "",
               share(figure(stats, "writer", "busy_us") + figure(stats, "writer", "step_us"), uptime_us));
    printf("  %-38s %8.1f  of at most %.0f\n", "articles in a batch", requests / figure(stats, "writer", "batches"),
           figure(stats, "writer", "largest_batch"));
}

static void show_space(struct json_object *stats)
{
    double used = figure(stats, "store", "used_bytes"), live = figure(stats, "store", "live_bytes");
    double articles = figure(stats, "store", "articles");
    double asked = figure(stats, "store", "filter_asked"), passed = figure(stats, "store", "filter_passed");
    double found = figure(stats, "heads", "found"), read = figure(stats, "heads", "read");
    if (articles > 0)
        printf("space\n  %-38s %8.0f\n", "bytes an article", used / articles);
    else
        return;
    if (show_member(show_member(stats, "store"), "live_bytes"))
        printf("  %-38s %8s  %5.1f %%\n", "pages that are free", "", share(used - live, used));
    printf("  %-38s %8s  %5.1f %%\n", "of the map in use", "", share(used, figure(stats, "store", "map_bytes")));
    puts("hits");
    if (asked > 0)
        printf("  %-38s %8s  %5.1f %%\n  %-38s %8s  %5.1f %%\n", "segments that a filter spared", "", share(asked - passed, asked),
               "filters that passed in vain", "", share(figure(stats, "store", "filter_wrong"), passed));
    printf("  %-38s %8s  %5.1f %%\n", "values found in the index", "",
           share(figure(stats, "store", "probe_hits"), figure(stats, "store", "probes")));
    printf("  %-38s %8s  %5.1f %%\n", "heads found in the cache", "", share(found, found + read));
}

int verb_stats(struct ctl *ctl)
{
    struct buf request;
    struct json_object *reply = NULL;
    ctl_begin(&request, "stats");
    json_close(&request, '}');
    int code = ctl_ask(ctl, &request, &reply);
    buf_done(&request);
    struct json_object *stats = show_member(reply, "stats");
    if (code == 0 && ctl->json) {
        const char *value = ctl->line;
        size_t len = ctl->line_len;
        out_slice(ctl->line, ctl->line_len, "stats", &value, &len);
        out_json(value, len);
    } else if (code == 0) {
        show_fields(stats);
        show_time(stats);
        show_space(stats);
    }
    json_object_put(reply);
    return code;
}
