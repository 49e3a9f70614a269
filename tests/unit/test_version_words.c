/* Goal: words of a headline are notices only in the places where agencies put them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "core/version_words.h"

static int notice(const char *title)
{
    return version_words_notice(title, strlen(title));
}

static void test_corrects(void **state)
{
    (void)state;
    static const char *const titles[] = {
        "CORRECTED-Ferry line to reopen in April", "UPDATE 2-CORRECTED-Ferry line to reopen", "Correction: Ferry line to reopen",
        "CORRECTED Ferry line to reopen", "Ferry line to reopen (Corrects the fare)", "Ferry line to reopen [corrected]",
        "MANDATORY CORRECTION: Ferry line", "Korrektur: Die Werft schweigt", "Ferry line to reopen, CORRECTED",
        "Correction \xe2\x80\x93 Ferry line"};
    for (size_t i = 0; i < sizeof titles / sizeof *titles; i++)
        assert_int_equal(notice(titles[i]), VERSION_CORRECTS);
}

static void test_withdraws(void **state)
{
    (void)state;
    static const char *const titles[] = {
        "KILL: Ferry line to reopen", "MANDATORY KILL - Ferry line to reopen", "WITHDRAWN-Ferry line to reopen",
        "Ferry line to reopen (KILL)", "Ferry line to reopen, KILL", "Retraction: Ferry line", "EDS: KILL: Ferry",
        "KILL Ferry line to reopen", "[Withdrawn] Ferry line to reopen"};
    for (size_t i = 0; i < sizeof titles / sizeof *titles; i++)
        assert_int_equal(notice(titles[i]), VERSION_WITHDRAWS);
}

static void test_neither(void **state)
{
    (void)state;
    static const char *const titles[] = {
        "", "Kill", "KILL", "Killed by kindness, a garden recovers", "KILL SWITCH FOUND IN OLD FERRY", "Kill switch found in old ferry",
        "Withdrawal of the old coins begins", "Correction facility gets a library", "Two cows (killed in the storm) were insured",
        "Minister corrects herself", "UPDATE 2-Ferry line to reopen", "Ferry line to reopen, Kill", "Bank withdraws from the island",
        "(", "[", "(K", ": KILL", "KILLJOY: a review"};
    for (size_t i = 0; i < sizeof titles / sizeof *titles; i++)
        assert_int_equal(notice(titles[i]), 0);
    assert_int_equal(version_words_notice(NULL, 0), 0);
}

static void test_any_cut(void **state)
{
    (void)state;
    const char *title = "UPDATE 2-CORRECTED- (KILL) [Withdrawn]: Ferry, KILL";
    char tight[64];
    for (size_t len = 0; len <= strlen(title); len++) {
        memset(tight, 'x', sizeof tight);
        memcpy(tight, title, len);
        version_words_notice(tight, len); /* for the sanitizers */
        version_words_found(tight, len);
    }
    assert_int_equal(version_words_notice(title, 8), 0);
}

/* At the beginning, with a mark or in capitals, or in brackets anywhere: an ordinary word is none. */
static void test_found(void **state)
{
    (void)state;
    static const char *const is[] = {"UPDATE 2-Ferry line", "UPDATE Ferry line", "Update: Ferry line", "Update  : Ferry line", "Update 3: Ferry",
                                     "Ferry line (Lead)", "Ferry line [Update]"};
    static const char *const none[] = {"Update of the ferry line", "The ferry update for the week", "Ferry -update", "Ferry line (closed)",
                                       "Update", "Ferry line (", ""};
    for (size_t i = 0; i < sizeof is / sizeof *is; i++)
        if (!version_words_found(is[i], strlen(is[i])))
            fail_msg("not found: %s", is[i]);
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        if (version_words_found(none[i], strlen(none[i])))
            fail_msg("found: %s", none[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_corrects),
        cmocka_unit_test(test_withdraws),
        cmocka_unit_test(test_neither),
        cmocka_unit_test(test_found),
        cmocka_unit_test(test_any_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
