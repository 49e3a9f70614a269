/*
 * The source of a cluster, and how its prints stand to it. The figures that
 * the decision rests on are counts; the tests vary them and look at what the
 * answer must not depend on as well.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "engine/source.h"

#define N(list) (sizeof(list) / sizeof *(list))

static struct evidence said(const char *name, uint32_t own, uint32_t agency, uint32_t from, uint32_t weak)
{
    struct evidence e = {.own = own, .agency = agency, .from = from, .weak = weak, .first = 1};
    strcpy(e.name, name);
    return e;
}

static struct source_decision decide(const struct evidence *list, size_t n, uint32_t generic)
{
    struct source_decision d;
    source_decide(list, n, generic, &d);
    return d;
}

static void test_nothing_said(void **state)
{
    (void)state;
    assert_int_equal(decide(NULL, 0, 0).kind, SOURCE_OUTLET);
    assert_int_equal(decide(NULL, 0, 0).best, -1);
    assert_int_equal(decide(NULL, 0, 1).kind, SOURCE_UNKNOWN);
    assert_int_equal(decide(NULL, 0, 1000).best, -1);
    struct evidence gone[] = {said("PTI", 0, 0, 0, 0)};
    assert_int_equal(decide(gone, 1, 0).kind, SOURCE_OUTLET);
}

static void test_one_name(void **state)
{
    (void)state;
    struct evidence own[] = {said("PTI", 1, 0, 0, 0)}, agency[] = {said("PTI", 0, 1, 0, 0)};
    struct evidence from[] = {said("PTI", 0, 0, 1, 0)}, weak[] = {said("PTI", 0, 0, 0, 1)};
    struct evidence more[] = {said("PTI", 0, 2, 0, 0)};
    const struct source_decision d[] = {decide(weak, 1, 0), decide(from, 1, 0), decide(agency, 1, 0),
                                        decide(more, 1, 0), decide(own, 1, 0)};
    for (size_t i = 0; i < N(d); i++) {
        assert_int_equal(d[i].kind, SOURCE_AGENCY);
        assert_int_equal(d[i].best, 0);
        assert_true(d[i].confidence >= 0.5 && d[i].confidence < 1);
        assert_true(i == 0 || d[i].confidence > d[i - 1].confidence); /* each says more than the one before */
    }
    /* Who says "agencies" does not contradict a name. */
    assert_true(decide(agency, 1, 50).confidence == decide(agency, 1, 0).confidence);
}

static void test_contradiction(void **state)
{
    (void)state;
    struct evidence even[] = {said("ANI", 0, 3, 0, 0), said("PTI", 0, 3, 0, 0)};
    struct evidence most[] = {said("ANI", 0, 1, 0, 0), said("PTI", 0, 4, 0, 0)};
    struct evidence own[] = {said("ANI", 0, 2, 0, 0), said("PTI", 1, 0, 0, 0)};
    struct evidence several[] = {said("AFP", 0, 0, 0, 1), said("Reuters", 0, 0, 0, 1)};
    assert_int_equal(decide(even, 2, 0).kind, SOURCE_UNKNOWN);
    assert_int_equal(decide(several, 2, 0).kind, SOURCE_UNKNOWN);
    assert_int_equal(decide(most, 2, 0).best, 1);
    assert_int_equal(decide(own, 2, 0).best, 1);
    assert_true(decide(most, 2, 0).confidence < 0.8);
    assert_true(decide(own, 2, 0).confidence < decide(own + 1, 1, 0).confidence);
}

static void test_order_of_the_list(void **state)
{
    (void)state;
    struct evidence list[] = {said("AFP", 0, 1, 2, 0), said("ANI", 0, 0, 0, 3), said("PTI", 0, 6, 1, 0)};
    double confidence = decide(list, 3, 2).confidence;
    for (int turn = 0; turn < 3; turn++) {
        struct evidence first = list[0];
        memmove(list, list + 1, 2 * sizeof *list);
        list[2] = first;
        struct source_decision d = decide(list, 3, 2);
        assert_string_equal(list[d.best].name, "PTI");
        assert_true(d.confidence == confidence);
    }
}

static void test_large_counts(void **state)
{
    (void)state;
    struct evidence list[] = {said("AFP", UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX), said("PTI", 0, 1, 0, 0)};
    struct source_decision d = decide(list, 2, UINT32_MAX);
    assert_int_equal(d.best, 0);
    assert_true(d.confidence > 0.99 && d.confidence <= 1);
}

static void test_status(void **state)
{
    (void)state;
    const unsigned none = DUP_CLAIM_NONE, from = DUP_CLAIM_FROM, agency = DUP_CLAIM_AGENCY;
    assert_int_equal(source_status(none, 0, SOURCE_OUTLET, 1), STATUS_OWN);
    assert_int_equal(source_status(none, 0, SOURCE_OUTLET, 0), STATUS_UNCREDITED);
    assert_int_equal(source_status(none, 0, SOURCE_AGENCY, 1), STATUS_UNCREDITED);
    assert_int_equal(source_status(none, 0, SOURCE_UNKNOWN, 1), STATUS_UNCREDITED);
    assert_int_equal(source_status(from, PRINT_NAMED, SOURCE_AGENCY, 0), STATUS_CREDITED);
    assert_int_equal(source_status(agency, 0, SOURCE_UNKNOWN, 1), STATUS_GENERIC);
    assert_int_equal(source_status(none, PRINT_OWN, SOURCE_AGENCY, 0), STATUS_AGENCY);
    assert_int_equal(source_status(agency, PRINT_OWN | PRINT_NAMED, SOURCE_AGENCY, 0), STATUS_AGENCY);
}

static void test_words(void **state)
{
    (void)state;
    for (int i = 0; i < STATUS_COUNT; i++)
        for (int k = 0; k < i; k++)
            assert_string_not_equal(source_status_word((enum source_status)i), source_status_word((enum source_status)k));
    assert_string_equal(source_status_word(STATUS_UNCREDITED), "uncredited");
    assert_string_equal(source_kind_word(SOURCE_UNKNOWN), "unknown agency");
}

static struct article article(const char *agencies, enum dup_claim claim, enum dup_relation relation, const char *own)
{
    struct article a = {.num = 3, .claim = (uint8_t)claim, .relation = (uint8_t)relation,
                        .agencies = {agencies, strlen(agencies)}, .own = {own, strlen(own)}};
    return a;
}

static void test_evidence_of_an_article(void **state)
{
    (void)state;
    struct evidence e[4];
    struct article a = article("PTI", DUP_CLAIM_AGENCY, DUP_COPY, "");
    assert_int_equal(article_evidence(&a, e, 4), 1);
    assert_int_equal(e[0].agency, 1);
    a = article("PTI", DUP_CLAIM_FROM, DUP_COPY, "");
    assert_int_equal(article_evidence(&a, e, 4), 1);
    assert_true(e[0].from == 1 && e[0].agency == 0 && e[0].weak == 0);
    a = article("PTI", DUP_CLAIM_FROM, DUP_EXTENDED, "");
    assert_int_equal(article_evidence(&a, e, 4), 1);
    assert_true(e[0].weak == 1 && e[0].from == 0);
    a = article("PTI+AFP", DUP_CLAIM_AGENCY, DUP_COPY, "AFP");
    assert_int_equal(article_evidence(&a, e, 4), 2);
    assert_string_equal(e[0].name, "AFP");
    assert_true(e[0].own == 1 && e[0].weak == 1 && e[1].weak == 1 && e[1].own == 0);
    a = article("generic", DUP_CLAIM_FROM, DUP_COPY, "");
    assert_int_equal(article_evidence(&a, e, 4), 0);
    assert_int_equal(article_names_agency(&a), 0);
    a = article("", DUP_CLAIM_NONE, DUP_COPY, "Reuters");
    assert_int_equal(article_evidence(&a, e, 4), 1);
    assert_int_equal(e[0].own, 1);
    a = article("A+B+C+D+E+F", DUP_CLAIM_FROM, DUP_COPY, "");
    assert_int_equal(article_evidence(&a, e, 4), 4);
}

static void test_long_names(void **state)
{
    (void)state;
    char text[200], kept[AGENCY_NAME];
    memset(text, 'x', sizeof text);
    agency_name_keep((struct str){text, sizeof text}, kept);
    assert_int_equal(strlen(kept), AGENCY_NAME - 1);
    memcpy(text + AGENCY_NAME - 2, "\xc3\xbc", 2); /* would be cut in two */
    agency_name_keep((struct str){text, sizeof text}, kept);
    assert_int_equal(strlen(kept), AGENCY_NAME - 2);
    agency_name_keep((struct str){NULL, 0}, kept);
    assert_string_equal(kept, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_said),
        cmocka_unit_test(test_one_name),
        cmocka_unit_test(test_contradiction),
        cmocka_unit_test(test_order_of_the_list),
        cmocka_unit_test(test_large_counts),
        cmocka_unit_test(test_status),
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_evidence_of_an_article),
        cmocka_unit_test(test_long_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
