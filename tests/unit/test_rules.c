/*
 * Goal: each rule applies up to its limit and not beyond, and no condition of it can be left out. A row
 * changes a case in which a rule just applies, in the words of docs/QUALITY.md, and says whether it still
 * does; whatever a row holds, the rules that name no direction judge the two sides alike.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/rules.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define FIELD(name, kind) {#name, kind, offsetof(struct dup_evidence, name)}

enum kind { REAL, WHOLE, FLAG };

static const struct { const char *name; enum kind kind; size_t at; } fields[] = {
    FIELD(a.furniture, REAL), FIELD(b.furniture, REAL), FIELD(a.words, REAL), FIELD(b.words, REAL), FIELD(a.shared, REAL),
    FIELD(b.shared, REAL), FIELD(a.quoted, REAL), FIELD(b.quoted, REAL), FIELD(a.lead, REAL), FIELD(b.lead, REAL),
    FIELD(a.numbers, WHOLE), FIELD(b.numbers, WHOLE), FIELD(a.shared_numbers, WHOLE), FIELD(b.shared_numbers, WHOLE),
    FIELD(share_a, REAL), FIELD(share_b, REAL), FIELD(share_shorter, REAL), FIELD(share_longer, REAL), FIELD(passages, WHOLE),
    FIELD(fact_swaps, WHOLE), FIELD(titles, REAL), FIELD(same_text, FLAG), FIELD(same_outlet, FLAG), FIELD(version_a, FLAG),
    FIELD(version_b, FLAG), FIELD(hours, REAL), FIELD(dated, FLAG),
};

/* "field=value field=value ..." into the evidence. */
static void set(struct dup_evidence *e, const char *changes)
{
    while (*changes) {
        size_t len = strcspn(changes, "="), i = 0;
        char *end;
        while (i < COUNT(fields) && (strncmp(fields[i].name, changes, len) != 0 || fields[i].name[len]))
            i++;
        assert_true(i < COUNT(fields));
        double value = strtod(changes + len + 1, &end);
        void *field = (char *)e + fields[i].at;
        if (fields[i].kind == REAL)
            *(double *)field = value;
        else if (fields[i].kind == WHOLE)
            *(uint32_t *)field = (uint32_t)value;
        else
            *(int *)field = (int)value;
        changes = end + strspn(end, " ");
    }
}

static struct dup_evidence mirror(const struct dup_evidence *e)
{
    struct dup_evidence m = *e;
    m.a = e->b, m.b = e->a;
    m.share_a = e->share_b, m.share_b = e->share_a;
    m.version_a = e->version_b, m.version_b = e->version_a;
    m.hours = -e->hours;
    return m;
}

static const struct dup_rule *rule_of(const char *name)
{
    const struct dup_rule *rule = dup_rules;
    while (rule->name && strcmp(rule->name, name) != 0)
        rule++;
    assert_non_null(rule->name);
    return rule;
}

/* The case in which a rule just applies, and what keeps or breaks it. */
struct row { int applies; const char *changes; };
struct edge { const char *rule, *base; struct row rows[24]; };

static const struct edge edges[] = {
    {"exact", "same_text=1", {{0, "same_text=0"}}},
    {"furniture", "a.words=11.5 a.furniture=0.5 b.words=90 b.furniture=1",
     {{0, "a.words=12"}, {0, "a.furniture=0"}, {1, "b.furniture=0"}, {1, "b.words=12"}}},
    {"template", "share_shorter=0.25 fact_swaps=3 a.words=150 a.shared=120 b.words=200 b.shared=130 a.numbers=4 b.numbers=5 "
                 "a.shared_numbers=2 b.shared_numbers=3",
     {{0, "share_shorter=0.24"}, {0, "fact_swaps=2 a.shared=80"}, {0, "a.shared=121"}, {1, "a.shared=160 fact_swaps=4"},
      {0, "version_a=1"}, {0, "version_b=1"}, {0, "a.shared_numbers=3"}, {1, "b.shared_numbers=2 a.shared_numbers=3"},
      {1, "a.numbers=3 a.shared_numbers=1"}, {0, "a.numbers=2 a.shared_numbers=1"}, {0, "b.numbers=2 b.shared_numbers=1"},
      {0, "a.numbers=3"}}},
    {"refilled", "share_shorter=0.25 share_longer=0.74 a.words=30 a.shared=20 a.numbers=4 a.shared_numbers=1 b.words=35 b.shared=25 "
                 "b.numbers=4 b.shared_numbers=1",
     {{0, "share_shorter=0.24"}, {0, "share_longer=0.75"}, {0, "version_a=1"}, {0, "version_b=1"}, {0, "a.words=31"},
      {0, "b.words=36"}, {0, "a.numbers=3"}, {1, "a.numbers=3 a.shared_numbers=0"}, {0, "a.numbers=2 a.shared_numbers=0 a.words=24"},
      {0, "a.shared_numbers=2 b.shared_numbers=2 a.words=24 b.words=29"}, {0, "a.words=20"}, {0, "b.words=25 a.words=24 a.shared=10"}}},
    {"daily", "share_shorter=0.25 dated=1 hours=20 a.words=100 a.shared=24 b.words=200 b.shared=30 passages=2",
     {{0, "a.shared=25"}, {0, "passages=1"}, {1, "passages=3"}, {1, "hours=-20"}, {0, "hours=19.9"}, {0, "share_shorter=0.7"}}},
    {"worn", "dated=1 hours=12 share_shorter=0.25 a.words=100 a.furniture=30 a.shared=30 b.words=200 b.furniture=9 b.shared=31",
     {{1, "hours=-12"}, {0, "hours=11.9"}, {0, "hours=-11.9"}, {0, "dated=0"}, {0, "version_a=1"}, {0, "version_b=1"},
      {0, "share_shorter=0.24"}, {0, "a.furniture=29"}}},
    {"house-item", "same_outlet=1 titles=0 share_shorter=0.9 share_longer=0.49",
     {{1, "titles=0.24"}, {0, "titles=0.25"}, {0, "titles=-1"}, {0, "share_shorter=0.89"}, {0, "share_longer=0.5"},
      {0, "version_a=1"}, {0, "version_b=1"}, {0, "same_outlet=0"}}},
    {"house-form", "same_outlet=1 titles=0.24 share_shorter=0.25 a.lead=1 b.lead=1",
     {{1, "titles=0"}, {0, "titles=-1"}, {0, "share_shorter=0.24"}, {1, "share_shorter=0.89"}, {0, "share_shorter=0.9"},
      {1, "share_shorter=0.9 a.lead=0.19 b.lead=0.19"}, {0, "share_shorter=0.9 a.lead=0.2 b.lead=0.19"},
      {0, "share_shorter=0.9 a.lead=0.19 b.lead=0.2"}, {1, "titles=0.25 share_shorter=0.74"}, {0, "titles=0.25 share_shorter=0.75"},
      {1, "titles=0.49 share_shorter=0.74"}, {0, "titles=0.5 share_shorter=0.74"}, {0, "version_a=1"}, {0, "version_b=1"},
      {0, "same_outlet=0"}, {0, "titles=0.3 share_shorter=0.8 a.lead=0 b.lead=0"}}},
    {"follow-up", "share_shorter=0.25 dated=1 hours=20 a.words=100 b.words=200",
     {{1, "hours=-20"}, {0, "hours=19.9"}, {0, "hours=-19.9"}, {0, "dated=0"}, {0, "version_a=1"}, {0, "version_b=1"},
      {0, "share_shorter=0.24"}, {1, "share_shorter=0.69"}, {0, "share_shorter=0.7"}, {0, "share_shorter=0.8 a.words=150"},
      {1, "same_outlet=1 share_shorter=0.84"}, {0, "same_outlet=1 share_shorter=0.85"},
      {1, "same_outlet=1 a.words=140 titles=0.74 share_shorter=0.94"}, {0, "same_outlet=1 a.words=140 titles=0.74 share_shorter=0.95"},
      {0, "same_outlet=1 a.words=140 titles=0.75 share_shorter=0.9"}, {0, "same_outlet=1 a.words=139 titles=0.74 share_shorter=0.9"}}},
    {"quote", "share_shorter=0.1 a.shared=10 a.quoted=6 b.shared=20 a.words=100 b.words=100",
     {{0, "share_shorter=0.09"}, {0, "a.quoted=5.9"}, {1, "a.quoted=0 b.quoted=6"}, {0, "a.quoted=5.9 b.quoted=5.9"},
      {1, "a.shared=20 b.shared=10"}, {1, "share_shorter=0.54"}, {0, "share_shorter=0.55"}, {1, "share_shorter=0.55 a.quoted=7.5"},
      {0, "share_shorter=0.55 a.quoted=7.4"}, {1, "share_shorter=0.69 a.quoted=10"}, {0, "share_shorter=0.7 a.quoted=10"},
      {0, "a.shared=0 b.shared=0"}}},
    {"excerpt", "share_shorter=0.55 share_longer=0.19 a.words=50 a.lead=1 b.words=200 b.lead=0.19",
     {{0, "share_shorter=0.54"}, {1, "share_shorter=0.69"}, {0, "share_shorter=0.7"}, {0, "share_longer=0.2"}, {0, "b.lead=0.2"},
      {0, "same_outlet=1"}}},
    {"update", "same_outlet=1 share_shorter=0.55 version_a=1 a.words=50 b.words=100",
     {{0, "share_shorter=0.54"}, {0, "same_outlet=0"}, {0, "version_a=0"}, {0, "version_a=0 version_b=1"},
      {1, "version_a=0 dated=1 hours=0.1 share_longer=0.74 a.words=100"}, {0, "version_a=0 dated=1 hours=0.1 share_longer=0.74 a.words=99"},
      {0, "version_a=0 dated=1 hours=0 share_longer=0.74 a.words=100"}, {0, "version_a=0 dated=1 hours=-1 share_longer=0.74 a.words=100"},
      {0, "version_a=0 hours=0.1 share_longer=0.74 a.words=100"}, {0, "version_a=0 dated=1 hours=0.1 share_longer=0.75 a.words=100"}}},
    {"copy", "share_shorter=0.55 share_longer=0.75 a.words=10 b.words=100",
     {{0, "share_shorter=0.54"}, {0, "share_longer=0.74"}, {1, "share_longer=0.1 share_shorter=1 a.words=80"},
      {0, "share_longer=0.1 share_shorter=1 a.words=79"}, {1, "share_longer=0.1 share_shorter=0.89 a.words=70"},
      {0, "share_longer=0.1 share_shorter=0.9 a.words=70"}, {0, "share_longer=0.1 share_shorter=0.89 a.words=69"}}},
    {"abridged", "share_shorter=0.55 share_a=0.5 share_b=0.5", {{0, "share_shorter=0.54"}, {0, "share_a=0.49"}, {1, "share_a=0.51"}}},
    {"extended", "share_shorter=0.55", {{0, "share_shorter=0.54"}}},
    {"partial", "share_shorter=0.25", {{0, "share_shorter=0.24"}}},
};

static void judge(const struct edge *edge, const struct row *row)
{
    const struct dup_rule *rule = rule_of(edge->rule);
    struct dup_evidence e = {0};
    set(&e, edge->base);
    set(&e, row->changes);
    if (!rule->applies(&e, &dup_limits_usual) != !row->applies)
        fail_msg("%s: \"%s\" should%s apply", edge->rule, row->changes, row->applies ? "" : " not");
    if (e.a.words == e.b.words || rule->relation == DUP_UPDATE || rule->relation == DUP_ABRIDGED)
        return;
    struct dup_evidence m = mirror(&e);
    if (!rule->applies(&m, &dup_limits_usual) != !row->applies)
        fail_msg("%s: \"%s\" is judged otherwise with the sides exchanged", edge->rule, row->changes);
}

static void each_rule_ends_at_its_limits(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(edges); i++) {
        static const struct row as_it_is = {1, ""};
        judge(&edges[i], &as_it_is);
        for (const struct row *row = edges[i].rows; row->changes; row++)
            judge(&edges[i], row);
    }
    for (size_t i = 0; dup_rules[i].name; i++) { /* in the order of the table, none without its edges */
        assert_true(i < COUNT(edges));
        assert_string_equal(dup_rules[i].name, edges[i].rule);
    }
}

/* Random evidence: what joins two articles, joins them either way round. */
static void sides_exchanged_join_alike(void **state)
{
    uint64_t seed = 99;
    (void)state;
    for (int round = 0; round < 20000; round++) {
        struct dup_evidence e = {0};
        for (size_t i = 0; i < COUNT(fields); i++) {
            char change[64];
            seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            unsigned r = (unsigned)(seed >> 33);
            double value = fields[i].kind == REAL ? (r % 21) / 20.0 : fields[i].kind == WHOLE ? r % 9 : r % 16 == 0;
            if (strstr(fields[i].name, ".words") || strstr(fields[i].name, ".shared"))
                value = 1 + r % 997 + (fields[i].name[0] == 'b') * 0.5; /* no two alike */
            if (strcmp(fields[i].name, "hours") == 0)
                value = r % 61 - 30.0;
            snprintf(change, sizeof change, "%s=%.17g", fields[i].name, value);
            set(&e, change);
        }
        struct dup_evidence m = mirror(&e);
        int joins[2] = {0, 0};
        const struct dup_evidence *both[2] = {&e, &m};
        for (int k = 0; k < 2; k++) {
            const struct dup_rule *rule = dup_rules;
            while (rule->name && !rule->applies(both[k], &dup_limits_usual))
                rule++;
            joins[k] = rule->name && (rule->relation == DUP_EXACT || rule->relation == DUP_COPY || rule->relation == DUP_ABRIDGED ||
                                      rule->relation == DUP_EXTENDED || rule->relation == DUP_UPDATE);
        }
        assert_int_equal(joins[0], joins[1]);
    }
}

static void names_of_rules(void **state)
{
    int n = 0;
    (void)state;
    assert_null(dup_rule_name(-1));
    for (; dup_rules[n].name; n++)
        assert_ptr_equal(dup_rule_name(n), dup_rules[n].name);
    assert_null(dup_rule_name(n));
    assert_null(dup_rule_name(n + 1));
}

/* A relation is read back from its word and from nothing else. */
static void words_of_relations(void **state)
{
    (void)state;
    for (int i = 0; i < DUP_RELATION_COUNT; i++) {
        const char *word = dup_relation_word((enum dup_relation)i);
        char changed[64];
        size_t len = strlen(word);
        assert_int_equal(dup_relation_parse(word, len), i);
        assert_int_equal(dup_relation_parse(word, len - 1), -1);
        snprintf(changed, sizeof changed, "%sx", word);
        assert_int_equal(dup_relation_parse(changed, len + 1), -1);
        assert_int_equal(dup_relation_parse(changed, len), i);
        for (int c = 'a'; c <= 'z'; c += 'z' - 'a') {
            changed[0] = (char)c;
            assert_int_equal(dup_relation_parse(changed, len), c == word[0] ? i : -1);
        }
        assert_int_equal(dup_relation_joins((enum dup_relation)i) != 0,
                         i == DUP_EXACT || i == DUP_COPY || i == DUP_ABRIDGED || i == DUP_EXTENDED || i == DUP_UPDATE);
    }
    assert_int_equal(dup_relation_parse("", 0), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_rule_ends_at_its_limits),
        cmocka_unit_test(sides_exchanged_join_alike),
        cmocka_unit_test(names_of_rules),
        cmocka_unit_test(words_of_relations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
