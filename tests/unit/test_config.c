/*
 * Goal: the defaults are those of conf/dupd.conf, every option is read from a file and from the command line
 * with its bounds, and a fault is named with file, line and option.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "server/config.h"

static char path[] = "/tmp/dupd-config-XXXXXX";

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

static int read_text(const char *text, size_t len, struct config *ret, struct err *err)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
    config_defaults(ret);
    *err = (struct err){0};
    return config_read(ret, path, err);
}

static void good(const char *text, struct config *ret)
{
    struct err err;
    if (read_text(text, strlen(text), ret, &err) != 0)
        fail_msg("%s: %s", text, err.text);
}

static void bad(const char *text, int line, const char *word)
{
    struct config config;
    struct err err;
    char place[128];
    snprintf(place, sizeof place, "%s, line %d: ", path, line);
    assert_int_equal(read_text(text, strlen(text), &config, &err), DUP_EINVAL);
    if (strncmp(err.text, place, strlen(place)) != 0 || !strstr(err.text, word))
        fail_msg("%s: %s", text, err.text);
}

/* The file that is shipped, its remarks taken off, sets nothing but what is the default already. */
static void the_shipped_file_holds_the_defaults(void **unused)
{
    struct config config, defaults;
    struct err err;
    char line[512], whole[65536] = "";
    FILE *file = fopen("conf/dupd.conf", "r");
    int options = 0;
    (void)unused;
    assert_non_null(file);
    while (fgets(line, sizeof line, file)) {
        int option = line[0] == '#' && line[1] >= 'a' && line[1] <= 'z' && strchr(line, '=') && !strchr(line, '.');
        option |= line[0] == '#' && strstr(line, " = /") != NULL;
        options += option;
        strcat(whole, option ? line + 1 : line);
    }
    fclose(file);
    config_defaults(&defaults);
    if (read_text(whole, strlen(whole), &config, &err) != 0)
        fail_msg("%s", err.text);
    assert_memory_equal(&config, &defaults, sizeof config);
    assert_true(options > 20);
}

static void count_option(void *arg, const char *section, const char *name)
{
    char line[128];
    struct config config;
    int *n = arg;
    snprintf(line, sizeof line, "[%s]\n%s = \n", section, name);
    struct err err;
    /* Each is known under its section: nothing is said of "no option". */
    read_text(line, strlen(line), &config, &err);
    assert_null(strstr(err.text, "no option"));
    snprintf(line, sizeof line, "[elsewhere]\n%s = 1\n", name);
    assert_int_equal(read_text(line, strlen(line), &config, &err), DUP_EINVAL);
    ++*n;
}

static void options_belong_to_sections(void **unused)
{
    int n = 0;
    (void)unused;
    config_each(count_option, &n);
    assert_true(n > 20);
}

static void values(void **unused)
{
    struct config config;
    (void)unused;
    good("[dupd]\nstate-dir = /x y\nsocket-mode = 0600\nlog-level = debug\n[store]\nmap-size = 2T\nkeep-text = no\n"
         "durability = interval\nsync-interval = 250ms\nretention = 90\nsecret = a=b;c\n[match]\nwindow = 12h\nexact-window = 0\n"
         "[limits]\nline = 64K\nstall = 2m\nworkers = 3\n[access]\nadmin = alice, @ops\n", &config);
    assert_string_equal(config.state_dir, "/x y");
    assert_int_equal(config.socket_mode, 0600);
    assert_int_equal(config.log_level, LOG_LEVEL_DEBUG);
    assert_int_equal(config.map_size, UINT64_C(2) << 40);
    assert_int_equal(config.keep_text, 0);
    assert_int_equal(config.sync, 0);
    assert_int_equal(config.sync_interval_ms, 250);
    assert_int_equal(config.retention_days, 90);
    assert_string_equal(config.secret, "a=b;c");
    assert_int_equal(config.window_ms, 12 * 3600000);
    assert_int_equal(config.exact_window_ms, 0);
    assert_int_equal(config.line, 65536);
    assert_int_equal(config.stall_s, 120);
    assert_int_equal(config.workers, 3);
    assert_string_equal(config.admin, "alice, @ops");
    good("", &config);
    good("; a remark\n# another\n\n  [limits]  \n  connections=7\n", &config);
    assert_int_equal(config.connections, 7);
    good("[limits]\nconnections = 8", &config); /* no line feed at the end */
    assert_int_equal(config.connections, 8);
    good("[limits]\nconnections = 8\nconnections = 9\n", &config); /* the last one counts */
    assert_int_equal(config.connections, 9);
}

static void bounds(void **unused)
{
    static const struct { const char *name, *least, *below, *most, *above; } limits[] = {
        {"line", "4096", "4095", "64M", "67108865"}, {"body", "1K", "1023", "16M", "16385K"}, {"connections", "1", "0", "100000", "100001"},
        {"socket-mode", "0", "8", "0777", "01000"}, {"sync-interval", "10ms", "9ms", "1h", "3600001ms"}, {"stall", "1s", "999ms", "1440m", "86401s"},
        {"retention", "0", "-1", "36500", "36501"}, {"window", "0", "-1d", "36500d", "36501d"}, {"index-memory", "1M", "1023K", "1T", "2T"},
        {"unsent", "512K", "511K", "1G", "2G"},
        /* Times have a unit: thirty of what? */
        {"window", "1d", "30", "2160000s", "365"}, {"exact-window", "0", "1", "8760h", "30 d"}, {"stall", "1d", "30", "30000ms", "1500ms"},
        {"sync-interval", "1s", "1000", "1m", "0"}, {"retention", "365", "365d", "7", "1w"},
    };
    struct config config;
    struct err err;
    (void)unused;
    config_defaults(&config);
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        const char *name = limits[i].name;
        assert_int_equal(config_set(&config, name, limits[i].least, &err), 0);
        assert_int_equal(config_set(&config, name, limits[i].most, &err), 0);
        struct config before = config;
        if (config_set(&config, name, limits[i].below, &err) != DUP_EINVAL || config_set(&config, name, limits[i].above, &err) != DUP_EINVAL)
            fail_msg("%s takes %s or %s", name, limits[i].below, limits[i].above);
        assert_non_null(strstr(err.text, name));
        assert_memory_equal(&config, &before, sizeof config); /* a refused value changes nothing */
    }
    char text[CONFIG_TEXT + 1];
    memset(text, 'x', sizeof text);
    text[CONFIG_TEXT] = '\0';
    assert_int_equal(config_set(&config, "state-dir", text, &err), DUP_EINVAL);
    text[CONFIG_TEXT - 1] = '\0';
    assert_int_equal(config_set(&config, "state-dir", text, &err), 0);
    assert_string_equal(config.state_dir, text);
    assert_int_equal(config_set(&config, "state-dir", "", &err), DUP_EINVAL);
    assert_int_equal(config_set(&config, "secret", "", &err), 0);
    assert_int_equal(config_set(&config, "nonsense", "1", &err), DUP_ENOENT);
}

static void faults(void **unused)
{
    struct config config;
    struct err err;
    (void)unused;
    bad("[limits]\nconnections = 1.5\n", 2, "connections");
    bad("[limits]\n\n# x\nconnections = 18446744073709551616\n", 4, "connections");
    bad("[limits]\nline = 18014398509481984M\n", 2, "line");
    bad("[limits]\nconnections = 0x10\n", 2, "connections");
    bad("[limits]\nstall = 1w\n", 2, "stall");
    bad("[limits]\nconnections =\n", 2, "connections");
    bad("[dupd]\nsocket-mode = 0668\n", 2, "socket-mode");
    bad("[store]\nkeep-text = Yes\n", 2, "keep-text");
    bad("[dupd]\nnonsense = 1\n", 2, "nonsense");
    bad("nonsense\n", 1, "");
    bad("[dupd]\nlog-level = \033]0;x\007\n", 2, "\\x1b]0;x\\x07");
    assert_int_equal(read_text("[dupd]\nsocket = a\0b\n", 20, &config, &err), DUP_EINVAL);
    config_defaults(&config);
    assert_int_equal(config_read(&config, "/nowhere/dupd.conf", &err), DUP_EINVAL);
    assert_non_null(strstr(err.text, "/nowhere/dupd.conf"));
    assert_int_equal(config_read(&config, "/", &err), DUP_EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_shipped_file_holds_the_defaults), cmocka_unit_test(options_belong_to_sections), cmocka_unit_test(values),
        cmocka_unit_test(bounds), cmocka_unit_test(faults),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
