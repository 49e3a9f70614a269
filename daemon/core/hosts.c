/*
 * Which part of a host name its owner registered, by a short rule instead of
 * the public suffix list (publicsuffix.org, ten thousand rows and weekly
 * changes): news sites stand under few suffixes. Invariant: what the rule
 * does not know is taken to be registered right below its last label.
 */
#include "core/hosts.h"

#include <string.h>

/* Second labels below which most countries give away names. */
static const char *const second[] = {
    "ac", "co", "com", "edu", "go", "gob", "gouv", "gov", "govt", "mil", "ne", "net", "nom", "or", "org",
};

/* Further suffixes of two labels: of single countries, cities and regions, and of services whose
 * users each have a name of their own below them. */
static const char *const pairs[] = {
    "ad.jp", "altervista.org", "ameblo.jp", "art.br", "asn.au", "asso.fr", "biz.tr", "blog.br", "blogs.com",
    "canalblog.com", "cbslocal.com", "ck.ua", "cv.ua", "dn.ua", "dp.ua", "eco.br", "ed.jp", "firm.in", "free.fr",
    "gen.in", "gen.tr", "github.io", "gitlab.io", "go.com", "gr.jp", "gub.uy", "gv.at", "hatenablog.com",
    "hypotheses.org", "id.au", "idv.hk", "idv.tw", "if.ua", "in.ua", "ind.in", "info.pl", "jor.br", "kh.ua",
    "kharkov.ua", "kiev.ua", "km.ua", "kr.ua", "ks.ua", "kyiv.ua", "lg.jp", "lg.ua", "livejournal.com", "ltd.uk",
    "lviv.ua", "me.uk", "medium.com", "mk.ua", "msk.ru", "my.id", "narod.ru", "netlify.app", "od.ua",
    "odessa.ua", "over-blog.com", "pages.dev", "pe.kr", "pl.ua", "plc.uk", "press.ma", "re.kr", "rivne.ua",
    "rv.ua", "sch.id", "spb.ru", "squarespace.com", "sm.ua", "substack.com", "te.ua", "tumblr.com", "tv.br", "tv.tr",
    "typepad.com", "ucoz.ru", "vercel.app", "vn.ua", "waw.pl", "web.app", "web.id", "web.tr", "web.za", "weebly.com",
    "wixsite.com", "wordpress.com", "zp.ua", "zt.ua",
};

static int is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (unsigned char)c >= 0x80;
}

int hosts_is_name(const char *text, size_t len)
{
    size_t label = 0, letters = 0, dots = 0;

    if (len == 0 || len > HOSTS_MAX)
        return 0;
    for (size_t i = 0; i < len; i++) {
        char c = text[i];
        if (c == '.') {
            if (label == 0)
                return 0;
            dots++;
            label = letters = 0;
        } else if (is_letter(c) || (c >= '0' && c <= '9') || c == '-' || c == '_') {
            label++;
            letters += (size_t)is_letter(c);
        } else {
            return 0;
        }
    }
    return dots > 0 && label >= 2 && letters == label;
}

size_t hosts_lower(const char *host, size_t len, char *out)
{
    if (len && host[len - 1] == '.')
        len--;
    if (len > HOSTS_MAX)
        len = HOSTS_MAX;
    for (size_t i = 0; i < len; i++)
        out[i] = host[i] >= 'A' && host[i] <= 'Z' ? (char)(host[i] + 32) : host[i];
    out[len] = '\0';
    return len;
}

static int is_in(const char *const *list, size_t n, const char *text, size_t len)
{
    for (size_t i = 0; i < n; i++)
        if (*list[i] == *text && strlen(list[i]) == len && memcmp(list[i], text, len) == 0)
            return 1;
    return 0;
}

/* Where the label before the one at `at` begins. */
static size_t label_before(const char *host, size_t at)
{
    if (at < 2)
        return 0;
    for (at -= 2; at > 0 && host[at] != '.'; at--)
        ;
    return host[at] == '.' ? at + 1 : at;
}

size_t hosts_registrable(const char *host, size_t len)
{
    size_t last = label_before(host, len + 1), suffix = last;
    size_t before = label_before(host, last), label = last > before ? last - 1 - before : 0;

    if (last == 0)
        return 0;
    int country = len - last == 2;
    if ((country && is_in(second, sizeof second / sizeof *second, host + before, label)) ||
        is_in(pairs, sizeof pairs / sizeof *pairs, host + before, len - before))
        suffix = before;
    size_t own = label_before(host, suffix);
    /* blogspot.com, blogspot.de, blogspot.co.uk: one service under many suffixes. */
    if (suffix > own + 1 && is_in((const char *const[]){ "blogspot" }, 1, host + own, suffix - 1 - own))
        own = label_before(host, own);
    return own;
}
