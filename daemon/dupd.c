/*
 * dupd - detects near-duplicate news and tracks syndication.
 *
 * Reads the options, then hands over to the server. Exit codes (dupd(8)):
 * 0 stopped, 1 failed, or no memory, thread or descriptor to be had, 2 usage, 3 bad configuration, 4 the
 * state directory or the store cannot be used, 5 the store is damaged or of
 * another format, 6 another dupd is there, 7 no space.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/check.h"
#include "server/log.h"
#include "server/server.h"

enum { EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_CONFIG = 3, EXIT_STORE = 4, EXIT_DAMAGED = 5,
       EXIT_RUNNING = 6, EXIT_FULL = 7 };

static const char usage[] =
    "usage: dupd [--config FILE] [--state-dir DIR] [--socket PATH] [--OPTION VALUE ...]\n"
    "       dupd --check-config [--config FILE]\n"
    "       dupd --check [--config FILE] [--state-dir DIR]\n"
    "       dupd --version | --help\n"
    "\n"
    "Examples:\n"
    "  dupd --state-dir /var/lib/dupd --socket /run/dupd/dupd.sock\n"
    "  dupd --config /etc/dupd/dupd.conf --log-level debug\n"
    "  dupd --check --state-dir /var/lib/dupd        verify a store that no daemon uses\n"
    "\n"
    "Every option of dupd.conf(5) can be given as --name value.\n";

static int exit_code_of(int code)
{
    switch (code) {
    case DUP_EINVAL: return EXIT_CONFIG;
    case DUP_EINUSE: return EXIT_RUNNING;
    case DUP_EFULL: return EXIT_FULL;
    case DUP_ECORRUPT:
    case DUP_EFORMAT: return EXIT_DAMAGED;
    case DUP_EACCES:
    case DUP_ENOENT: return EXIT_STORE;
    default: return EXIT_FAILED;
    }
}

static int complain(int code, const struct err *err)
{
    log_error("start-failed", "%s", err->text);
    return code;
}

struct arguments {
    const char *config_path;
    int check_config, check_store;
    int n_settings;
    const char *names[64], *values[64];
};

static int misused(const char *arg, const char *what)
{
    fprintf(stderr, "dupd: %s %s\n%s", arg, what, usage);
    return EXIT_USAGE;
}

/* Reads the command line. Returns -1 to go on, or an exit code. */
static int read_arguments(int argc, char **argv, struct arguments *args)
{
    for (int i = 1; i < argc; i++) {
        const char *arg = argv[i];
        if (strcmp(arg, "--help") == 0 || strcmp(arg, "-h") == 0) {
            fputs(usage, stdout);
            return 0;
        }
        if (strcmp(arg, "--version") == 0) {
            puts("dupd " DUPD_VERSION);
            return 0;
        }
        if (strcmp(arg, "--check-config") == 0) {
            args->check_config = 1;
            continue;
        }
        if (strcmp(arg, "--check") == 0) {
            args->check_store = 1;
            continue;
        }
        const char *equals = strchr(arg, '=');
        if (strncmp(arg, "--", 2) != 0)
            return misused(arg, "is no option");
        if (args->n_settings == 64)
            return misused(arg, "is one option too many");
        if (!equals && i + 1 == argc)
            return misused(arg, strcmp(arg, "--config") == 0 || config_knows(arg + 2) ? "needs a value" : "is no option");
        char *name = equals ? strndup(arg + 2, (size_t)(equals - arg - 2)) : strdup(arg + 2);
        const char *value = equals ? equals + 1 : argv[++i];
        if (!name) {
            log_error("start-failed", "out of memory");
            return EXIT_FAILED;
        }
        if (strcmp(name, "config") == 0) {
            args->config_path = value;
            free(name);
            continue;
        }
        args->names[args->n_settings] = name;
        args->values[args->n_settings++] = value;
    }
    return -1;
}

/* 0, or an exit code with *err set. */
static int load_config(const struct arguments *args, struct config *config, struct err *err)
{
    int r;
    config_defaults(config);
    if (args->config_path && (r = config_read(config, args->config_path, err)) < 0)
        return exit_code_of(r);
    for (int i = 0; i < args->n_settings; i++)
        if ((r = config_set(config, args->names[i], args->values[i], err)) < 0)
            return r == DUP_ENOENT ? EXIT_USAGE : EXIT_CONFIG;
    return 0;
}

static int run(const struct arguments *args)
{
    static struct server server; /* holds a read buffer; zero to begin with */
    struct err err = {0};
    server.overrides = (struct overrides){args->n_settings, args->names, args->values};
    server.config_path = args->config_path;
    int code = load_config(args, &server.config, &err);
    if (code)
        return complain(code, &err);
    if (args->check_config) {
        int r = rights_resolve(&server.config, &err, &server.rights);
        if (r == 0)
            r = tables_check(&server.config, &err);
        if (r < 0)
            return complain(exit_code_of(r), &err);
        puts("the configuration is good");
        return 0;
    }
    log_set_level((int)server.config.log_level);
    if (args->check_store) {
        int r = check_run(&server.config, &err);
        return r < 0 ? complain(exit_code_of(r), &err) : r ? EXIT_DAMAGED : 0;
    }
    /* The pool is as large as configured: libuv reads this once, at its first work. */
    char number[24];
    unsigned processors = uv_available_parallelism();
    snprintf(number, sizeof number, "%llu", server.config.workers ? (unsigned long long)server.config.workers
                                                                  : processors > 4 ? processors : 4);
    setenv("UV_THREADPOOL_SIZE", number, 1);
    int r = server_run(&server, &err);
    return r < 0 ? complain(exit_code_of(r), &err) : server.exit_code;
}

int main(int argc, char **argv)
{
    struct arguments args = {0};
    log_open(LOG_LEVEL_INFO);
    int r = read_arguments(argc, argv, &args);
    if (r < 0)
        r = run(&args);
    for (int i = 0; i < args.n_settings; i++)
        free((char *)args.names[i]);
    return r;
}
