/*
 * The host of a URL, which is the outlet of an article that names none. Invariant: what comes out is
 * lower case, has no port, user or "www.", and holds nothing that a host name may not.
 */
#include <string.h>

#include "dup/error.h"
#include "proto/article.h"

static int is_alpha(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static int is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Where the authority begins: after "scheme://" or "//"; 0 when the text has neither. */
static size_t authority(const char *url, size_t len)
{
    size_t i = 0;
    if (len && is_alpha(url[0])) {
        while (i < len && (is_alpha(url[i]) || is_digit(url[i]) || memchr("+-.", url[i], 3)))
            i++;
        if (i == len || url[i++] != ':')
            return 0;
    }
    return len - i > 2 && url[i] == '/' && url[i + 1] == '/' ? i + 2 : 0;
}

int url_host(const char *url, size_t len, char *out, size_t size)
{
    size_t begin = authority(url, len), end = begin;
    if (begin == 0)
        return DUP_EINVAL;
    while (end < len && !memchr("/?#\\", url[end], 4))
        end++;
    for (size_t i = begin; i < end; i++)
        if (url[i] == '@')
            begin = i + 1;
    if (begin < end && url[begin] == '[') { /* an IPv6 address has colons of its own */
        const char *bracket = memchr(url + begin, ']', end - begin);
        if (!bracket)
            return DUP_EINVAL;
        end = (size_t)(bracket - url) + 1;
    } else {
        const char *colon = memchr(url + begin, ':', end - begin);
        if (colon)
            end = (size_t)(colon - url);
    }
    if (end > begin && url[end - 1] == '.')
        end--;
    if (end - begin > 4 && strncasecmp(url + begin, "www.", 4) == 0 && memchr(url + begin + 4, '.', end - begin - 4))
        begin += 4;
    size_t n = end - begin;
    if (n == 0 || n > 253 || n >= size || url[begin] == '.')
        return DUP_EINVAL;
    for (size_t i = 0; i < n; i++) {
        char c = url[begin + i];
        if (!is_alpha(c) && !is_digit(c) && !memchr(".-_[:]", c, 6) && (unsigned char)c < 0x80)
            return DUP_EINVAL;
        out[i] = (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
    }
    out[n] = '\0';
    return 0;
}
