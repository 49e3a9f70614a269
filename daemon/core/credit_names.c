/*
 * Rows of agency names and what stands in brackets, the two shapes that all
 * places share. Invariant: a row is taken only as far as it consists of
 * names, joiners and fillers; whether what follows fits is for the caller,
 * since that is what parts "(AFP)" from "(AFP pension funds)".
 */
#include "core/credit_find.h"

#define FILLERS_MAX 4
#define REPORTER_WORDS 3
#define CABLE_TOKENS 24

static int match(const struct credit_find *f, size_t i, size_t hi, unsigned wanted,
                 struct agencies_hit *ret)
{
    return i < hi && agencies_match(f->a, f->text, f->t, i, hi, wanted, ret);
}

static int is_mark(const struct credit_find *f, size_t i, size_t hi, const char *marks)
{
    if (i >= hi || f->t[i].kind != CREDIT_MARK)
        return 0;
    for (; *marks; marks++)
        if (f->t[i].mark == *marks)
            return 1;
    return 0;
}

/* One name at i, with fillers before and after it. Returns the token after it, or 0. */
static size_t one_name(const struct credit_find *f, size_t i, size_t hi, unsigned shapes,
                       uint32_t *ret_agency, int *ret_homonym)
{
    struct agencies_hit hit;
    size_t k = i;

    for (int fillers = 0;; fillers++) {
        while (is_mark(f, k, hi, "\"'"))
            k++;
        if (match(f, k, hi, AGENCIES_NAME, &hit) && f->a->agencies[hit.agency].shapes & shapes)
            break;
        if (fillers == FILLERS_MAX || !match(f, k, hi, AGENCIES_FILL, &hit))
            return 0;
        k = hit.next;
        k += (size_t)(is_mark(f, k, hi, ".") && k < hi && !(f->t[k].flags & CREDIT_SPACED)); /* "Corr." */
    }
    *ret_agency = hit.agency;
    /* One word may mean other things; Agence France-Presse does not. */
    *ret_homonym = f->a->agencies[hit.agency].homonym && hit.next == k + 1;
    k = hit.next;
    for (int fillers = 0; fillers < FILLERS_MAX && match(f, k, hi, AGENCIES_FILL, &hit); fillers++)
        k = hit.next;
    while (is_mark(f, k, hi, "\"'"))
        k++;
    return k;
}

int credit_names_at(const struct credit_find *f, size_t i, size_t hi, unsigned shapes,
                    struct credit_names *ret)
{
    *ret = (struct credit_names){ .end = i };
    for (size_t k = i;;) {
        struct agencies_hit hit;
        uint32_t agency;
        int homonym;
        size_t after = one_name(f, k, hi, shapes, &agency, &homonym);
        if (!after)
            break;
        if (ret->n < CREDIT_NAMES)
            ret->agency[ret->n++] = agency;
        ret->generic |= agency == DUP_AGENCY_GENERIC;
        /* Two names in a row say by themselves that agencies are meant. */
        ret->homonym = ret->n == 1 && homonym;
        ret->end = k = after;
        size_t joiners = 0;
        for (; joiners < 3; joiners++) {
            if (is_mark(f, k, hi, ",/&+|;*-"))
                k++;
            else if (match(f, k, hi, AGENCIES_AND, &hit))
                k = hit.next;
            else
                break;
        }
        if (joiners == 0)
            break;
    }
    return ret->n > 0;
}

int credit_at_end(const struct credit_find *f, size_t i, size_t hi)
{
    while (is_mark(f, i, hi, ".)]|-*\"'?"))
        i++;
    return i >= hi;
}

size_t credit_cabled(const struct credit_find *f, size_t i, size_t hi)
{
    struct agencies_hit hit;
    size_t last = 0; /* of 4月24日电 both 日 and 电 */

    for (size_t k = i; k < hi && k < i + CABLE_TOKENS; k++) {
        if (f->t[k].mark == '.' || f->t[k].mark == ',' || f->t[k].flags & CREDIT_LINE)
            break;
        if (!match(f, k, hi, AGENCIES_CABLED, &hit))
            continue;
        /* Right behind the name one character by itself: 新华社电视台 is another name, 中央社报导 a source. */
        int alone = hit.next == k + 1 && (hit.next >= hi || f->t[hit.next].kind == CREDIT_MARK ||
                                          f->t[hit.next].flags & (CREDIT_SPACED | CREDIT_LINE));
        if (k == i ? alone : f->t[k - 1].kind == CREDIT_NUMBER || f->t[k - 1].kind == CREDIT_CHAR)
            last = hit.next;
    }
    return last;
}

int credit_is_boundary(const struct credit_find *f, size_t i)
{
    if (i == 0)
        return !f->cut;
    if (f->t[i].flags & CREDIT_LINE)
        return 1;
    const struct credit_token *before = &f->t[i - 1];
    switch (before->mark) {
    case '(': case ')': case '[': case ']': case '|': case '*': case '.': case ';': case '/':
    case '^': case '"': case '?': case ':':
        return 1;
    case '-':
        return (before->flags & (CREDIT_SPACED | CREDIT_LINE)) != 0;
    default:
        return 0;
    }
}

void credit_note(struct credit_find *f, enum dup_claim claim, uint32_t agency, size_t i, size_t j)
{
    struct dup_credits *out = f->out;

    /* House style: a news site that calls itself an agency signs every text of its own. */
    if (agency == f->host && f->a->agencies[agency].portal)
        return;
    for (size_t k = 0; k < out->n; k++)
        if (out->list[k].agency == agency && out->list[k].claim >= claim)
            return;
    if (out->n == DUP_CREDITS_MAX)
        return;
    out->list[out->n++] = (struct dup_credit){ claim, f->place, agency, f->t[i].begin,
                                               f->t[j > i ? j - 1 : i].end };
    if (claim > out->claim)
        out->claim = claim;
}

void credit_note_names(struct credit_find *f, enum dup_claim claim,
                       const struct credit_names *names, size_t i, size_t j)
{
    for (size_t k = 0; k < names->n; k++)
        credit_note(f, claim, names->agency[k], i, j);
}

size_t credit_close(const struct credit_find *f, size_t i, size_t max)
{
    char closing = f->t[i].mark == '(' ? ')' : ']';

    for (size_t k = i + 1; k < f->n && k <= i + max; k++) {
        if (f->t[k].mark == closing)
            return k;
        if (f->t[k].flags & CREDIT_LINE || f->t[k].mark == f->t[i].mark)
            break;
    }
    return 0;
}

/* Whether [lo, hi) is a short word in lower case, as desks and authors sign. */
static int is_initials(const struct credit_find *f, size_t lo, size_t hi)
{
    return hi == lo + 1 && f->t[lo].kind == CREDIT_WORD && f->t[lo].flags & CREDIT_LOWER &&
           f->t[lo].end - f->t[lo].begin <= 5;
}

/* One to three words of [lo, hi), all with a capital, or with caps in capitals, and nothing else. */
static int is_capitalised(const struct credit_find *f, size_t lo, size_t hi, int caps)
{
    if (lo >= hi || hi - lo > 3)
        return 0;
    for (size_t i = lo; i < hi; i++)
        if (f->t[i].kind != CREDIT_WORD || !(f->t[i].flags & (caps ? CREDIT_CAPS : CREDIT_UPPER)))
            return 0;
    return 1;
}

/* What follows the names in the bracket: nothing, a desk, a place or date. */
static enum dup_claim after_names(const struct credit_find *f, size_t hi,
                                  const struct credit_names *names)
{
    struct agencies_hit hit;
    size_t k = names->end;

    k += (size_t)is_mark(f, k, hi, "+"); /* TTXVN/Vietnam+ */
    size_t cabled = credit_cabled(f, k, hi);
    if (credit_at_end(f, cabled ? cabled : k, hi))
        return DUP_CLAIM_AGENCY;
    if (match(f, k + (size_t)is_mark(f, k, hi, "/-"), hi, AGENCIES_PHOTO, &hit))
        return DUP_CLAIM_NONE; /* "AFP/File" is a picture's */
    if (is_mark(f, k, hi, "/-") && f->place == DUP_PLACE_DATELINE && is_mark(f, hi + 1, f->n, "-:") &&
        is_capitalised(f, k + 1, hi, f->t[k].mark == '-'))
        return DUP_CLAIM_AGENCY; /* "(Reuters-LONDON):", "(APP / Daily Lantern) -" */
    if (is_mark(f, k, hi, "/") && k + 2 == hi)
        return is_initials(f, k + 1, hi) && f->place == DUP_PLACE_END ? DUP_CLAIM_FROM
                                                                     : DUP_CLAIM_AGENCY;
    if (is_mark(f, k, hi, ",") && hi - k <= 4) {
        for (size_t i = k + 1; i < hi; i++)
            if (f->t[i].kind == CREDIT_WORD && !(f->t[i].flags & CREDIT_CAPS) &&
                f->t[hi - 1].kind != CREDIT_NUMBER)
                return DUP_CLAIM_NONE;
        return DUP_CLAIM_AGENCY;
    }
    return DUP_CLAIM_NONE;
}

/* /Корр. ТАСС Анна Полева/: an agency's reporter, by the word before it and the name behind. */
static int is_reporter(const struct credit_find *f, size_t lo, size_t hi, const struct credit_names *names)
{
    struct agencies_hit hit;
    size_t words = hi - names->end;

    if (f->place == DUP_PLACE_END || names->n != 1 || names->generic || words < 1 || words > REPORTER_WORDS ||
        !match(f, lo, hi, AGENCIES_FILL, &hit))
        return 0;
    for (size_t i = names->end; i < hi; i++)
        if (f->t[i].kind != CREDIT_WORD || !(f->t[i].flags & CREDIT_UPPER))
            return 0;
    return 1;
}

/* (서울=연합뉴스), 【パリ時事】, 【6月18日 AFP】: a place or day, then the name. */
static int ends_with_name(const struct credit_find *f, size_t lo, size_t hi,
                          struct credit_names *ret)
{
    for (size_t i = lo + 1; i < hi; i++) {
        int joined = f->t[i - 1].mark == '=' || f->t[i - 1].kind == CREDIT_CHAR;
        if (joined && credit_names_at(f, i, hi, SHAPE_DATELINE, ret) && ret->end == hi)
            return 1;
    }
    return 0;
}

enum dup_claim credit_bracket(const struct credit_find *f, size_t lo, size_t hi,
                              struct credit_names *ret)
{
    unsigned shapes = f->place == DUP_PLACE_END ? SHAPE_BRACKET : SHAPE_DATELINE;
    struct agencies_hit hit;

    if (lo >= hi || match(f, lo, hi, AGENCIES_PHOTO, &hit))
        return DUP_CLAIM_NONE;
    if (match(f, lo, hi, AGENCIES_WITH, &hit) &&
        credit_names_at(f, hit.next + (size_t)is_mark(f, hit.next, hi, ":*-="), hi, SHAPE_ALL, ret)) {
        while (match(f, ret->end, hi, AGENCIES_GAVE | AGENCIES_FILL, &hit))
            ret->end = hit.next;
        if (credit_at_end(f, ret->end, hi))
            return DUP_CLAIM_FROM;
    }
    if (match(f, lo, hi, AGENCIES_SOURCE, &hit)) {
        size_t k = hit.next;
        while (is_mark(f, k, hi, ":-="))
            k++;
        int named = credit_names_at(f, k, hi, SHAPE_ALL, ret);
        size_t cabled = named ? credit_cabled(f, ret->end, hi) : 0;
        if (named && credit_at_end(f, cabled ? cabled : ret->end, hi))
            return ret->generic && ret->n == 1 ? DUP_CLAIM_FROM : DUP_CLAIM_AGENCY;
    }
    size_t first = match(f, lo, hi, AGENCIES_BY, &hit) ? hit.next : lo;
    if (credit_names_at(f, first, hi, shapes, ret)) {
        enum dup_claim claim = after_names(f, hi, ret);
        if (claim == DUP_CLAIM_AGENCY && ret->generic && ret->n == 1 &&
            f->place == DUP_PLACE_END)
            return DUP_CLAIM_FROM;
        if (claim != DUP_CLAIM_NONE)
            return claim;
        if (is_reporter(f, lo, hi, ret))
            return DUP_CLAIM_AGENCY;
    }
    for (size_t i = lo + 1; i < hi; i++) {
        if (first > lo && is_mark(f, i, hi, ",") && /* (Von A B, dpa) */
            credit_names_at(f, i + 1, hi, shapes, ret) && ret->end == hi)
            return DUP_CLAIM_AGENCY;
        if (i <= lo + 3 && match(f, i, hi, AGENCIES_WITH, &hit) && /* (FR mit dpa) */
            credit_names_at(f, hit.next, hi, shapes, ret) && ret->end == hi)
            return DUP_CLAIM_FROM;
    }
    int caseless = f->t[lo].kind == CREDIT_WORD && !(f->t[lo].flags & (CREDIT_UPPER | CREDIT_LOWER));
    if ((caseless || is_initials(f, lo, lo + 1)) && is_mark(f, lo + 1, hi, "/") && /* (mia/dpa), (वेबदुनिया/भाषा) */
        credit_names_at(f, lo + 2, hi, shapes, ret) && ret->end == hi)
        return f->place == DUP_PLACE_END ? DUP_CLAIM_FROM : DUP_CLAIM_AGENCY;
    if (f->place != DUP_PLACE_END && ends_with_name(f, lo, hi, ret))
        return DUP_CLAIM_AGENCY;
    return DUP_CLAIM_NONE;
}
