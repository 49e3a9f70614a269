/*
 * dupctl: the human's way to dupd. This file is the table of its verbs, one row each, and the few
 * lines that pick one. Invariant: a verb's handler runs with a command line that fits its row, and
 * its return value is the exit code, unless the output could not be written.
 */
#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl/ctl.h"
#include "ctl/out.h"

static const struct ctl_option article_options[] = {
    {"id", "ID", "the article's id (else its URL, else a hash of the text)"},
    {"url", "URL", "where it was published"},
    {"outlet", "NAME", "who published it (else the host of the URL)"},
    {"title", "TEXT", "its headline"},
    {"byline", "TEXT", "its author line"},
    {"published", "TIME", "when: 2026-03-02T06:00:00Z, a day, or what feeds use (else now)"},
    {"language", "CODE", "such as en"},
    {NULL, NULL, NULL},
};
static const struct ctl_option import_options[] = {
    {"verdicts", NULL, "show what became of each article"},
    {"quiet", NULL, "no progress bar"},
    {NULL, NULL, NULL},
};
static const struct ctl_option show_options[] = {
    {"text", NULL, "with its text"},
    {"history", NULL, "with its earlier versions"},
    {NULL, NULL, NULL},
};
static const struct ctl_option cluster_options[] = {
    {"article", NULL, "the argument is an article's id, even if it looks like c17"},
    {"limit", "N", "so many members (default 50)"},
    {"cursor", "CURSOR", "go on where an earlier answer stopped"},
    {"all", NULL, "all members"},
    {NULL, NULL, NULL},
};
#define CREDIT_FILTERS \
    {"agency", "NAME", "whose source is this agency"}, {"owner", "NAME", "of an outlet of this owner"}, \
    {"claim", "WORD", "that says it is an agency's (agency), made from agency copy (from), or nothing (none)"}
static const struct ctl_option clusters_options[] = {
    {"since", "TIME", "alive at or after it"},
    {"until", "TIME", "alive at or before it"},
    {"min-articles", "N", "of so many articles or more"},
    {"min-outlets", "N", "run by so many outlets or more"},
    {"outlet", "NAME", "with an article of this outlet"},
    {"relation", "WORD", "with an article that is exact, copy, abridged, extended or update"},
    CREDIT_FILTERS,
    {"uncredited", NULL, "with another's text without a credit"},
    {"min-prints", "N", "the same as --min-articles"},
    {"title", "TEXT", "whose first headline contains the text"},
    {"order", "WORD", "recent (default: last joined first), size, or first (earliest print)"},
    {"limit", "N", "so many clusters (default 50)"},
    {"cursor", "CURSOR", "go on where an earlier answer stopped"},
    {"all", NULL, "all that match"},
    {NULL, NULL, NULL},
};
#define PERIOD \
    {"since", "TIME", "prints of this time and later"}, {"until", "TIME", "prints before this time"}
#define REPORT \
    PERIOD, {"agency", "NAME", "only this agency's copy"}, {"limit", "N", "so many rows (default: 50 in a table, else all)"}, \
    {"csv", NULL, "CSV, with a line of names"}
static const struct ctl_option report_options[] = {
    REPORT,
    {"min-prints", "N", "rows of so many prints or more"},
    {NULL, NULL, NULL},
};
static const struct ctl_option graph_options[] = {
    REPORT,
    {"min-prints", "N", "edges of so many prints or more"},
    {"graphml", NULL, "GraphML, for Gephi, networkx and the like"},
    {"dot", NULL, "DOT, for Graphviz"},
    {NULL, NULL, NULL},
};
static const struct ctl_option carriers_options[] = {
    {"all", NULL, "also prints of the later version, and those that may be of either"},
    {"csv", NULL, "CSV, with a line of names"},
    {NULL, NULL, NULL},
};
static const struct ctl_option compare_options[] = {
    {"text", "FILE", "compare with the text of a file (- for standard input)"},
    {NULL, NULL, NULL},
};
static const struct ctl_option export_options[] = {
    {"since", "TIME", "those that arrived at or after it"},
    {"text", NULL, "with their texts (needs --json)"},
    {NULL, NULL, NULL},
};
static const struct ctl_option watch_options[] = {
    {"relation", "WORD", "only articles with this relation"},
    {"outlet", "NAME", "only articles of this outlet"},
    {"cluster", "CLUSTER", "only articles that join this cluster"},
    {"copies", NULL, "nothing that is original"},
    CREDIT_FILTERS,
    {"uncredited", NULL, "only another's text without a credit"},
    {"min-prints", "N", "only articles in a cluster of so many"},
    {"count", "N", "end after so many"},
    {NULL, NULL, NULL},
};

static const struct ctl_option backup_options[] = {
    {"rate", "N", "at most N MiB a second (default 50)"},
    {NULL, NULL, NULL},
};

static const struct verb verbs[] = {
    {"import", verb_import, 1, -1, "FILE...", "feed articles from files",
     import_options,
     "  dupctl import monday.jsonl tuesday.jsonl.zst\n"
     "  curl -s https://feed.example/articles.json | dupctl import -\n"
     "  dupctl import --verdicts articles.json.gz\n",
     "FILE holds articles as JSON, one a line or as one array; plain, gzip or zstd; - is standard input.\n"
     "Refused lines are told on standard error by FILE:LINE, and the import goes on. Interrupted (^C), it\n"
     "collects the answers to what was sent. Submitting is idempotent: run it again to finish.\n"},
    {"submit", verb_submit, 0, -1, "[FILE...]", "feed one article, see the verdict",
     article_options,
     "  dupctl submit article.json\n"
     "  dupctl submit --url https://paper.example/ferry --title 'Ferry to reopen' text.txt\n"
     "  pdftotext page.pdf - | dupctl submit --outlet paper.example\n",
     "FILE (standard input if there is none, or -) holds one article as a JSON object, or plain text, which\n"
     "becomes its body and is described by the options.\n"},
    {"check", verb_check, 0, -1, "[FILE...]", "see the verdict on an article without storing it",
     article_options,
     "  dupctl check text.txt\n"
     "  dupctl check --json article.json\n", "FILE is as for submit.\n"},
    {"article", verb_article, 1, 1, "ID", "show an article",
     show_options,
     "  dupctl article https://paper.example/ferry\n"
     "  dupctl article demo-1 --text --history\n", NULL},
    {"cluster", verb_cluster, 1, 1, "CLUSTER|ID", "show a cluster, or that of an article",
     cluster_options,
     "  dupctl cluster c17\n"
     "  dupctl cluster https://paper.example/ferry --all\n", NULL},
    {"clusters", verb_clusters, 0, 0, "", "list the clusters of two articles and more",
     clusters_options,
     "  dupctl clusters --min-outlets 3\n"
     "  dupctl clusters --since 2026-03-01 --title ferry --order size\n"
     "  dupctl clusters --all --json\n", NULL},
    {"top", verb_top, 0, 0, "", "the most carried copies of a period",
     report_options,
     "  dupctl top --since 2026-03-01 --until 2026-04-01\n"
     "  dupctl top --agency PTI --csv >top.csv\n",
     "A copy belongs to the period in which it was first printed. OWNERS counts the independent owners among its\n"
     "outlets: forty sites of one chain are one.\n"},
    {"outlets", verb_outlets, 0, 0, "", "what each outlet runs: agency copy, its own, uncredited",
     report_options,
     "  dupctl outlets --since 2026-03-01\n"
     "  dupctl outlets --agency AFP --min-prints 10 --json\n",
     "LAG is the median time behind the first print of what others had first.\n"},
    {"agencies", verb_agencies, 0, 0, "", "who carries each agency, credited, uncredited or hidden",
     report_options,
     "  dupctl agencies --since 2026-03-01 --until 2026-04-01\n"
     "  dupctl agencies --csv >agencies.csv\n",
     "HIDDEN counts prints that say \"agencies\" and no name; other prints of the same copy tell whose it is.\n"},
    {"owners", verb_owners, 0, 0, "", "the same by independent owner",
     report_options,
     "  dupctl owners --since 2026-03-01\n",
     "STORIES counts a story on forty sites of one owner once.\n"},
    {"graph", verb_graph, 0, 0, "", "who feeds whom, and who follows whom",
     graph_options,
     "  dupctl graph --since 2026-03-01 --dot | dot -Tsvg >who.svg\n"
     "  dupctl graph --min-prints 5 --graphml >who.graphml\n",
     "An edge of the kind agency leads from an agency to an outlet that runs its copy; one of the kind outlet from the\n"
     "outlet that ran a text first to one that followed. Its weight is the number of prints.\n"},
    {"carriers", verb_carriers, 1, 1, "ID", "who still carries a version that was corrected or withdrawn",
     carriers_options,
     "  dupctl carriers https://agency.example/ferry\n"
     "  dupctl carriers demo-1 --all --csv\n",
     "ID is the article that corrects or withdraws (CORRECTED or KILL in its headline, pubstatus canceled, a new\n"
     "version), or any print of the copy.\n"},
    {"compare", verb_compare, 1, 2, "ID [ID]", "compare two articles, show what they share",
     compare_options,
     "  dupctl compare demo-1 demo-2\n"
     "  dupctl compare demo-1 --text draft.txt\n"
     "  dupctl compare demo-1 demo-2 --json\n",
     "Shared passages are coloured on a terminal, else [[in brackets]].\n"},
    {"explain", verb_explain, 1, 2, "ID [ID]", "why an article was decided as it was",
     NULL,
     "  dupctl explain demo-2\n"
     "  dupctl explain demo-2 demo-7          why it does not stand with demo-7\n"
     "  dupctl explain demo-2 --json\n",
     "Shows what is stored of the article and what would be decided if it arrived now; how many other stories\n"
     "carry its values (hashes of six words in a row, some of which are kept); the articles that share most of\n"
     "the rarer ones, and what became of each; and the comparison that decided: which rule, the words and\n"
     "numerals shared, the passages, and what differs between them. A second ID adds how that article stands.\n"},
    {"delete", verb_delete, 1, -1, "ID...", "take articles out, all versions",
     NULL, "  dupctl delete demo-1\n", NULL},
    {"export", verb_export, 0, 0, "", "print every article with its cluster and relation",
     export_options,
     "  dupctl export --json >articles.jsonl\n"
     "  dupctl export --since 2026-03-01 | cut -f1,3\n",
     "Without --json: columns with tabs between them, under a line of names.\n"},
    {"watch", verb_watch, 0, 0, "", "show verdicts as they happen",
     watch_options,
     "  dupctl watch --copies\n"
     "  dupctl watch --outlet paper.example --json\n", NULL},
    {"stats", verb_stats, 0, 0, "", "show the daemon's figures, and where its time and space go", NULL, "  dupctl stats\n", NULL},
    {"backup", verb_backup, 1, 1, "DIR", "have the daemon copy its store while it goes on",
     backup_options,
     "  dupctl backup /var/lib/dupd/backup-monday\n"
     "  dupctl backup --rate 10 /var/lib/dupd/backup-tuesday\n",
     "DIR is made; the daemon's user must be able to write there. dupd --check --state-dir DIR verifies it.\n"},
    {"expire", verb_expire, 0, 0, "", "let go what the daemon held back when much was due at once", NULL,
     "  dupctl expire\n", NULL},
    {"reload", verb_reload, 0, 0, "", "have the configuration read again", NULL, "  dupctl reload\n", NULL},
    {"ping", verb_ping, 0, 0, "", "see whether the daemon answers", NULL, "  dupctl ping && echo up\n", NULL},
    {NULL, NULL, 0, 0, NULL, NULL, NULL, NULL, NULL},
};

/* Widths of cells are counted in UTF-8, whatever the locale calls itself. */
static void set_characters(void)
{
    setlocale(LC_CTYPE, "");
    if (strcmp(nl_langinfo(CODESET), "UTF-8") != 0)
        setlocale(LC_CTYPE, "C.UTF-8");
}

static int wants_colour(void)
{
    const char *none = getenv("NO_COLOR"), *terminal = getenv("TERM");
    return isatty(STDOUT_FILENO) && !(none && *none) && terminal && strcmp(terminal, "dumb") != 0;
}

int main(int argc, char **argv)
{
    struct ctl ctl = {.colour = wants_colour()};
    setvbuf(stderr, NULL, _IOLBF, BUFSIZ);
    set_characters();
    conn_init(&ctl.conn);
    ctl.args = calloc((size_t)argc + 1, sizeof *ctl.args);
    int code = CTL_REFUSED;
    if (ctl.args) {
        code = ctl_parse(&ctl, verbs, argc, argv);
        if (code == 0)
            code = ctl.verb->run(&ctl);
    }
    int written = out_flush();
    if (code <= 0)
        code = written;
    conn_done(&ctl.conn);
    json_parser_free(ctl.parser);
    free(ctl.args);
    return code;
}
