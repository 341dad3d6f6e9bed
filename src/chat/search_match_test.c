// SPDX-License-Identifier: Apache-2.0
/* search_match_test.c — every kind of query against texts that have it and texts that do not. */
#include "chat/search_match.h"

#include "store/store_testing.h"

/* The text with its spans in brackets; NULL: it does not match. */
static const char *marked(struct str q, struct str text)
{
    static char out[8192];
    struct search_query query;
    struct search_match match;
    struct arena arena;
    size_t len = 0;
    size_t at = 0;
    bool is_match;

    arena_init(&arena);
    search_query_parse(q, &arena, &query);
    is_match = search_match(&query, text, &match);
    arena_release(&arena);
    if (!is_match) return NULL;
    assert_true(match.count > 0);
    for (size_t i = 0; i < match.count; i++) {
        const struct search_span *s = &match.spans[i];

        assert_true(s->start >= at && s->end > s->start && s->end <= text.len);
        len += (size_t)snprintf(out + len, sizeof out - len, "%.*s[%.*s]", (int)(s->start - at),
                                text.at + at, (int)(s->end - s->start), text.at + s->start);
        at = s->end;
    }
    (void)snprintf(out + len, sizeof out - len, "%.*s", (int)(text.len - at), text.at + at);
    return out;
}

static void texts_match_or_not(void **state)
{
    static const struct {
        const char *query;
        const char *text;
        const char *marked;
    } rows[] = {
        {"hello", "Hello, World!", "[Hello], World!"},
        {"hel", "Hello, hell!", "[Hello], [hell]!"},
        {"\"hel\"", "Hello", NULL},
        {"world hello", "Hello, World!", "[Hello], [World]!"},
        {"hello moon", "Hello, World!", NULL},
        {"\"hello world\"", "Hello, World! hello", "[Hello, World]! hello"},
        {"\"hello world\"", "hello big world", NULL},
        {"\"hello wor*\"", "so hello, worldly", "so [hello, worldly]"},
        {"creme", "Une CRÈME", "Une [CRÈME]"},
        {"foo.bar", "the foo-barrier", "the [foo-barrier]"},
        {"\"a b a c\"", "a b a b a c", "a b [a b a c]"},
        {"to", "to tomorrow", "[to] tomorrow"},
        {"to*", "to tomorrow", "[to] [tomorrow]"},
        {"東京", "明日東京都に東京", "明日[東京]都に[東京]"},
        {"京", "東京都", "東[京]都"},
        {"東京", "東 京", NULL},
        {"\"東 京\"", "東京と東 京", "[東京]と[東 京]"},
        {"iphone東", "iPhone東京 iphone 東", "[iPhone東]京 [iphone 東]"},
        {"パ", "ﾊﾟﾝ", "[ﾊﾟ]ﾝ"},
        {"キロ", "10㌔", "10[㌔]"},
        /* In each other and across each other. */
        {"hello hello", "hello hello", "[hello] [hello]"},
        {"\"b c\" \"a b c d\" b", "a b c d", "[a b c d]"},
        {"\"a b\" \"b c\"", "a b c d", "[a b c] d"},
        {"\"c d\" \"a b\"", "a b c d", "[a b] [c d]"},
        {"", "anything", NULL},
        {"!?", "!?", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *is = marked(str_from(rows[i].query), str_from(rows[i].text));
        const char *should = rows[i].marked;

        if ((is == NULL) != (should == NULL) || (is != NULL && strcmp(is, should) != 0))
            fail_msg("%s in %s is %s, not %s", rows[i].query, rows[i].text,
                     is == NULL ? "nowhere" : is, should == NULL ? "nowhere" : should);
    }
}

/* As many words as a query has, one after the other; and the one more that is not looked for. */
static void the_longest_phrase_is_found(void **state)
{
    char text[2 * SEARCH_QUERY_WORDS_MAX + 2];

    (void)state;
    for (size_t i = 0; i < sizeof text; i++) text[i] = i % 2 == 0 ? (char)('a' + i / 2 % 26) : '.';
    assert_non_null(
        marked(str_of(text, SEARCH_QUERY_BYTES_MAX), str_of(text, SEARCH_QUERY_BYTES_MAX)));
    assert_null(
        marked(str_of(text, SEARCH_QUERY_BYTES_MAX), str_of(text, SEARCH_QUERY_BYTES_MAX - 2)));
}

static void so_many_places_are_told(void **state)
{
    char text[3 * (SEARCH_SPANS_MAX + 1)];
    const char *out;
    size_t brackets_count = 0;

    (void)state;
    for (size_t i = 0; i < sizeof text; i += 3) memcpy(text + i, "hi ", 3);
    out = marked(STR("hi"), str_of(text, sizeof text));
    for (; *out != '\0'; out++) brackets_count += *out == '[';
    assert_int_equal(brackets_count, SEARCH_SPANS_MAX);
    assert_non_null(marked(STR("hi"), str_of(text, sizeof text - 3)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_match_or_not),
        cmocka_unit_test(the_longest_phrase_is_found),
        cmocka_unit_test(so_many_places_are_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
