/* Escaping for people's eyes: one pass over UTF-8, everything that steers a display replaced. */
#include "base/escape.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* Decodes one character at text; its length, or 0 when it is not strict UTF-8. */
static size_t decode(const unsigned char *text, size_t len, uint32_t *ret_cp)
{
    static const uint32_t least[5] = {0, 0, 0x80, 0x800, 0x10000};
    unsigned char c = text[0];
    size_t n = c < 0x80 ? 1 : (c & 0xe0) == 0xc0 ? 2 : (c & 0xf0) == 0xe0 ? 3 : (c & 0xf8) == 0xf0 ? 4 : 0;
    if (n == 0 || n > len)
        return 0;
    uint32_t cp = n == 1 ? c : c & (0x7fu >> n);
    for (size_t i = 1; i < n; i++) {
        if ((text[i] & 0xc0) != 0x80)
            return 0;
        cp = cp << 6 | (text[i] & 0x3fu);
    }
    if (cp < least[n] || cp > 0x10ffff || (cp >= 0xd800 && cp <= 0xdfff))
        return 0;
    *ret_cp = cp;
    return n;
}

static int steers_display(uint32_t cp)
{
    return cp < 0x20 || (cp >= 0x7f && cp < 0xa0) || cp == 0x061c || cp == 0x200e || cp == 0x200f ||
           (cp >= 0x2028 && cp <= 0x202e) || (cp >= 0x2066 && cp <= 0x2069) || cp == 0xfeff;
}

int escape_add(struct buf *out, const char *text, size_t len)
{
    const unsigned char *s = (const unsigned char *)text;
    size_t i = 0, plain = 0;
    while (i < len) {
        uint32_t cp = 0;
        size_t n = decode(s + i, len - i, &cp);
        if (n && !steers_display(cp)) {
            i += n;
            continue;
        }
        buf_add(out, text + plain, i - plain);
        if (n == 0)
            buf_printf(out, "\\x%02x", s[i]);
        else if (cp == '\n')
            buf_add_str(out, "\\n");
        else
            buf_printf(out, cp < 0x100 ? "\\x%02x" : "\\u{%04x}", (unsigned)cp);
        i += n ? n : 1;
        plain = i;
    }
    return buf_add(out, text + plain, len - plain);
}

char *escape_line(char *out, size_t size, const char *text, size_t len)
{
    struct buf buf;
    buf_init(&buf, len * 8 + 1);
    escape_add(&buf, text, len);
    if (buf.error || !buf.data) {
        snprintf(out, size, "%s", buf.error ? "?" : "");
    } else if (buf.len < size) {
        memcpy(out, buf.data, buf.len + 1);
    } else {
        size_t cut = size > 4 ? size - 4 : 0;
        while (cut > 0 && ((unsigned char)buf.data[cut] & 0xc0) == 0x80)
            cut--;
        memcpy(out, buf.data, cut);
        snprintf(out + cut, size - cut, "...");
    }
    buf_done(&buf);
    return out;
}
