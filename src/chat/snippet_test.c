// SPDX-License-Identifier: Apache-2.0
/* snippet_test.c — what stands in a snippet is safe, near what was found, and cut where it should
 * be. */
#include "chat/snippet.h"

#include "store/store_testing.h"

static const char *snippet(struct str q, struct str text)
{
    static char out[8192];
    struct search_query query;
    struct search_match match;
    struct arena arena;
    struct str made;

    arena_init(&arena);
    search_query_parse(q, &arena, &query);
    assert_true(search_match(&query, text, &match));
    made = snippet_make(text, &match, &arena);
    assert_true(str_is_utf8(made));
    assert_true(made.len < sizeof out);
    memcpy(out, made.at, made.len);
    out[made.len] = '\0';
    arena_release(&arena);
    return out;
}

static void short_texts_are_whole(void **state)
{
    (void)state;
    assert_string_equal(snippet(STR("hello"), STR("Hello world")), "<mark>Hello</mark> world");
    assert_string_equal(snippet(STR("world hel"), STR("Hello, world!")),
                        "<mark>Hello</mark>, <mark>world</mark>!");
    assert_string_equal(snippet(STR("京"), STR("東京都")), "東<mark>京</mark>都");
}

static void markup_of_others_is_text(void **state)
{
    (void)state;
    assert_string_equal(snippet(STR("b"), STR("<b>\"a\" & 'b'</b>")),
                        "&lt;<mark>b</mark>&gt;&quot;a&quot; &amp; &#39;<mark>b</mark>&#39;&lt;/"
                        "<mark>b</mark>&gt;");
    assert_string_equal(snippet(STR("\"x y\""), STR("x<script>y x<y")),
                        "x&lt;script&gt;y <mark>x&lt;y</mark>");
    assert_string_equal(snippet(STR("mark"), STR("<mark>")), "&lt;<mark>mark</mark>&gt;");
    assert_string_equal(snippet(STR("a"), STR("a\r\n\tb\x7f\x01"
                                              "c")),
                        "<mark>a</mark>   b  c");
}

static void fill(char *text, size_t len, struct str with)
{
    for (size_t i = 0; i + with.len <= len; i += with.len) memcpy(text + i, with.at, with.len);
}

/* Without white space, so that only the bounds cut. */
static void a_snippet_has_its_length(void **state)
{
    char text[1000];
    char expected[1200];
    struct str found = STR(".here.");

    (void)state;
    memset(text, '.', sizeof text);
    memcpy(text, found.at, found.len);
    assert_string_equal(snippet(STR("here"), str_of(text, 10)), ".<mark>here</mark>.....");

    (void)snprintf(expected, sizeof expected, ".<mark>here</mark>%.*s", SNIPPET_CHARS_MAX - 5,
                   text + found.len);
    assert_string_equal(snippet(STR("here"), str_of(text, SNIPPET_CHARS_MAX)), expected);
    (void)snprintf(expected + strlen(expected), sizeof expected - strlen(expected), "…");
    assert_string_equal(snippet(STR("here"), str_of(text, SNIPPET_CHARS_MAX + 1)), expected);

    /* And as much before it. */
    memset(text, '.', sizeof text);
    memcpy(text + SNIPPET_LEAD_CHARS - 1, found.at, found.len);
    assert_true(strncmp(snippet(STR("here"), str_of(text, 100)), "....", 4) == 0);
    memset(text, '.', sizeof text);
    memcpy(text + SNIPPET_LEAD_CHARS, found.at, found.len);
    assert_true(strncmp(snippet(STR("here"), str_of(text, 100)), "…", strlen("…")) == 0);
}

static void cuts_are_made_between_words(void **state)
{
    char text[1000];
    const char *made;

    (void)state;
    fill(text, sizeof text, STR("abcdefghi "));
    memcpy(text + 500, "here", 4);
    made = snippet(STR("here"), str_of(text, sizeof text));
    assert_true(strncmp(made, "…abcdefghi ", strlen("…abcdefghi ")) == 0);
    assert_string_equal(made + strlen(made) - strlen("abcdefghi…"), "abcdefghi…");
    assert_non_null(strstr(made, "<mark>hereefghi</mark>"));
}

/* Characters of three bytes, a word that is longer than a snippet, and a place across its end. */
static void nothing_is_cut_inside_a_character_or_a_tag(void **state)
{
    char text[3000];
    const char *made;

    (void)state;
    fill(text, sizeof text, STR("京"));
    memcpy(text + 900, "東", 3);
    made = snippet(STR("東"), str_of(text, sizeof text));
    assert_int_equal(strlen(made), 3 * SNIPPET_CHARS_MAX + strlen("……<mark></mark>"));

    memset(text, 'x', sizeof text);
    made = snippet(STR("xxx"), str_of(text, sizeof text));
    assert_int_equal(strlen(made), SNIPPET_CHARS_MAX + strlen("<mark></mark>…"));
    assert_string_equal(made + strlen(made) - strlen("x</mark>…"), "x</mark>…");
}

/* As long as one can be: a reference for every byte, and all spans. */
static void the_longest_snippet_fits(void **state)
{
    char text[1000];

    (void)state;
    fill(text, sizeof text, STR("a\"\"\"\""));
    assert_true(strlen(snippet(STR("a"), str_of(text, sizeof text))) > SNIPPET_CHARS_MAX * 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(short_texts_are_whole),
        cmocka_unit_test(markup_of_others_is_text),
        cmocka_unit_test(a_snippet_has_its_length),
        cmocka_unit_test(cuts_are_made_between_words),
        cmocka_unit_test(nothing_is_cut_inside_a_character_or_a_tag),
        cmocka_unit_test(the_longest_snippet_fits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
