/* What the fuzz targets share: the shipped tables. */
#include "dup/credit.h"
#include "fuzz.h"

char *fuzz_read(const char *path, size_t *ret_len)
{
    FILE *file = fopen(path, "rb");
    char *text = malloc(4u << 20);
    if (!file || !text) {
        perror(path);
        exit(2);
    }
    *ret_len = fread(text, 1, 4u << 20, file);
    fclose(file);
    return text;
}

const struct dup_agencies *fuzz_agencies(void)
{
    static struct dup_agencies *agencies;
    if (!agencies) {
        size_t len;
        char *text = fuzz_read("conf/agencies.conf", &len);
        CHECK(dup_agencies_parse(text, len, NULL, 0, &agencies) == 0);
        free(text);
    }
    return agencies;
}
