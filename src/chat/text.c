// SPDX-License-Identifier: Apache-2.0
/* text.c — tables of code points. They list what Unicode 15 calls White_Space, the controls, and
 * what Default_Ignorable_Code_Point adds; joiners and variation selectors are ignorable, so they
 * count as nothing only when there is nothing else. Text is never changed, only judged; a name is
 * cut to what is between its outer white space. */
#include "chat/text.h"

struct range {
    uint32_t first;
    uint32_t last;
};

static const struct range blank[] = {
    {0x0000, 0x0020}, {0x007F, 0x00A0},   {0x00AD, 0x00AD},   {0x034F, 0x034F},   {0x061C, 0x061C},
    {0x115F, 0x1160}, {0x1680, 0x1680},   {0x17B4, 0x17B5},   {0x180B, 0x180F},   {0x2000, 0x200F},
    {0x2028, 0x202F}, {0x205F, 0x206F},   {0x2800, 0x2800}, /* an empty Braille cell */
    {0x3000, 0x3000}, {0x3164, 0x3164},   {0xFE00, 0xFE0F},   {0xFEFF, 0xFEFF},   {0xFFA0, 0xFFA0},
    {0xFFF0, 0xFFF8}, {0x1BCA0, 0x1BCA3}, {0x1D173, 0x1D17A}, {0xE0000, 0xE0FFF},
};

static const struct range unfit_for_names[] = {
    {0x0000, 0x001F}, {0x007F, 0x009F}, {0x2028, 0x2029},
    {0x202A, 0x202E}, {0x2066, 0x2069}, /* embeddings, overrides and isolates */
};

#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])

static bool is_in(uint32_t point, const struct range *ranges, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (point >= ranges[i].first && point <= ranges[i].last) return true;
    return false;
}

/* The code point at `at`, which moves past it. */
static uint32_t next_point(struct str s, size_t *at)
{
    uint8_t lead = (uint8_t)s.at[(*at)++];
    uint32_t point = lead;

    if (lead < 0x80) return point;
    point = lead >= 0xF0 ? lead & 0x07u : lead >= 0xE0 ? lead & 0x0Fu : lead & 0x1Fu;
    while (*at < s.len && ((uint8_t)s.at[*at] & 0xC0) == 0x80)
        point = point << 6 | ((uint8_t)s.at[(*at)++] & 0x3Fu);
    return point;
}

bool text_is_blank(struct str s)
{
    size_t at = 0;

    while (at < s.len)
        if (!is_in(next_point(s, &at), blank, COUNT_OF(blank))) return false;
    return true;
}

size_t text_chars_count(struct str s)
{
    size_t count = 0;

    for (size_t i = 0; i < s.len; i++)
        if (((uint8_t)s.at[i] & 0xC0) != 0x80) count++;
    return count;
}

bool text_is_one_line(struct str s)
{
    size_t at = 0;

    while (at < s.len)
        if (is_in(next_point(s, &at), unfit_for_names, COUNT_OF(unfit_for_names))) return false;
    return true;
}

enum result text_clean_name(struct str *s, const char *field, size_t bytes_max,
                            struct problem *problem)
{
    struct str name = str_trim(*s);

    if (text_is_blank(name))
        return problem_set(problem, R_INVALID, "blank_name", field,
                           "The field \"%s\" must have something to see in it.", field);
    if (name.len > bytes_max)
        return problem_set(problem, R_INVALID, "name_too_long", field,
                           "The field \"%s\" has %zu bytes; at most %zu are allowed.", field,
                           name.len, bytes_max);
    if (!text_is_one_line(name))
        return problem_set(problem, R_INVALID, "name_has_controls", field,
                           "The field \"%s\" must not contain line breaks or control characters.",
                           field);
    *s = name;
    return R_OK;
}
