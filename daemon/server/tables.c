/*
 * The files beside the configuration: the tables of agencies and outlets, read
 * into memory that workers share. Invariant: tables are complete or not
 * there; a bad file changes nothing.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "server/server.h"

#define FILE_MAX (4u << 20)
#define PATH_SIZE 4096

/* Reads a file whole. DUP_ENOENT when it is not there, without a sentence. */
static int read_file(const char *path, struct buf *ret, struct err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT)
        return err_set(err, DUP_ENOENT, "cannot read %s: there is no such file", path);
    if (fd < 0)
        return err_set(err, err_from_file(errno), "cannot read %s: %s", path, strerror(errno));
    int r;
    ssize_t n = 0;
    while ((r = buf_reserve(ret, 65536)) == 0 && (n = read(fd, ret->data + ret->len, 65536)) > 0)
        ret->len += (size_t)n;
    if (r == DUP_ENOMEM)
        err_set(err, r, "cannot read %s: out of memory", path);
    else if (r < 0)
        err_set(err, r, "cannot read %s: it is larger than %u bytes", path, FILE_MAX);
    else if (n < 0)
        r = err_set(err, err_from_file(errno), "cannot read %s: %s", path, strerror(errno));
    close(fd);
    return r;
}

/* The place of a table beside a program that was built and not installed: of build/dupd it is conf/NAME. */
static int path_beside(const char *name, char *ret, size_t size)
{
    ssize_t n = readlink("/proc/self/exe", ret, size - 1);
    if (n <= 0)
        return DUP_ENOENT;
    ret[n] = '\0';
    char *slash = strrchr(ret, '/');
    size_t at = slash ? (size_t)(slash - ret) : 0;
    return slash && (size_t)snprintf(slash, size - at, "/../conf/%s", name) < size - at ? 0 : DUP_ENOENT;
}

/*
 * A file at its standard place may be missing, and the one beside the program is read instead, if it is
 * there; one that was configured may not. *ret_path, of PATH_SIZE bytes, is what was read.
 */
static int read_table(const char *path, const char *name, struct buf *ret, char *ret_path, struct err *err)
{
    char standard[PATH_SIZE];
    if (!path[0])
        return DUP_ENOENT;
    snprintf(standard, sizeof standard, "%s/dupd/%s", DUPD_SYSCONFDIR, name);
    snprintf(ret_path, PATH_SIZE, "%s", path);
    int r = read_file(path, ret, err);
    if (r != DUP_ENOENT)
        return r;
    if (strcmp(path, standard) != 0)
        return err_set(err, DUP_EINVAL, "cannot read %s: there is no such file", path);
    r = path_beside(name, ret_path, PATH_SIZE);
    return r < 0 ? r : read_file(ret_path, ret, err);
}

/* What the parser of a table said, with the file before it. */
static int bad_table(const char *path, int code, const char *message, struct err *err)
{
    return err_set(err, code, "%s%s%s", path, message[0] ? ", " : ": ", message[0] ? message : dup_strerror(code));
}

static int load_agencies(const struct config *config, struct tables *tables, struct err *err)
{
    char message[256] = "", path[PATH_SIZE];
    struct buf text;
    buf_init(&text, FILE_MAX);
    int r = read_table(config->agencies, "agencies.conf", &text, path, err);
    if (r == 0) {
        r = dup_agencies_parse(text.data, text.len, message, sizeof message, &tables->agencies);
        if (r < 0)
            bad_table(path, r, message, err);
    }
    buf_done(&text);
    return r == DUP_ENOENT ? 0 : r;
}

static int load_outlets(const struct config *config, struct tables *tables, struct err *err)
{
    char message[256] = "", path[PATH_SIZE];
    struct buf text;
    buf_init(&text, FILE_MAX);
    int r = read_table(config->outlets, "outlets.conf", &text, path, err);
    if (r == 0) {
        r = outlets_parse(text.data, text.len, tables->agencies, message, sizeof message, &tables->outlets);
        if (r < 0)
            bad_table(path, r, message, err);
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
