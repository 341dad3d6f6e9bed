// SPDX-License-Identifier: Apache-2.0
/* snippet.h — a piece of a message around what was found, as HTML that is safe to show: the only
 * tags in it are <mark> and </mark>, around the words that were found; & < > " ' of the text are
 * character references, and control characters, line ends among them, are spaces. "…" stands where
 * the message goes on. Pure, any thread. */
#ifndef CHAT_SNIPPET_H
#define CHAT_SNIPPET_H

#include "chat/search_match.h"

/* At most SNIPPET_CHARS_MAX characters of the text, which is UTF-8, from a little before the first
 * span on. The match has a span. In the arena. */
struct str snippet_make(struct str text, const struct search_match *match, struct arena *arena);

#endif
