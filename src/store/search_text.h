// SPDX-License-Identifier: Apache-2.0
/* search_text.h — a message as the index takes it: words with a space between, which any engine can
 * cut again. A text of signs has no words, so each pair of neighbours is one: "東京都" is "東京 京都",
 * and a look for "京都" needs no dictionary. For a look for one sign alone every sign is there once
 * more, after a mark that no text has. The conversation is a word too, after another mark: a search
 * in one conversation then costs what is in it, not what is in all. Pure, any thread. */
#ifndef STORE_SEARCH_TEXT_H
#define STORE_SEARCH_TEXT_H

#include "base/buf.h"
#include "base/uuid.h"
#include "store/search_query.h"

/* Changes whenever the same message may give other words than before; the index is then built anew,
 * because what was put can no longer be taken out. */
#define SEARCH_TEXT_RULES "1"

/* The words of a message. A buffer of SEARCH_TEXT_BYTES_MAX keeps as much as fits. */
void search_text_write(const struct uuid *conversation_id, struct str text, struct buf *out);

/* ---- the words of a query, one by one ---- */

/* A sign alone. */
void search_text_write_sign(const struct word *sign, struct buf *out);
/* Two that are neighbours. */
void search_text_write_pair(const struct word *first, const struct word *second, struct buf *out);
void search_text_write_conversation(const struct uuid *conversation_id, struct buf *out);

#endif
