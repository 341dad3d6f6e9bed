// SPDX-License-Identifier: Apache-2.0
/* http_char.c — the table behind http_char.h.
 * Bytes that are not named (the controls, CR and LF among them, and DEL) are in no set. */
#include "proto/http_char.h"

#define TOKEN HTTP_CHAR_TOKEN
#define QUERY (HTTP_CHAR_QUERY | HTTP_CHAR_VALUE)
#define PATH (HTTP_CHAR_PATH | QUERY)
#define HOST (HTTP_CHAR_HOST | HTTP_CHAR_TOKEN | PATH)

const uint8_t http_char_sets[256] = {
    ['\t'] = HTTP_CHAR_VALUE,
    [' '] = HTTP_CHAR_VALUE,
    ['!'] = TOKEN | PATH,
    ['"'] = HTTP_CHAR_VALUE,
    ['#'] = TOKEN | HTTP_CHAR_VALUE,
    ['$'] = TOKEN | PATH,
    ['%'] = TOKEN | PATH,
    ['&'] = TOKEN | PATH,
    ['\''] = TOKEN | PATH,
    ['('] = PATH,
    [')'] = PATH,
    ['*'] = TOKEN | PATH,
    ['+'] = TOKEN | PATH,
    [','] = PATH,
    ['-'] = HOST,
    ['.'] = HOST,
    ['/'] = PATH,
    ['0' ... '9'] = HOST,
    [':'] = PATH,
    [';'] = PATH,
    ['<'] = HTTP_CHAR_VALUE,
    ['='] = PATH,
    ['>'] = HTTP_CHAR_VALUE,
    ['?'] = QUERY,
    ['@'] = PATH,
    ['A' ... 'Z'] = HOST,
    ['['] = QUERY,
    ['\\'] = QUERY,
    [']'] = QUERY,
    ['^'] = TOKEN | QUERY,
    ['_'] = HOST,
    ['`'] = TOKEN | QUERY,
    ['a' ... 'z'] = HOST,
    ['{'] = QUERY,
    ['|'] = TOKEN | QUERY,
    ['}'] = QUERY,
    ['~'] = TOKEN | PATH,
    [0x80 ... 0xFF] = HTTP_CHAR_VALUE,
};
