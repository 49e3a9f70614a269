/*
 * The start of the text: datelines above all. "LONDON (Reuters) -" and "the
 * Aam Aadmi Party (AAP) said" differ in what stands left and right of the
 * bracket, so both sides are weighed: a place or date before, a dash or
 * colon after, and never the words that the letters are short for. Invariant:
 * one dateline at most.
 */
#include "core/credit_find.h"

#define PLACE_TOKENS 14
#define BRACKET_TOKENS 24
#define SLASHED_TOKENS 9
#define OPENING_WORDS 2
#define REPORTER_WORDS 3
#define LINES_MAX 10

/* What stands between the start of the line (or of the sentence) and a token. */
struct before {
    size_t words, commas, begin; /* begin: the first token of it */
    int whole;    /* it goes back to the start of the line */
    int date, caps;
    int caseless; /* a script without capitals */
};

static int is_link(const struct credit_find *f, size_t i)
{
    struct agencies_hit hit;
    return agencies_match(f->a, f->text, f->t, i, f->n, AGENCIES_LINK, &hit);
}

static int is_number(const struct credit_find *f, size_t i)
{
    return i < f->n && f->t[i].kind == CREDIT_NUMBER;
}

/* The day after a date: "november 3., kedd", "3 novembre, mardi". */
static int is_weekday(const struct credit_find *f, size_t i)
{
    return i >= 3 && f->t[i - 1].mark == ',' &&
           (is_number(f, i - 2) || (f->t[i - 2].mark == '.' && is_number(f, i - 3)));
}

/* Looks back from token i over what a place and a date consist of. */
static struct before look_back(const struct credit_find *f, size_t i)
{
    struct before b = { .whole = (f->t[i].flags & CREDIT_LINE) != 0 };
    size_t k = i;

    while (!b.whole && i - k < PLACE_TOKENS) {
        const struct credit_token *t = &f->t[k - 1];
        if (t->kind == CREDIT_MARK) {
            if (t->mark == '?' || t->mark == '^')
                break;
            b.commas += t->mark == ',';
        } else if (t->kind == CREDIT_NUMBER) {
            b.date = 1;
        } else if (t->kind == CREDIT_WORD && t->flags & CREDIT_LOWER) {
            /* a month: "Nov 3", "3 nov", "3. novembra", "nov. 3" */
            int dated = is_number(f, k) || (k >= 2 && is_number(f, k - 2)) ||
                        (k >= 3 && f->t[k - 2].mark == '.' && is_number(f, k - 3)) ||
                        (k < i && f->t[k].mark == '.' && is_number(f, k + 1)) ||
                        is_weekday(f, k - 1);
            if (!dated && !is_link(f, k - 1))
                break;
        } else {
            b.words++;
            b.caps |= (t->flags & CREDIT_CAPS) != 0;
            b.caseless |= !(t->flags & CREDIT_UPPER);
        }
        k--;
        b.whole = (t->flags & CREDIT_LINE) != 0;
    }
    b.begin = k;
    return b;
}

int credit_spelled_out(const struct credit_find *f, size_t i, const struct credit_token *code)
{
    const char *letters = f->text + code->begin;
    size_t left = code->end - code->begin;

    if (left < 2 || left > 6)
        return 0;
    for (size_t k = i, seen = 0; k > 0 && seen < 12 && left > 0; seen++) {
        const struct credit_token *t = &f->t[--k];
        unsigned char c = (unsigned char)f->text[t->begin];
        if (t->kind == CREDIT_MARK && t->mark != '-' && t->mark != '\'')
            return 0;
        if (t->kind != CREDIT_WORD || !(t->flags & CREDIT_UPPER))
            continue;
        if ((c & 0xdf) != ((unsigned char)letters[left - 1] & 0xdf))
            return 0;
        left--;
    }
    return left == 0;
}

enum after { AFTER_TEXT, AFTER_STOP, AFTER_DASH };

/* What follows at token i: a dash or colon, an end, or running text. */
static enum after look_ahead(const struct credit_find *f, size_t i)
{
    if (i >= f->n || f->t[i].flags & CREDIT_LINE)
        return AFTER_STOP;
    switch (f->t[i].mark) {
    case '-': case ':': case ';': case '|':
        return AFTER_DASH;
    case '.':
        return i + 1 < f->n && f->t[i + 1].mark == '-' ? AFTER_DASH : AFTER_STOP;
    default:
        return AFTER_TEXT;
    }
}

/* "ANKARA (AA) Boats": one or two words in capitals and nothing else, and a sentence that begins behind them. */
static int is_opened(const struct credit_find *f, const struct before *b, size_t i)
{
    size_t k = b->begin;

    while (k < f->n && f->t[k].flags & CREDIT_CAPS)
        k++;
    return b->words <= OPENING_WORDS && k + 3 == i && i < f->n && f->t[i].flags & CREDIT_UPPER &&
           !(f->t[i].flags & CREDIT_CAPS);
}

static int is_dateline(const struct credit_find *f, const struct before *b, size_t after_at, char opening, int homonym)
{
    enum after after = look_ahead(f, after_at);

    if (b->words == 0 && !b->date)
        return b->whole;
    if (b->whole && b->words <= 8) {
        if (after == AFTER_DASH)
            return 1;
        if (b->caseless) /* no capitals that tell a place: a date does, or that nothing else is there */
            return homonym ? (b->commas && (b->date || b->words <= 4)) || (opening == '/' && b->date)
                           : b->date || b->words <= 2 || (b->commas && b->words <= 4);
        if (homonym)
            return b->date || (b->caps && after == AFTER_STOP) || is_opened(f, b, after_at);
        return b->caps || b->date || b->words <= 3;
    }
    return after == AFTER_DASH && b->words + (size_t)b->date > 0 && (!homonym || b->caps);
}

/* A bracket at i, or /TASS/. Returns 1 when it is the dateline. */
static int try_bracket(struct credit_find *f, size_t i)
{
    struct credit_names names;
    size_t close = 0;

    if (f->t[i].mark == '/') {
        for (size_t k = i + 1; k < f->n && k < i + SLASHED_TOKENS && !close; k++)
            close = f->t[k].mark == '/' ? k : 0;
        if (!(f->t[i].flags & (CREDIT_SPACED | CREDIT_LINE)) && /* "TIRANA, Nov 3/ATA/-" */
            !(is_number(f, i - 1) && look_ahead(f, close + 1) == AFTER_DASH))
            return 0;
    } else {
        close = credit_close(f, i, BRACKET_TOKENS);
    }
    if (!close)
        return 0;
    enum dup_claim claim = credit_bracket(f, i + 1, close, &names);
    if (claim == DUP_CLAIM_NONE)
        return 0;
    struct before b = look_back(f, i);
    struct agencies_hit hit;
    if (b.caseless && i > 0 && agencies_match(f->a, f->text, f->t, i - 1, i, AGENCIES_FILL, &hit))
        return 0; /* "the agency (SANA) said" */
    if (names.n == 1 && close == i + 2 && credit_spelled_out(f, i, &f->t[i + 1]))
        return 0;
    if (!is_dateline(f, &b, close + 1, f->t[i].mark, names.homonym))
        return 0;
    if (claim == DUP_CLAIM_FROM && !b.whole)
        return 0;
    credit_note_names(f, claim, &names, i, close + 1);
    return 1;
}

/* i moved behind a reporter's name and the full stop after it: ", Елизавета Исакова." */
static size_t after_reporter(const struct credit_find *f, size_t i)
{
    size_t k = i + 1;

    while (k < f->n && k <= i + REPORTER_WORDS && f->t[k].kind == CREDIT_WORD && f->t[k].flags & CREDIT_UPPER)
        k++;
    return i < f->n && f->t[i].mark == ',' && k > i + 2 && k < f->n && f->t[k].mark == '.' ? k : i;
}

/* A name at i outside brackets: "AFP: ", "MOSKVA, 1 nov - RIA Novosti. ", 新华社...电. */
static int try_name(struct credit_find *f, size_t i)
{
    int first = (f->t[i].flags & CREDIT_LINE) != 0;
    char mark = first ? 0 : f->t[i - 1].mark;
    struct credit_names names;
    struct agencies_hit hit;
    int led = f->t[i].kind == CREDIT_CHAR && !first && f->t[i - 1].flags & CREDIT_LINE && /* 据新华社电 */
              agencies_match(f->a, f->text, f->t, i - 1, i, AGENCIES_SOURCE, &hit);

    if (!first && !led && mark != '-' && mark != '.' && mark != '|' && mark != '(' && mark != '[' &&
        mark != ',' && !is_number(f, i - 1))
        return 0;
    if (!credit_names_at(f, i, f->n, SHAPE_DATELINE, &names))
        return 0;
    if (f->t[i].kind == CREDIT_CHAR) {
        if ((!first && !led && i != 1) || !credit_cabled(f, names.end, f->n))
            return 0;
        credit_note_names(f, DUP_CLAIM_AGENCY, &names, i, names.end);
        return 1;
    }
    if (mark == '(' || mark == '[')
        return 0;
    enum after after = look_ahead(f, names.end);
    /* "AFP-Reporter" is one word; "WAFA- " ends a dateline. */
    int hyphen = after == AFTER_DASH && f->t[names.end].mark == '-' &&
                 !(f->t[names.end].flags & CREDIT_SPACED) && names.end + 1 < f->n &&
                 !(f->t[names.end + 1].flags & (CREDIT_SPACED | CREDIT_LINE));
    if (first) {
        int dated = names.end + 1 < f->n && f->t[names.end].mark == ',' &&
                    is_number(f, names.end + 1);
        if ((after != AFTER_DASH || hyphen || (names.generic && i > 0)) && !dated)
            return 0;
    } else {
        struct before b = look_back(f, i);
        after = look_ahead(f, after_reporter(f, names.end));
        if (agencies_match(f->a, f->text, f->t, b.begin, f->n, AGENCIES_PHOTO, &hit))
            return 0;
        int parted = mark == '|' || (mark == '-' && f->t[i - 1].flags & CREDIT_SPACED) ||
                     ((mark == '.' || mark == ',') && (b.date || b.caps)) ||
                     (is_number(f, i - 1) && after == AFTER_DASH);
        if (!b.whole || !parted || hyphen || after == AFTER_TEXT || b.words > 8)
            return 0;
        if (b.caseless ? b.words > 3 || after != AFTER_DASH
                       : !b.date && !b.caps && (names.homonym || after != AFTER_DASH))
            return 0;
    }
    credit_note_names(f, DUP_CLAIM_AGENCY, &names, i, names.end);
    return 1;
}

/* Lines at the start that are nothing but a credit: "AFP", "By A B, Associated Press". */
static void find_own_lines(struct credit_find *f)
{
    size_t begin = 0, lines = 0;

    f->place = DUP_PLACE_START;
    for (size_t i = 1; i < f->n && lines < LINES_MAX; i++) {
        if (!(f->t[i].flags & CREDIT_LINE))
            continue;
        lines++;
        credit_own_line(f, begin, i);
        begin = i;
    }
}

void credit_find_head(struct credit_find *f)
{
    struct agencies_hit hit;
    int done = 0;

    f->place = DUP_PLACE_DATELINE;
    for (size_t i = 0; i < f->n && !done; i++) {
        const struct credit_token *t = &f->t[i];
        if (t->mark == '(' || t->mark == '[' || t->mark == '/')
            done = try_bracket(f, i);
        else if (t->kind != CREDIT_MARK &&
                 agencies_match(f->a, f->text, f->t, i, f->n, AGENCIES_NAME | AGENCIES_FILL, &hit)) {
            f->place = t->flags & CREDIT_LINE ? DUP_PLACE_START : DUP_PLACE_DATELINE;
            done = try_name(f, i);
            f->place = DUP_PLACE_DATELINE;
        }
    }
    find_own_lines(f);
}
