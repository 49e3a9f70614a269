/*
 * A line of the tail, or the end of one: where credits stand by themselves,
 * in a closing bracket, after a dash, or after words that announce them.
 * Invariant: a name counts only where such a shape holds it up to the end of
 * the line or bracket, so that running text about an agency says nothing.
 */
#include "core/credit_find.h"

#define OWN_TOKENS 24
#define PARTS_MAX 12

static int match(const struct credit_find *f, size_t i, unsigned wanted, struct agencies_hit *ret)
{
    return i < f->n && agencies_match(f->a, f->text, f->t, i, f->n, wanted, ret);
}

static size_t skip_marks(const struct credit_find *f, size_t i, size_t hi, const char *marks)
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

/* A credit of its own is "agencies" only in a weaker sense at the end of a text. */
static enum dup_claim own_claim(const struct credit_find *f, const struct credit_names *names)
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
    if (!credit_names_at(f, i, hi, SHAPE_TAIL, &names) || !credit_at_end(f, names.end, hi))
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

int credit_own_line(struct credit_find *f, size_t lo, size_t hi)
{
    unsigned shapes = f->place == DUP_PLACE_END ? SHAPE_TAIL : SHAPE_BYLINE;
    struct agencies_hit hit;
    struct credit_names names;

    lo = skip_marks(f, lo, hi, "([-|*\".'/");
    while (hi > lo && skip_marks(f, hi - 1, hi, ")]-|*\".'/") == hi)
        hi--;
    if (lo >= hi || hi - lo > OWN_TOKENS || match(f, lo, AGENCIES_PHOTO, &hit))
        return 0;
    size_t first = match(f, lo, AGENCIES_BY, &hit) ? hit.next : lo;
    if (credit_names_at(f, first, hi, shapes, &names) && credit_at_end(f, names.end, hi)) {
        credit_note_names(f, own_claim(f, &names), &names, lo, hi);
        return 1;
    }
    if (f->place == DUP_PLACE_END && is_signed(f, lo, hi))
        return 1;
    return is_person_of(f, lo, hi);
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
    enum dup_claim claim = credit_bracket(f, open, hi - 1, &names);
    if (claim == DUP_CLAIM_NONE)
        return;
    char before = open >= 2 ? f->t[open - 2].mark : '.';
    int ended = open < 2 || before == '.' || before == '"' || before == '?' || before == '\'' ||
                before == ')' || before == '|';
    /* "(FR mit dpa)" says enough by itself; "(AAP)" may explain the words before it. */
    if (!ended && (names.homonym || opening == '/' || !whole) && claim == DUP_CLAIM_AGENCY)
        return;
    if (!ended && f->t[open - 2].flags & CREDIT_UPPER && f->t[open].flags & CREDIT_CAPS)
        return;
    credit_note_names(f, claim, &names, open - 1, hi);
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
            credit_note_names(f, own_claim(f, &names), &names, i + 1, names.end);
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
    size_t after = skip_marks(f, k, f->n, ":-*=");

    if (credit_names_at(f, after, f->n, SHAPE_ALL, &names) &&
        credit_at_end(f, names.end, f->n)) {
        credit_note_names(f, own_claim(f, &names), &names, i, names.end);
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
        if (parted && credit_names_at(f, at, f->n, SHAPE_ALL, &names) &&
            (names.end == f->n || f->t[names.end].mark == ',' || f->t[names.end].mark == '+'))
            credit_note_names(f, own_claim(f, &names), &names, i, names.end);
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
    k = skip_marks(f, names.end, f->n, ",");
    while (k < f->n && f->t[k].kind == CREDIT_NUMBER)
        k++;
    if (k < f->n && (f->t[k].mark == '/' || (f->t[k].kind == CREDIT_WORD &&
                                             f->t[k].flags & CREDIT_UPPER && names.homonym)))
        return;
    if (names.agency[0] != f->host)
        credit_note_names(f, DUP_CLAIM_AGENCY, &names, i, names.end);
}

/* "(Reporting by A; Editing by B)": the agency that signs so, unless one is named. */
static void find_signoff(struct credit_find *f, size_t i, size_t k)
{
    struct agencies_hit hit;
    struct credit_names names;
    int edited = 0, bracketed = i > 0 && f->t[i - 1].mark == '(';
    size_t words = 0;

    if (credit_names_at(f, k, f->n, SHAPE_ALL, &names) && credit_at_end(f, names.end, f->n)) {
        credit_note_names(f, DUP_CLAIM_FROM, &names, i, names.end);
        return;
    }
    for (size_t at = k; at < f->n && !edited; at++) {
        edited = match(f, at, AGENCIES_EDITED, &hit);
        words += f->t[at].kind == CREDIT_WORD;
    }
    /* One word before the colon, "Reporting from Paris:", is not yet a signature. */
    int opening = bracketed || (f->t[i].flags & CREDIT_LINE);
    if (f->a->signoff && (edited || (k - i >= 2 && opening && f->n - i < 40 &&
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

static void find_announced(struct credit_find *f, size_t i, const struct agencies_hit *hit)
{
    struct agencies_hit more;
    struct credit_names names;
    int boundary = credit_is_boundary(f, i);

    switch (hit->kind) {
    case AGENCIES_WITH:
        if ((!boundary && hit->next < i + 2) ||
            !credit_names_at(f, skip_marks(f, hit->next, f->n, ":*"), f->n, SHAPE_ALL, &names))
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
        if (!boundary && i > 6)
            return;
        if (credit_names_at(f, hit->next, f->n, SHAPE_ALL, &names))
            credit_note_names(f, DUP_CLAIM_AGENCY, &names, i, names.end);
        else if (hit->next >= i + 2 && f->n - i < 40 && !(f->t[i].flags & CREDIT_LOWER && boundary && i > 0))
            credit_note(f, DUP_CLAIM_AGENCY, DUP_AGENCY_GENERIC, i, f->n);
        return;
    case AGENCIES_COPYRIGHT:
        find_copyright(f, i, hit->next);
        return;
    case AGENCIES_SIGNOFF:
        if (boundary)
            find_signoff(f, i, hit->next);
        return;
    default:
        return;
    }
}

#define ANNOUNCING (AGENCIES_WITH | AGENCIES_GAVE | AGENCIES_MIXED | AGENCIES_SOURCE | \
                    AGENCIES_FEED | AGENCIES_OWN | AGENCIES_PROVIDED | AGENCIES_COPYRIGHT | \
                    AGENCIES_SIGNOFF)

void credit_find_line(struct credit_find *f, int whole)
{
    struct agencies_hit hit;

    f->place = DUP_PLACE_END;
    if (f->n == 0 || (whole && match(f, 0, AGENCIES_PHOTO, &hit)))
        return;
    if (whole && f->n <= OWN_TOKENS && credit_own_line(f, 0, f->n))
        return;
    find_closing_bracket(f, whole);
    find_closing_dash(f);
    for (size_t i = 0; i < f->n; i++) {
        const struct credit_token *t = &f->t[i];
        if (t->mark == '^')
            find_copyright(f, i, i + 1);
        else if (t->mark == '@' && i > 0) {
            uint32_t agency = host_at(f, t->end);
            if (agency)
                credit_note(f, DUP_CLAIM_AGENCY, agency, i - 1, i + 1);
        } else if (match(f, i, ANNOUNCING, &hit)) {
            find_announced(f, i, &hit);
        }
    }
}
