/*
 * The command line: one parser and one help for all verbs, both driven by the verbs' rows. It
 * exists so that --json and --socket work at any place and no verb parses anything. Invariant: what
 * the parser accepts is what the help shows.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/ctl.h"
#include "ctl/out.h"

#define DEFAULT_SOCKET "/run/dupd/dupd.sock"

static const struct ctl_option common[] = {
    {"socket", "PATH", "the daemon's socket (else $DUPD_SOCKET, else " DEFAULT_SOCKET ")"},
    {"json", NULL, "JSON for programs, one object a line"},
    {"help", NULL, "this help"},
    {"version", NULL, "the version"},
    {NULL, NULL, NULL},
};
#define COMMON (sizeof common / sizeof *common - 1)

/* The row of an option, by its place: the common ones first, then those of the verb. NULL past the last. */
static const struct ctl_option *row(const struct ctl *ctl, size_t place)
{
    if (place < COMMON)
        return &common[place];
    const struct ctl_option *own = ctl->verb ? ctl->verb->options : NULL;
    return own && own[place - COMMON].name ? &own[place - COMMON] : NULL;
}

static int place_of(const struct ctl *ctl, const char *name, size_t len)
{
    const struct ctl_option *option;
    for (size_t i = 0; i < CTL_OPTIONS && (option = row(ctl, i)) != NULL; i++) {
        if (strlen(option->name) == len && memcmp(option->name, name, len) == 0)
            return (int)i;
    }
    return -1;
}

const char *ctl_value(const struct ctl *ctl, const char *name)
{
    int place = place_of(ctl, name, strlen(name));
    return place < 0 ? NULL : ctl->values[place];
}

int ctl_number(const struct ctl *ctl, const char *name, int64_t min, int64_t max, int64_t *ret)
{
    const char *text = ctl_value(ctl, name);
    char *end;
    if (!text)
        return 0;
    errno = 0;
    long long number = strtoll(text, &end, 10);
    if (errno || end == text || *end || number < min || number > max) {
        out_complain("--%s takes a number from %lld to %lld, not \"%s\"", name, (long long)min, (long long)max, text);
        return CTL_USAGE;
    }
    *ret = number;
    return 0;
}

static void show_options(const struct ctl_option *options)
{
    for (; options && options->name; options++) {
        int n = printf("  --%s%s%s", options->name, options->value ? " " : "", options->value ? options->value : "");
        printf("%*s%s\n", n < 24 ? 24 - n : 2, "", options->help);
    }
}

static void show_exit_codes(void)
{
    fputs("\nExit codes: 0 done; 1 refused, not found, or a file that cannot be read; 2 wrong usage;\n"
          "3 no daemon (not reachable, stopping, too busy, or gone); 130 an import was interrupted.\n", stdout);
}

static void show_verb_help(const struct verb *verb)
{
    printf("Examples:\n%s\nUsage: dupctl %s%s%s [options]\n%c%s.\n", verb->examples, verb->name,
           *verb->args ? " " : "", verb->args, verb->summary[0] - 'a' + 'A', verb->summary + 1);
    if (verb->details)
        printf("\n%s", verb->details);
    fputs("\nOptions:\n", stdout);
    show_options(verb->options);
    show_options(common);
    show_exit_codes();
}

static void show_help(const struct verb *verbs)
{
    fputs("Examples:\n"
          "  dupctl import articles.jsonl.zst       feed the daemon, see what became of the articles\n"
          "  dupctl clusters --min-outlets 3        the stories that several outlets run\n"
          "  dupctl cluster c17                     who runs the copy of cluster c17\n"
          "  dupctl compare ID1 ID2                 two articles, what they share marked\n"
          "  dupctl explain ID                      why it was decided as it was\n"
          "  dupctl watch --copies                  copies, as they come in\n"
          "\nUsage: dupctl [--socket PATH] [--json] VERB [arguments] [options]\n"
          "The control program of dupd, which finds copies among news articles.\n\nVerbs:\n", stdout);
    for (const struct verb *verb = verbs; verb->name; verb++)
        printf("  %-10s%-14s%s\n", verb->name, verb->args, verb->summary);
    fputs("\nOptions:\n", stdout);
    show_options(common);
    fputs("\nNO_COLOR in the environment switches colour off. dupctl VERB --help says more; so does dupctl(1).\n", stdout);
    show_exit_codes();
}

/* Takes the option at argv[*at], and its value. 0, or CTL_USAGE. */
static int take_option(struct ctl *ctl, int argc, char **argv, int *at)
{
    const char *name = argv[*at] + 2;
    if (strcmp(argv[*at], "-h") == 0)
        name = "help";
    else if (strcmp(argv[*at], "-V") == 0)
        name = "version";
    else if (argv[*at][1] != '-') {
        out_complain("there is no option %s; see dupctl --help", argv[*at]);
        return CTL_USAGE;
    }
    const char *equals = strchr(name, '=');
    int place = place_of(ctl, name, equals ? (size_t)(equals - name) : strlen(name));
    if (place < 0) {
        out_complain("there is no option %s%s%s; see dupctl %s%s--help", argv[*at], ctl->verb ? " of " : " before the verb",
                     ctl->verb ? ctl->verb->name : "", ctl->verb ? ctl->verb->name : "", ctl->verb ? " " : "");
        return CTL_USAGE;
    }
    const struct ctl_option *option = row(ctl, (size_t)place);
    if (!option->value && equals) {
        out_complain("--%s takes no value", option->name);
        return CTL_USAGE;
    }
    if (option->value && !equals && *at + 1 >= argc) {
        out_complain("--%s needs its %s", option->name, option->value);
        return CTL_USAGE;
    }
    ctl->values[place] = !option->value ? "" : equals ? equals + 1 : argv[++*at];
    return 0;
}

static int find_verb(struct ctl *ctl, const struct verb *verbs, const char *name)
{
    const struct verb *verb = verbs;
    while (verb->name && strcmp(verb->name, name) != 0)
        verb++;
    if (!verb->name) {
        out_complain("there is no verb \"%s\"; see dupctl --help", name);
        return CTL_USAGE;
    }
    ctl->verb = verb;
    return 0;
}

static int check_arguments(const struct ctl *ctl)
{
    const struct verb *verb = ctl->verb;
    if (ctl->n_args >= verb->min_args && (verb->max_args < 0 || ctl->n_args <= verb->max_args))
        return 0;
    out_complain("%s: usage: dupctl %s%s%s; see dupctl %s --help",
                 ctl->n_args < verb->min_args ? "something is missing" : "too many arguments", verb->name,
                 *verb->args ? " " : "", verb->args, verb->name);
    return CTL_USAGE;
}

int ctl_parse(struct ctl *ctl, const struct verb *verbs, int argc, char **argv)
{
    int only_arguments = 0, code = 0;
    for (int i = 1; i < argc && code == 0; i++) {
        if (!only_arguments && strcmp(argv[i], "--") == 0)
            only_arguments = 1;
        else if (!only_arguments && argv[i][0] == '-' && argv[i][1])
            code = take_option(ctl, argc, argv, &i);
        else if (!ctl->verb)
            code = find_verb(ctl, verbs, argv[i]);
        else
            ctl->args[ctl->n_args++] = argv[i];
    }
    if (code)
        return code;
    const char *from_environment = getenv("DUPD_SOCKET");
    const char *given = ctl_value(ctl, "socket");
    ctl->socket = given ? given : from_environment && *from_environment ? from_environment : DEFAULT_SOCKET;
    ctl->json = ctl_value(ctl, "json") != NULL;
    if (ctl_value(ctl, "version")) {
        puts("dupctl " DUPD_VERSION);
        return -1;
    }
    if (ctl_value(ctl, "help")) {
        if (ctl->verb)
            show_verb_help(ctl->verb);
        else
            show_help(verbs);
        return -1;
    }
    if (!ctl->verb) {
        out_complain("what shall it do? Try dupctl --help");
        return CTL_USAGE;
    }
    return check_arguments(ctl);
}
