/*
 * Why an article was decided as it was, in words. It exists so that a verdict can be checked by
 * somebody who knows news and not hashes: candidates as a table, the decisive comparison as
 * sentences with its passages. Invariant: everything said stands in the daemon's answer.
 */
#include <stdio.h>
#include <string.h>

#include "ctl/ctl.h"
#include "ctl/out.h"
#include "ctl/show.h"

static const struct show_column columns[] = {
    {"OUTCOME", "outcome", SHOW_WORD},       {"RELATION", "relation", SHOW_RELATION}, {"RULE", "evidence.rule", SHOW_WORD},
    {"VALUES", "hits", SHOW_NUMBER | SHOW_SPARE},         {"WEIGHT", "weight", SHOW_NUMBER | SHOW_SPARE},       {"SHARE", "share_shorter", SHOW_SHARE},
    {"LONGER", "share_longer", SHOW_SHARE | SHOW_SPARE},  {"CLUSTER", "cluster", SHOW_WORD},       {"OUTLET", "head.outlet", SHOW_TEXT},
    {"TITLE", "head.title", SHOW_LONG},      {"ID", "head.id", SHOW_LONG},
};

static const struct { const char *word, *meaning; } outcomes[] = {
    {"joins", "the article joins its cluster"},
    {"linked", "the article is linked to its cluster and stays apart"},
    {"nothing", "compared: what they share is not worth a link"},
    {"furniture", "known as a page that is nothing but furniture: it matches no story"},
    {"window", "not compared: too far apart in time"},
    {"superseded", "not compared: it was replaced or deleted"},
    {"no-text", "not compared: its text is not kept"},
    {"too-few", "not compared: what it shares stands in many stories"},
    {"not-compared", "not compared: a better match was clear already"},
    {"same-cluster", "another head of the same cluster matches better"},
    {"apart", "it would join by another part of the article than the best match, and two stories are not made one"},
    {"outdone", "it would count, but another comparison has decided"},
};

static void put(const char *text)
{
    out_text(stdout, text, SIZE_MAX);
}

static const char *meaning_of(const char *outcome)
{
    for (size_t i = 0; i < sizeof outcomes / sizeof *outcomes; i++)
        if (strcmp(outcomes[i].word, outcome) == 0)
            return outcomes[i].meaning;
    return outcome;
}

static void put_relation(const char *relation, int colour)
{
    fputs(show_colour(relation, colour), stdout);
    put(relation);
    fputs(show_colour_end(colour), stdout);
}

static double real(struct json_object *object, const char *key)
{
    return json_object_get_double(show_member(object, key));
}

/* What is stored beside what would be decided now, since the store has learned since. */
static void print_decisions(struct json_object *reply, int colour)
{
    struct json_object *article = show_member(reply, "article"), *now = show_member(reply, "now");
    const char *stored = show_string(article, "relation"), *linked = show_string(article, "linked");
    const char *head = *linked ? linked : show_string(article, "head");
    show_article(article);
    fputs("\n  stored  ", stdout);
    put_relation(stored, colour);
    if (*head && strcmp(head, show_string(article, "id")) != 0) {
        fputs(" of ", stdout);
        put(head);
    }
    fputs(", cluster ", stdout);
    put(show_string(article, "cluster"));
    fputs("\n  now     ", stdout);
    put_relation(show_string(now, "relation"), colour);
    if (show_member(now, "match")) {
        fputs(" of ", stdout);
        put(show_string(show_member(now, "match"), "id"));
    }
    if (*show_string(now, "why")) {
        fputs(": ", stdout);
        put(show_string(now, "why"));
    }
    fputs("\n          (the decision if it arrived now, itself left out)\n\n", stdout);
}

static const struct { const char *key, *words; } classes[] = {
    {"0", "nowhere else"},  {"1", "in 1 other story"}, {"2-4", "in 2 to 4"},
    {"5-24", "in 5 to 24"}, {"25-64", "in 25 to 64"},  {"more", "in more (too common to count)"},
};
#define CLASSES (sizeof classes / sizeof *classes)

static void print_stories(struct json_object *stories)
{
    int n = 0;
    for (size_t i = 0; i < CLASSES; i++)
        if (show_int(stories, classes[i].key))
            printf("%s%lld %s", n++ ? ", " : "", (long long)show_int(stories, classes[i].key), classes[i].words);
    puts(n ? "" : "none");
}

static void print_side(const char *name, struct json_object *side)
{
    printf("  %-8s%.0f words", name, real(side, "words"));
    if (real(side, "furniture") > 0)
        printf(" beside %.0f of page furniture", real(side, "furniture"));
    printf("; %.0f shared", real(side, "shared"));
    if (real(side, "quoted") > 0)
        printf(", of them %.0f quoted", real(side, "quoted"));
    if (show_int(side, "numbers"))
        printf("; %lld of %lld numerals shared", (long long)show_int(side, "shared_numbers"), (long long)show_int(side, "numbers"));
    printf("; %.0f %% of its beginning\n", 100 * real(side, "lead"));
}

static void print_evidence(struct json_object *comparison, int colour)
{
    struct json_object *evidence = show_member(comparison, "evidence");
    fputs("  rule    ", stdout);
    put(show_string(evidence, "rule"));
    fputs(", so ", stdout);
    put_relation(show_string(comparison, "relation"), colour);
    fputs(": ", stdout);
    put(show_string(comparison, "why"));
    putchar('\n');
    print_side("this", show_member(evidence, "a"));
    print_side("other", show_member(evidence, "b"));
    printf("  found   passages: %lld, the longest of %.0f words; short exchanges between them: %lld, of facts %lld, of numerals %lld\n",
           (long long)show_int(evidence, "passages"), real(evidence, "longest"), (long long)show_int(evidence, "swaps"),
           (long long)show_int(evidence, "fact_swaps"), (long long)show_int(evidence, "number_swaps"));
    fputs("          ", stdout);
    if (show_member(evidence, "titles"))
        printf("titles share %.0f %% of their words; ", 100 * real(evidence, "titles"));
    fputs(json_object_get_boolean(show_member(evidence, "same_outlet")) ? "the same outlet" : "different outlets", stdout);
    if (show_member(evidence, "hours"))
        printf("; published %.1f hours %s", real(evidence, "hours") < 0 ? -real(evidence, "hours") : real(evidence, "hours"),
               real(evidence, "hours") < 0 ? "earlier" : "later");
    if (json_object_get_boolean(show_member(evidence, "version_a")) || json_object_get_boolean(show_member(evidence, "version_b")))
        fputs("; a title says that it is a version", stdout);
    putchar('\n');
}

static void print_pieces(struct json_object *comparison)
{
    struct json_object *passages = show_member(comparison, "passages"), *differences = show_member(comparison, "differences");
    for (size_t i = 0; passages && i < json_object_array_length(passages); i++) {
        struct json_object *passage = json_object_array_get_idx(passages, i);
        printf("  shared  %lld words: ", (long long)show_int(passage, "words"));
        put(show_string(passage, "text"));
        putchar('\n');
    }
    for (size_t i = 0; differences && i < json_object_array_length(differences); i++) {
        struct json_object *difference = json_object_array_get_idx(differences, i);
        const char *a = show_string(difference, "a"), *b = show_string(difference, "b");
        fputs("  differs ", stdout);
        put(*a ? a : "(nothing)");
        fputs(" | ", stdout);
        put(*b ? b : "(nothing)");
        putchar('\n');
    }
}

/* The candidate that decided: the match of the verdict, else the best that was compared. */
static struct json_object *decisive(struct json_object *reply, struct json_object *candidates)
{
    const char *match = show_string(show_member(show_member(reply, "now"), "match"), "id");
    struct json_object *first = NULL;
    for (size_t i = 0; candidates && i < json_object_array_length(candidates); i++) {
        struct json_object *candidate = json_object_array_get_idx(candidates, i);
        if (!show_member(candidate, "evidence"))
            continue;
        if (*match && strcmp(show_string(show_member(candidate, "head"), "id"), match) == 0)
            return candidate;
        first = first ? first : candidate;
    }
    return first;
}

static int print_candidates(struct json_object *reply, int colour)
{
    struct json_object *candidates = show_member(reply, "candidates");
    printf("Its %lld values stand: ", (long long)show_int(reply, "values"));
    print_stories(show_member(reply, "stories"));
    if (!candidates || json_object_array_length(candidates) == 0) {
        puts("\nNo candidates: no other story carries a value of it that is rare enough to count.");
        return 0;
    }
    puts("\nCandidates, those that share most of the rare values first:");
    int r = show_table(columns, sizeof columns / sizeof *columns, candidates, colour);
    for (size_t i = 0; i < sizeof outcomes / sizeof *outcomes; i++) {
        size_t k = 0, n = json_object_array_length(candidates);
        while (k < n && strcmp(show_string(json_object_array_get_idx(candidates, k), "outcome"), outcomes[i].word) != 0)
            k++;
        if (k < n)
            printf("  %-13s %s\n", outcomes[i].word, outcomes[i].meaning);
    }
    struct json_object *best = decisive(reply, candidates);
    if (best) {
        fputs("\nCompared with ", stdout);
        show_article(show_member(best, "head"));
        putchar('\n');
        print_evidence(best, colour);
        print_pieces(best);
    }
    return r;
}

/* How one head of the other article's cluster came out. */
static void print_standing(struct json_object *reply, struct json_object *standing)
{
    struct json_object *shared = show_member(standing, "shared"), *candidates = show_member(reply, "candidates");
    int64_t place = show_int(standing, "candidate"), rare = 0;
    for (size_t i = 0; i + 1 < CLASSES; i++)
        rare += show_int(shared, classes[i].key);
    fputs("  its cluster is compared through ", stdout);
    show_article(show_member(standing, "head"));
    fputs("\n    values shared: ", stdout);
    print_stories(shared);
    if (place > 0 && candidates && (size_t)place <= json_object_array_length(candidates)) {
        const char *outcome = show_string(json_object_array_get_idx(candidates, (size_t)place - 1), "outcome");
        printf("    candidate %lld: %s\n", (long long)place, meaning_of(outcome));
    } else if (rare == 0 && show_int(shared, "more")) {
        puts("    no candidate: what they share stands in too many stories");
    } else if (rare == 0) {
        puts("    no candidate: they share no value, so hardly more than 18 words in a row");
    } else {
        puts("    no candidate: others share more or rarer values");
    }
}

static void print_other(struct json_object *reply, int colour)
{
    struct json_object *other = show_member(reply, "other"), *article = show_member(other, "article");
    struct json_object *heads = show_member(other, "heads"), *comparison = show_member(other, "comparison");
    const char *cluster = show_string(article, "cluster");
    if (!other)
        return;
    fputs("\nAnd ", stdout);
    show_article(article);
    printf("\n  stands in %s cluster, ", strcmp(cluster, show_string(show_member(reply, "article"), "cluster")) == 0 ? "the same" : "another");
    put(cluster);
    if (strcmp(show_string(article, "seen"), show_string(show_member(reply, "article"), "seen")) > 0)
        fputs("; it arrived later, and was then the one to be decided", stdout);
    putchar('\n');
    for (size_t i = 0; heads && i < json_object_array_length(heads); i++)
        print_standing(reply, json_object_array_get_idx(heads, i));
    struct json_object *compared = show_member(decisive(reply, show_member(reply, "candidates")), "head");
    if (compared && strcmp(show_string(compared, "id"), show_string(article, "id")) == 0) {
        puts("  The two side by side: see above.");
    } else if (comparison) {
        puts("  The two side by side:");
        print_evidence(comparison, colour);
        print_pieces(comparison);
    } else {
        puts("  Its text is not kept, so the two cannot be compared.");
    }
}

int verb_explain(struct ctl *ctl)
{
    struct buf request;
    struct json_object *reply = NULL;
    ctl_begin(&request, "explain");
    json_key_string(&request, "article", ctl->args[0], strlen(ctl->args[0]));
    if (ctl->n_args == 2)
        json_key_string(&request, "other", ctl->args[1], strlen(ctl->args[1]));
    json_close(&request, '}');
    int code = ctl_ask(ctl, &request, &reply);
    if (code == 0 && ctl->json) {
        out_json(ctl->line, ctl->line_len);
    } else if (code == 0) {
        print_decisions(reply, ctl->colour);
        code = print_candidates(reply, ctl->colour) < 0 ? CTL_REFUSED : 0;
        print_other(reply, ctl->colour);
    }
    json_object_put(reply);
    buf_done(&request);
    return code;
}
