/*
 * store_dir.h - the directory of a store, made for a test and removed after it.
 */
#ifndef DUPD_TESTS_STORE_DIR_H
#define DUPD_TESTS_STORE_DIR_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* A new one in the test's own place; ret has room for 64 bytes. */
static inline int make_dir(const char *name, char *ret)
{
    snprintf(ret, 64, "%s/%s-XXXXXX", getenv("TMP") ? getenv("TMP") : "/tmp", name);
    return mkdtemp(ret) ? 0 : -1;
}

/* What a store leaves in it. */
static inline void remove_files(const char *dir)
{
    static const char *const names[] = {"dupd.mdb", "dupd.mdb-lock", "lock"};
    char path[128];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(path, sizeof path, "%s/%s", dir, names[i]);
        unlink(path);
    }
}

static inline int remove_dir(const char *dir)
{
    remove_files(dir);
    return rmdir(dir);
}

#endif
