// SPDX-License-Identifier: Apache-2.0
/* search_text.c — writing words. The words come first, in the order of the text and next to each
 * other, so that a phrase is one in the index too; the signs and the conversation follow. */
#include "store/search_text.h"

#include "limits.h"

/* Private use, which base/words takes for a separator. */
#define SIGN_MARK STR("\xee\x80\x80")
#define CONVERSATION_MARK STR("\xee\x80\x81")

/* Signs that were written already. A text with more different ones than there is room for says some
 * of them twice, which costs a few bytes. */
#define SEEN_SLOTS 1024u
#define SEEN_PROBES 4u
struct seen {
    uint64_t hashes[SEEN_SLOTS]; /* 0: free */
};

static uint64_t hash_of(struct str s)
{
    uint64_t hash = 14695981039346656037u;

    for (size_t i = 0; i < s.len; i++) hash = (hash ^ (uint8_t)s.at[i]) * 1099511628211u;
    return hash == 0 ? 1 : hash;
}

/* True when it was not there; it is from now on, if there is room. */
static bool seen_add(struct seen *seen, struct str sign)
{
    uint64_t hash = hash_of(sign);

    for (size_t i = 0; i < SEEN_PROBES; i++) {
        uint64_t *slot = &seen->hashes[(hash + i) % SEEN_SLOTS];

        if (*slot == hash) return false;
        if (*slot != 0) continue;
        *slot = hash;
        return true;
    }
    return true;
}

void search_text_write_sign(const struct word *sign, struct buf *out)
{
    buf_append(out, SIGN_MARK);
    buf_append(out, word_str(sign));
}

void search_text_write_pair(const struct word *first, const struct word *second, struct buf *out)
{
    buf_append(out, word_str(first));
    buf_append(out, word_str(second));
}

void search_text_write_conversation(const struct uuid *conversation_id, struct buf *out)
{
    static const char digits[] = "0123456789abcdef";

    buf_append(out, CONVERSATION_MARK);
    for (size_t i = 0; i < sizeof conversation_id->bytes; i++) {
        buf_append_byte(out, digits[conversation_id->bytes[i] >> 4]);
        buf_append_byte(out, digits[conversation_id->bytes[i] & 15]);
    }
}

/* Returns how many signs there are. */
static size_t write_words(struct str text, struct buf *out)
{
    size_t signs_count = 0;
    struct word before = {0};
    struct words words;
    struct word word;

    words_init(&words, text);
    while (words_next(&words, &word)) {
        if (word.kind == WORD_LETTERS) {
            buf_append(out, word_str(&word));
            buf_append_byte(out, ' ');
            continue;
        }
        signs_count++;
        if (word.is_joined) {
            search_text_write_pair(&before, &word, out);
            buf_append_byte(out, ' ');
        }
        before = word;
    }
    return signs_count;
}

static void write_signs(struct str text, struct buf *out)
{
    struct seen seen = {0};
    struct words words;
    struct word word;

    words_init(&words, text);
    while (words_next(&words, &word)) {
        if (word.kind != WORD_SIGN || !seen_add(&seen, word_str(&word))) continue;
        search_text_write_sign(&word, out);
        buf_append_byte(out, ' ');
    }
}

void search_text_write(const struct uuid *conversation_id, struct str text, struct buf *out)
{
    if (write_words(text, out) > 0) write_signs(text, out);
    search_text_write_conversation(conversation_id, out);
}
