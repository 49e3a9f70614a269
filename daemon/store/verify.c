/*
 * Verifying before use: the store is walked in a child process, which a
 * damaged file may bring down without harm. Invariant: the file is only read,
 * and what is found to be damaged is never opened for writing.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/store.h"

#define PATIENCE_S 120 /* beyond the time that was given: the walk goes round in circles */

static void tell(void *arg, const char *sentence)
{
    int *out = arg;
    if (*out >= 0 && write(*out, sentence, strlen(sentence)) < 0)
        *out = -1;
    *out = -1; /* the first fault is enough */
}

enum { GOOD, DAMAGED, NO_MEMORY };

/*
 * In the child. DAMAGED: a sentence was written to out. What memory was refused to looks damaged too: malloc
 * leaves ENOMEM in errno, and nothing that reads the store sets it otherwise.
 */
static int walk(const struct store_options *options, uint32_t ms, int out)
{
    struct store_options reading = *options;
    struct store *store;
    struct view *view;
    struct err err = {0};
    struct rlimit none = {0, 0};
    int complete, faults;
    reading.read_only = 1;
    setrlimit(RLIMIT_CORE, &none);
    alarm(PATIENCE_S + ms / 1000);
    int r = store_open(&reading, &err, &store);
    /* Whatever else stands in the way, the daemon will meet it and say so. */
    if (r < 0) {
        if (r == DUP_ECORRUPT)
            tell(&out, err.text);
        return r == DUP_ECORRUPT ? DAMAGED : GOOD;
    }
    if (store_snapshot(store, &view) < 0)
        return GOOD;
    errno = 0;
    faults = view_check_within(view, ms, tell, &out, &complete);
    if (faults && errno == ENOMEM)
        return NO_MEMORY;
    if (faults < 0)
        tell(&out, dup_strerror(faults));
    return faults ? DAMAGED : GOOD;
}

int store_verify(const struct store_options *options, uint32_t ms, struct err *err)
{
    char path[4096], sentence[256] = "";
    int ends[2], status = 0;
    struct stat st;
    snprintf(path, sizeof path, "%s/dupd.mdb", options->dir);
    if (stat(path, &st) < 0 || st.st_size == 0)
        return 0;
    if (pipe(ends) < 0)
        return err_set(err, err_from_errno(errno), "cannot verify the store in %s: %s", options->dir, strerror(errno));
    pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        _exit(walk(options, ms, ends[1]));
    }
    int error = errno;
    close(ends[1]);
    ssize_t len = child > 0 ? read(ends[0], sentence, sizeof sentence - 1) : 0;
    close(ends[0]);
    if (child < 0 || waitpid(child, &status, 0) < 0)
        return err_set(err, err_from_errno(error), "cannot verify the store in %s: %s", options->dir, strerror(error));
    if (WIFEXITED(status) && WEXITSTATUS(status) == GOOD)
        return 0;
    if (WIFEXITED(status) && WEXITSTATUS(status) == NO_MEMORY)
        return err_set(err, DUP_ENOMEM, "cannot verify the store in %s: out of memory", options->dir);
    sentence[len > 0 ? len : 0] = '\0';
    return err_set(err, DUP_ECORRUPT, "the store in %s is damaged: %s (nothing was changed; see \"Restoring\" in dupd(8))",
                   options->dir, sentence[0] ? sentence : "reading it ends the process");
}
