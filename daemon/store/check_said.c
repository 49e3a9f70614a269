/*
 * Checking what members say of their source: the evidence of each cluster
 * against its members, and prints against the records that they are made of.
 */
#include <string.h>

#include "store/internal.h"

#define PAGE 512 /* agencies of one cluster that are looked at */

void check_print(struct check *c, const struct article *article)
{
    struct print stored, made;
    int r = view_print(c->view, article->num, &stored);
    print_of(article, &made);
    if (r < 0)
        check_fault(c, "article %u: its print cannot be read: %s", article->num, dup_strerror(r));
    else if (stored.cluster != made.cluster || stored.outlet != made.outlet || stored.agency != made.agency ||
             stored.time != made.time || stored.claim != made.claim || stored.relation != made.relation ||
             stored.flags != made.flags)
        check_fault(c, "article %u: its print says other things than its record", article->num);
}

void check_count_said(struct said *said, const struct article *article)
{
    struct evidence list[DUP_CREDITS_MAX + 1];
    size_t n = article_evidence(article, list, DUP_CREDITS_MAX + 1);
    said->claims[article->claim]++;
    said->generic += article->claim != DUP_CLAIM_NONE && !article_names_agency(article);
    said->uncredited += article->claim == DUP_CLAIM_NONE && !article->own.len;
    for (size_t i = 0; i < n; i++)
        said->credits += list[i].own + list[i].agency + list[i].from + list[i].weak;
}

uint64_t check_said(struct check *c, const struct cluster *cluster, const struct said *said)
{
    struct evidence list[PAGE];
    uint64_t credits = 0;
    struct print first;
    int n = view_evidence(c->view, cluster->id, PAGE, list);
    for (int i = 0; i < n; i++) {
        credits += (uint64_t)list[i].own + list[i].agency + list[i].from + list[i].weak;
        if (view_print(c->view, list[i].first, &first) < 0 ||
            view_cluster_id(c->view, first.cluster) != cluster->id)
            check_fault(c, "cluster %u: the first to name an agency, %u, is no member", cluster->id, list[i].first);
    }
    if (n < 0)
        check_fault(c, "cluster %u: its evidence cannot be read: %s", cluster->id, dup_strerror(n));
    else if (credits != said->credits || memcmp(cluster->claims, said->claims, sizeof said->claims) != 0 ||
             cluster->generic != said->generic || cluster->uncredited != said->uncredited)
        check_fault(c, "cluster %u: its evidence is not what its members say", cluster->id);
    return n < 0 ? 0 : (uint64_t)n;
}
