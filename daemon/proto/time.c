/*
 * Times as news feeds write them. strptime and mktime follow the locale and TZ, accept half of a
 * date and cross over at odd places, so the few forms that occur are read here. Invariant: a text either
 * is wholly one of those forms, with every number in its range, or it is refused; the result depends on
 * nothing but the text.
 */
#include <stdio.h>
#include <string.h>

#include "dup/compare.h"
#include "dup/error.h"
#include "proto/article.h"

struct cursor { const char *at, *end; };

struct civil {
    int year, month, day, hour, minute, second;
    int ms;
    int offset; /* minutes east of UTC */
};

/* ---- the calendar ---------------------------------------------------------- */

static int days_in_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && leap);
}

/* Days since 1970-01-01 of the proleptic Gregorian calendar, counted in years that begin in March. */
static int64_t days_from_civil(int64_t year, int month, int day)
{
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t of_era = year - era * 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static void civil_from_days(int64_t days, int64_t *ret_year, int *ret_month, int *ret_day)
{
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int64_t day = days - era * 146097;
    int64_t year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
    int64_t of_year = day - (365 * year + year / 4 - year / 100);
    int64_t month = (5 * of_year + 2) / 153;
    *ret_day = (int)(of_year - (153 * month + 2) / 5 + 1);
    *ret_month = (int)(month < 10 ? month + 3 : month - 9);
    *ret_year = year + era * 400 + (*ret_month <= 2);
}

/* Second 60 is a leap second and counts as the first of the next minute. */
static int civil_finish(const struct civil *c, int64_t *ret_ms)
{
    if (c->year < 1 || c->month < 1 || c->month > 12 || c->day < 1 || c->day > days_in_month(c->year, c->month) ||
        c->hour > 23 || c->minute > 59 || c->second > 60)
        return DUP_EINVAL;
    int64_t minutes = days_from_civil(c->year, c->month, c->day) * 1440 + c->hour * 60 + c->minute - c->offset;
    *ret_ms = (minutes * 60 + c->second) * 1000 + c->ms;
    return 0;
}

/* ---- pieces ------------------------------------------------------------------ */

static int peek(const struct cursor *c)
{
    return c->at < c->end ? (unsigned char)*c->at : -1;
}

static int take(struct cursor *c, char wanted)
{
    if (peek(c) != wanted)
        return 0;
    c->at++;
    return 1;
}

static int take_spaces(struct cursor *c)
{
    int n = 0;
    while (take(c, ' ') || take(c, '\t'))
        n = 1;
    return n;
}

static int is_digit(int c)
{
    return c >= '0' && c <= '9';
}

static size_t digits_ahead(const struct cursor *c)
{
    size_t n = 0;
    while (c->at + n < c->end && is_digit(c->at[n]))
        n++;
    return n;
}

/* Exactly n digits. */
static int take_number(struct cursor *c, size_t n, int *ret)
{
    int value = 0;
    if (digits_ahead(c) < n)
        return 0;
    for (size_t i = 0; i < n; i++)
        value = value * 10 + (*c->at++ - '0');
    *ret = value;
    return 1;
}

/* A word of letters, its first three compared; a longer word must be the whole name. Index in names, or -1. */
static int take_name(struct cursor *c, const char *const *names, int count)
{
    size_t n = 0;
    while (c->at + n < c->end && ((c->at[n] | 0x20) >= 'a' && (c->at[n] | 0x20) <= 'z'))
        n++;
    for (int i = 0; i < count; i++) {
        if ((n == 3 || n == strlen(names[i])) && strncasecmp(c->at, names[i], n) == 0) {
            c->at += n;
            return i;
        }
    }
    return -1;
}

/* Fraction of a second after the point: any number of digits, cut to milliseconds. */
static int take_fraction(struct cursor *c, int *ret_ms)
{
    int scale = 100;
    *ret_ms = 0;
    if (!is_digit(peek(c)))
        return 0;
    for (; is_digit(peek(c)); c->at++, scale /= 10)
        *ret_ms += (*c->at - '0') * scale;
    return 1;
}

/* +HH, +HHMM or +HH:MM, with either sign. */
static int take_offset(struct cursor *c, int *ret_minutes)
{
    int sign = peek(c) == '-' ? -1 : 1, hours, minutes = 0;
    if (!take(c, '+') && !take(c, '-'))
        return 0;
    if (!take_number(c, 2, &hours))
        return 0;
    int colon = take(c, ':');
    if ((colon || is_digit(peek(c))) && !take_number(c, 2, &minutes))
        return 0;
    *ret_minutes = sign * (hours * 60 + minutes);
    return hours < 24 && minutes < 60;
}

static int take_zone(struct cursor *c, int *ret_minutes)
{
    static const struct { const char *name; int hours; } zones[] = {
        {"Z", 0}, {"UT", 0}, {"UTC", 0}, {"GMT", 0}, {"EST", -5}, {"EDT", -4}, {"CST", -6},
        {"CDT", -5}, {"MST", -7}, {"MDT", -6}, {"PST", -8}, {"PDT", -7},
    };
    if (peek(c) == '+' || peek(c) == '-')
        return take_offset(c, ret_minutes);
    size_t n = (size_t)(c->end - c->at);
    for (size_t i = 0; i < sizeof zones / sizeof *zones; i++) {
        if (strlen(zones[i].name) == n && strncasecmp(c->at, zones[i].name, n) == 0) {
            c->at = c->end;
            *ret_minutes = zones[i].hours * 60;
            return 1;
        }
    }
    return 0;
}

/* ---- the forms ----------------------------------------------------------------- */

/* HH:MM[:SS[.fff]], or without colons. */
static int take_clock(struct cursor *c, int colons, struct civil *t)
{
    if (!take_number(c, 2, &t->hour) || (colons && !take(c, ':')) || !take_number(c, 2, &t->minute))
        return 0;
    if (colons ? !take(c, ':') : !is_digit(peek(c)))
        return 1;
    if (!take_number(c, 2, &t->second))
        return 0;
    return take(c, '.') || take(c, ',') ? take_fraction(c, &t->ms) : 1;
}

/* 2026-03-02, 2026-03-02T07:10:00.5+01:00, 20260302, 20260302T071000Z, 20260302071000 */
static int parse_iso(struct cursor c, int64_t *ret_ms)
{
    struct civil t = {0};
    if (!take_number(&c, 4, &t.year))
        return DUP_EINVAL;
    int extended = take(&c, '-');
    if (!take_number(&c, 2, &t.month) || (extended && !take(&c, '-')) || !take_number(&c, 2, &t.day))
        return DUP_EINVAL;
    if (c.at == c.end)
        return civil_finish(&t, ret_ms);
    int packed = !extended && is_digit(peek(&c));
    if (!packed && !take(&c, 'T') && !take(&c, 't') && !take_spaces(&c))
        return DUP_EINVAL;
    if (!take_clock(&c, extended, &t))
        return DUP_EINVAL;
    take_spaces(&c);
    if (c.at < c.end && !take_zone(&c, &t.offset))
        return DUP_EINVAL;
    return c.at == c.end ? civil_finish(&t, ret_ms) : DUP_EINVAL;
}

/* Mon, 02 Mar 2026 07:10:00 +0000 (RFC 822, 1123, 5322); a comment at the end is left out. */
static int parse_rfc822(struct cursor c, int64_t *ret_ms)
{
    static const char *const days[] = {"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"};
    static const char *const months[] = {"January", "February", "March", "April", "May", "June", "July",
                                         "August", "September", "October", "November", "December"};
    struct civil t = {0};
    if (!is_digit(peek(&c)) && (take_name(&c, days, 7) < 0 || (take(&c, ','), !take_spaces(&c))))
        return DUP_EINVAL;
    size_t n = digits_ahead(&c);
    if (n < 1 || n > 2 || !take_number(&c, n, &t.day) || !take_spaces(&c))
        return DUP_EINVAL;
    t.month = take_name(&c, months, 12) + 1;
    n = digits_ahead((take_spaces(&c), &c));
    if ((n != 2 && n != 4) || !take_number(&c, n, &t.year) || !take_spaces(&c))
        return DUP_EINVAL;
    if (n == 2)
        t.year += t.year < 50 ? 2000 : 1900;
    if (!take_clock(&c, 1, &t))
        return DUP_EINVAL;
    take_spaces(&c);
    if (c.end > c.at && c.end[-1] == ')') {
        const char *open = memchr(c.at, '(', (size_t)(c.end - c.at));
        if (!open)
            return DUP_EINVAL;
        c.end = open;
        while (c.end > c.at && c.end[-1] == ' ')
            c.end--;
    }
    if (c.at < c.end && !take_zone(&c, &t.offset))
        return DUP_EINVAL;
    return c.at == c.end ? civil_finish(&t, ret_ms) : DUP_EINVAL;
}

/* Seconds up to 11 digits (the year 5138), with a fraction or none; milliseconds above. */
static int parse_epoch(struct cursor c, int64_t *ret_ms)
{
    int negative = take(&c, '-'), ms = 0;
    size_t n = digits_ahead(&c);
    int64_t value = 0;
    if (n < 1 || n > 15)
        return DUP_EINVAL;
    for (size_t i = 0; i < n; i++)
        value = value * 10 + (*c.at++ - '0');
    if (value < 100000000000) {
        value *= 1000;
        if (take(&c, '.') && !take_fraction(&c, &ms))
            return DUP_EINVAL;
    }
    if (c.at != c.end || value > 253402300799999)
        return DUP_EINVAL;
    *ret_ms = negative ? -(value + ms) : value + ms;
    return 0;
}

int time_parse(const char *text, size_t len, int64_t *ret_ms)
{
    struct cursor c = {text, text + len};
    take_spaces(&c);
    while (c.end > c.at && (c.end[-1] == ' ' || c.end[-1] == '\t'))
        c.end--;
    size_t n = digits_ahead(&c);
    if (n == (size_t)(c.end - c.at) && (n == 4 || n == 6))
        return DUP_EINVAL; /* a year, or a year and month, is no time, and no second of 1970 either */
    if (peek(&c) == '-' || (n == (size_t)(c.end - c.at) && n != 8 && n != 14) || (n > 4 && n != 8 && n != 14))
        return parse_epoch(c, ret_ms);
    return n >= 4 ? parse_iso(c, ret_ms) : parse_rfc822(c, ret_ms);
}

const char *time_format(int64_t ms, char *out, size_t size)
{
    if (size == 0)
        return "";
    out[0] = '\0';
    if (ms == DUP_TIME_NONE)
        return out;
    int64_t day_ms = 86400000, days = ms / day_ms, rest = ms % day_ms, year;
    int month, day;
    if (rest < 0) {
        rest += day_ms;
        days--;
    }
    civil_from_days(days, &year, &month, &day);
    int n = snprintf(out, size, "%04lld-%02d-%02dT%02d:%02d:%02d", (long long)year, month, day,
                     (int)(rest / 3600000), (int)(rest / 60000 % 60), (int)(rest / 1000 % 60));
    if (n > 0 && (size_t)n < size)
        snprintf(out + n, size - (size_t)n, rest % 1000 ? ".%03dZ" : "Z", (int)(rest % 1000));
    return out;
}
