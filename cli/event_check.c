#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "broker/base/limits.h"
#include "cli/cli.h"
#include "cli/custodian.h"
#include "cli/events.h"

bool bad_line(struct bad_line *bad, struct arena *arena, const char *field, const char *format, ...)
{
    char *text = NULL;
    va_list arguments;
    va_start(arguments, format);
    bool written = vasprintf(&text, format, arguments) >= 0;
    va_end(arguments);
    bad->field = arena_strdup(arena, field);
    bad->what = arena_strdup(arena, written ? text : format);
    free(text);
    return false;
}

/* Length of one well-formed character (RFC 3629: no surrogates, no overlong forms), 0 when it is none. */
static size_t utf8_length(const unsigned char *at)
{
    static const unsigned char least[] = {0, 0, 0x80, 0xa0, 0x90};
    size_t length = at[0] < 0x80                    ? 1
                    : at[0] >= 0xc2 && at[0] < 0xe0 ? 2
                    : (at[0] & 0xf0) == 0xe0        ? 3
                    : at[0] >= 0xf0 && at[0] < 0xf5 ? 4
                                                    : 0;
    for (size_t i = 1; i < length; i++)
        if ((at[i] & 0xc0) != 0x80)
            return 0;
    bool overlong = (at[0] == 0xe0 || at[0] == 0xf0) && at[1] < least[length];
    bool beyond = (at[0] == 0xed && at[1] >= 0xa0) || (at[0] == 0xf4 && at[1] >= 0x90);
    return overlong || beyond ? 0 : length;
}

/* The offset of the first byte that is not UTF-8; the length when all is. */
static size_t utf8_prefix(const char *text)
{
    size_t at = 0, length;
    while (text[at] && (length = utf8_length((const unsigned char *)text + at)) != 0)
        at += length;
    return at;
}

struct text_rule {
    const char *field, *text;
    size_t limit_bytes;
    bool needed;
};

static bool check_text(const struct text_rule *rule, struct arena *arena, struct bad_line *bad)
{
    if (!rule->text || !*rule->text)
        return !rule->needed || bad_line(bad, arena, rule->field, _("missing"));
    size_t length = strlen(rule->text), well = utf8_prefix(rule->text);
    if (well < length)
        return bad_line(bad, arena, rule->field, _("not UTF-8 at byte %zu"), well + 1);
    if (length > rule->limit_bytes)
        return bad_line(bad, arena, rule->field, _("%zu bytes, at most %zu"), length, rule->limit_bytes);
    return true;
}

static bool check_texts(const struct event *event, struct arena *arena, struct bad_line *bad)
{
    const struct text_rule rules[] = {
        {"id", event->id, ID_MAX_BYTES, true},
        {"type", event->type, CODE_MAX_BYTES, true},
        {"area", event->place.area, CODE_MAX_BYTES, false},
        {"address", event->place.address, ADDRESS_MAX_BYTES, false},
        {"text", event->text, TEXT_MAX_BYTES, false},
        {"source_ref", event->source_ref, ID_MAX_BYTES, false},
        {"recurrence_of", event->recurrence_of, ID_MAX_BYTES, false},
        {"evidence", event->evidence, TEXT_MAX_BYTES, false},
        {"object", event->object, CODE_MAX_BYTES, false},
        {"about", event->about, ABOUT_MAX_BYTES, false},
    };
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
        if (!check_text(&rules[i], arena, bad))
            return false;
    return true;
}

static bool check_point(const struct place *place, struct arena *arena, struct bad_line *bad)
{
    if (!place->has_point)
        return true;
    if (!isfinite(place->latitude) || place->latitude < -90 || place->latitude > 90)
        return bad_line(bad, arena, "point.lat", _("not a latitude from -90 to 90"));
    if (!isfinite(place->longitude) || place->longitude < -180 || place->longitude > 180)
        return bad_line(bad, arena, "point.lon", _("not a longitude from -180 to 180"));
    if (!place->system)
        return bad_line(bad, arena, "point.system", _("missing: wgs84, gcj02, bd09 or cgcs2000"));
    return true;
}

static bool check_attachments(const struct event *event, struct arena *arena, struct bad_line *bad)
{
    if (event->attachment_count > ATTACHMENTS_MAX)
        return bad_line(bad, arena, "attachments", _("%zu of them, at most %d"), event->attachment_count,
                        ATTACHMENTS_MAX);
    for (size_t i = 0; i < event->attachment_count; i++) {
        const struct attachment *attachment = &event->attachments[i];
        const struct text_rule uri = {"attachments.uri", attachment->uri, ADDRESS_MAX_BYTES, true};
        const struct text_rule media = {"attachments.media_type", attachment->media_type, ADDRESS_MAX_BYTES, false};
        if (!check_text(&uri, arena, bad) || !check_text(&media, arena, bad))
            return false;
        if (attachment->sha256.len && attachment->sha256.len != 32)
            return bad_line(bad, arena, "attachments.sha256", _("not 64 hexadecimal digits"));
    }
    return true;
}

bool event_seal(struct event *event, const char *field, const char *text, struct arena *arena, struct bad_line *bad)
{
    if (!*text || custodian_seal(arena, text, &event->reporter))
        return true;
    return bad_line(bad, arena, field, _("not sealed: --custodian names no key, or the text is too long"));
}

bool event_check(const struct event *event, struct arena *arena, struct bad_line *bad)
{
    if (!check_texts(event, arena, bad) || !check_point(&event->place, arena, bad) ||
        !check_attachments(event, arena, bad))
        return false;
    if (event->severity < 0 || event->severity > 4)
        return bad_line(bad, arena, "severity", _("not 1 to 4"));
    if (event->reporter.len > SEALED_MAX_BYTES)
        return bad_line(bad, arena, "reporter", _("%zu bytes, at most %d"), event->reporter.len, SEALED_MAX_BYTES);
    return true;
}
