/*
 * Splitting a file into articles. It exists so that an import of any size runs in constant memory
 * and at the speed of memchr: nothing is parsed, no byte is looked at twice. Invariant:
 * start <= scanned <= end <= cap; data[start..scanned) belongs to the entry under way, and what the
 * next byte means depends on the fields of struct source alone, wherever a read happened to end.
 */
#include "ctl/source.h"

#include <stdlib.h>
#include <string.h>

#define SOURCE_CHUNK (256u << 10)

int source_open(struct source *source, const char *path, struct err *err)
{
    *source = (struct source){.line = 1};
    int r = unpack_open(&source->in, path, err);
    if (r < 0)
        return r;
    source->cap = 2 * SOURCE_CHUNK;
    source->data = malloc(source->cap);
    if (!source->data) {
        source_done(source);
        return err_set(err, DUP_ENOMEM, "out of memory");
    }
    return 0;
}

void source_done(struct source *source)
{
    unpack_done(&source->in);
    free(source->data);
    *source = (struct source){.in = {.fd = -1}};
}

int source_wants_input(const struct source *source)
{
    return !source->ended && unpack_wants_input(&source->in);
}

/* Room for a chunk after end. An entry never fills more than SOURCE_ENTRY_MAX: source_next cuts it. */
static int make_room(struct source *source)
{
    if (source->cap - source->end >= SOURCE_CHUNK)
        return 0;
    size_t held = source->end - source->start;
    if (held && source->start)
        memmove(source->data, source->data + source->start, held);
    source->scanned -= source->start;
    source->start = 0;
    source->end = held;
    if (source->cap - held >= SOURCE_CHUNK)
        return 0;
    char *data = realloc(source->data, source->cap * 2);
    if (!data)
        return DUP_ENOMEM;
    source->data = data;
    source->cap *= 2;
    return 0;
}

int source_fill(struct source *source, struct err *err)
{
    size_t len = 0;
    if (source->ended)
        return 0;
    int r = make_room(source);
    if (r < 0)
        err_set(err, r, "out of memory");
    else
        r = unpack_read(&source->in, source->data + source->end, source->cap - source->end, &len, err);
    source->end += len;
    if (r <= 0)
        source->ended = 1;
    return r < 0 ? r : 0;
}

static int is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static int is_blank(const char *data, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (!is_space(data[i]))
            return 0;
    }
    return 1;
}

static enum source_step wrong(const struct source *source, struct source_entry *ret, const char *reason)
{
    *ret = (struct source_entry){.data = reason, .len = strlen(reason), .line = source->line,
                                 .element = source->state == SOURCE_ARRAY ? source->element : 0};
    return SOURCE_WRONG;
}

static enum source_step give_up(struct source *source, struct source_entry *ret, const char *reason)
{
    wrong(source, ret, reason);
    source->start = source->scanned = source->end;
    source->ended = 1;
    source->state = SOURCE_LINES; /* which has nothing left: the end */
    return SOURCE_WRONG;
}

/* The first character decides what the file is. A byte order mark before it is left out. */
static enum source_step begin(struct source *source)
{
    static const char mark[] = "\xef\xbb\xbf";
    size_t held = source->end - source->start;
    if (source->scanned == 0 && held && memcmp(source->data, mark, held < 3 ? held : 3) == 0) {
        if (held < 3 && !source->ended)
            return SOURCE_MORE;
        source->start = source->scanned = held < 3 ? 0 : 3;
    }
    for (; source->scanned < source->end; source->scanned++) {
        char c = source->data[source->scanned];
        if (!is_space(c)) {
            source->state = c == '[' ? SOURCE_ARRAY : SOURCE_LINES;
            source->start = source->scanned += c == '[';
            return SOURCE_ENTRY;
        }
        source->line += c == '\n';
    }
    source->start = source->scanned;
    return source->ended ? SOURCE_END : SOURCE_MORE;
}

static enum source_step next_line(struct source *source, struct source_entry *ret)
{
    for (;;) {
        const char *at = source->data + source->scanned;
        const char *feed = memchr(at, '\n', source->end - source->scanned);
        size_t stop = feed ? (size_t)(feed - source->data) : source->end;
        int last = !feed && source->ended;
        if (!feed && !last && stop - source->start < SOURCE_ENTRY_MAX) {
            source->scanned = stop;
            if (source->dropping)
                source->start = stop;
            return SOURCE_MORE;
        }
        if (last && stop == source->start)
            return SOURCE_END;
        *ret = (struct source_entry){.data = source->data + source->start, .len = stop - source->start, .line = source->line};
        int dropped = source->dropping;
        source->dropping = !feed && !last;
        source->start = source->scanned = feed ? stop + 1 : stop;
        source->line += feed != NULL;
        if (!dropped && !is_blank(ret->data, ret->len))
            return SOURCE_ENTRY;
    }
}

/* What a byte outside of strings means to the splitter; every other byte is passed over. */
enum { PLAIN, QUOTE, OPEN, CLOSE, COMMA, FEED };
static const unsigned char meaning[256] = {
    ['"'] = QUOTE, ['{'] = OPEN, ['['] = OPEN, ['}'] = CLOSE, [']'] = CLOSE, [','] = COMMA, ['\n'] = FEED,
};
static const unsigned char in_string[256] = {['"'] = 1, ['\\'] = 1, ['\n'] = 1};

/* Passes over a string up to its closing quote or the end of what was read. */
static void scan_string(struct source *source)
{
    char *data = source->data;
    size_t i = source->scanned, end = source->end;
    while (i < end) {
        if (source->escaped) {
            source->escaped = 0;
            if (data[i] != '\n')
                i++;
            continue;
        }
        while (i < end && !in_string[(unsigned char)data[i]])
            i++;
        if (i == end)
            break;
        if (data[i] == '"') {
            source->in_string = 0;
            i++;
            break;
        }
        source->escaped = data[i] == '\\';
        if (data[i] == '\n') {
            data[i] = ' ';
            source->line++;
        }
        i++;
    }
    source->scanned = i;
}

/* Passes over an element. 1: data[scanned] is the comma or bracket that ends it; 0: more is needed. */
static int scan_element(struct source *source)
{
    while (source->scanned < source->end) {
        if (source->in_string) {
            scan_string(source);
            continue;
        }
        char *c = source->data + source->scanned;
        switch (meaning[(unsigned char)*c]) {
        case QUOTE: source->in_string = 1; break;
        case OPEN: source->depth++; break;
        case CLOSE:
            if (source->depth == 0 && *c == ']')
                return 1;
            source->depth -= source->depth > 0;
            break;
        case COMMA:
            if (source->depth == 0)
                return 1;
            break;
        case FEED:
            *c = ' ';
            source->line++;
            break;
        default: break;
        }
        source->scanned++;
    }
    return 0;
}

static void set_element(const struct source *source, struct source_entry *ret)
{
    size_t stop = source->scanned;
    while (stop > source->start && is_space(source->data[stop - 1]))
        stop--;
    *ret = (struct source_entry){.data = source->data + source->start, .len = stop - source->start,
                                 .line = source->element_line, .element = source->element};
}

static enum source_step next_element(struct source *source, struct source_entry *ret)
{
    for (;;) {
        while (!source->in_element && source->scanned < source->end && is_space(source->data[source->scanned]))
            source->line += source->data[source->scanned++] == '\n';
        if (!source->in_element) {
            source->start = source->scanned;
            if (source->scanned == source->end)
                return source->ended ? give_up(source, ret, "the array is not closed") : SOURCE_MORE;
            source->in_element = 1;
            source->element++;
            source->element_line = source->line;
        }
        int done = scan_element(source);
        set_element(source, ret);
        if (!done && !source->ended && source->scanned - source->start < SOURCE_ENTRY_MAX) {
            if (source->dropping)
                source->start = source->scanned;
            return SOURCE_MORE;
        }
        int dropped = source->dropping;
        source->dropping = !done && !source->ended;
        if (!done) {
            /* Cut short by the file's end (which the next call tells) or by the limit. */
            source->start = source->scanned;
            source->in_element = !source->ended;
        } else {
            int closed = source->data[source->scanned++] == ']', missing = ret->len == 0 && !dropped;
            source->in_element = 0;
            source->start = source->scanned;
            if (missing)
                wrong(source, ret, "an element of the array is missing");
            if (closed)
                source->state = SOURCE_AFTER;
            if (missing)
                return closed && source->element == 1 ? SOURCE_MORE /* [] */ : SOURCE_WRONG;
        }
        if (!dropped)
            return SOURCE_ENTRY;
        if (source->state == SOURCE_AFTER)
            return SOURCE_MORE;
    }
}

static enum source_step after_array(struct source *source, struct source_entry *ret)
{
    for (; source->scanned < source->end; source->scanned++) {
        if (!is_space(source->data[source->scanned]))
            return give_up(source, ret, "there is more after the end of the array");
        source->line += source->data[source->scanned] == '\n';
    }
    source->start = source->scanned;
    return source->ended ? SOURCE_END : SOURCE_MORE;
}

enum source_step source_next(struct source *source, struct source_entry *ret)
{
    if (source->state == SOURCE_BEGIN) {
        enum source_step step = begin(source);
        if (step != SOURCE_ENTRY)
            return step;
    }
    switch (source->state) {
    case SOURCE_ARRAY: return next_element(source, ret);
    case SOURCE_AFTER: return after_array(source, ret);
    default: return next_line(source, ret);
    }
}
