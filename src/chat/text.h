// SPDX-License-Identifier: Apache-2.0
/* text.h — what people type: is there anything to see in it, and may it stand as a name.
 * Input is well-formed UTF-8, as base/json_in hands it out. Pure, any thread. */
#ifndef CHAT_TEXT_H
#define CHAT_TEXT_H

#include "store/job.h"

/* Nothing but white space, control characters and characters without width? Also when empty. */
bool text_is_blank(struct str s);
/* How many code points. */
size_t text_chars_count(struct str s);

/* Has it nothing that would move or hide other text: controls, line and paragraph separators,
 * changes of direction? */
bool text_is_one_line(struct str s);

/* A name on one line: `s` loses the white space around it. R_INVALID, naming `field`: blank,
 * longer than `bytes_max`, or with characters that move or hide other text (controls, line and
 * paragraph separators, changes of direction), which a list of names could not be shown with. */
MUST_USE enum result text_clean_name(struct str *s, const char *field, size_t bytes_max,
                                     struct problem *problem);

#endif
