/*
 * dup/error.h - the error codes of libdup and of everything built on it.
 *
 * A function returns 0 or a negative DUP_E... and writes its results only
 * on success. Codes of other libraries are translated once, at the call.
 */
#ifndef DUP_ERROR_H
#define DUP_ERROR_H

/*      name          value  word on the wire   sentence */
#define DUP_ERRORS(X)                                                        \
    X(DUP_ENOMEM,     -1, "no-memory",      "out of memory")                 \
    X(DUP_EINVAL,     -2, "bad-request",    "the request makes no sense")    \
    X(DUP_EJSON,      -3, "bad-json",       "not valid JSON")                \
    X(DUP_EUTF8,      -4, "bad-utf8",       "not valid UTF-8")               \
    X(DUP_ETOOBIG,    -5, "too-big",        "larger than the limit")         \
    X(DUP_EEMPTY,     -6, "empty",          "nothing in it to compare")      \
    X(DUP_ENOENT,     -7, "not-found",      "no such article or cluster")    \
    X(DUP_EFULL,      -8, "disk-full",      "no space left in the store")    \
    X(DUP_ECORRUPT,   -9, "corrupt",        "the store is damaged")          \
    X(DUP_EFORMAT,   -10, "format",         "not a format known here")       \
    X(DUP_EACCES,    -11, "denied",         "permission denied")             \
    X(DUP_EBUSY,     -12, "busy",           "busy, try again")               \
    X(DUP_EIO,       -13, "io",             "input or output failed")        \
    X(DUP_ESTOPPING, -14, "stopping",       "the daemon is stopping")        \
    X(DUP_EINUSE,    -15, "in-use",         "another daemon uses it")

enum dup_error {
    DUP_OK = 0,
#define X(name, value, word, text) name = value,
    DUP_ERRORS(X)
#undef X
};

/* The sentence of a code; never NULL. Any thread. */
const char *dup_strerror(int code);

/* The word of a code as it stands in replies ("bad-json"); never NULL. Any thread. */
const char *dup_error_word(int code);

#endif
