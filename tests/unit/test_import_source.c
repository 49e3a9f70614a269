/*
 * Goal: a file gives the same articles however it is packed and wherever a read happens to end; lines and
 * elements are counted right; and what is cut short, damaged or no article file is said, never passed over.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <zlib.h>
#include <zstd.h>

#include "base/buf.h"
#include "ctl/source.h"
#include "dup/error.h"

static char path[] = "/tmp/dupd-source-XXXXXX";
static uint64_t state = 20261125;

static uint64_t draw(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    return state ^= state << 17;
}

static int set_up(void **unused)
{
    (void)unused;
    int fd = mkstemp(path);
    return fd < 0 ? -1 : close(fd);
}

static int tear_down(void **unused)
{
    (void)unused;
    return unlink(path);
}

static void put_file(const void *data, size_t len)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(data, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
}

enum packing { PLAIN, GZIP, ZSTD, PACKINGS };

/* Appends data as one gzip member or zstd frame. */
static void pack(enum packing packing, const char *data, size_t len, struct buf *out)
{
    if (packing == PLAIN) {
        buf_add(out, data, len);
        return;
    }
    size_t bound = packing == GZIP ? compressBound(len) + 64 : ZSTD_compressBound(len);
    assert_int_equal(buf_reserve(out, bound), 0);
    if (packing == ZSTD) {
        out->len += ZSTD_compress(out->data + out->len, bound, data, len, 1);
        return;
    }
    z_stream z = {0};
    assert_int_equal(deflateInit2(&z, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    z.next_in = (Bytef *)(uintptr_t)data;
    z.avail_in = (uInt)len;
    z.next_out = (Bytef *)out->data + out->len;
    z.avail_out = (uInt)bound;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    out->len += bound - z.avail_out;
    deflateEnd(&z);
}

/*
 * Reads all of a file into a list, one line an entry: LINE:ELEMENT:TEXT, wrong ones as LINE:ELEMENT!REASON.
 * The code and sentence of what failed, or 0.
 */
static int list(struct buf *out, struct err *err)
{
    struct source source;
    struct source_entry entry;
    enum source_step step;
    int r = source_open(&source, path, err), failed = 0;
    assert_int_equal(r, 0);
    buf_clear(out);
    while ((step = source_next(&source, &entry)) != SOURCE_END) {
        if (step == SOURCE_MORE) {
            r = source_fill(&source, err);
            failed = failed ? failed : r;
            continue;
        }
        buf_printf(out, "%llu:%llu%c", (unsigned long long)entry.line, (unsigned long long)entry.element, step == SOURCE_WRONG ? '!' : ':');
        buf_add(out, entry.data, entry.len);
        buf_add_char(out, '\n');
    }
    source_done(&source);
    return failed;
}

static void check_list(const char *file, size_t len, const char *wanted)
{
    struct buf packed, out;
    struct err err;
    buf_init(&out, 1u << 20);
    for (enum packing packing = PLAIN; packing < PACKINGS; packing++) {
        buf_init(&packed, 1u << 20);
        pack(packing, file, len, &packed);
        put_file(packed.data, packed.len);
        buf_done(&packed);
        assert_int_equal(list(&out, &err), 0);
        if (strcmp(out.data ? out.data : "", wanted) != 0)
            fail_msg("%s (packed %d):\n%s, not\n%s", file, packing, out.data ? out.data : "", wanted);
    }
    buf_done(&out);
}
#define CHECK(file, wanted) check_list(file, sizeof(file) - 1, wanted)

static void lines(void **unused)
{
    (void)unused;
    CHECK("", "");
    CHECK("\n \n\t\r\n", "");
    CHECK("{\"a\":1}\n{\"b\":2}\n", "1:0:{\"a\":1}\n2:0:{\"b\":2}\n");
    CHECK("{\"a\":1}\n\n  \n{\"b\":2}", "1:0:{\"a\":1}\n4:0:{\"b\":2}\n");
    CHECK("\n\n{\"a\":1}\r\nnonsense\r\n", "3:0:{\"a\":1}\r\n4:0:nonsense\r\n");
    CHECK("\xef\xbb\xbf{\"a\":1}\n", "1:0:{\"a\":1}\n");
    CHECK("\xef\xbb\xbf\n[1]", "2:1:1\n");
    CHECK("{\"a\":\"\0\"}\n", "1:0:{\"a\":\"");
}

static void arrays(void **unused)
{
    (void)unused;
    CHECK("[]", "");
    CHECK(" [ ] \n", "");
    CHECK("[{\"a\":1},{\"b\":2}]", "1:1:{\"a\":1}\n1:2:{\"b\":2}\n");
    CHECK("\n[\n {\"a\": [1, {\"x\": \"]},\\\"\"}]},\n {\"b\": 2}\n]\n", "3:1:{\"a\": [1, {\"x\": \"]},\\\"\"}]}\n4:2:{\"b\": 2}\n");
    CHECK("[{\"a\":\n\n1},\n2]", "1:1:{\"a\":  1}\n4:2:2\n"); /* a line feed within an element becomes a blank */
    CHECK("[{\"a\":\"x\ny\"},2]", "1:1:{\"a\":\"x y\"}\n2:2:2\n");
    CHECK("[1,,2]", "1:1:1\n1:2!an element of the array is missing\n1:3:2\n");
    CHECK("[1,]", "1:1:1\n1:2!an element of the array is missing\n");
    CHECK("[,]", "1:1!an element of the array is missing\n1:2!an element of the array is missing\n");
    CHECK("[1", "1:1:1\n1:1!the array is not closed\n");
    CHECK("[1,\n", "1:1:1\n2:1!the array is not closed\n");
    CHECK("[", "1:0!the array is not closed\n");
    CHECK("[1]\n x", "1:1:1\n2:0!there is more after the end of the array\n");
    CHECK("[1][2]", "1:1:1\n1:0!there is more after the end of the array\n");
    CHECK("[\"\\\\\",\"\\\"]\"]", "1:1:\"\\\\\"\n1:2:\"\\\"]\"\n");
}

/* Members and frames may follow one another, within an entry too; gzip may be padded with zeros. */
static void several_members(void **unused)
{
    static const char text[] = "{\"a\":1}\n{\"b\":2}\n{\"c\":3}\n";
    struct buf packed, out;
    struct err err;
    (void)unused;
    buf_init(&out, 1u << 20);
    for (enum packing packing = GZIP; packing < PACKINGS; packing++) {
        for (size_t cut = 0; cut < sizeof text; cut++) {
            buf_init(&packed, 1u << 20);
            pack(packing, text, cut, &packed);
            pack(packing, text + cut, sizeof text - 1 - (cut < sizeof text - 1 ? cut : sizeof text - 1), &packed);
            if (packing == GZIP)
                buf_add(&packed, "\0\0\0\0\0", 5);
            put_file(packed.data, packed.len);
            buf_done(&packed);
            assert_int_equal(list(&out, &err), 0);
            assert_string_equal(out.data, "1:0:{\"a\":1}\n2:0:{\"b\":2}\n3:0:{\"c\":3}\n");
        }
    }
    buf_done(&out);
}

static void damaged_files(void **unused)
{
    static const char text[] = "{\"a\":1}\n{\"b\":2}\n{\"c\":\"some words that pack\"}\n";
    struct buf packed, out;
    struct err err;
    (void)unused;
    buf_init(&out, 1u << 20);
    for (enum packing packing = GZIP; packing < PACKINGS; packing++) {
        buf_init(&packed, 1u << 20);
        pack(packing, text, sizeof text - 1, &packed);
        for (size_t len = 4; len < packed.len; len++) { /* cut short anywhere: an error, never a silent end */
            put_file(packed.data, len);
            if (list(&out, &err) != DUP_EFORMAT)
                fail_msg("packed %d, cut to %zu of %zu: no error", packing, len, packed.len);
        }
        buf_add_str(&packed, "after");
        put_file(packed.data, packed.len);
        assert_int_equal(list(&out, &err), DUP_EFORMAT);
        assert_true(strncmp(out.data, "1:0:{\"a\":1}\n2:0:{\"b\":2}\n", 24) == 0); /* what was whole is there */
        packed.len -= 5;
        for (int round = 0; round < 500; round++) { /* bytes changed anywhere: whatever comes, it ends */
            char *copy = malloc(packed.len);
            memcpy(copy, packed.data, packed.len);
            copy[4 + draw() % (packed.len - 4)] ^= (char)(1 << draw() % 8);
            put_file(copy, packed.len);
            free(copy);
            list(&out, &err);
        }
        buf_done(&packed);
    }
    buf_done(&out);
}

static void no_file(void **unused)
{
    struct source source;
    struct err err;
    (void)unused;
    assert_int_equal(source_open(&source, "/nowhere/articles", &err), DUP_ENOENT);
    assert_string_equal(err.text, "cannot be opened: No such file or directory");
    source_done(&source);
    assert_int_equal(source_open(&source, "/", &err), 0);
    assert_int_equal(source_fill(&source, &err), DUP_EIO); /* a directory */
    assert_string_equal(err.text, "cannot be read: Is a directory");
    source_done(&source);
}

/* Through a pipe, in pieces of every size: the same entries, and it never waits for more than it needs. */
static void reads_end_anywhere(void **unused)
{
    static const char *const texts[] = {
        "\xef\xbb\xbf{\"a\":\"x\\\"\"}\n\n{\"b\":2}\n{\"c\":3}",
        "\n[{\"a\":\"],\\\\\"},\n[1,2],\n\"x\ny\", 7 ]\n",
    };
    static const char *const wanted[] = {
        "1:0:{\"a\":\"x\\\"\"}\n3:0:{\"b\":2}\n4:0:{\"c\":3}\n",
        "2:1:{\"a\":\"],\\\\\"}\n3:2:[1,2]\n4:3:\"x y\"\n5:4:7\n",
    };
    (void)unused;
    for (int round = 0; round < 600; round++) {
        const char *text = texts[round % 2];
        struct buf packed, out;
        struct source source;
        struct source_entry entry;
        struct err err;
        int ends[2], saved;
        enum source_step step;
        buf_init(&packed, 1u << 20);
        buf_init(&out, 1u << 20);
        pack((enum packing)(round / 2 % PACKINGS), text, strlen(text), &packed);
        assert_int_equal(pipe(ends), 0);
        saved = dup(STDIN_FILENO);
        dup2(ends[0], STDIN_FILENO);
        assert_int_equal(source_open(&source, "-", &err), 0);
        dup2(saved, STDIN_FILENO);
        close(saved);
        close(ends[0]);
        size_t at = 0;
        while ((step = source_next(&source, &entry)) != SOURCE_END) {
            if (step == SOURCE_MORE) {
                if (source_wants_input(&source)) {
                    size_t n = 1 + draw() % 7;
                    n = n < packed.len - at ? n : packed.len - at;
                    if (n)
                        assert_int_equal(write(ends[1], packed.data + at, n), n);
                    at += n;
                    if (at == packed.len && ends[1] >= 0) {
                        close(ends[1]);
                        ends[1] = -1;
                    }
                }
                assert_int_equal(source_fill(&source, &err), 0);
                continue;
            }
            buf_printf(&out, "%llu:%llu:%.*s\n", (unsigned long long)entry.line, (unsigned long long)entry.element, (int)entry.len, entry.data);
        }
        assert_string_equal(out.data, wanted[round % 2]);
        source_done(&source);
        buf_done(&packed);
        buf_done(&out);
    }
}

/* An entry beyond the limit is handed on cut, its rest dropped, and the next one is whole. */
static void entries_too_long(void **unused)
{
    (void)unused;
    for (int array = 0; array < 2; array++) {
        struct buf file;
        struct source source;
        struct source_entry entry;
        struct err err;
        enum source_step step;
        size_t lens[4] = {0}, n = 0;
        buf_init(&file, 64u << 20);
        buf_add_str(&file, array ? "[1,\"" : "1\n\"");
        assert_int_equal(buf_reserve(&file, SOURCE_ENTRY_MAX * 2), 0);
        memset(file.data + file.len, 'x', SOURCE_ENTRY_MAX * 2);
        file.len += SOURCE_ENTRY_MAX * 2;
        buf_add_str(&file, array ? "\",\n22]" : "\"\n22\n");
        put_file(file.data, file.len);
        buf_done(&file);
        assert_int_equal(source_open(&source, path, &err), 0);
        while ((step = source_next(&source, &entry)) != SOURCE_END) {
            if (step == SOURCE_MORE) {
                assert_int_equal(source_fill(&source, &err), 0);
                continue;
            }
            assert_int_equal(step, SOURCE_ENTRY);
            assert_true(n < 3);
            lens[n++] = entry.len;
        }
        assert_int_equal(n, 3);
        assert_int_equal(lens[0], 1);
        assert_true(lens[1] >= SOURCE_ENTRY_MAX && lens[1] < SOURCE_ENTRY_MAX + (1u << 20));
        assert_int_equal(lens[2], 2);
        assert_true(source.cap <= 4 * (size_t)SOURCE_ENTRY_MAX);
        source_done(&source);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines), cmocka_unit_test(arrays), cmocka_unit_test(several_members), cmocka_unit_test(damaged_files),
        cmocka_unit_test(no_file), cmocka_unit_test(reads_end_anywhere), cmocka_unit_test(entries_too_long),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
