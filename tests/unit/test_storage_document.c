/*
 * Goal: docs/STORAGE.md tells the truth: the fields of the article record and of the cluster record stand at the
 * offsets that it gives, with nothing between them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "store/internal.h"

#define ROWS_MAX 64

struct row {
    size_t offset, bytes;
    char name[32]; /* "" for what has none: padding, checksums */
};

/* The rows "| offset | bytes | `name` |" of a section. */
static size_t read_rows(const char *section, struct row *rows)
{
    char line[1024], title[128];
    FILE *file = fopen("docs/STORAGE.md", "r");
    size_t n = 0;
    int within = 0;
    assert_non_null(file);
    snprintf(title, sizeof title, "## %s\n", section);
    while (fgets(line, sizeof line, file)) {
        if (strncmp(line, "## ", 3) == 0)
            within = strcmp(line, title) == 0;
        struct row row = {0};
        char name[64] = "";
        if (!within || sscanf(line, "| %zu | %zu | %63[^|]", &row.offset, &row.bytes, name) < 2)
            continue;
        if (name[0] == '`')
            snprintf(row.name, sizeof row.name, "%.*s", (int)strcspn(name + 1, "`"), name + 1);
        assert_true(n < ROWS_MAX);
        rows[n++] = row;
    }
    fclose(file);
    assert_true(n > 10);
    for (size_t i = 1; i < n; i++) {
        if (rows[i].offset != rows[i - 1].offset + rows[i - 1].bytes)
            fail_msg("%s: offset %zu does not follow the row before it", section, rows[i].offset);
    }
    return n;
}

static void the_cluster_record(void **unused)
{
#define FIELD(name) {offsetof(struct cluster, name), sizeof ((struct cluster *)0)->name, #name}
    static const struct row fields[] = {
        FIELD(id), FIELD(articles), FIELD(outlets), FIELD(links), FIELD(first), FIELD(last), FIELD(first_time), FIELD(last_time),
        FIELD(relations), FIELD(pages), FIELD(claims), FIELD(generic), FIELD(uncredited), FIELD(fullest), FIELD(fullest_words),
        FIELD(notice), FIELD(source), FIELD(source_kind), FIELD(confidence), FIELD(flags), FIELD(n_heads), FIELD(heads), FIELD(sum),
    };
#undef FIELD
    struct row rows[ROWS_MAX];
    size_t n = read_rows("The cluster record", rows), found = 0;
    (void)unused;
    for (size_t i = 0; i < n; i++) {
        if (!rows[i].name[0])
            continue;
        size_t k = 0;
        while (k < sizeof fields / sizeof *fields && strcmp(fields[k].name, rows[i].name) != 0)
            k++;
        if (k == sizeof fields / sizeof *fields)
            fail_msg("the document has `%s`, which this test does not know", rows[i].name);
        if (fields[k].offset != rows[i].offset || fields[k].bytes != rows[i].bytes)
            fail_msg("`%s` stands at %zu with %zu bytes, not at %zu with %zu", rows[i].name, fields[k].offset, fields[k].bytes,
                     rows[i].offset, rows[i].bytes);
        found++;
    }
    assert_int_equal(found, sizeof fields / sizeof *fields);
    assert_int_equal(rows[n - 1].offset + rows[n - 1].bytes, sizeof(struct cluster));
}

/* A field that is set changes exactly its own bytes of an encoded record, and the checksum. */
static void the_article_record(void **unused)
{
#define FIELD(name) {offsetof(struct article, name), sizeof ((struct article *)0)->name, #name}
    static const struct row fields[] = {
        FIELD(cluster), FIELD(head), FIELD(posted), FIELD(previous), FIELD(version), FIELD(words), FIELD(longest), FIELD(linked), FIELD(relation),
        FIELD(flags), FIELD(claim), FIELD(place), FIELD(share_shorter), FIELD(share_longer), FIELD(jaccard), FIELD(published),
        FIELD(seen), FIELD(text_hash), FIELD(simhash), FIELD(outlet_key),
    };
#undef FIELD
    struct row rows[ROWS_MAX];
    size_t n = read_rows("The article record", rows), found = 0;
    struct article article;
    struct buf plain, changed;
    (void)unused;
    buf_init(&plain, LIMIT_LINE);
    buf_init(&changed, LIMIT_LINE);
    article_init(&article);
    article.num = 7;
    assert_int_equal(record_encode(&article, &plain), 0);
    assert_int_equal(rows[0].offset, 0);
    for (size_t i = 0; i < n; i++) {
        if (!rows[i].name[0])
            continue;
        size_t k = 0;
        while (k < sizeof fields / sizeof *fields && strcmp(fields[k].name, rows[i].name) != 0)
            k++;
        if (k == sizeof fields / sizeof *fields)
            fail_msg("the document has `%s`, which this test does not know", rows[i].name);
        char *field = (char *)&article + fields[k].offset;
        memset(field, 0x01, fields[k].bytes);
        buf_clear(&changed);
        assert_int_equal(record_encode(&article, &changed), 0);
        memset(field, 0, fields[k].bytes);
        assert_int_equal(changed.len, plain.len);
        for (size_t at = 4; at < plain.len; at++) {
            int within = at >= rows[i].offset && at < rows[i].offset + rows[i].bytes;
            if (within != (plain.data[at] != changed.data[at]))
                fail_msg("`%s`: byte %zu is %s it", rows[i].name, at, within ? "not of" : "of");
        }
        found++;
    }
    assert_int_equal(found, sizeof fields / sizeof *fields);
    /* Then come the strings, which are all empty, each with two bytes of length. */
    assert_int_equal((plain.len - rows[n - 1].offset - rows[n - 1].bytes) % 2, 0);
    buf_done(&plain);
    buf_done(&changed);
    article_done(&article);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_cluster_record), cmocka_unit_test(the_article_record)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
