#include "cli/when.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/cli.h"

/* Floors, so that times before 1970 keep their milliseconds positive. */
static time_t seconds_of(int64_t at_ms, int *rest_ms)
{
    *rest_ms = (int)(((at_ms % 1000) + 1000) % 1000);
    return (time_t)((at_ms - *rest_ms) / 1000);
}

const char *when_text(int64_t at_ms, bool utc, char out[WHEN_TEXT_BYTES])
{
    int rest_ms;
    time_t seconds = seconds_of(at_ms, &rest_ms);
    struct tm broken;
    out[0] = '\0';
    if (at_ms && (utc ? gmtime_r(&seconds, &broken) : localtime_r(&seconds, &broken)))
        strftime(out, WHEN_TEXT_BYTES, utc ? "%Y-%m-%d %H:%M:%SZ" : "%Y-%m-%d %H:%M:%S", &broken);
    return out;
}

const char *when_rfc3339(int64_t at_ms, char out[WHEN_TEXT_BYTES])
{
    int rest_ms;
    time_t seconds = seconds_of(at_ms, &rest_ms);
    struct tm broken;
    char day[32] = "";
    if (gmtime_r(&seconds, &broken))
        strftime(day, sizeof(day), "%Y-%m-%dT%H:%M:%S", &broken);
    snprintf(out, WHEN_TEXT_BYTES, "%s.%03dZ", day, rest_ms);
    return out;
}

const char *when_span(int64_t span_ms, char out[WHEN_TEXT_BYTES])
{
    const char *sign = span_ms < 0 ? "-" : "";
    int64_t seconds = llabs(span_ms) / 1000;
    if (seconds < 60)
        snprintf(out, WHEN_TEXT_BYTES, _("%s%ds"), sign, (int)seconds);
    else if (seconds < 3600)
        snprintf(out, WHEN_TEXT_BYTES, _("%s%dm%02ds"), sign, (int)(seconds / 60), (int)(seconds % 60));
    else if (seconds < 86400)
        snprintf(out, WHEN_TEXT_BYTES, _("%s%dh%02dm"), sign, (int)(seconds / 3600), (int)(seconds / 60 % 60));
    else
        snprintf(out, WHEN_TEXT_BYTES, _("%s%dd%02dh"), sign, (int)(seconds / 86400), (int)(seconds / 3600 % 24));
    return out;
}

int when_parse_offset(const char *text, int *offset_minutes)
{
    if (strcmp(text, "Z") == 0 || strcmp(text, "z") == 0) {
        *offset_minutes = 0;
        return 0;
    }
    size_t length = strlen(text);
    bool colon = length == 6 && text[3] == ':';
    if ((text[0] != '+' && text[0] != '-') || (length != 5 && !colon))
        return -EINVAL;
    char digits[5] = {text[1], text[2], text[colon ? 4 : 3], text[colon ? 5 : 4], 0};
    if (strspn(digits, "0123456789") != 4)
        return -EINVAL;
    int hours = (digits[0] - '0') * 10 + digits[1] - '0', minutes = (digits[2] - '0') * 10 + digits[3] - '0';
    if (hours > 14 || minutes > 59)
        return -EINVAL;
    *offset_minutes = (text[0] == '-' ? -1 : 1) * (hours * 60 + minutes);
    return 0;
}

/* strptime takes "31 February"; going there and back shows it. */
static bool real_date(const struct tm *broken)
{
    struct tm again = *broken;
    timegm(&again);
    return again.tm_mday == broken->tm_mday && again.tm_mon == broken->tm_mon && broken->tm_sec < 60;
}

int when_parse_tm(const struct tm *broken, int64_t *at_ms)
{
    struct tm copy = *broken;
    if (!real_date(broken))
        return -EINVAL;
    *at_ms = (int64_t)timegm(&copy) * 1000;
    return 0;
}

/* ".250" → 250 and *text after it; any number of digits, the first three count. */
static int fraction_ms(const char **text)
{
    if (**text != '.')
        return 0;
    int value = 0, digits = 0;
    for ((*text)++; **text >= '0' && **text <= '9'; (*text)++)
        if (digits++ < 3)
            value = value * 10 + **text - '0';
    while (digits && digits++ < 3)
        value *= 10;
    return digits ? value : -1;
}

int when_parse_rfc3339(const char *text, int64_t *at_ms)
{
    struct tm broken = {0};
    int offset_minutes;
    const char *rest = strptime(text, "%Y-%m-%d", &broken);
    if (!rest || rest != text + 10 || !strchr("Tt ", *rest) || !*rest)
        return -EINVAL;
    const char *clock = rest + 1;
    rest = strptime(clock, "%H:%M:%S", &broken);
    if (!rest || rest != clock + 8 || !real_date(&broken))
        return -EINVAL;
    int fraction = fraction_ms(&rest);
    if (fraction < 0 || when_parse_offset(rest, &offset_minutes) != 0)
        return -EINVAL;
    *at_ms = ((int64_t)timegm(&broken) - offset_minutes * 60) * 1000 + fraction;
    return 0;
}

int when_parse(const char *text, int64_t *at_ms)
{
    static const char *const forms[] = {"%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d"};
    if (when_parse_rfc3339(text, at_ms) == 0)
        return 0;
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        struct tm broken = {.tm_isdst = -1};
        const char *rest = strptime(text, forms[i], &broken);
        if (rest && !*rest && real_date(&broken)) {
            *at_ms = (int64_t)mktime(&broken) * 1000;
            return 0;
        }
    }
    return -EINVAL;
}

int when_parse_span(const char *text, int64_t *span_ms)
{
    static const struct {
        char unit;
        int64_t ms;
    } units[] = {{'d', 24 * 3600000LL}, {'h', 3600000}, {'m', 60000}, {'s', 1000}};
    *span_ms = 0;
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]) && *text; i++) {
        char *end;
        long n = *text >= '0' && *text <= '9' ? strtol(text, &end, 10) : -1;
        if (n < 0 || n > 1000000)
            return -EINVAL;
        if (*end != units[i].unit)
            continue;
        *span_ms += n * units[i].ms;
        text = end + 1;
    }
    return *text || *span_ms == 0 ? -EINVAL : 0;
}
