/*
 * The files beside the configuration: the tables of agencies and outlets, read
 * into memory that workers share. Invariant: tables are complete or not
 * there; a bad file changes nothing.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "server/server.h"

#define FILE_MAX (4u << 20)

/* Reads a file whole. DUP_ENOENT when it is not there, without a sentence. */
static int read_file(const char *path, struct buf *ret, struct err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT)
        return err_set(err, DUP_ENOENT, "cannot read %s: there is no such file", path);
    if (fd < 0)
        return err_set(err, err_from_errno(errno), "cannot read %s: %s", path, strerror(errno));
    int r;
    ssize_t n = 0;
    while ((r = buf_reserve(ret, 65536)) == 0 && (n = read(fd, ret->data + ret->len, 65536)) > 0)
        ret->len += (size_t)n;
    if (r < 0)
        err_set(err, r, "cannot read %s: it is larger than %u bytes", path, FILE_MAX);
    else if (n < 0)
        r = err_set(err, err_from_errno(errno), "cannot read %s: %s", path, strerror(errno));
    close(fd);
    return r;
}

/* A file at its standard place may be missing; one that was configured may not. */
static int read_table(const char *path, const char *standard, struct buf *ret, struct err *err)
{
    if (!path[0])
        return DUP_ENOENT;
    int r = read_file(path, ret, err);
    if (r == DUP_ENOENT && strcmp(path, standard) != 0)
        return err_set(err, DUP_EINVAL, "cannot read %s: there is no such file", path);
    return r;
}

/* What the parser of a table said, with the file before it. */
static int bad_table(const char *path, int code, const char *message, struct err *err)
{
    return err_set(err, code, "%s: %s", path, message[0] ? message : dup_strerror(code));
}

static int load_agencies(const struct config *config, struct tables *tables, struct err *err)
{
    char message[256] = "";
    struct buf text;
    buf_init(&text, FILE_MAX);
    int r = read_table(config->agencies, DUPD_SYSCONFDIR "/dupd/agencies.conf", &text, err);
    if (r == 0) {
        r = dup_agencies_parse(text.data, text.len, message, sizeof message, &tables->agencies);
        if (r < 0)
            bad_table(config->agencies, r, message, err);
    }
    buf_done(&text);
    return r == DUP_ENOENT ? 0 : r;
}

static int load_outlets(const struct config *config, struct tables *tables, struct err *err)
{
    char message[256] = "";
    struct buf text;
    buf_init(&text, FILE_MAX);
    int r = read_table(config->outlets, DUPD_SYSCONFDIR "/dupd/outlets.conf", &text, err);
    if (r == 0) {
        r = outlets_parse(text.data, text.len, tables->agencies, message, sizeof message, &tables->outlets);
        if (r < 0)
            bad_table(config->outlets, r, message, err);
    }
    buf_done(&text);
    return r == DUP_ENOENT ? 0 : r;
}

int tables_load(const struct config *config, const struct store *store, struct err *err,
                struct tables **ret)
{
    struct tables *tables = calloc(1, sizeof *tables);
    if (!tables)
        return err_set(err, DUP_ENOMEM, "out of memory");
    tables->references = 1;
    int r = load_agencies(config, tables, err);
    if (r == 0)
        r = load_outlets(config, tables, err);
    if (r < 0) {
        tables_release(tables);
        return r;
    }
    tables->prepare = (struct prepare_options){.secret = store ? store_secret(store) : NULL,
                                               .agencies = tables->agencies,
                                               .outlets = tables->outlets,
                                               .body_max = (size_t)config->body};
    *ret = tables;
    return 0;
}

int tables_check(const struct config *config, struct err *err)
{
    struct tables *tables;
    int r = tables_load(config, NULL, err, &tables);
    if (r == 0)
        tables_release(tables);
    return r;
}

void tables_release(struct tables *tables)
{
    if (!tables || --tables->references)
        return;
    dup_agencies_free(tables->agencies);
    outlets_free(tables->outlets);
    free(tables);
}
