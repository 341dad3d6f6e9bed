// SPDX-License-Identifier: Apache-2.0
/* search_query.c — the text is cut at quotation marks and, outside of them, at white space; the
 * words of a piece are a term. */
#include "store/search_query.h"

#include "base/check.h"
#include "limits.h"

/* Quotation marks in pairs, and those that phones put in their place. */
static const struct str quotes[] = {
    {"\"", 1}, {"\xe2\x80\x9c", 3}, {"\xe2\x80\x9d", 3}, {"\xe2\x80\x9e", 3}};
static const struct str spaces[] = {{" ", 1},  {"\t", 1},       {"\n", 1},
                                    {"\r", 1}, {"\xc2\xa0", 2}, {"\xe3\x80\x80", 3}};

/* How many bytes of one of `marks` stand at `at`; 0: none does. */
static size_t mark_len(const struct str *marks, size_t count, struct str text, size_t at)
{
    for (size_t i = 0; i < count; i++) {
        if (str_equals(str_slice(text, at, marks[i].len), marks[i])) return marks[i].len;
    }
    return 0;
}
#define QUOTE_LEN(text, at) mark_len(quotes, sizeof quotes / sizeof quotes[0], text, at)
#define SPACE_LEN(text, at) mark_len(spaces, sizeof spaces / sizeof spaces[0], text, at)

struct parsing {
    struct word *words; /* room for one more than are taken, which is looked for in vain */
    size_t words_count;
    struct search_term *terms;
    size_t terms_count;
};

static size_t chars_count(struct str s)
{
    size_t count = 0;

    for (size_t i = 0; i < s.len; i++) count += ((uint8_t)s.at[i] & 0xC0) != 0x80;
    return count;
}

static bool has_star(struct str text, size_t at)
{
    return at < text.len && text.at[at] == '*';
}

/* The words between `from` and `end`. */
static void add_term(struct parsing *p, struct str text, size_t from, size_t end, bool is_quoted)
{
    struct search_term term = {.words = &p->words[p->words_count]};
    struct words words;
    const struct word *last;
    size_t chars;

    words_init(&words, str_slice(text, from, end - from));
    while (p->words_count < SEARCH_QUERY_WORDS_MAX &&
           words_next(&words, &p->words[p->words_count])) {
        p->words_count++;
        term.count++;
    }
    if (term.count == 0) return;
    last = &term.words[term.count - 1];
    chars = chars_count(word_str(last));
    /* A sign is found wherever it stands anyway. `"two wor"*` is the same as `"two wor*"`. */
    if (last->kind == WORD_SIGN) term.is_prefix = false;
    else if (has_star(text, from + last->end) || (is_quoted && has_star(text, end + 1)))
        term.is_prefix = chars >= SEARCH_STAR_CHARS_MIN;
    else term.is_prefix = !is_quoted && chars >= SEARCH_PREFIX_CHARS_MIN;
    p->terms[p->terms_count++] = term;
}

void search_query_parse(struct str text, struct arena *arena, struct search_query *out)
{
    struct parsing p = {0};
    bool is_quoted = false;
    size_t at = 0;

    CHECK(text.len <= SEARCH_QUERY_BYTES_MAX);
    p.words = ARENA_ARRAY(arena, struct word, SEARCH_QUERY_WORDS_MAX + 1);
    p.terms = ARENA_ARRAY(arena, struct search_term, SEARCH_QUERY_WORDS_MAX);
    while (at < text.len) {
        size_t end = at;

        while (end < text.len && QUOTE_LEN(text, end) == 0 &&
               (is_quoted || SPACE_LEN(text, end) == 0))
            end++;
        add_term(&p, text, at, end, is_quoted);
        at = end;
        if (QUOTE_LEN(text, at) > 0) is_quoted = !is_quoted;
        if (at < text.len) at += QUOTE_LEN(text, at) + SPACE_LEN(text, at);
    }
    *out = (struct search_query){.terms = p.terms, .count = p.terms_count};
}
