/*
 * Lines that are nothing but a credit: an agency's name with or without its
 * desk, a person of the agency, a dateline by itself. Invariant: the whole
 * line is accounted for, so that no sentence passes for a credit.
 */
#include "core/credit_find.h"

#define OWN_TOKENS 24
#define PAPER_WORDS 3
#define PLACE_WORDS 2
#define DESK_WORDS 4
#define DESK_CAPS 8

static int match(const struct credit_find *f, size_t i, unsigned wanted, struct agencies_hit *ret)
{
    return i < f->n && agencies_match(f->a, f->text, f->t, i, f->n, wanted, ret);
}

size_t credit_skip(const struct credit_find *f, size_t i, size_t hi, const char *marks)
{
    for (; i < hi && f->t[i].kind == CREDIT_MARK; i++) {
        const char *m = marks;
        while (*m && *m != f->t[i].mark)
            m++;
        if (!*m)
            break;
    }
    return i;
}

enum dup_claim credit_own_claim(const struct credit_find *f, const struct credit_names *names)
{
    return names->generic && names->n == 1 && f->place == DUP_PLACE_END ? DUP_CLAIM_FROM
                                                                        : DUP_CLAIM_AGENCY;
}

/* "wit/apr/dpa", "rc/msh (dpa, AFP)", "FMW/Bloomberg": desks or authors, then agencies. */
static int is_signed(struct credit_find *f, size_t lo, size_t hi)
{
    struct credit_names names;
    size_t i = lo;

    for (; i + 1 < hi && f->t[i].kind == CREDIT_WORD; i += 2) {
        const struct credit_token *t = &f->t[i];
        int initials = t->flags & (CREDIT_LOWER | CREDIT_CAPS) && t->end - t->begin <= 5;
        char mark = f->t[i + 1].mark;
        if (!initials)
            return 0;
        if (mark == '(' && i > lo)
            break;
        if (i > lo && credit_names_at(f, i, hi, SHAPE_TAIL, &names) && names.end == hi)
            break;
        if (mark != '/' || f->t[i + 1].flags & CREDIT_SPACED)
            return 0;
    }
    if (i == lo || i >= hi)
        return 0;
    if (f->t[i].kind == CREDIT_WORD && i + 1 < hi && f->t[i + 1].mark == '(')
        i += 2;
    int opened = f->t[i - 1].mark == '(';
    if (!credit_names_at(f, i, hi, SHAPE_TAIL, &names) ||
        (!credit_at_end(f, names.end, hi) && !(opened && f->t[names.end].mark == ','))) /* "(afp, Daily Lantern)" */
        return 0;
    credit_note_names(f, DUP_CLAIM_FROM, &names, lo, hi);
    return 1;
}

/* "Von A B, dpa", "A B - La Presse canadienne": a few capitalised words, a mark, the name. */
static int is_person_of(struct credit_find *f, size_t lo, size_t hi)
{
    struct agencies_hit hit;
    struct credit_names names;
    size_t i = match(f, lo, AGENCIES_BY, &hit) ? hit.next : lo, words = 0;

    if (match(f, lo, AGENCIES_SOURCE, &hit)) /* "Theo AFP, Reuters" names both */
        return 0;
    for (; i < hi; i++) {
        const struct credit_token *t = &f->t[i];
        if (t->kind == CREDIT_WORD && (t->flags & CREDIT_UPPER || match(f, i, AGENCIES_AND | AGENCIES_LINK, &hit)))
            words++;
        else if (t->mark == ',' || t->mark == '|' ||
                 (t->mark == '-' && t->flags & CREDIT_SPACED)) {
            if (words >= 2 && words <= 12 &&
                credit_names_at(f, i + 1, hi, SHAPE_BYLINE, &names) && names.end == hi &&
                !names.generic) {
                credit_note_names(f, DUP_CLAIM_AGENCY, &names, lo, hi);
                return 1;
            }
            if (t->mark != ',')
                return 0;
        } else if (t->mark != '.' && t->mark != '\'' && t->mark != '-') {
            return 0;
        }
    }
    return 0;
}

/* "DAMASCUS-SANA", "Baku, November 29, AZERTAC", "الرياض : واس": the dateline as a line of its own. */
static int is_place_of(struct credit_find *f, size_t lo, size_t hi)
{
    struct credit_names names;
    size_t words = 0;
    int date = 0, caseless = 1;

    for (size_t i = lo; i < hi && words <= 4; i++) {
        const struct credit_token *t = &f->t[i];
        int parted = t->mark == '-' || t->mark == '|' || (t->mark == ',' && date) ||
                     ((t->mark == ':' || t->mark == '/') && caseless && words >= 1 && words <= PLACE_WORDS);
        date |= t->kind == CREDIT_NUMBER;
        caseless &= t->kind != CREDIT_WORD || !(t->flags & (CREDIT_UPPER | CREDIT_LOWER));
        words += t->kind == CREDIT_WORD && (i == lo || f->t[i - 1].kind != CREDIT_NUMBER);
        if (t->kind == CREDIT_WORD && t->flags & CREDIT_LOWER && !date)
            return 0;
        if (i > lo && parted && credit_names_at(f, i + 1, hi, SHAPE_DATELINE, &names) && names.end == hi) {
            credit_note_names(f, DUP_CLAIM_AGENCY, &names, lo, hi);
            return 1;
        }
    }
    return 0;
}

/* What follows a name in a line of the tail and says nothing: "IANS abc/def", "PTI SMN SMN". */
static int is_desk(const struct credit_find *f, size_t i, size_t hi)
{
    size_t slashes = 0, caps = 0, words = 0;

    if (i >= hi || f->t[i].kind != CREDIT_WORD || !(f->t[i].flags & CREDIT_SPACED))
        return 0;
    for (; i < hi; i++) {
        const struct credit_token *t = &f->t[i];
        slashes += t->mark == '/';
        if (t->kind == CREDIT_MARK && t->mark != '/' && t->mark != '-')
            return 0;
        if (t->kind == CREDIT_MARK)
            continue;
        words++;
        caps += (t->flags & CREDIT_CAPS) != 0;
        if (t->kind != CREDIT_WORD || t->end - t->begin > 4 || !(t->flags & (CREDIT_LOWER | CREDIT_CAPS)))
            return 0;
    }
    return words <= (caps == words ? DESK_CAPS : DESK_WORDS) && (caps == words || slashes);
}

/* What an agency's systems leave behind its name: that the text ends, "Lusa/Fim", a message's number,
 * "dpa:201103-99-123456/3", or a bracket with who wrote it, "AGERPRES/(A - autor: A B". */
static int is_stamp(const struct credit_find *f, size_t i, size_t hi)
{
    struct agencies_hit hit;
    size_t behind = credit_skip(f, i, hi, "/-(|");

    if (behind > i && behind < hi && match(f, behind, AGENCIES_END, &hit) && credit_at_end(f, hit.next, hi))
        return 1;
    if (i + 1 < hi && f->t[i].mark == '/' && f->t[i + 1].mark == '(')
        return 1;
    if (i + 1 >= hi || f->t[i].mark != ':')
        return 0;
    for (i++; i < hi; i++)
        if (f->t[i].kind != CREDIT_NUMBER && f->t[i].mark != '-' && f->t[i].mark != '/')
            return 0;
    return 1;
}

/* "Le Monde avec AFP": a paper's name of several words, then whose material it used. */
static int is_paper_with(struct credit_find *f, size_t lo, size_t hi)
{
    struct agencies_hit hit;
    struct credit_names names;

    for (size_t i = lo; i < hi && i <= lo + PAPER_WORDS; i++) {
        if (i > lo + 1 && match(f, i, AGENCIES_WITH, &hit) && credit_names_at(f, hit.next, hi, SHAPE_TAIL, &names) &&
            credit_at_end(f, names.end, hi)) {
            credit_note_names(f, DUP_CLAIM_FROM, &names, lo, hi);
            return 1;
        }
        if (!(f->t[i].flags & CREDIT_UPPER))
            return 0;
    }
    return 0;
}

int credit_is_left_behind(const struct credit_find *f, size_t i, size_t hi)
{
    return is_desk(f, i, hi) || is_stamp(f, i, hi);
}

int credit_own_line(struct credit_find *f, size_t lo, size_t hi)
{
    unsigned shapes = f->place == DUP_PLACE_END ? SHAPE_TAIL : SHAPE_BYLINE;
    struct agencies_hit hit;
    struct credit_names names;

    lo = credit_skip(f, lo, hi, "([-|*\".'/");
    while (hi > lo && credit_skip(f, hi - 1, hi, ")]-|*\".'/") == hi)
        hi--;
    if (lo >= hi || hi - lo > OWN_TOKENS || match(f, lo, AGENCIES_PHOTO, &hit))
        return 0;
    size_t first = match(f, lo, AGENCIES_BY, &hit) ? credit_skip(f, hit.next, hi, ":") : lo;
    int named = credit_names_at(f, first, hi, shapes, &names);
    size_t cabled = named ? credit_cabled(f, names.end, hi) : 0;
    if (named && (credit_at_end(f, cabled ? cabled : names.end, hi) ||
                  (f->place == DUP_PLACE_END && !names.generic && credit_is_left_behind(f, names.end, hi)))) {
        credit_note_names(f, credit_own_claim(f, &names), &names, lo, hi);
        return 1;
    }
    if (f->place == DUP_PLACE_END && (is_signed(f, lo, hi) || is_paper_with(f, lo, hi)))
        return 1;
    return is_person_of(f, lo, hi) || (f->place == DUP_PLACE_START && is_place_of(f, lo, hi));
}

