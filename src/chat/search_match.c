// SPDX-License-Identifier: Apache-2.0
/* search_match.c — one pass over the words of the text. For each term it is known how many of its
 * words have just been read in a row, in all ways at once: "a b a c" is found in "a b a b a c". */
#include "chat/search_match.h"

#include "base/check.h"

/* What is known of all terms; the words of a term are a run of `reached`. */
struct matching {
    const struct search_query *query;
    bool
        reached[SEARCH_QUERY_WORDS_MAX]; /* the term up to this word ends with the last word read */
    bool is_found[SEARCH_QUERY_WORDS_MAX]; /* of terms */
    size_t found_count;
    size_t starts[SEARCH_QUERY_WORDS_MAX]; /* of the words that were read last, in a ring */
    size_t words_count;
};

static bool is_word(const struct search_term *term, size_t index, const struct word *word)
{
    const struct word *wanted = &term->words[index];

    if (wanted->kind != word->kind) return false;
    /* Signs that were written together: not those of two lines. */
    if (index > 0 && wanted->is_joined && !word->is_joined) return false;
    if (term->is_prefix && index + 1 == term->count)
        return str_starts_with(word_str(word), word_str(wanted));
    return str_equals(word_str(word), word_str(wanted));
}

/* True when the word is the last one of the term. */
static bool advance(const struct search_term *term, bool *reached, const struct word *word)
{
    for (size_t i = term->count - 1; i > 0; i--)
        reached[i] = reached[i - 1] && is_word(term, i, word);
    reached[0] = is_word(term, 0, word);
    return reached[term->count - 1];
}

/* Terms may be found in each other, and one before another that ends earlier. */
static void add_span(struct search_match *match, struct search_span span)
{
    size_t at = match->count;

    while (at > 0 && match->spans[at - 1].start >= span.start) at--; /* these lie in the new one */
    if (at > 0 && match->spans[at - 1].end > span.start) {
        if (match->spans[at - 1].end >= span.end) return;
        span.start = match->spans[at - 1].start;
        at--;
    }
    if (at == SEARCH_SPANS_MAX) return;
    match->spans[at] = span;
    match->count = at + 1;
}

static void read_word(struct matching *m, const struct word *word, struct search_match *match)
{
    bool *reached = m->reached;

    m->starts[m->words_count++ % SEARCH_QUERY_WORDS_MAX] = word->start;
    for (size_t i = 0; i < m->query->count; i++) {
        const struct search_term *term = &m->query->terms[i];

        if (advance(term, reached, word)) {
            size_t first = m->words_count - term->count;

            m->found_count += !m->is_found[i];
            m->is_found[i] = true;
            add_span(match,
                     (struct search_span){m->starts[first % SEARCH_QUERY_WORDS_MAX], word->end});
        }
        reached += term->count;
    }
}

bool search_match(const struct search_query *query, struct str text, struct search_match *out)
{
    struct matching m = {.query = query};
    struct search_match match = {0};
    struct words words;
    struct word word;

    CHECK(query->count <= SEARCH_QUERY_WORDS_MAX);
    words_init(&words, text);
    while (words_next(&words, &word)) read_word(&m, &word, &match);
    if (query->count == 0 || m.found_count < query->count) return false;
    *out = match;
    return true;
}
