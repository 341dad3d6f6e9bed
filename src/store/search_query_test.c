// SPDX-License-Identifier: Apache-2.0
/* search_query_test.c — what is typed becomes terms; nothing that is typed is wrong. */
#include "store/search_query.h"

#include "store/store_testing.h"

/* Terms in brackets, their words with a space between or "+" before a joined sign, and a star at a
 * beginning. */
static const char *parsed(struct str text)
{
    static char out[4096];
    struct search_query query;
    struct arena arena;
    size_t at = 0;

    out[0] = '\0';
    arena_init(&arena);
    search_query_parse(text, &arena, &query);
    for (size_t i = 0; i < query.count; i++) {
        const struct search_term *term = &query.terms[i];

        assert_true(term->count > 0);
        for (size_t k = 0; k < term->count; k++) {
            const char *before = k == 0 ? "[" : (term->words[k].is_joined ? "+" : " ");

            at += (size_t)snprintf(out + at, sizeof out - at, "%s%.*s", before,
                                   (int)term->words[k].len, term->words[k].folded);
        }
        at += (size_t)snprintf(out + at, sizeof out - at, "%s]", term->is_prefix ? "*" : "");
    }
    arena_release(&arena);
    return out;
}

static void what_is_typed_becomes_terms(void **state)
{
    static const struct {
        const char *text;
        const char *terms;
    } rows[] = {
        {"", ""},
        {"   \t ", ""},
        {"!?()^~-+:;", ""},
        {"hello", "[hello*]"},
        {"Hello WÖRLD", "[hello*][world*]"},
        {"to be", "[to][be]"},
        {"to* b* the*", "[to*][b][the*]"},
        {"foo.bar", "[foo bar*]"},
        {"a-b c_d", "[a b][c d]"},
        {"東京 都", "[東+京][都]"},
        {"東京*", "[東+京]"},
        {"iPhone東京", "[iphone 東+京]"},
        {"東京　大阪", "[東+京][大+阪]"}, /* an ideographic space */
        {"\"new york\"", "[new york]"},
        {"\"new yor*\"", "[new yor*]"},
        {"\"new yor\"*", "[new yor*]"},
        {"\"new y\"*", "[new y]"},
        {"\"hello\"", "[hello]"},
        {"say \"new york\" now", "[say*][new york][now*]"},
        {"say\"new york\"now", "[say*][new york][now*]"},
        {"“new york”", "[new york]"},
        /* Nothing of this means anything. */
        {"\"", ""},
        {"\"\"", ""},
        {"\"open end", "[open end]"},
        {"one\"two", "[one*][two]"},
        {"a AND b OR NOT c NEAR(d e)", "[a][and*][b][or][not*][c][near d][e]"},
        {"-word +word ^word word^2", "[word*][word*][word*][word 2]"},
        {"title:word {a b}: c", "[title word*][a][b][c]"},
        {"' OR 1=1; --", "[or][1 1]"},
        {"* ** \"*\" *a", "[a]"},
        {"%_%", ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *terms = parsed(str_from(rows[i].text));

        if (strcmp(terms, rows[i].terms) != 0)
            fail_msg("%s is %s, not %s", rows[i].text, terms, rows[i].terms);
    }
    assert_string_equal(parsed(STR("a\0b\"c\0d")), "[a b][c d]");
    assert_string_equal(parsed(STR("ab\xff\xfe"
                                   "cd \xe6\x9d")),
                        "[ab cd]");
}

static void short_words_are_no_beginnings(void **state)
{
    (void)state;
    static_assert(SEARCH_PREFIX_CHARS_MIN == 3 && SEARCH_STAR_CHARS_MIN == 2, "see below");
    assert_string_equal(parsed(STR("ab abc")), "[ab][abc*]");
    assert_string_equal(parsed(STR("a* ab*")), "[a][ab*]");
    assert_string_equal(parsed(STR("жж жжж ж* жж*")), "[жж][жжж*][ж][жж*]");
}

static void a_query_has_bounds(void **state)
{
    char text[SEARCH_QUERY_BYTES_MAX];
    struct search_query query;
    struct arena arena;
    size_t words_count = 0;

    (void)state;
    arena_init(&arena);
    for (size_t i = 0; i < sizeof text; i++) text[i] = i % 2 == 0 ? 'x' : ' ';
    search_query_parse(str_of(text, sizeof text), &arena, &query);
    assert_int_equal(query.count, SEARCH_QUERY_WORDS_MAX);

    /* ㌖ is six signs. */
    for (size_t i = 0; i + 3 <= sizeof text; i += 3) memcpy(text + i, "\xe3\x8c\x96", 3);
    search_query_parse(str_of(text, 3 * (sizeof text / 3)), &arena, &query);
    for (size_t i = 0; i < query.count; i++) words_count += query.terms[i].count;
    assert_int_equal(words_count, SEARCH_QUERY_WORDS_MAX);
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_typed_becomes_terms),
        cmocka_unit_test(short_words_are_no_beginnings),
        cmocka_unit_test(a_query_has_bounds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
