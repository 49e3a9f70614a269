/*
 * Configuration: one table says what there is, for the file and the command
 * line alike. Invariant: every value in a struct config has passed the
 * table's bounds.
 */
#include "server/config.h"

#include <errno.h>
#include <ini.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "base/limits.h"

enum kind { TEXT, SIZE, COUNT, SECONDS, MS, DAYS_MS, OCTAL, YES_NO, DURABILITY, LEVEL };

struct option {
    const char *section, *name;
    enum kind kind;
    size_t offset;
    uint64_t min, max;
    const char *standard;
};

#define AT(field) offsetof(struct config, field)
#define KIB UINT64_C(1024)
#define DAY UINT64_C(86400000)

static const struct option options[] = {
    {"dupd", "state-dir", TEXT, AT(state_dir), 1, CONFIG_TEXT, "/var/lib/dupd"},
    {"dupd", "socket", TEXT, AT(socket), 1, 107, "/run/dupd/dupd.sock"},
    {"dupd", "socket-mode", OCTAL, AT(socket_mode), 0, 0777, "0660"},
    {"dupd", "agencies", TEXT, AT(agencies), 0, CONFIG_TEXT, DUPD_SYSCONFDIR "/dupd/agencies.conf"},
    {"dupd", "outlets", TEXT, AT(outlets), 0, CONFIG_TEXT, DUPD_SYSCONFDIR "/dupd/outlets.conf"},
    {"dupd", "log-level", LEVEL, AT(log_level), 0, 0, "info"},
    {"store", "map-size", SIZE, AT(map_size), KIB * KIB, KIB << 36, "64G"},
    {"store", "index-memory", SIZE, AT(index_memory), KIB * KIB, KIB << 30, "256M"},
    {"store", "keep-text", YES_NO, AT(keep_text), 0, 1, "yes"},
    {"store", "durability", DURABILITY, AT(sync), 0, 1, "commit"},
    {"store", "sync-interval", MS, AT(sync_interval_ms), 10, 3600000, "1s"},
    {"store", "retention", COUNT, AT(retention_days), 0, 36500, "0"},
    {"store", "secret", TEXT, AT(secret), 0, CONFIG_TEXT, ""},
    {"match", "window", DAYS_MS, AT(window_ms), 0, 36500 * DAY, "30d"},
    {"match", "exact-window", DAYS_MS, AT(exact_window_ms), 0, 36500 * DAY, "365d"},
    {"limits", "line", SIZE, AT(line), 4 * KIB, 64 * KIB * KIB, "4M"},
    {"limits", "body", SIZE, AT(body), KIB, 16 * KIB * KIB, "1M"},
    {"limits", "connections", COUNT, AT(connections), 1, 100000, "1024"},
    {"limits", "inflight", COUNT, AT(inflight), 1, 65536, "1024"},
    {"limits", "inflight-all", COUNT, AT(inflight_all), 1, 1048576, "4096"},
    {"limits", "unsent", SIZE, AT(unsent), 512 * KIB, KIB << 20, "4M"},
    {"limits", "stall", SECONDS, AT(stall_s), 1, 86400, "30s"},
    {"limits", "workers", COUNT, AT(workers), 0, 256, "0"},
    {"access", "submit", TEXT, AT(submit), 0, CONFIG_TEXT, "*"},
    {"access", "query", TEXT, AT(query), 0, CONFIG_TEXT, "*"},
    {"access", "admin", TEXT, AT(admin), 0, CONFIG_TEXT, ""},
};
#define N_OPTIONS (sizeof options / sizeof *options)

/* A number with one of the units (a letter or two each), multiplied out; only nothing at all needs none. 0, or DUP_EINVAL. */
struct unit { const char *name; uint64_t factor; };

static int parse_number(const char *value, int base, const struct unit *units, uint64_t *ret)
{
    char *end;
    errno = 0;
    if (*value < '0' || *value > '9')
        return DUP_EINVAL;
    unsigned long long number = strtoull(value, &end, base);
    if (errno)
        return DUP_EINVAL;
    for (const struct unit *unit = units; unit && unit->name; unit++) {
        if (strcmp(end, unit->name) != 0)
            continue;
        if (number > UINT64_MAX / unit->factor)
            return DUP_EINVAL;
        *ret = number * unit->factor;
        return 0;
    }
    if (*end || (units && number))
        return DUP_EINVAL;
    *ret = number;
    return 0;
}

static int parse_seconds(const char *value, const struct unit *units, uint64_t *ret)
{
    uint64_t ms;
    if (parse_number(value, 10, units, &ms) < 0 || ms % 1000)
        return DUP_EINVAL;
    *ret = ms / 1000;
    return 0;
}

static int parse_word(const char *value, const char *const *words, uint64_t *ret)
{
    for (uint64_t i = 0; words[i]; i++) {
        if (strcmp(value, words[i]) == 0) {
            *ret = i;
            return 0;
        }
    }
    return DUP_EINVAL;
}

static int parse_value(enum kind kind, const char *value, uint64_t *ret, const char **ret_form)
{
    static const struct unit sizes[] = {{"", 1}, {"K", KIB}, {"M", KIB << 10}, {"G", KIB << 20}, {"T", KIB << 30}, {0}};
    static const struct unit times[] = {{"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {"d", DAY}, {0}};
    static const char *const yes_no[] = {"no", "yes", NULL};
    static const char *const durability[] = {"interval", "commit", NULL};
    static const char *const levels[] = {"error", "warning", "info", "debug", NULL};
    switch (kind) {
    case SIZE: *ret_form = "a size such as 64K, 4M or 2G"; return parse_number(value, 10, sizes, ret);
    case SECONDS: *ret_form = "a time such as 30s or 2m"; return parse_seconds(value, times, ret);
    case MS: *ret_form = "a time such as 100ms or 1s"; return parse_number(value, 10, times, ret);
    case DAYS_MS: *ret_form = "a time such as 30d or 12h"; return parse_number(value, 10, times, ret);
    case OCTAL: *ret_form = "an octal mode such as 0660"; return parse_number(value, 8, NULL, ret);
    case YES_NO: *ret_form = "yes or no"; return parse_word(value, yes_no, ret);
    case DURABILITY: *ret_form = "commit or interval"; return parse_word(value, durability, ret);
    case LEVEL: *ret_form = "error, warning, info or debug"; return parse_word(value, levels, ret);
    case TEXT:
    case COUNT:
    default: *ret_form = "a number"; return parse_number(value, 10, NULL, ret);
    }
}

/* "1024 to 16777216 bytes": in the unit that the option is thought of in. */
static const char *show_bounds(const struct option *o, char *ret, size_t size)
{
    uint64_t factor = o->kind == DAYS_MS ? DAY : 1;
    const char *unit = o->kind == SIZE ? " bytes" : o->kind == SECONDS ? "s" : o->kind == MS ? "ms" : o->kind == DAYS_MS ? "d" : "";
    snprintf(ret, size, o->kind == OCTAL ? "%llo to %llo%s" : "%llu to %llu%s", (unsigned long long)(o->min / factor),
             (unsigned long long)(o->max / factor), unit);
    return ret;
}

static int apply(struct config *config, const struct option *o, const char *value, struct err *err)
{
    char shown[128];
    escape_line(shown, sizeof shown, value, strlen(value));
    if (o->kind == TEXT) {
        size_t len = strlen(value);
        if (len < o->min || len >= o->max)
            return err_set(err, DUP_EINVAL, "%s must be %llu to %llu bytes long, not %zu", o->name,
                           (unsigned long long)o->min, (unsigned long long)o->max - 1, len);
        memcpy((char *)config + o->offset, value, len + 1);
        return 0;
    }
    uint64_t number;
    const char *form;
    if (parse_value(o->kind, value, &number, &form) < 0)
        return err_set(err, DUP_EINVAL, "%s must be %s, not \"%s\"", o->name, form, shown);
    int is_word = o->kind == YES_NO || o->kind == DURABILITY || o->kind == LEVEL;
    if (!is_word && (number < o->min || number > o->max)) {
        char bounds[80];
        return err_set(err, DUP_EINVAL, "%s is out of range: \"%s\" (%s)", o->name, shown, show_bounds(o, bounds, sizeof bounds));
    }
    memcpy((char *)config + o->offset, &number, sizeof number);
    return 0;
}

static const struct option *find(const char *section, const char *name)
{
    for (size_t i = 0; i < N_OPTIONS; i++)
        if (strcmp(options[i].name, name) == 0 && (!section || strcmp(options[i].section, section) == 0))
            return &options[i];
    return NULL;
}

void config_defaults(struct config *config)
{
    memset(config, 0, sizeof *config);
    for (size_t i = 0; i < N_OPTIONS; i++)
        apply(config, &options[i], options[i].standard, NULL);
}

int config_set(struct config *config, const char *name, const char *value, struct err *err)
{
    const struct option *o = find(NULL, name);
    if (!o)
        return err_set(err, DUP_ENOENT, "there is no option \"%s\"", name);
    return apply(config, o, value, err);
}

int config_knows(const char *name)
{
    return find(NULL, name) != NULL;
}

void config_each(void (*visit)(void *arg, const char *section, const char *name), void *arg)
{
    for (size_t i = 0; i < N_OPTIONS; i++)
        visit(arg, options[i].section, options[i].name);
}

struct reading {
    struct config *config;
    struct err err;          /* the first fault of a value, */
    int err_line;            /* and its line */
    FILE *file;
    int line;
};

/* A line for the parser, whose room is small: of a longer one only a remark may be cut. */
static char *next_line(char *out, int size, void *stream)
{
    struct reading *reading = stream;
    reading->line++;
    char *line = fgets(out, size, reading->file);
    if (!line || strchr(line, '\n') || feof(reading->file))
        return line;
    int c;
    while ((c = getc(reading->file)) != EOF && c != '\n')
        ;
    if (line[strspn(line, " \t")] != '#' && !reading->err.code) {
        err_set(&reading->err, DUP_EINVAL, "the line is longer than %d bytes", size - 2);
        reading->err_line = reading->line;
    }
    return line;
}

static int on_line(void *user, const char *section, const char *name, const char *value)
{
    struct reading *reading = user;
    const struct option *o = find(section, name);
    char shown[96];
    if (reading->err.code)
        return 0;
    reading->err_line = reading->line;
    if (o)
        return apply(reading->config, o, value, &reading->err) == 0;
    err_set(&reading->err, DUP_EINVAL, "there is no option \"%s\" in section [%.32s]",
            escape_line(shown, sizeof shown, name, strlen(name)), section);
    return 0;
}

int config_read(struct config *config, const char *path, struct err *err)
{
    struct reading reading = {.config = config, .file = fopen(path, "re")};
    if (!reading.file)
        return err_set(err, err_from_file(errno), "cannot read %s: %s", path, strerror(errno));
    int line = ini_parse_stream(next_line, &reading, on_line, &reading);
    int failed = ferror(reading.file) ? errno : 0;
    fclose(reading.file);
    if (failed)
        return err_set(err, err_from_file(failed), "cannot read %s: %s", path, strerror(failed));
    if (line < 0)
        return err_set(err, DUP_ENOMEM, "cannot read %s: out of memory", path);
    int known = reading.err.code && (line == 0 || reading.err_line <= line);
    if (line > 0 || known)
        return err_set(err, DUP_EINVAL, "%s, line %d: %s", path, known ? reading.err_line : line,
                       known ? reading.err.text : "neither an option (name = value) nor a [section]");
    return 0;
}
