/*
 * mutants.c - damaged stores. Takes a good one, damages a copy, and lets it go the way that dupd
 * goes at start: it must either be refused, or give every answer that the good one gives; and it
 * must be left as it was where it is refused.
 *
 * usage: mutants FILE COUNT SEED DIR
 *
 * Prints "REFUSED refused, SAME same, WRONG wrong"; the exit code is 0 unless something could not be done.
 */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <xxhash.h>

#include "store/store.h"

#define PAGE 4096u
#define SECTOR 512u
#define VERIFY_MS 400
#define PATIENCE_S 30

enum { EXIT_SAME, EXIT_WRONG, EXIT_REFUSED };

static uint64_t random_state;
static char path[4096];
static struct store_options options = {.map_size = 64u << 20, .index_memory = 1u << 20};

/* The stores need not outlive this program. */
int fsync(int fd)
{
    (void)fd;
    return 0;
}

static uint64_t draw(uint64_t below)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state % below;
}

static void die(const char *what, const char *which)
{
    fprintf(stderr, "mutants: %s %s\n", what, which);
    exit(2);
}

static char *read_file(const char *name, size_t *ret_len)
{
    struct stat st;
    FILE *file = fopen(name, "r");
    if (!file || fstat(fileno(file), &st) < 0)
        die("cannot read", name);
    char *data = malloc((size_t)st.st_size + 1);
    if (!data)
        die("out of", "memory");
    *ret_len = fread(data, 1, (size_t)st.st_size, file);
    fclose(file);
    return data;
}

static void write_file(const char *data, size_t len)
{
    FILE *file = fopen(path, "w");
    if (!file || fwrite(data, 1, len, file) != len || fclose(file) != 0)
        die("cannot write", path);
}

/* ---- every answer of a store as one number ----------------------------------- */

static void add(XXH3_state_t *hash, const void *data, size_t len)
{
    XXH3_64bits_update(hash, &len, sizeof len);
    XXH3_64bits_update(hash, data ? data : "", len);
}

static void add_members(XXH3_state_t *hash, struct view *view, uint32_t id)
{
    uint32_t nums[64], after = 0;
    enum member_kind kinds[64];
    for (int n; (n = view_members(view, id, after, 64, nums, kinds)) != 0; after = nums[n - 1]) {
        if (n < 0) {
            add(hash, "damaged", 7);
            return;
        }
        add(hash, nums, (size_t)n * sizeof *nums);
        add(hash, kinds, (size_t)n * sizeof *kinds);
    }
}

static void add_article(XXH3_state_t *hash, struct view *view, uint32_t num, struct article *a, struct buf *text)
{
    uint32_t found = 0;
    int r = view_article(view, num, a);
    add(hash, &r, sizeof r);
    if (r < 0)
        return;
    const struct str *strings[] = {&a->id, &a->outlet, &a->url, &a->title, &a->byline, &a->credit, &a->language};
    for (size_t i = 0; i < sizeof strings / sizeof *strings; i++)
        add(hash, strings[i]->data, strings[i]->len);
    const uint32_t numbers[] = {view_cluster_id(view, a->cluster), a->head, a->version, a->previous, a->linked,
                                a->relation, a->flags, a->words};
    add(hash, numbers, sizeof numbers);
    r = view_find_id(view, a->id.data, a->id.len, &found);
    add(hash, &r, sizeof r);
    add(hash, &found, sizeof found);
    buf_clear(text);
    r = view_text(view, num, text);
    add(hash, &r, sizeof r);
    add(hash, text->data, text->len);
}

static uint64_t answers(struct view *view)
{
    XXH3_state_t *hash = XXH3_createState();
    struct article article;
    struct cluster cluster;
    struct buf text;
    XXH3_64bits_reset(hash);
    article_init(&article);
    buf_init(&text, LIMIT_LINE);
    uint32_t last = view_last_num(view);
    for (uint32_t num = view_first_num(view); num && num <= last; num++) {
        int r = view_cluster(view, num, &cluster);
        add_article(hash, view, num, &article, &text);
        add(hash, &r, sizeof r);
        if (r == 0)
            add(hash, &cluster, offsetof(struct cluster, sum));
        add_members(hash, view, num);
    }
    for (enum cluster_order order = ORDER_RECENT; order <= ORDER_FIRST; order++) {
        struct cluster_cursor cursor = {{0}};
        int r;
        while ((r = view_clusters(view, order, &cursor, 1, &cluster)) == 1)
            add(hash, &cluster.id, sizeof cluster.id);
        add(hash, &r, sizeof r);
    }
    uint64_t digest = XXH3_64bits_digest(hash);
    XXH3_freeState(hash);
    article_done(&article);
    buf_done(&text);
    return digest;
}

/* Opens the store as the daemon does. EXIT_REFUSED, or its answers against those expected (NULL: told). */
static int open_and_ask(uint64_t *answered, const uint64_t *expected)
{
    struct store *store;
    struct view *view;
    struct err err = {0};
    int r = store_verify(&options, VERIFY_MS, &err);
    if (r == 0)
        r = store_open(&options, &err, &store);
    if (r == DUP_ECORRUPT || r == DUP_EFORMAT)
        return EXIT_REFUSED;
    if (r < 0 || store_snapshot(store, &view) < 0) {
        printf("neither refused nor opened: %s\n", err.text);
        return EXIT_WRONG;
    }
    *answered = answers(view);
    store_release(view);
    store_free(store);
    return !expected || *answered == *expected ? EXIT_SAME : EXIT_WRONG;
}

/* In a child, which the daemon would be. */
static int try_mutant(uint64_t expected)
{
    int status;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        struct rlimit none = {0, 0};
        uint64_t answered;
        setrlimit(RLIMIT_CORE, &none);
        alarm(PATIENCE_S);
        int verdict = open_and_ask(&answered, &expected);
        fflush(stdout);
        _exit(verdict);
    }
    if (child < 0 || waitpid(child, &status, 0) < 0)
        die("cannot", "fork");
    if (WIFEXITED(status))
        return WEXITSTATUS(status);
    printf("killed by signal %d\n", WTERMSIG(status));
    return EXIT_WRONG;
}

/* ---- damage --------------------------------------------------------------------- */

/* Damages data; the kind, and in *ret_at where (of one place). */
static const char *mutate(char *data, size_t *len, size_t *ret_at)
{
    static const char *const kinds[] = {"a bit", "a byte", "some bits", "a sector of zeros", "a page of zeros",
                                        "a page of another", "a bit of a head page", "cut short"};
    uint64_t kind = draw(sizeof kinds / sizeof *kinds), pages = *len / PAGE;
    size_t at = (size_t)draw(*len);
    switch (kind) {
    case 0: data[at] ^= (char)(1 << draw(8)); break;
    case 1: data[at] = (char)draw(256); break;
    case 2:
        for (uint64_t i = 2 + draw(60); i; i--)
            data[draw(*len)] ^= (char)(1 << draw(8));
        break;
    case 3: memset(data + at / SECTOR * SECTOR, 0, SECTOR); break;
    case 4: memset(data + at / PAGE * PAGE, 0, PAGE); break;
    case 5: memcpy(data + at / PAGE * PAGE, data + draw(pages) * PAGE, PAGE); break;
    case 6:
        at = (size_t)(draw(2) * PAGE + draw(160));
        data[at] ^= (char)(1 << draw(8));
        break;
    case 7:
    default: *len = at; break;
    }
    *ret_at = at;
    return kinds[kind];
}

static int changed(void)
{
    puts("refused, and changed");
    return EXIT_WRONG;
}

int main(int argc, char **argv)
{
    if (argc != 5)
        die("usage: mutants FILE COUNT", "SEED DIR");
    size_t len, n[3] = {0}, count = strtoul(argv[2], NULL, 10);
    char *good = read_file(argv[1], &len), *bad = malloc(len);
    uint64_t expected;
    random_state = strtoull(argv[3], NULL, 10) * 2654435761u + 88172645463325252u;
    options.dir = argv[4];
    snprintf(path, sizeof path, "%s/dupd.mdb", argv[4]);
    if (!bad || len < 2 * PAGE)
        die("too small:", argv[1]);
    write_file(good, len);
    if (dup_text_setup() < 0 || open_and_ask(&expected, NULL) != EXIT_SAME)
        die("the store is not good:", argv[1]);
    for (size_t i = 0; i < count; i++) {
        size_t bad_len = len, left_len;
        memcpy(bad, good, len);
        size_t at;
        const char *how = mutate(bad, &bad_len, &at);
        write_file(bad, bad_len);
        int verdict = try_mutant(expected);
        char *left = read_file(path, &left_len);
        if (verdict == EXIT_REFUSED && (left_len != bad_len || memcmp(left, bad, bad_len) != 0))
            verdict = changed();
        free(left);
        n[verdict]++;
        if (verdict == EXIT_WRONG)
            printf("mutant %zu: %s, at %zu\n", i, how, at);
    }
    printf("%zu refused, %zu same, %zu wrong\n", n[EXIT_REFUSED], n[EXIT_SAME], n[EXIT_WRONG]);
    free(good);
    free(bad);
    return 0;
}
