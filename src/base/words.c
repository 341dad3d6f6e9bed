// SPDX-License-Identifier: Apache-2.0
/* words.c — cutting and folding.
 * The text is looked at in clusters: a character and the marks that stand on it. A cluster is taken
 * apart (Unicode's compatibility decomposition with case folding), loses what people leave out when
 * they type, and is put together again; what comes out is cut into words. One cluster may become
 * several letters ("ﬁ"), or none (a soft hyphen). Nothing is allocated.
 * What is left out: stemming, synonyms, dictionaries. Whoever looks for "mouse" does not find
 * "mice". */
#include "base/words.h"

#include <utf8proc.h>

#include "base/check.h"

#define MARKS_MAX 4u /* on one character; the others say nothing */
#define NO_SIGN SIZE_MAX

/* A ligature of Arabic becomes 18 letters, no other character more; a mark becomes two; and a plain
 * letter may be two. */
static_assert(WORDS_CLUSTER_MAX >= 18 + 2 * MARKS_MAX + 1, "every cluster fits");
static_assert(WORD_BYTES_MAX >= 4 * (1 + 2 * MARKS_MAX), "a sign with its marks fits");

struct range {
    int32_t first;
    int32_t last;
};

static bool is_in(const struct range *ranges, size_t count, int32_t point)
{
    for (size_t i = 0; i < count && point >= ranges[i].first; i++) {
        if (point <= ranges[i].last) return true;
    }
    return false;
}
#define IS_IN(ranges, point) is_in((ranges), sizeof(ranges) / sizeof((ranges)[0]), (point))

/* Letters of scripts without spaces between words, after folding; in rising order. */
static const struct range sign_scripts[] = {
    {0x0E00, 0x0EFF},   /* Thai, Lao */
    {0x1000, 0x11FF},   /* Myanmar; Georgian is taken out below; the parts of Hangul */
    {0x1780, 0x17FF},   /* Khmer */
    {0x1950, 0x19DF},   /* Tai Le, New Tai Lue */
    {0x1A20, 0x1AAF},   /* Tai Tham */
    {0x3005, 0x3007},   /* the repetition mark and the zero of Han */
    {0x3041, 0x31FF},   /* Hiragana, Katakana, Bopomofo, the parts of Hangul */
    {0x3400, 0xA4CF},   /* Han, Yi */
    {0xA9E0, 0xA9FF},   /* Myanmar */
    {0xAA60, 0xAADF},   /* Myanmar, Tai Viet */
    {0xAC00, 0xD7FF},   /* Hangul */
    {0xF900, 0xFAFF},   /* Han */
    {0x16FE0, 0x18DFF}, /* Tangut and its like */
    {0x1AFF0, 0x1B2FF}, /* old and small kana, Nüshu */
    {0x20000, 0x3FFFF}, /* Han */
};
static const struct range georgian[] = {{0x10A0, 0x10FF}};

/* Points of vowels, which are rarely typed: Hebrew, Arabic. */
static const struct range vowel_points[] = {{0x0591, 0x05C7}, {0x064B, 0x065F}, {0x0670, 0x0670}};
static const struct range marks_of_letters[] = {{0x0300, 0x036F}};
static const struct range latin_and_greek[] = {{'a', 'z'}, {0x00C0, 0x024F}, {0x0370, 0x03FF}};

/* Latin letters that have no decomposition and are typed as others, or as two; in rising order. */
#define PLAIN_LETTER_LAST 0x0167
static const struct {
    int32_t from;
    int32_t to[2];
} plain_letters[] = {
    {0x00E6, {'a', 'e'}}, {0x00F0, {'d', 0}},
    {0x00F8, {'o', 0}},   {0x00FE, {'t', 'h'}},
    {0x0111, {'d', 0}},   {0x0127, {'h', 0}},
    {0x0131, {'i', 0}},   {0x0142, {'l', 0}},
    {0x0153, {'o', 'e'}}, {PLAIN_LETTER_LAST, {'t', 0}},
};

const char *words_unicode_version(void)
{
    return utf8proc_unicode_version();
}

/* ---- clusters ---- */

static bool is_mark(int32_t point)
{
    utf8proc_category_t category = utf8proc_category(point);

    return category == UTF8PROC_CATEGORY_MN || category == UTF8PROC_CATEGORY_MC ||
           category == UTF8PROC_CATEGORY_ME;
}

/* The vowels and endings of Hangul that was taken apart stand on what is before them, and so do the
 * voice marks of narrow Katakana. */
static const struct range attached_letters[] = {{0x1160, 0x11FF}, {0xFF9E, 0xFF9F}};

static bool is_attached(int32_t point)
{
    return is_mark(point) || IS_IN(attached_letters, point);
}

/* The code point at `at`, or -1 for bytes that are none; `len` gets how many bytes. */
static int32_t point_at(struct str text, size_t at, size_t *len)
{
    int32_t point = -1;
    utf8proc_ssize_t bytes =
        utf8proc_iterate((const uint8_t *)text.at + at, (utf8proc_ssize_t)(text.len - at), &point);

    *len = bytes > 0 ? (size_t)bytes : 1;
    return bytes > 0 ? point : -1;
}

/* What stays as it is when nothing stands on it. */
static bool is_inert(int32_t point)
{
    const utf8proc_property_t *p = utf8proc_get_property(point);

    return p->decomp_seqindex == UINT16_MAX && p->casefold_seqindex == UINT16_MAX && !p->ignorable;
}

/* Leave out what people do not type, in place; returns how many stay. */
static size_t strip_marks(int32_t *points, size_t count)
{
    size_t kept = 0;
    int32_t letter = 0;

    for (size_t i = 0; i < count; i++) {
        int32_t point = points[i];
        bool is_yo = letter == 0x0435 && point == 0x0308; /* ё is written е, but й is not и */

        if (IS_IN(vowel_points, point)) continue;
        if (IS_IN(marks_of_letters, point) && (is_yo || IS_IN(latin_and_greek, letter))) continue;
        if (!is_mark(point)) letter = point;
        points[kept++] = point;
    }
    return kept;
}

/* Returns how many there are then. */
static size_t put_plain_letters(int32_t *points, size_t count)
{
    size_t i = 0;

    if (points[0] < plain_letters[0].from || points[0] > PLAIN_LETTER_LAST) return count;
    while (plain_letters[i].from < points[0]) i++;
    if (plain_letters[i].from != points[0]) return count;
    points[0] = plain_letters[i].to[0];
    if (plain_letters[i].to[1] == 0) return count;
    memmove(&points[2], &points[1], (count - 1) * sizeof points[0]);
    points[1] = plain_letters[i].to[1];
    return count + 1;
}

static void fold(struct words *w, size_t len)
{
    const utf8proc_option_t how = UTF8PROC_COMPAT | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE |
                                  UTF8PROC_DECOMPOSE | UTF8PROC_STABLE;
    utf8proc_ssize_t count =
        utf8proc_decompose((const uint8_t *)w->text.at + w->cluster_start, (utf8proc_ssize_t)len,
                           w->points, WORDS_CLUSTER_MAX, how);

    CHECK(count >= 0 && count <= (utf8proc_ssize_t)WORDS_CLUSTER_MAX);
    count = (utf8proc_ssize_t)strip_marks(w->points, (size_t)count);
    count = utf8proc_normalize_utf32(w->points, count, UTF8PROC_COMPOSE | UTF8PROC_STABLE);
    CHECK(count >= 0);
    w->points_count = (size_t)count;
}

/* False: the text is at its end. */
static bool load_cluster(struct words *w)
{
    size_t marks_count = 0;
    size_t folded_end;
    size_t len;
    int32_t first;

    if (w->at == w->text.len) return false;
    w->cluster_start = w->at;
    w->points_used = 0;
    w->points_count = 1;
    first = point_at(w->text, w->at, &len);
    w->at += len;
    folded_end = w->at;
    while (first >= 0 && w->at < w->text.len && (uint8_t)w->text.at[w->at] >= 0x80) {
        int32_t next = point_at(w->text, w->at, &len);

        if (next < 0 || !is_attached(next)) break;
        w->at += len;
        if (marks_count++ < MARKS_MAX) folded_end = w->at;
    }
    w->cluster_end = w->at;
    if (first < 0) w->points[0] = ' ';
    else if (marks_count == 0 && first < 0x80)
        w->points[0] = first >= 'A' && first <= 'Z' ? first + ('a' - 'A') : first;
    else if (marks_count == 0 && is_inert(first)) w->points[0] = first;
    else fold(w, folded_end - w->cluster_start);
    if (w->points_count > 0) w->points_count = put_plain_letters(w->points, w->points_count);
    return true;
}

/* ---- words ---- */

enum part { PART_SEPARATOR, PART_LETTER, PART_SIGN, PART_MARK };

/* The categories that are not named separate. */
static const enum part part_of_category[] = {
    [UTF8PROC_CATEGORY_LU] = PART_LETTER,    [UTF8PROC_CATEGORY_LL] = PART_LETTER,
    [UTF8PROC_CATEGORY_LT] = PART_LETTER,    [UTF8PROC_CATEGORY_LM] = PART_LETTER,
    [UTF8PROC_CATEGORY_LO] = PART_LETTER,    [UTF8PROC_CATEGORY_ND] = PART_LETTER,
    [UTF8PROC_CATEGORY_NL] = PART_LETTER,    [UTF8PROC_CATEGORY_NO] = PART_LETTER,
    [UTF8PROC_CATEGORY_MN] = PART_MARK,      [UTF8PROC_CATEGORY_MC] = PART_MARK,
    [UTF8PROC_CATEGORY_ME] = PART_MARK,      [UTF8PROC_CATEGORY_SO] = PART_SIGN, /* emoji */
    [UTF8PROC_CATEGORY_CO] = PART_SEPARATOR,
};

static bool is_sign_script(int32_t point)
{
    return IS_IN(sign_scripts, point) && !IS_IN(georgian, point);
}

static enum part part_of(int32_t point)
{
    enum part part;

    if (point < 0x80) {
        bool is_letter = (point >= 'a' && point <= 'z') || (point >= '0' && point <= '9');

        return is_letter ? PART_LETTER : PART_SEPARATOR;
    }
    part = part_of_category[utf8proc_category(point)];
    return part == PART_LETTER && is_sign_script(point) ? PART_SIGN : part;
}

/* Past the bound the rest is left out, also what would fit again: a long word is cut in the same
 * place wherever it stands. */
static void append(struct word *out, int32_t point)
{
    uint8_t bytes[4] = {(uint8_t)point};
    size_t len = point < 0x80 ? 1 : (size_t)utf8proc_encode_char(point, bytes);

    out->is_cut = out->is_cut || out->len + len > sizeof out->folded;
    if (out->is_cut) return;
    memcpy(out->folded + out->len, bytes, len);
    out->len += len;
}

static void take_sign(struct words *w, struct word *out)
{
    *out = (struct word){
        .kind = WORD_SIGN,
        .start = w->cluster_start,
        .end = w->cluster_end,
        .is_joined = w->sign_end == w->cluster_start || w->points_used > 0,
    };
    if (w->sign_end == NO_SIGN) out->is_joined = false;
    append(out, w->points[w->points_used++]);
    while (w->points_used < w->points_count && part_of(w->points[w->points_used]) == PART_MARK)
        append(out, w->points[w->points_used++]);
    w->sign_end = w->cluster_end;
}

/* ---- the same for the most usual characters, which are done with at a glance ---- */

static bool is_ascii_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static void skip_ascii_separators(struct words *w)
{
    while (w->at < w->text.len && (uint8_t)w->text.at[w->at] < 0x80 &&
           !is_ascii_letter(w->text.at[w->at])) {
        w->at++;
        w->sign_end = NO_SIGN;
    }
}

/* But for the last one before something else, which may have a mark on it. */
static void take_ascii_letters(struct words *w, struct word *out)
{
    while (w->at + 1 < w->text.len && is_ascii_letter(w->text.at[w->at]) &&
           (uint8_t)w->text.at[w->at + 1] < 0x80) {
        char c = w->text.at[w->at++];

        append(out, c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
        out->end = w->at;
    }
}

/* ---- words, one after the other ---- */

void words_init(struct words *w, struct str text)
{
    *w = (struct words){.text = text, .sign_end = NO_SIGN};
}

bool words_next(struct words *w, struct word *out)
{
    bool is_open = false;

    for (;;) {
        int32_t point;

        if (w->points_used == w->points_count) {
            if (is_open) take_ascii_letters(w, out);
            else skip_ascii_separators(w);
            if (!load_cluster(w)) return is_open;
            continue; /* it may be empty */
        }
        point = w->points[w->points_used];
        switch (part_of(point)) {
        case PART_LETTER:
            if (!is_open) *out = (struct word){.kind = WORD_LETTERS, .start = w->cluster_start};
            is_open = true;
            append(out, point);
            out->end = w->cluster_end;
            break;
        case PART_MARK: /* on a letter, or on nothing */
            if (is_open) append(out, point);
            if (is_open) out->end = w->cluster_end;
            break;
        case PART_SIGN:
            if (is_open) return true;
            take_sign(w, out);
            return true;
        case PART_SEPARATOR:
            w->points_used++;
            w->sign_end = NO_SIGN;
            if (is_open) return true;
            continue;
        }
        w->points_used++;
        w->sign_end = NO_SIGN;
    }
}
