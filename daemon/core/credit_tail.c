/*
 * The end of a line of the tail: where credits stand in a closing bracket,
 * after a dash, or after words that announce them. Invariant: a name counts
 * only where such a shape holds it up to the end of the line or bracket, so
 * that running text about an agency says nothing.
 */
#include "core/credit_find.h"

#include <string.h>

#define OWN_TOKENS 24
#define PARTS_MAX 12
#define CLOSING_TOKENS 12
#define SIGNED_WORDS 8
#define SITE_TOKENS 7

static int match(const struct credit_find *f, size_t i, unsigned wanted, struct agencies_hit *ret)
{
    return i < f->n && agencies_match(f->a, f->text, f->t, i, f->n, wanted, ret);
}

/* "... to $0 an ounce. - Bloomberg" */
static void find_closing_dash(struct credit_find *f)
{
    struct credit_names names;

    for (size_t i = f->n > 16 ? f->n - 16 : 1; i + 1 < f->n; i++) {
        char before = f->t[i - 1].mark;
        if (f->t[i].mark != '-' || (before != '.' && before != '"' && before != '?' &&
                                    before != ')' && before != '\'' && before != '-'))
            continue;
        if (credit_names_at(f, i + 1, f->n, SHAPE_TAIL, &names) &&
            credit_at_end(f, names.end, f->n))
            credit_note_names(f, credit_own_claim(f, &names), &names, i + 1, names.end);
    }
}

/* "... said the mayor. PTI SMN SMN", "... disse. Lusa/Fim": glued to the last sentence, with what agencies leave behind. */
static void find_closing_name(struct credit_find *f)
{
    struct credit_names names;
    size_t hi = f->n;

    while (hi > 0 && f->t[hi - 1].mark == '.')
        hi--;
    for (size_t i = f->n > CLOSING_TOKENS ? f->n - CLOSING_TOKENS : 1; i + 1 < f->n; i++)
        if (f->t[i - 1].mark == '.' && credit_names_at(f, i, f->n, SHAPE_TAIL, &names) && !names.generic &&
            credit_is_left_behind(f, names.end, hi)) {
            credit_note_names(f, DUP_CLAIM_AGENCY, &names, i, names.end);
            return;
        }
}

static int is_host_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           c == '-' || c == '.';
}

/* The agency of the host that begins at byte at. */
static uint32_t host_at(const struct credit_find *f, size_t at)
{
    size_t limit = f->n ? f->t[f->n - 1].end : 0, end = at;

    while (end < limit && is_host_byte(f->text[end]))
        end++;
    while (end > at && f->text[end - 1] == '.')
        end--;
    return end > at ? agencies_of_host(f->a, f->text + at, end - at) : 0;
}

/*
 * Whether the line before the bracket at token bracket is who wrote it: "Z Brukseli A B (PAP)" says where
 * from, "A B (Theo AFP)" whose copy it is. A name with an agency and neither may be a photographer.
 */
static int is_signature(const struct credit_find *f, size_t bracket, size_t open)
{
    struct agencies_hit hit;
    int sent = match(f, 0, AGENCIES_SENT, &hit);
    size_t i = sent ? hit.next : 0;

    if (bracket < i + 2 || bracket > i + SIGNED_WORDS || credit_spelled_out(f, bracket, &f->t[open]) ||
        (!sent && !match(f, open, AGENCIES_SOURCE, &hit)))
        return 0;
    for (; i < bracket; i++)
        if (!(f->t[i].flags & CREDIT_UPPER) && f->t[i].mark != '.' && f->t[i].mark != '-')
            return 0;
    return 1;
}

/* The bracket or /slashes/ that the line ends with. */
static void find_closing_bracket(struct credit_find *f, int whole)
{
    struct credit_names names;
    size_t hi = f->n, open;

    while (hi > 0 && (f->t[hi - 1].mark == '.' || f->t[hi - 1].mark == '"'))
        hi--;
    if (hi < 3)
        return;
    char closing = f->t[hi - 1].mark;
    char opening = closing == ')' ? '(' : closing == ']' ? '[' : closing == '/' ? '/' : 0;
    for (open = hi - 1; opening && open > 0 && f->t[open - 1].mark != opening; open--)
        ;
    if (!opening || open == 0)
        return;
    char before = open >= 2 ? f->t[open - 2].mark : '.';
    int ended = open < 2 || before == '.' || before == '"' || before == '?' || before == '\'' ||
                before == ')' || before == '|';
    enum dup_claim claim = credit_bracket(f, open, hi - 1, &names);
    uint32_t site = claim == DUP_CLAIM_NONE && ended && hi - open <= SITE_TOKENS ? host_at(f, f->t[open].begin) : 0;
    if (site) /* "(www.lantern.example)" */
        credit_note(f, DUP_CLAIM_AGENCY, site, open - 1, hi);
    if (claim == DUP_CLAIM_NONE)
        return;
    /* "(FR mit dpa)" says enough by itself; "(AAP)" may explain the words before it. */
    if (!ended && whole && is_signature(f, open - 1, open)) {
        credit_note_names(f, claim, &names, open - 1, hi);
        return;
    }
    if (!ended && (names.homonym || opening == '/' || !whole) && claim == DUP_CLAIM_AGENCY)
        return;
    if (!ended && f->t[open - 2].flags & CREDIT_UPPER && f->t[open].flags & CREDIT_CAPS)
        return;
    credit_note_names(f, claim, &names, open - 1, hi);
}

/* The agency of a site named in [i, f->n), as address or bare host, or 0. */
static uint32_t site_in(const struct credit_find *f, size_t i)
{
    uint32_t found = 0;

    for (; i < f->n && !found; i++)
        if (f->t[i].kind == CREDIT_WORD)
            found = host_at(f, f->t[i].begin);
    return found;
}

/* "Source: ..." at i, its words ending before token k. */
static void find_source(struct credit_find *f, size_t i, size_t k)
{
    struct credit_names names;
    size_t after = credit_skip(f, k, f->n, ":-*=");

    int named = credit_names_at(f, after, f->n, SHAPE_ALL, &names);
    size_t cabled = named ? credit_cabled(f, names.end, f->n) : 0;
    if (named && credit_at_end(f, cabled ? cabled : names.end, f->n)) {
        credit_note_names(f, credit_own_claim(f, &names), &names, i, names.end);
        return;
    }
    if (f->n - i > PARTS_MAX * 2)
        return;
    uint32_t site = site_in(f, after);
    if (site && f->n - after <= PARTS_MAX + 8 && (after > k || f->n - after <= 4))
        credit_note(f, DUP_CLAIM_AGENCY, site, i, f->n);
    if (after == k || f->n - after > PARTS_MAX)
        return;
    size_t unknown = 0; /* words of a part that is no name we know */
    for (size_t at = after; at < f->n && unknown < 2; at++) {
        char before = f->t[at - 1].mark;
        int parted = at == after || before == ',' || before == '+' || before == '/';
        unknown = parted ? 1 : unknown + (before != '.' && f->t[at].kind != CREDIT_MARK);
        /* "Quelle: ntv.de, abc/dpa": somebody of the house signs before the agency. */
        int signs = before == '/' && at >= 2 && f->t[at - 2].end - f->t[at - 2].begin <= 4 &&
                    f->t[at - 2].flags & CREDIT_LOWER;
        if (parted && credit_names_at(f, at, f->n, SHAPE_ALL, &names) &&
            (names.end == f->n || f->t[names.end].mark == ',' || f->t[names.end].mark == '+' ||
             (f->t[names.end].mark == '-' && f->t[names.end].flags & CREDIT_SPACED)))
            credit_note_names(f, signs ? DUP_CLAIM_FROM : credit_own_claim(f, &names), &names, i, names.end);
    }
}

/* "(c) 2024 AFP": names after the year, and no photographer after them. */
static void find_copyright(struct credit_find *f, size_t i, size_t k)
{
    struct agencies_hit hit;
    struct credit_names names;

    while (k < f->n && k < i + 8 &&
           (f->t[k].kind == CREDIT_NUMBER || f->t[k].mark == '^' || f->t[k].mark == ',' ||
            f->t[k].mark == '(' || f->t[k].mark == ')' || f->t[k].mark == '-' ||
            f->t[k].mark == ':' || f->t[k].end - f->t[k].begin == 1))
        k++;
    if (match(f, k, AGENCIES_PROVIDED | AGENCIES_BY, &hit)) {
        k = hit.next;
        if (hit.kind == AGENCIES_PROVIDED && !credit_names_at(f, k, f->n, SHAPE_ALL, &names))
            credit_note(f, DUP_CLAIM_AGENCY, DUP_AGENCY_GENERIC, i, f->n);
    }
    if (!credit_names_at(f, k, f->n, SHAPE_TAIL, &names) || names.generic)
        return;
    k = credit_skip(f, names.end, f->n, ",");
    while (k < f->n && f->t[k].kind == CREDIT_NUMBER)
        k++;
    if (k < f->n && (f->t[k].mark == '/' || (f->t[k].kind == CREDIT_WORD &&
                                             f->t[k].flags & CREDIT_UPPER && names.homonym)))
        return;
    if (names.agency[0] != f->host)
        credit_note_names(f, DUP_CLAIM_AGENCY, &names, i, names.end);
}

/* (c), in Latin or Cyrillic letters. */
static int is_letter_c(const struct credit_find *f, size_t i)
{
    const char *p = f->text + f->t[i].begin;
    size_t len = f->t[i].end - f->t[i].begin;

    return (len == 1 && (*p | 0x20) == 'c') ||
           (len == 2 && (memcmp(p, "\xd1\x81", 2) == 0 || memcmp(p, "\xd0\xa1", 2) == 0));
}

/* "(Reporting by A; Editing by B)": the agency that signs so, unless one is named. */
static void find_signoff(struct credit_find *f, size_t i, size_t k, int half)
{
    struct agencies_hit hit;
    struct credit_names names;
    int edited = 0, bracketed = i > 0 && f->t[i - 1].mark == '(';

    if (credit_names_at(f, k, f->n, SHAPE_ALL, &names) && credit_at_end(f, names.end, f->n)) {
        credit_note_names(f, DUP_CLAIM_FROM, &names, i, names.end);
        return;
    }
    for (size_t at = k; at < f->n && !edited; at++)
        edited = match(f, at, AGENCIES_EDITED, &hit);
    /* One word before the colon, "Reporting from Paris:", is not yet a signature. */
    int opening = bracketed || (f->t[i].flags & CREDIT_LINE);
    if (f->a->signoff && (edited || (k - i >= 2 && !half && opening && f->n - i < 40 &&
                                     (bracketed || i == 0) &&
                                     f->t[f->n - 1].mark != ':' && f->t[f->n - 1].mark != ',')))
        credit_note(f, DUP_CLAIM_AGENCY, f->a->signoff, i, f->n);
}

/* "A B and C D contributed to this report", its words from i: the names before them. */
static void find_givers(struct credit_find *f, size_t i)
{
    struct credit_names names;

    for (size_t k = 0; k < i; k++)
        if (credit_names_at(f, k, i, SHAPE_TAIL, &names)) {
            credit_note_names(f, DUP_CLAIM_FROM, &names, k, names.end);
            k = names.end;
        }
}

/* Whether somebody is named at token k: a capital (or a script without), or a site. */
static int is_somebody(const struct credit_find *f, size_t k)
{
    if (k >= f->n)
        return 0;
    const struct credit_token *t = &f->t[k];
    return t->kind == CREDIT_CHAR || (t->kind == CREDIT_WORD && !(t->flags & CREDIT_LOWER)) ||
           (k + 2 < f->n && f->t[k + 1].mark == '.' && !(f->t[k + 2].flags & CREDIT_SPACED));
}

static void find_announced(struct credit_find *f, size_t i, const struct agencies_hit *hit)
{
    struct agencies_hit more;
    struct credit_names names;
    int boundary = credit_is_boundary(f, i);

    switch (hit->kind) {
    case AGENCIES_WITH:
        if ((!boundary && hit->next < i + 2) ||
            !credit_names_at(f, credit_skip(f, hit->next, f->n, i == 0 ? ":*-" : ":*"), f->n, SHAPE_ALL, &names))
            return;
        while (match(f, names.end, AGENCIES_GAVE | AGENCIES_FILL, &more))
            names.end = more.next;
        if (credit_at_end(f, names.end, f->n) ||
            (boundary && hit->next >= i + 2 && f->t[names.end].mark == '.') ||
            (f->t[names.end].mark == ')' && i > 0 && f->t[i - 1].mark == '('))
            credit_note_names(f, DUP_CLAIM_FROM, &names, i, names.end);
        return;
    case AGENCIES_GAVE:
        if (credit_at_end(f, hit->next, f->n))
            find_givers(f, i);
        return;
    case AGENCIES_MIXED:
        if (boundary && credit_at_end(f, hit->next, f->n))
            credit_note(f, DUP_CLAIM_FROM, DUP_AGENCY_GENERIC, i, hit->next);
        return;
    case AGENCIES_SOURCE:
        if (boundary)
            find_source(f, i, hit->next);
        return;
    case AGENCIES_FEED:
        credit_note(f, DUP_CLAIM_AGENCY, DUP_AGENCY_GENERIC, i, hit->next);
        return;
    case AGENCIES_OWN:
        credit_note(f, DUP_CLAIM_AGENCY, hit->agency, i, hit->next);
        return;
    case AGENCIES_PROVIDED:
        if (!boundary && (i > 6 || f->cut))
            return;
        if (credit_names_at(f, hit->next, f->n, SHAPE_ALL, &names))
            credit_note_names(f, DUP_CLAIM_AGENCY, &names, i, names.end);
        else if (hit->next >= i + 2 && f->n - i < 40 &&
                 (!(f->t[i].flags & CREDIT_LOWER) || i == 0 || (i == 1 && hit->next >= i + 3)) && is_somebody(f, credit_skip(f, hit->next, f->n, ":\"'*")))
            credit_note(f, DUP_CLAIM_AGENCY, DUP_AGENCY_GENERIC, i, f->n);
        return;
    case AGENCIES_COPYRIGHT:
        find_copyright(f, i, hit->next);
        return;
    case AGENCIES_SIGNOFF:
    case AGENCIES_HALF:
        if (boundary)
            find_signoff(f, i, hit->next, hit->kind == AGENCIES_HALF);
        return;
    default:
        return;
    }
}

#define ANNOUNCING (AGENCIES_WITH | AGENCIES_GAVE | AGENCIES_MIXED | AGENCIES_SOURCE | \
                    AGENCIES_FEED | AGENCIES_OWN | AGENCIES_PROVIDED | AGENCIES_COPYRIGHT | \
                    AGENCIES_SIGNOFF | AGENCIES_HALF)

void credit_find_line(struct credit_find *f, int whole)
{
    struct agencies_hit hit;

    f->place = DUP_PLACE_END;
    f->cut = !whole;
    if (f->n == 0 || (whole && match(f, 0, AGENCIES_PHOTO, &hit)))
        return;
    if (whole && f->n <= OWN_TOKENS && credit_own_line(f, 0, f->n))
        return;
    find_closing_bracket(f, whole);
    find_closing_dash(f);
    find_closing_name(f);
    for (size_t i = 0; i < f->n; i++) {
        const struct credit_token *t = &f->t[i];
        if (t->mark == '^')
            find_copyright(f, i, i + 1);
        else if (t->mark == '(' && i + 2 < f->n && f->t[i + 2].mark == ')' && is_letter_c(f, i + 1))
            find_copyright(f, i, i + 3);
        else if (t->mark == '@' && i > 0) {
            uint32_t agency = host_at(f, t->end);
            if (agency)
                credit_note(f, DUP_CLAIM_AGENCY, agency, i - 1, i + 1);
        } else if (match(f, i, ANNOUNCING, &hit)) {
            find_announced(f, i, &hit);
        }
    }
}
