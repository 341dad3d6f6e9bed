// SPDX-License-Identifier: Apache-2.0
/* words_test.c — texts in many scripts, cut and folded; places in the text; the bound of a word. */
#include "base/words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* The words of a text with a space before each, "+" instead before a sign that is joined. */
static const char *cut(struct str text)
{
    static char out[4096];
    struct words words;
    struct word word;
    size_t at = 0;
    size_t end = 0;

    words_init(&words, text);
    while (words_next(&words, &word)) {
        assert_true(word.start < word.end && word.end <= text.len);
        assert_true(word.end > end || word.start + 1 < word.end); /* they go forward */
        assert_true(word.len > 0 && str_is_utf8(word_str(&word)));
        assert_true(word.kind == WORD_SIGN || !word.is_joined);
        end = word.end;
        at += (size_t)snprintf(out + at, sizeof out - at, "%s%.*s",
                               word.is_joined ? "+" : (at == 0 ? "" : " "), (int)word.len,
                               word.folded);
    }
    out[at] = '\0';
    return out;
}

static void texts_are_cut_and_folded(void **state)
{
    static const struct {
        const char *text;
        const char *words;
    } rows[] = {
        {"", ""},
        {" \t\n.,;!?\"'()*^-", ""},
        {"Hello, World!", "hello world"},
        {"snake_case and kebab-case", "snake case and kebab case"},
        {"ada@example.org 3.14 a1b2", "ada example org 3 14 a1b2"},
        {"Don't", "don t"},
        /* Latin: marks, ligatures, letters without a decomposition, both normal forms. */
        {"Crème BRÛLÉE", "creme brulee"},
        {"cre\xcc\x80me", "creme"},
        {"Żółć Łódź øre Ægir Þór œuvre", "zolc lodz ore aegir thor oeuvre"},
        {"Straße ﬁne İstanbul ısı", "strasse fine istanbul isi"},
        {"Việt Nam", "viet nam"},
        {"ｆｕｌｌ Ｗｉｄｔｈ １２", "full width 12"},
        {"co\xc2\xad"
         "operate",
         "cooperate"}, /* a soft hyphen is not there */
        /* Other alphabets. */
        {"ΑΘΉΝΑ Αθήνα", "αθηνα αθηνα"},
        {"Ёлка ЙОД и\xcc\x86од", "елка йод йод"},
        {"שָׁלוֹם", "שלום"},
        {"مُحَمَّد آب أحمد", "محمد اب احمد"},
        {"हिन्दी भाषा", "हिन्दी भाषा"},
        {"ქართული", "ქართული"},
        /* Signs. */
        {"東京都に行く", "東+京+都+に+行+く"},
        {"東京, 大阪 カー", "東+京 大+阪 カ+ー"},
        {"ﾊﾟﾝ ハ\xe3\x82\x9a", "パ+ン パ"},
        {"iPhone東京2024年", "iphone 東+京 2024 年"},
        {"한국어 \xe1\x84\x92\xe1\x85\xa1\xe1\x86\xab", "한+국+어 한"},
        {"กินข้าว", "กิ+น+ข้+า+ว"},
        {"㌔", "キ+ロ"},
        {"ok👍👍 🎉", "ok 👍+👍 🎉"},
        {"👩\xe2\x80\x8d💻", "👩 💻"},
        {"中·文", "中 文"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *words = cut(str_from(rows[i].text));

        if (strcmp(words, rows[i].words) != 0)
            fail_msg("\"%s\" is \"%s\", not \"%s\"", rows[i].text, words, rows[i].words);
    }
    assert_true(strlen(words_unicode_version()) > 0);
}

static void what_is_not_text_separates(void **state)
{
    (void)state;
    assert_string_equal(cut(STR("a\0b\x01"
                                "c\x7f"
                                "d")),
                        "a b c d");
    assert_string_equal(cut(STR("ab\xff"
                                "cd\xc3")),
                        "ab cd");
    assert_string_equal(cut(STR("\xed\xa0\x80"
                                "x\xf8\x88\x80\x80\x80y")),
                        "x y");
    assert_string_equal(cut(STR("\xee\x80\x80one\xee\x80\x81two")), "one two"); /* private use */
    assert_string_equal(cut(STR("\xcc\x81 \xcc\x81x")), "x"); /* a mark on nothing */
}

static void a_word_knows_its_place(void **state)
{
    static const char text[] = "… Crème, 東京";
    struct words words;
    struct word word;

    (void)state;
    words_init(&words, str_from(text));
    assert_true(words_next(&words, &word));
    assert_int_equal(word.start, 4);
    assert_int_equal(word.end, 10);
    assert_true(words_next(&words, &word));
    assert_int_equal(word.start, 12);
    assert_int_equal(word.end, 15);
    assert_false(word.is_joined);
    assert_true(words_next(&words, &word));
    assert_int_equal(word.start, 15);
    assert_int_equal(word.end, 18);
    assert_true(word.is_joined);
    assert_false(words_next(&words, &word));
    assert_false(words_next(&words, &word));
}

static struct word first_word(struct str text)
{
    struct words words;
    struct word word;

    words_init(&words, text);
    assert_true(words_next(&words, &word));
    return word;
}

static void a_long_word_is_cut_in_one_place(void **state)
{
    char text[WORD_BYTES_MAX + 8];
    struct word word;

    (void)state;
    memset(text, 'x', sizeof text);
    word = first_word(str_of(text, WORD_BYTES_MAX));
    assert_int_equal(word.len, WORD_BYTES_MAX);
    assert_false(word.is_cut);
    word = first_word(str_of(text, WORD_BYTES_MAX + 1));
    assert_int_equal(word.len, WORD_BYTES_MAX);
    assert_int_equal(word.end, WORD_BYTES_MAX + 1);
    assert_true(word.is_cut);

    /* A letter of two bytes does not fit any more; the one byte after it is not taken instead. */
    memcpy(text + WORD_BYTES_MAX - 1, "\xd0\xb6x", 3);
    word = first_word(str_of(text, WORD_BYTES_MAX + 2));
    assert_int_equal(word.len, WORD_BYTES_MAX - 1);
    assert_true(word.is_cut);
}

static void a_pile_of_marks_is_one_character(void **state)
{
    char text[2 + 2 * 1000];
    struct word word;

    (void)state;
    text[0] = '\xd0'; /* Cyrillic, whose marks stay */
    text[1] = '\xb6';
    for (size_t i = 2; i < sizeof text; i += 2) memcpy(text + i, "\xcd\x87", 2);
    word = first_word(str_of(text, sizeof text));
    assert_int_equal(word.end, sizeof text);
    assert_false(word.is_cut);
    assert_true(word.len < WORD_BYTES_MAX);

    text[0] = 'z';
    text[1] = 'z';
    word = first_word(str_of(text, sizeof text));
    assert_int_equal(word.len, 2);
    assert_int_equal(word.end, sizeof text);
}

/* Every code point, alone and between two letters: no CHECK stops it, and something is found. */
static void every_code_point_goes_through(void **state)
{
    (void)state;
    for (uint32_t point = 0x80; point < 0x110000; point++) {
        char text[8] = {'a'};
        size_t len = 1;

        if (point >= 0xD800 && point < 0xE000) continue;
        if (point < 0x800) {
            text[len++] = (char)(0xC0 | (point >> 6));
        } else if (point < 0x10000) {
            text[len++] = (char)(0xE0 | (point >> 12));
            text[len++] = (char)(0x80 | ((point >> 6) & 0x3F));
        } else {
            text[len++] = (char)(0xF0 | (point >> 18));
            text[len++] = (char)(0x80 | ((point >> 12) & 0x3F));
            text[len++] = (char)(0x80 | ((point >> 6) & 0x3F));
        }
        text[len++] = (char)(0x80 | (point & 0x3F));
        (void)cut(str_of(text + 1, len - 1));
        text[len++] = 'z';
        assert_int_equal(cut(str_of(text, len))[0], 'a');
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_are_cut_and_folded),
        cmocka_unit_test(what_is_not_text_separates),
        cmocka_unit_test(a_word_knows_its_place),
        cmocka_unit_test(a_long_word_is_cut_in_one_place),
        cmocka_unit_test(a_pile_of_marks_is_one_character),
        cmocka_unit_test(every_code_point_goes_through),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
