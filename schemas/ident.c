#include "schemas/ident.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define NUMBER_BITS       44
#define NUMBER_MAX        ((UINT64_C(1) << NUMBER_BITS) - 1)
#define JOURNAL_DIGITS    6
#define NUMBER_DIGITS     6 /* at least; more when the number needs them */
#define NUMBER_DIGITS_MAX 14

uint64_t ident_pack(uint32_t journal, uint64_t number)
{
    return (uint64_t)journal << NUMBER_BITS | (number & NUMBER_MAX);
}

uint32_t ident_journal(uint64_t id)
{
    return (uint32_t)(id >> NUMBER_BITS);
}

uint64_t ident_number(uint64_t id)
{
    return id & NUMBER_MAX;
}

/* ISO 7064 MOD 37,36 catches every single wrong digit and nearly every swap, which is what people do on the phone. */
static char check_character(const char *text)
{
    unsigned product = 36;
    for (; *text; text++) {
        if (*text == '-')
            continue;
        unsigned sum = (product + (unsigned)(*text - '0')) % 36;
        product = (sum ? sum : 36) * 2 % 37;
    }
    return "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"[(37 - product) % 36];
}

void ident_format(uint64_t id, char out[IDENT_TEXT_BYTES])
{
    int n = snprintf(out, IDENT_TEXT_BYTES, "%0*" PRIu32 "-%0*" PRIu64, JOURNAL_DIGITS, ident_journal(id),
                     NUMBER_DIGITS, ident_number(id));
    char check = check_character(out);
    snprintf(out + n, (size_t)(IDENT_TEXT_BYTES - n), "-%c", check);
}

/* Digits up to the next dash; their count, or 0 when there are none or too many. */
static size_t read_number(const char *text, size_t digits_max, uint64_t *value)
{
    size_t n = strspn(text, "0123456789");
    if (n > digits_max)
        return 0;
    *value = 0;
    for (size_t i = 0; i < n; i++)
        *value = *value * 10 + (uint64_t)(text[i] - '0');
    return n;
}

/* What formats back to the same text is right: the check character, leading zeros and ranges are tested at once. */
int ident_parse(const char *text, uint64_t *id)
{
    uint64_t journal, number;
    if (!text || read_number(text, JOURNAL_DIGITS, &journal) != JOURNAL_DIGITS || text[JOURNAL_DIGITS] != '-')
        return -EINVAL;
    size_t digits = read_number(text + JOURNAL_DIGITS + 1, NUMBER_DIGITS_MAX, &number);
    if (!digits || number == 0 || number > NUMBER_MAX)
        return -EINVAL;
    char again[IDENT_TEXT_BYTES];
    ident_format(ident_pack((uint32_t)journal, number), again);
    if (strcasecmp(again, text) != 0)
        return -EINVAL;
    *id = ident_pack((uint32_t)journal, number);
    return 0;
}
