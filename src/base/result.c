// SPDX-License-Identifier: Apache-2.0
/* result.c — names of results and the text of faults. */
#include "base/result.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum result fault_set(struct fault *fault, enum result code, int os_error, const char *format, ...)
{
    va_list args;
    int written;

    if (fault == NULL) return code;
    fault->code = code;
    fault->os_error = os_error;
    va_start(args, format);
    written = vsnprintf(fault->text, sizeof fault->text, format, args);
    va_end(args);
    if (os_error != 0 && written >= 0 && (size_t)written < sizeof fault->text) {
        snprintf(fault->text + written, sizeof fault->text - (size_t)written, ": %s",
                 strerrordesc_np(os_error));
    }
    return code;
}

const char *result_name(enum result result)
{
    switch (result) {
    case R_OK: return "R_OK";
    case R_DONE: return "R_DONE";
    case R_INVALID: return "R_INVALID";
    case R_UNAUTHENTICATED: return "R_UNAUTHENTICATED";
    case R_FORBIDDEN: return "R_FORBIDDEN";
    case R_NOT_FOUND: return "R_NOT_FOUND";
    case R_CONFLICT: return "R_CONFLICT";
    case R_TOO_LARGE: return "R_TOO_LARGE";
    case R_TOO_MANY: return "R_TOO_MANY";
    case R_FULL: return "R_FULL";
    case R_CLOSED: return "R_CLOSED";
    case R_UNAVAILABLE: return "R_UNAVAILABLE";
    case R_IO: return "R_IO";
    case R_CORRUPT: return "R_CORRUPT";
    }
    return "R_?";
}
