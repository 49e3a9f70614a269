/*
 * The credits of an article: lines of the input are byline, source field, URL and title, the rest is
 * the body. What holds: every credit lies within its field and names an agency of the table.
 */
#include "dup/credit.h"
#include "dup/text.h"
#include "fuzz.h"

static const char *next_line(const char **at, const char *end, size_t *ret_len)
{
    const char *begin = *at, *stop = begin < end ? memchr(begin, '\n', (size_t)(end - begin)) : NULL;
    *ret_len = (size_t)((stop ? stop : end) - begin);
    *at = stop ? stop + 1 : end;
    return *ret_len ? begin : NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *at = (const char *)data, *end = at + size;
    const struct dup_agencies *agencies = fuzz_agencies();
    struct dup_credit_input in = {0};
    struct dup_credits credits;
    in.byline = next_line(&at, end, &in.byline_len);
    in.credit = next_line(&at, end, &in.credit_len);
    in.url = next_line(&at, end, &in.url_len);
    in.title = next_line(&at, end, &in.title_len);
    in.body = at;
    in.body_len = (size_t)(end - at);
    const char *fields[] = {in.byline, in.credit, in.url, in.title, in.body};
    size_t lens[] = {in.byline_len, in.credit_len, in.url_len, in.title_len, in.body_len}, longest = 0;
    for (size_t i = 0; i < 5; i++) { /* as in the daemon, which refuses what is no UTF-8 */
        if (fields[i] && dup_utf8_check(fields[i], lens[i], NULL) < 0)
            return 0;
        longest = lens[i] > longest ? lens[i] : longest;
    }
    dup_credits_find(agencies, &in, &credits);
    CHECK(credits.n <= DUP_CREDITS_MAX);
    CHECK(dup_claim_word(credits.claim)[0]);
    for (size_t i = 0; i < credits.n; i++) {
        const struct dup_credit *credit = &credits.list[i];
        CHECK(credit->begin <= credit->end && credit->end <= longest);
        CHECK(dup_agency_name(agencies, credit->agency));
        CHECK(dup_place_word(credit->place)[0]);
        CHECK(credit->claim <= credits.claim);
    }
    return 0;
}
