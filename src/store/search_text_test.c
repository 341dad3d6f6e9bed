// SPDX-License-Identifier: Apache-2.0
/* search_text_test.c — the words of messages, pairs of signs, signs once each, the conversation. */
#include "store/search_text.h"

#include "store/store_testing.h"

/* With "@" for the mark of a sign, without the conversation. */
static const char *written(struct str text)
{
    static const struct uuid nil;
    static char out[1u << 17];
    struct buf words;
    size_t len = 0;
    struct str left;

    buf_init(&words, SEARCH_TEXT_BYTES_MAX);
    search_text_write(&nil, text, &words);
    left = buf_str(&words);
    assert_true(left.len >= 35);
    assert_memory_equal(left.at + left.len - 35,
                        "\xee\x80\x81"
                        "00000000000000000000000000000000",
                        35);
    left.len -= 35;
    while (left.len > 0) {
        bool is_mark = str_starts_with(left, STR("\xee\x80\x80"));

        assert_true(len < sizeof out - 2);
        out[len++] = is_mark ? '@' : left.at[0];
        left = str_slice(left, is_mark ? 3 : 1, SIZE_MAX);
    }
    out[len] = '\0';
    buf_release(&words);
    return out;
}

static void messages_become_words(void **state)
{
    (void)state;
    assert_string_equal(written(STR("")), "");
    assert_string_equal(written(STR("Hello, World! Hello")), "hello world hello ");
    assert_string_equal(written(STR("東京都")), "東京 京都 @東 @京 @都 ");
    assert_string_equal(written(STR("中")), "@中 ");
    assert_string_equal(written(STR("中 国")), "@中 @国 ");
    assert_string_equal(written(STR("東 is 東京, ok")), "is 東京 ok @東 @京 ");
    assert_string_equal(written(STR("👍👍")), "👍👍 @👍 ");
    /* No text can say what the marks say. */
    assert_string_equal(written(STR("\xee\x80\x80"
                                    "a \xee\x80\x81"
                                    "00")),
                        "a 00 ");
}

static void many_different_signs_are_all_there(void **state)
{
    char text[3 * 6000];
    const char *out;
    size_t marks_count = 0;

    (void)state;
    for (size_t i = 0; i < sizeof text / 3; i++) {
        unsigned point = 0x4E00 + (unsigned)i;

        text[3 * i] = (char)(0xE0 | (point >> 12));
        text[3 * i + 1] = (char)(0x80 | ((point >> 6) & 0x3F));
        text[3 * i + 2] = (char)(0x80 | (point & 0x3F));
    }
    out = written(str_of(text, sizeof text));
    for (size_t i = 0; out[i] != '\0'; i++) marks_count += out[i] == '@';
    assert_int_equal(marks_count, sizeof text / 3);
}

/* The text that becomes the most words: three bytes are six signs. */
static void the_longest_text_fits(void **state)
{
    static char text[MESSAGE_TEXT_BYTES_MAX];
    static const struct uuid nil;
    struct buf words;

    (void)state;
    for (size_t i = 0; i + 3 <= sizeof text; i += 3) memcpy(text + i, "\xe3\x8c\x96", 3);
    buf_init(&words, SEARCH_TEXT_BYTES_MAX);
    search_text_write(&nil, str_of(text, sizeof text), &words);
    assert_false(buf_overflowed(&words));
    buf_release(&words);

    /* And one that would not: what fits is there. */
    buf_init(&words, 8);
    search_text_write(&nil, STR("one two three"), &words);
    assert_true(buf_overflowed(&words));
    assert_true(str_starts_with(buf_str(&words), STR("one two")));
    buf_release(&words);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_become_words),
        cmocka_unit_test(many_different_signs_are_all_there),
        cmocka_unit_test(the_longest_text_fits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
