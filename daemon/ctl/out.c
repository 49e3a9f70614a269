/*
 * The way out: every byte that dupctl prints and did not make itself passes through here. It
 * exists so that escaping is decided once. Invariant: no C0 but the line feed, no C1, DEL or
 * bidi control, and no byte that is not UTF-8 leaves in any of these functions.
 */
#include "ctl/out.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "base/buf.h"
#include "base/escape.h"
#include "ctl/ctl.h"

#define OUT_MAX (64u << 20)

void out_text(FILE *stream, const char *text, size_t len)
{
    struct buf buf;
    if (!text)
        return;
    if (len == SIZE_MAX)
        len = strlen(text);
    buf_init(&buf, OUT_MAX);
    if (escape_add(&buf, text, len) == 0 && buf.len)
        fwrite(buf.data, 1, buf.len, stream);
    buf_done(&buf);
}

void out_complain(const char *format, ...)
{
    char *text = NULL;
    va_list args;
    va_start(args, format);
    int len = vasprintf(&text, format, args);
    va_end(args);
    fflush(stdout);
    fputs("dupctl: ", stderr);
    if (len >= 0) {
        out_text(stderr, text, (size_t)len);
        free(text);
    }
    fputc('\n', stderr);
}

/* The length of the character at s, by the strict rules of UTF-8 (Unicode, table 3-7), or 0. */
static size_t utf8_len(const unsigned char *s, size_t len)
{
    if (s[0] < 0x80)
        return 1;
    size_t n = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
    if (s[0] < 0xc2 || s[0] > 0xf4 || n > len)
        return 0;
    unsigned char low = s[0] == 0xe0 ? 0xa0 : s[0] == 0xf0 ? 0x90 : 0x80;
    unsigned char high = s[0] == 0xed ? 0x9f : s[0] == 0xf4 ? 0x8f : 0xbf;
    if (s[1] < low || s[1] > high)
        return 0;
    for (size_t i = 2; i < n; i++) {
        if ((s[i] & 0xc0) != 0x80)
            return 0;
    }
    return n;
}

size_t out_utf8_end(const char *text, size_t len)
{
    const unsigned char *s = (const unsigned char *)text;
    size_t i = 0, n;
    while (i < len && (n = utf8_len(s + i, len - i)) > 0)
        i += n;
    return i;
}

/* The code of a character that base/escape.c would replace, else 0; the same set, seen in its bytes. */
static unsigned steering(const unsigned char *s, size_t n)
{
    if (n == 1)
        return s[0] < 0x20 || s[0] == 0x7f ? s[0] : 0;
    unsigned cp = n == 2 ? (s[0] & 0x1fu) << 6 | (s[1] & 0x3fu)
                         : (s[0] & 0x0fu) << 12 | (s[1] & 0x3fu) << 6 | (s[2] & 0x3fu);
    if (n == 2)
        return cp < 0xa0 || cp == 0x061c ? cp : 0;
    if (n == 3 && (cp == 0x200e || cp == 0x200f || (cp >= 0x2028 && cp <= 0x202e) ||
                   (cp >= 0x2066 && cp <= 0x2069) || cp == 0xfeff))
        return cp;
    return 0;
}

void out_json(const char *json, size_t len)
{
    const unsigned char *s = (const unsigned char *)json;
    size_t i = 0, plain = 0;
    while (i < len) {
        if (s[i] >= 0x20 && s[i] < 0x7f) {
            i++;
            continue;
        }
        size_t n = utf8_len(s + i, len - i);
        unsigned cp = n ? steering(s + i, n) : 0xfffd;
        if (cp == 0 && n) {
            i += n;
            continue;
        }
        fwrite(json + plain, 1, i - plain, stdout);
        printf("\\u%04x", cp);
        i += n ? n : 1;
        plain = i;
    }
    fwrite(json + plain, 1, len - plain, stdout);
    putchar('\n');
}

/* The end of the string that opens at json[i]. */
static size_t string_end(const char *json, size_t len, size_t i)
{
    for (i++; i < len && json[i] != '"'; i++) {
        if (json[i] == '\\')
            i++;
    }
    return i < len ? i + 1 : len;
}

/* The end of the value at json[i]: before the comma or bracket that follows it. */
static size_t value_end(const char *json, size_t len, size_t i)
{
    unsigned depth = 0;
    while (i < len) {
        char c = json[i];
        if (c == '"') {
            i = string_end(json, len, i);
            continue;
        }
        if (c == '{' || c == '[')
            depth++;
        else if (depth == 0 && (c == ',' || c == '}' || c == ']'))
            return i;
        else if (c == '}' || c == ']')
            depth--;
        i++;
    }
    return len;
}

static size_t skip_space(const char *json, size_t len, size_t i)
{
    while (i < len && (json[i] == ' ' || json[i] == '\t' || json[i] == '\r' || json[i] == '\n'))
        i++;
    return i;
}

int out_slice(const char *json, size_t len, const char *key, const char **ret_value, size_t *ret_len)
{
    size_t i = skip_space(json, len, 0), key_len = strlen(key);
    if (i == len || json[i] != '{')
        return 0;
    for (i = skip_space(json, len, i + 1); i < len && json[i] == '"'; i = skip_space(json, len, i + 1)) {
        size_t name = i + 1, name_end = string_end(json, len, i);
        i = skip_space(json, len, name_end);
        if (i == len || json[i] != ':')
            return 0;
        size_t value = skip_space(json, len, i + 1);
        i = value_end(json, len, value);
        if (name_end - 1 - name == key_len && memcmp(json + name, key, key_len) == 0) {
            size_t end = i;
            while (end > value && json[end - 1] == ' ')
                end--;
            *ret_value = json + value;
            *ret_len = end - value;
            return 1;
        }
    }
    return 0;
}

char *out_count(char *out, uint64_t number)
{
    char digits[24];
    int len = snprintf(digits, sizeof digits, "%llu", (unsigned long long)number);
    char *at = out;
    for (int i = 0; i < len; i++) {
        if (i > 0 && (len - i) % 3 == 0)
            *at++ = ',';
        *at++ = digits[i];
    }
    *at = '\0';
    return out;
}

char *out_things(char *out, size_t size, uint64_t number, const char *word)
{
    char count[32];
    snprintf(out, size, "%s %s%s", out_count(count, number), word, number == 1 ? "" : "s");
    return out;
}

size_t out_columns(int fd)
{
    struct winsize size;
    return ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

int out_flush(void)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return CTL_OK;
    out_complain("cannot write the output: %s", strerror(errno));
    return CTL_REFUSED;
}
