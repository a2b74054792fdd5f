#include "schemas/typed.h"

#include <stddef.h>
#include <string.h>
#include <utf8proc.h>

#define POINTS_MAX 1280 /* of the longest name, 192 bytes, when each of its characters stands for 18 */

/* The next code point, and the text behind it; 0 at the end. What is not UTF-8 is refused before it comes here. */
static utf8proc_int32_t next_point(const char **text)
{
    utf8proc_int32_t point = 0;
    if (**text == '\0')
        return 0;
    utf8proc_ssize_t bytes = utf8proc_iterate((const utf8proc_uint8_t *)*text, -1, &point);
    *text += bytes > 0 ? bytes : 1;
    return bytes > 0 ? point : 0xfffd;
}

/* U+2800 is the pattern of no dots. */
static bool is_blank(utf8proc_int32_t point)
{
    return point == ' ' || point == 0x2800 || utf8proc_category(point) == UTF8PROC_CATEGORY_ZS;
}

/* Mongolian words are spelt with these: they choose a letter's shape. */
static bool is_spelling(utf8proc_int32_t point)
{
    return point >= 0x180b && point <= 0x180f;
}

/* What has no shape of its own. A character that is not assigned, or a private one, has: rare surnames are written so. */
static bool is_unseen(utf8proc_int32_t point)
{
    switch (utf8proc_category(point)) {
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
        return true;
    default:
        return utf8proc_get_property(point)->ignorable;
    }
}

bool typed_blank(const char *text)
{
    utf8proc_int32_t point;
    if (text && *text > ' ' && *text < 0x7f) /* most is, and an event's id is looked at too */
        return false;
    while (text && (point = next_point(&text)))
        if (!is_blank(point) && !is_unseen(point))
            return false;
    return true;
}

uint32_t typed_name(const char *name, char *out)
{
    char *to = out;
    bool parted = false; /* by blanks, from what is out */
    for (const char *from = name; *from; name = from) {
        utf8proc_int32_t point = next_point(&from);
        if (is_unseen(point) && !is_spelling(point))
            return (uint32_t)point;
        if (is_blank(point)) {
            parted = to != out;
            continue;
        }
        if (parted)
            *to++ = ' ';
        parted = false;
        memcpy(to, name, (size_t)(from - name));
        to += from - name;
    }
    *to = '\0';
    if (typed_blank(out))
        *out = '\0';
    return 0;
}

/* --- the normal form --- */

/* The dot between the parts of a name is typed in as many ways as there are keyboards. */
static utf8proc_int32_t one_dot(utf8proc_int32_t point)
{
    static const utf8proc_int32_t dots[] = {'.', 0x2022, 0x2027, 0x2219, 0x22c5, 0x3002, 0x30fb};
    for (size_t i = 0; i < sizeof(dots) / sizeof(*dots); i++)
        if (point == dots[i])
            return 0xb7;
    return point;
}

/* Compatibility decomposition, case folded, without blanks and what is not seen. Code points; negative: there is none. */
static utf8proc_ssize_t normal_form(const char *name, utf8proc_int32_t out[POINTS_MAX])
{
    utf8proc_option_t how =
        UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT | UTF8PROC_STABLE | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE;
    utf8proc_ssize_t count =
        utf8proc_decompose((const utf8proc_uint8_t *)name, (utf8proc_ssize_t)strlen(name), out, POINTS_MAX, how);
    utf8proc_ssize_t kept = 0;
    if (count < 0 || count > POINTS_MAX)
        return -1;
    for (utf8proc_ssize_t i = 0; i < count; i++)
        if (!is_blank(out[i]))
            out[kept++] = one_dot(out[i]);
    return kept;
}

bool typed_same(const char *a, const char *b)
{
    utf8proc_int32_t points_a[POINTS_MAX], points_b[POINTS_MAX];
    if (strcmp(a, b) == 0)
        return true;
    utf8proc_ssize_t count_a = normal_form(a, points_a), count_b = normal_form(b, points_b);
    return count_a >= 0 && count_a == count_b && memcmp(points_a, points_b, (size_t)count_a * sizeof(*points_a)) == 0;
}
