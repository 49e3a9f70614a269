/* Errors: the one table of codes, and sentences for the operator. */
#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

int err_set(struct err *err, int code, const char *format, ...)
{
    if (err) {
        va_list args;
        va_start(args, format);
        err->code = code;
        vsnprintf(err->text, sizeof err->text, format, args);
        va_end(args);
    }
    return code;
}

int err_from_errno(int number)
{
    switch (number) {
    case 0: return DUP_OK;
    case ENOMEM: return DUP_ENOMEM;
    case EACCES:
    case EPERM:
    case EROFS:
    case EISDIR:
    case ELOOP: return DUP_EACCES;
    case ENOENT:
    case ENOTDIR: return DUP_ENOENT;
    case ENOSPC:
    case EDQUOT:
    case EFBIG: return DUP_EFULL;
    case EAGAIN:
    case EBUSY:
    case EMFILE:
    case ENFILE: return DUP_EBUSY;
    case EINVAL: return DUP_EINVAL;
    default: return DUP_EIO;
    }
}

int err_from_file(int number)
{
    int r = err_from_errno(number);
    return r == DUP_ENOMEM || r == DUP_EBUSY || number == EIO ? r : DUP_EINVAL;
}
