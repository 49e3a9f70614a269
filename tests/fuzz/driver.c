/*
 * driver - runs a fuzz target without a fuzzer: every file of the folders or files named, and then
 * --rounds N mutations of them, the same for the same --seed. What libFuzzer found stays found where
 * there is no clang; a mutation that fails is written to the file crash-TARGET, named at the end.
 */
#include <dirent.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SIZE_MOST 65536
#define FILES_MOST 4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct { uint8_t *data; size_t size; } files[FILES_MOST];
static size_t n_files;
static const uint8_t *trying;
static size_t trying_size;
static uint64_t state = 1;

static uint32_t draw(size_t below)
{
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)((state >> 33) % below);
}

static void read_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (!file || n_files == FILES_MOST) {
        perror(path);
        exit(2);
    }
    files[n_files].data = malloc(SIZE_MOST);
    if (!files[n_files].data)
        exit(2);
    files[n_files].size = fread(files[n_files].data, 1, SIZE_MOST, file);
    n_files++;
    fclose(file);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* In the order of their names, so that a seed means the same everywhere. */
static void read_folder(const char *path)
{
    static char *names[FILES_MOST];
    DIR *folder = opendir(path);
    size_t n = 0;
    for (struct dirent *entry; folder && (entry = readdir(folder)) != NULL;)
        if (entry->d_name[0] != '.' && n < FILES_MOST)
            names[n++] = strdup(entry->d_name);
    qsort(names, n, sizeof *names, compare_names);
    for (size_t i = 0; i < n; i++) {
        char name[4096];
        snprintf(name, sizeof name, "%s/%s", path, names[i]);
        read_file(name);
        free(names[i]);
    }
    if (folder)
        closedir(folder);
}

/* The input that was being tried, for whoever looks into it. */
static void on_abort(int number)
{
    FILE *file = fopen("crash-input", "wb");
    if (file) {
        fwrite(trying, 1, trying_size, file);
        fclose(file);
    }
    signal(number, SIG_DFL);
    raise(number);
}

static void run(const uint8_t *data, size_t size)
{
    /* Memory of its exact size, so that a byte too far is seen. */
    uint8_t *copy = malloc(size ? size : 1);
    if (!copy)
        exit(2);
    memcpy(copy, data, size);
    trying = copy;
    trying_size = size;
    LLVMFuzzerTestOneInput(copy, size);
    free(copy);
}

static const char *const words[] = {"\"", "\\", "{", "}", "[", "]", ",", ":", "\n", "\r\n", "=", "#", "(", ")", " - ", "\xff",
                                    "\xc3\xa9", "\xe2\x80\x94", "\xf0\x9f\x98\x80", "\xed\xa0\x80", "\\u0000", "\\ud800",
                                    "1e999", "-0", "18446744073709551616", "null", "true", "2026-03-02T06:00:00Z", "\0"};

static size_t mutate(uint8_t *data, size_t size)
{
    for (unsigned n = 1 + draw(6); n; n--) {
        size_t at = draw(size + 1), len = 1 + draw(1u << draw(8));
        const char *word = words[draw(sizeof words / sizeof *words)];
        size_t other = draw(n_files), word_len = strlen(word) + !*word;
        switch (draw(6)) {
        case 0: /* a byte */
            if (at < size)
                data[at] = (uint8_t)draw(256);
            break;
        case 1: /* a bit */
            if (at < size)
                data[at] ^= (uint8_t)(1u << draw(8));
            break;
        case 2: /* out */
            if (at + len <= size) {
                memmove(data + at, data + at + len, size - at - len);
                size -= len;
            }
            break;
        case 3: /* again */
            if (at + len <= size && size + len <= SIZE_MOST) {
                memmove(data + at + len, data + at, size - at);
                size += len;
            }
            break;
        case 4: /* a word */
            if (size + word_len <= SIZE_MOST) {
                memmove(data + at + word_len, data + at, size - at);
                memcpy(data + at, word, word_len);
                size += word_len;
            }
            break;
        default: /* the rest of another */
            if (files[other].size) {
                size_t from = draw(files[other].size), rest = files[other].size - from;
                if (at + rest <= SIZE_MOST) {
                    memcpy(data + at, files[other].data + from, rest);
                    size = at + rest;
                }
            }
        }
    }
    return size;
}

int main(int argc, char **argv)
{
    static uint8_t data[SIZE_MOST];
    unsigned long rounds = 0;
    for (int i = 1; i < argc; i++) {
        struct stat st;
        if (i + 1 < argc && strcmp(argv[i], "--rounds") == 0)
            rounds = strtoul(argv[++i], NULL, 10);
        else if (i + 1 < argc && strcmp(argv[i], "--seed") == 0)
            state = strtoul(argv[++i], NULL, 10);
        else if (stat(argv[i], &st) == 0 && S_ISDIR(st.st_mode))
            read_folder(argv[i]);
        else
            read_file(argv[i]);
    }
    if (!n_files) {
        fputs("usage: TARGET [--rounds N] [--seed S] FILE-OR-FOLDER...\n", stderr);
        return 2;
    }
    signal(SIGABRT, on_abort);
    signal(SIGSEGV, on_abort);
    for (size_t i = 0; i < n_files; i++)
        run(files[i].data, files[i].size);
    for (unsigned long i = 0; i < rounds; i++) {
        size_t file = draw(n_files), size = files[file].size;
        memcpy(data, files[file].data, size);
        run(data, mutate(data, size));
    }
    printf("%zu files, %lu mutations\n", n_files, rounds);
    for (size_t i = 0; i < n_files; i++)
        free(files[i].data);
    return 0;
}
