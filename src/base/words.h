// SPDX-License-Identifier: Apache-2.0
/* words.h — the words of a text, folded so that what people take for the same word is the same
 * bytes: without case, without the marks of Latin and Greek letters, wide and narrow forms alike.
 * Scripts that are written without spaces (Chinese, Japanese, Thai, …) have no words that could be
 * cut out by a rule; each of their characters is a *sign* of its own, and so is Hangul, where a
 * word grows endings, and an emoji. Everything else separates. Bytes that are not UTF-8 separate
 * too. Pure, any thread.
 *     struct words words;
 *     struct word word;
 *     words_init(&words, text);
 *     while (words_next(&words, &word)) … */
#ifndef BASE_WORDS_H
#define BASE_WORDS_H

#include "base/str.h"
#include "limits.h"

/* Changes whenever the same text may give other words than before: with these rules, and with the
 * Unicode tables of the library. */
#define WORDS_RULES "1"
const char *words_unicode_version(void);

enum word_kind {
    WORD_LETTERS, /* letters and digits that stand together */
    WORD_SIGN,    /* one character that means something alone */
};

struct word {
    enum word_kind kind;
    size_t start; /* its bytes in the text: start to end - 1 */
    size_t end;
    bool is_joined; /* a sign that follows a sign with nothing between */
    bool is_cut;    /* `folded` is the beginning of a word that is longer */
    size_t len;     /* of `folded` */
    char folded[WORD_BYTES_MAX];
};

static inline struct str word_str(const struct word *w)
{
    return str_of(w->folded, w->len);
}

/* A character with all that is put on it, folded: this many code points at most. */
#define WORDS_CLUSTER_MAX 32u

struct words {
    struct str text; /* private, as all that follows */
    size_t at;
    int32_t points[WORDS_CLUSTER_MAX]; /* of the cluster that is being looked at */
    size_t points_count;
    size_t points_used;
    size_t cluster_start;
    size_t cluster_end;
    size_t sign_end; /* of the sign that came last; SIZE_MAX: it was none */
};

/* `text` must live as long as the words are asked for. */
void words_init(struct words *w, struct str text);
/* False: there are no more. */
bool words_next(struct words *w, struct word *out);

#endif
