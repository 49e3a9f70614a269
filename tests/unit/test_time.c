/*
 * Goal: every form in which feeds write times is read to the millisecond, the same whatever TZ and
 * locale; what is nearly a time is refused; the calendar is that of the C library. Hosts of URLs.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "dup/compare.h"
#include "dup/error.h"
#include "proto/article.h"

static uint64_t state = 4711;

static uint64_t draw(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    return state ^= state << 17;
}

static int64_t read_time(const char *text)
{
    int64_t ms = INT64_MAX;
    int r = time_parse(text, strlen(text), &ms);
    if (r != 0)
        fail_msg("\"%s\" was refused: %d", text, r);
    return ms;
}

static void the_same_moment_in_every_form(void **unused)
{
    static const char *const forms[] = {
        "2026-03-02T07:10:00Z", "2026-03-02T07:10:00z", "2026-03-02t07:10:00Z", "2026-03-02 07:10:00", "2026-03-02T07:10:00",
        "2026-03-02T07:10", "2026-03-02T07:10Z", "2026-03-02T08:10:00+01:00", "2026-03-02T08:10:00+0100", "2026-03-02T08:10:00+01",
        "2026-03-02T02:10:00-05:00", "2026-03-02 12:40:00 +0530", "2026-03-02T07:10:00.000Z", "2026-03-02T07:10:00,0000Z",
        "2026-03-02T07:10:00 GMT", "2026-03-02T07:10:00 UTC", "20260302T071000Z", "20260302T0710Z", "20260302T071000", "20260302T081000+0100",
        "20260302071000", "Mon, 02 Mar 2026 07:10:00 +0000", "Mon, 2 Mar 2026 07:10:00 GMT", "Monday, 02 March 2026 07:10:00 GMT",
        "mon, 02 mar 2026 07:10:00 gmt", "02 Mar 2026 07:10 UT", "2 Mar 26 07:10:00 Z", "Mon, 02 Mar 2026 02:10:00 EST", "Mon, 02 Mar 2026 03:10:00 EDT",
        "Mon 02 Mar 2026 07:10:00 +0000", "Mon, 02 Mar 2026 07:10:00 +0000 (UTC)", "1772435400", "1772435400.0", "1772435400000",
        " 2026-03-02T07:10:00Z ", "\t1772435400\t",
    };
    (void)unused;
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        if (read_time(forms[i]) != INT64_C(1772435400000))
            fail_msg("\"%s\" was read as %lld", forms[i], (long long)read_time(forms[i]));
    }
}

static void days_and_parts_of_seconds(void **unused)
{
    (void)unused;
    assert_int_equal(read_time("2026-03-02"), INT64_C(1772409600000));
    assert_int_equal(read_time("20260302"), INT64_C(1772409600000));
    assert_int_equal(read_time("2026-03-02T07:10:00.5Z"), INT64_C(1772435400500));
    assert_int_equal(read_time("2026-03-02T07:10:00.123456789Z"), INT64_C(1772435400123));
    assert_int_equal(read_time("1772435400.25"), INT64_C(1772435400250));
    assert_int_equal(read_time("-1.5"), -1500);
    assert_int_equal(read_time("0"), 0);
    assert_int_equal(read_time("99999999999"), INT64_C(99999999999000));
    assert_int_equal(read_time("100000000000"), INT64_C(100000000000));
    assert_int_equal(read_time("2016-12-31T23:59:60Z"), INT64_C(1483228800000));
    assert_int_equal(read_time("1 Jan 49 00:00 Z"), read_time("2049-01-01"));
    assert_int_equal(read_time("1 Jan 50 00:00 Z"), read_time("1950-01-01"));
}

static void what_is_no_time(void **unused)
{
    static const char *const wrong[] = {
        "", " ", "yesterday", "2026", "202603", "2026-03", "2026-13-01", "2026-00-01", "2026-02-29", "1900-02-29", "2026-04-31", "2026-03-00",
        "0000-01-01", "2026-03-02T24:00:00Z", "2026-03-02T07:60:00Z", "2026-03-02T07:10:61Z", "2026-03-02T", "2026-03-02T07", "2026-03-02T7:10:00Z",
        "2026-03-02T07:10:00.Z", "2026-03-02T07:10:00+", "2026-03-02T07:10:00+1", "2026-03-02T07:10:00+24:00", "2026-03-02T07:10:00+01:60",
        "2026-03-02T07:10:00Zz", "2026-03-02T07:10:00Z x", "2026-03-02x07:10", "2026-0302", "202603-02", "2026-3-2", "02/03/2026", "2.3.2026",
        "20261301", "20260302T", "20260302T07", "20260302071060x", "Mon, 02 Mar 2026", "Mon, 32 Mar 2026 07:10:00 GMT",
        "Mon, 02 Foo 2026 07:10:00 GMT", "Mo, 02 Mar 2026 07:10:00 GMT", "Mon, 02 Mar 2026 07:10:00 XYZ", "Mon, 02 Mar 226 07:10:00 GMT",
        "Mon, 02 Mar 2026 07:10:00 GMT)", "Mon,02 Mar 2026 07:10:00 GMT", "-", "--1", "1e9", "1.2.3", "1772435400.", "1772435400000.5",
        "253402300800000", "9999999999999999999", "+1772435400",
    };
    (void)unused;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        int64_t ms = 42;
        if (time_parse(wrong[i], strlen(wrong[i]), &ms) != DUP_EINVAL)
            fail_msg("\"%s\" was read as %lld", wrong[i], (long long)ms);
        assert_int_equal(ms, 42);
    }
    int64_t ms;
    assert_int_equal(time_parse("2026-03-02\0", 11, &ms), DUP_EINVAL);
    assert_int_equal(time_parse("1772435400xyz", 10, &ms), 0); /* no byte beyond its length */
}

static void the_calendar_of_the_library(void **unused)
{
    (void)unused;
    for (int i = 0; i < 200000; i++) {
        time_t seconds = (time_t)(draw() % 253402300800u) - (i % 3 ? 0 : INT64_C(62135596800));
        struct tm tm;
        char text[80], back[32];
        if (seconds < -INT64_C(62135596800) || !gmtime_r(&seconds, &tm))
            continue;
        snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02dZ", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
                 tm.tm_hour, tm.tm_min, tm.tm_sec);
        assert_int_equal(read_time(text), (int64_t)seconds * 1000);
        assert_string_equal(time_format((int64_t)seconds * 1000, back, sizeof back), text);
    }
}

static void no_zone_of_the_machine(void **unused)
{
    (void)unused;
    setenv("TZ", "America/New_York", 1);
    tzset();
    assert_int_equal(read_time("2026-07-02T07:10:00"), read_time("2026-07-02T07:10:00Z"));
    char text[32];
    assert_string_equal(time_format(read_time("2026-07-02"), text, sizeof text), "2026-07-02T00:00:00Z");
    unsetenv("TZ");
    tzset();
}

static void formats(void **unused)
{
    char text[32];
    (void)unused;
    assert_string_equal(time_format(INT64_C(1772435400123), text, sizeof text), "2026-03-02T07:10:00.123Z");
    assert_string_equal(time_format(-1, text, sizeof text), "1969-12-31T23:59:59.999Z");
    assert_string_equal(time_format(DUP_TIME_NONE, text, sizeof text), "");
    assert_string_equal(time_format(0, text, 5), "1970"); /* cut to fit, and ended */
    assert_string_equal(time_format(0, text, 0), "");
}

static void random_bytes(void **unused)
{
    static const char *const seeds[] = {"2026-03-02T07:10:00.5+01:00", "Mon, 02 Mar 2026 07:10:00 +0000 (UTC)", "20260302T071000Z", "1772435400.25"};
    (void)unused;
    for (int i = 0; i < 100000; i++) {
        const char *seed = seeds[draw() % 4];
        size_t len = strlen(seed), n = draw() % 4;
        char *text = malloc(len + 1); /* of its own, so that a sanitizer sees its end */
        memcpy(text, seed, len);
        for (size_t k = 0; k < n; k++)
            text[draw() % len] = "0123456789+-:.TZ ,ab\0"[draw() % 21];
        len -= draw() % 3 == 0 ? draw() % len : 0;
        char *exact = malloc(len + !len);
        memcpy(exact, text, len);
        int64_t ms;
        if (time_parse(exact, len, &ms) == 0)
            assert_in_range(ms + INT64_C(62135683200000), 0, INT64_C(62135683200000) + INT64_C(253402387200000));
        free(exact);
        free(text);
    }
}

static void hosts(void **unused)
{
    static const struct { const char *url, *host; } good[] = {
        {"https://www.paper.example/a/b?c#d", "paper.example"}, {"http://Paper.Example:8080/x", "paper.example"},
        {"https://user:secret@paper.example/", "paper.example"}, {"//cdn.paper.example/x", "cdn.paper.example"},
        {"https://www.example", "www.example"}, {"https://paper.example.", "paper.example"}, {"HTTPS://WWW2.paper.example", "www2.paper.example"},
        {"https://[2001:db8::1]:443/x", "[2001:db8::1]"}, {"ftp+x://h-1.example\\y", "h-1.example"}, {"https://пример.example/", "пример.example"},
        {"https://a@b@paper.example", "paper.example"},
    };
    static const char *const wrong[] = {"", "paper.example", "https:/paper.example", "https://", "https:///x", "https://.example", "https://:80/",
                                        "https://pa per.example", "https://<script>/", "https://[::1", "1http://x.example", "http//x.example"};
    char host[256];
    (void)unused;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_int_equal(url_host(good[i].url, strlen(good[i].url), host, sizeof host), 0);
        assert_string_equal(host, good[i].host);
    }
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        if (url_host(wrong[i], strlen(wrong[i]), host, sizeof host) != DUP_EINVAL)
            fail_msg("\"%s\" has the host \"%s\"", wrong[i], host);
    }
    char longest[300] = "https://";
    memset(longest + 8, 'a', 254);
    assert_int_equal(url_host(longest, 8 + 253, host, sizeof host), 0);
    assert_int_equal(url_host(longest, 8 + 254, host, sizeof host), DUP_EINVAL);
    assert_int_equal(url_host("https://paper.example", 21, host, 13), DUP_EINVAL);
    assert_int_equal(url_host("https://paper.example", 21, host, 14), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_moment_in_every_form), cmocka_unit_test(days_and_parts_of_seconds),
        cmocka_unit_test(what_is_no_time), cmocka_unit_test(the_calendar_of_the_library), cmocka_unit_test(no_zone_of_the_machine),
        cmocka_unit_test(formats), cmocka_unit_test(random_bytes), cmocka_unit_test(hosts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
