/* The texts of the error codes; part of libdup, which stands without the daemon. */
#include "dup/error.h"

const char *dup_strerror(int code)
{
    switch (code) {
    case DUP_OK: return "ok";
#define X(name, value, word, text) case name: return text;
    DUP_ERRORS(X)
#undef X
    default: return "unknown error";
    }
}

const char *dup_error_word(int code)
{
    switch (code) {
    case DUP_OK: return "ok";
#define X(name, value, word, text) case name: return word;
    DUP_ERRORS(X)
#undef X
    default: return "unknown";
    }
}
