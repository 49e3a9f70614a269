/*
 * The short fields: byline, the extractor's credit, title. A byline says
 * most where it says least: "AFP" alone is the agency's copy, but "AFP and
 * staff" or "Le Monde avec AFP" was made with it. Invariant: a name counts
 * only as a part of its own between separators, so that A. P. Singh and
 * Alice Reuterswaerd stay people.
 */
#include "core/credit_find.h"

#define PARTS_MAX 16

static int match(const struct credit_find *f, size_t i, size_t hi, unsigned wanted,
                 struct agencies_hit *ret)
{
    return i < hi && agencies_match(f->a, f->text, f->t, i, hi, wanted, ret);
}

enum joint { JOINT_START, JOINT_AND, JOINT_COMMA, JOINT_DASH, JOINT_SLASH, JOINT_TIGHT_SLASH };

struct part {
    size_t lo, hi;
    enum joint before;
    struct credit_names names;  /* n = 0: somebody or something else */
    int place, outlet;
};

/* The separator at token i, if it is one; *ret_next is the token after it. */
static int joint_at(const struct credit_find *f, size_t i, enum joint *ret, size_t *ret_next)
{
    const struct credit_token *t = &f->t[i];
    struct agencies_hit hit;

    *ret_next = i + 1;
    switch (t->mark) {
    case ',': case ';': case '(': case ')': case '[': case ']': case ':':
        *ret = JOINT_COMMA;
        return 1;
    case '|': case '*':
        *ret = JOINT_DASH;
        return 1;
    case '+': case '&':
        *ret = JOINT_AND;
        return 1;
    case '/':
        *ret = t->flags & CREDIT_SPACED ? JOINT_SLASH : JOINT_TIGHT_SLASH;
        return 1;
    case '-':
        *ret = JOINT_DASH;
        return 1;
    case '.': /* "BARCELONA. EFE" */
        *ret = JOINT_DASH;
        return i > 0 && f->t[i - 1].flags & CREDIT_CAPS && i + 1 < f->n &&
               f->t[i + 1].flags & CREDIT_SPACED;
    default:
        break;
    }
    if (t->kind != CREDIT_MARK && match(f, i, f->n, AGENCIES_AND, &hit)) {
        *ret = JOINT_AND;
        *ret_next = hit.next;
        return 1;
    }
    return 0;
}

static void describe(const struct credit_find *f, struct part *p)
{
    struct agencies_hit hit;
    size_t lo = p->lo, caps = 0, words = 0;

    if (match(f, lo, p->hi, AGENCIES_BY, &hit))
        lo = hit.next;
    if (!credit_names_at(f, lo, p->hi, SHAPE_BYLINE, &p->names) ||
        !credit_at_end(f, p->names.end, p->hi))
        p->names.n = 0;
    for (size_t i = lo; i < p->hi; i++) {
        words += f->t[i].kind == CREDIT_WORD;
        caps += f->t[i].kind == CREDIT_WORD && f->t[i].flags & CREDIT_CAPS;
        p->place |= f->t[i].kind == CREDIT_NUMBER; /* dates, ids */
        if (f->t[i].mark == '/' || f->t[i].mark == '@' || f->t[i].mark == '.')
            p->outlet = 1;
    }
    if ((words > 0 && caps == words && words <= 4) || (p->lo > 0 && f->t[p->lo - 1].mark == '('))
        p->place = 1;
}

static size_t split(const struct credit_find *f, struct part *parts)
{
    size_t n = 0, lo = 0;
    enum joint joint = JOINT_START, next_joint = JOINT_START;

    for (size_t i = 0; i <= f->n && n < PARTS_MAX; i++) {
        struct agencies_hit hit;
        size_t next = i + 1;
        if (i < f->n && f->t[i].kind != CREDIT_MARK &&
            match(f, i, f->n, AGENCIES_NAME, &hit) && hit.next > i + 1) {
            i = hit.next - 1; /* separators within a name part nothing */
            continue;
        }
        if (i < f->n && !joint_at(f, i, &next_joint, &next))
            continue;
        if (i > lo) {
            parts[n] = (struct part){ .lo = lo, .hi = i, .before = joint };
            describe(f, &parts[n++]);
            joint = next_joint;
        } else if (next_joint == JOINT_AND && n > 0) {
            joint = JOINT_AND;
        }
        lo = next;
        i = next - 1;
    }
    return n;
}

/* What the names of part k are, seen beside the part that is none. */
static enum dup_claim beside(const struct credit_find *f, const struct part *parts, size_t n,
                             size_t k)
{
    const struct part *p = &parts[k];
    enum dup_claim claim = DUP_CLAIM_AGENCY;

    for (size_t i = 0; i < n; i++) {
        const struct part *other = &parts[i];
        if (i == k || other->names.n || (other->outlet && i > 0 && other->before == JOINT_COMMA))
            continue;
        const struct part *later = i < k ? p : other;
        int near = i + 1 == k || k + 1 == i;
        if (!near)
            continue;
        if (p->names.generic)
            claim = i > k || other->place ? claim : DUP_CLAIM_FROM;
        else if (later->before == JOINT_AND || later->before == JOINT_TIGHT_SLASH)
            claim = DUP_CLAIM_FROM;
        else if (i > k && later->before == JOINT_COMMA && !other->place)
            claim = DUP_CLAIM_FROM;
        else if (i < k && later->before == JOINT_DASH &&
                 (f->t[other->hi - 1].flags & CREDIT_CAPS) && p->names.homonym && !other->place)
            claim = DUP_CLAIM_FROM;
    }
    return claim;
}

/* "Le Monde avec AFP", "Redaccion con informacion de AFP.": 1 when it is one. */
static int find_with(struct credit_find *f)
{
    struct agencies_hit hit;
    struct credit_names names;

    for (size_t i = 0; i < f->n; i++) {
        if (match(f, i, f->n, AGENCIES_MIXED, &hit)) {
            credit_note(f, DUP_CLAIM_FROM, DUP_AGENCY_GENERIC, i, hit.next);
            return 1;
        }
        if (!match(f, i, f->n, AGENCIES_WITH, &hit) ||
            !credit_names_at(f, hit.next, f->n, SHAPE_BYLINE, &names))
            continue;
        while (match(f, names.end, f->n, AGENCIES_GAVE | AGENCIES_FILL, &hit))
            names.end = hit.next;
        if (!credit_at_end(f, names.end, f->n))
            continue;
        credit_note_names(f, DUP_CLAIM_FROM, &names, i, names.end);
        return 1;
    }
    return 0;
}

static int is_cabled(const struct credit_find *f, size_t i)
{
    struct agencies_hit hit;
    return f->n > i && match(f, f->n - 1, f->n, AGENCIES_CABLED, &hit);
}

void credit_find_byline(struct credit_find *f)
{
    struct part parts[PARTS_MAX];
    struct credit_names names;
    struct agencies_hit hit;

    f->place = DUP_PLACE_BYLINE;
    if (f->n == 0 || match(f, 0, f->n, AGENCIES_PHOTO, &hit) || find_with(f))
        return;
    if (f->t[0].kind == CREDIT_CHAR && credit_names_at(f, 0, f->n, SHAPE_BYLINE, &names) &&
        (names.end == f->n || is_cabled(f, names.end))) {
        credit_note_names(f, DUP_CLAIM_AGENCY, &names, 0, f->n);
        return;
    }
    size_t n = split(f, parts);
    for (size_t k = 0; k < n; k++)
        if (parts[k].names.n && !(k > 0 && match(f, parts[k - 1].lo, f->n, AGENCIES_PHOTO, &hit)))
            credit_note_names(f, beside(f, parts, n, k), &parts[k].names, parts[k].lo,
                              parts[k].hi);
}

void credit_find_field(struct credit_find *f)
{
    struct credit_names names;
    struct agencies_hit hit;

    f->place = DUP_PLACE_FIELD;
    if (find_with(f))
        return;
    for (size_t i = 0; i < f->n; i++) {
        if (match(f, i, f->n, AGENCIES_PHOTO, &hit))
            return;
        if (!credit_names_at(f, i, f->n, SHAPE_BYLINE, &names))
            continue;
        for (size_t k = 0; k < names.n; k++)
            if (names.agency[k] != f->host)
                credit_note(f, DUP_CLAIM_AGENCY, names.agency[k], i, names.end);
        i = names.end - 1;
    }
}

void credit_find_title(struct credit_find *f)
{
    struct credit_names names;
    size_t n = f->n;

    f->place = DUP_PLACE_TITLE;
    if (n < 4)
        return;
    if (credit_names_at(f, 0, n, SHAPE_TAIL, &names) && names.end + 2 < n &&
        f->t[names.end].mark == '-' && f->t[names.end].flags & CREDIT_SPACED &&
        f->t[names.end + 1].flags & CREDIT_SPACED && !names.homonym && !names.generic)
        credit_note_names(f, DUP_CLAIM_AGENCY, &names, 0, names.end);
    int bracket = f->t[n - 1].mark == ')';
    for (size_t i = n - 2; i > 1 && i + 8 > n; i--) {
        int opens = bracket ? f->t[i].mark == '('
                            : f->t[i].mark == '/' && f->t[i].flags & CREDIT_SPACED;
        if (!opens)
            continue;
        size_t hi = bracket ? n - 1 : n;
        if (credit_names_at(f, i + 1, hi, SHAPE_TAIL, &names) && names.end == hi &&
            (!names.homonym || !bracket))
            credit_note_names(f, DUP_CLAIM_AGENCY, &names, i, n);
        return;
    }
}
