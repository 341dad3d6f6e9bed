// SPDX-License-Identifier: Apache-2.0
/* utf8.h — is this text well-formed UTF-8 (RFC 3629), asked piece by piece?
 * The text may come in pieces cut anywhere, also inside a character; the state between two pieces
 * is one enum value that the caller keeps. It says *broken* at the first byte that no valid text
 * can continue with, not later. Pure: no memory, any thread, no errors but the answer itself. */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include "base/str.h"

/* What the next byte may be. A text starts, and has to end, in UTF8_COMPLETE. */
enum utf8_state {
    UTF8_COMPLETE = 0, /* between two characters: the text so far is valid as it stands */
    UTF8_TAILS_1,      /* inside a character: so many bytes 80..BF are missing */
    UTF8_TAILS_2,
    UTF8_TAILS_3,
    UTF8_AFTER_E0, /* the second byte is restricted: 80..9F would be overlong */
    UTF8_AFTER_ED, /* A0..BF would be a surrogate */
    UTF8_AFTER_F0, /* 80..8F would be overlong */
    UTF8_AFTER_F4, /* 90..BF would be past U+10FFFF */
    UTF8_BROKEN,   /* no continuation can make the text valid; it stays so */
};

/* The state after `bytes`, which follow whatever led to `state`. */
enum utf8_state utf8_feed(enum utf8_state state, struct str bytes);

#endif
