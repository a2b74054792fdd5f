/* The identities of gate.h: what makes two requests the same request, and two contents the same content. */
#include <string.h>

#include "broker/base/digest.h"
#include "broker/base/limits.h"
#include "broker/base/panic.h"
#include "broker/edge/gate.h"

/* What is hashed: each present field as its tag, its length and its value, so that no two contents read the same. What
 * is absent leaves no trace: a field that a later version adds does not change what was remembered before it. */
#define FIELDS_MAX (32 + 4 * ATTACHMENTS_MAX)
#define HEAD_BYTES 9

struct content {
    struct digest_part parts[2 * FIELDS_MAX];
    uint8_t heads[FIELDS_MAX][HEAD_BYTES], numbers[FIELDS_MAX][8];
    size_t fields;
};

static void little_endian(uint8_t out[8], uint64_t value)
{
    for (int i = 0; i < 8; i++)
        out[i] = (uint8_t)(value >> (8 * i));
}

static void put_bytes(struct content *content, uint8_t tag, const void *ptr, size_t len)
{
    if (len == 0)
        return;
    ASSERT(content->fields < FIELDS_MAX);
    size_t at = content->fields++;
    content->heads[at][0] = tag;
    little_endian(&content->heads[at][1], len);
    content->parts[2 * at] = (struct digest_part){content->heads[at], HEAD_BYTES};
    content->parts[2 * at + 1] = (struct digest_part){ptr, len};
}

static void put_text(struct content *content, uint8_t tag, const char *text)
{
    put_bytes(content, tag, text, text ? strlen(text) : 0);
}

static void put_number(struct content *content, uint8_t tag, uint64_t value)
{
    ASSERT(content->fields < FIELDS_MAX);
    uint8_t *bytes = content->numbers[content->fields];
    little_endian(bytes, value);
    put_bytes(content, tag, bytes, value ? 8 : 0);
}

/* Present also when zero; -0 is 0. */
static void put_degrees(struct content *content, uint8_t tag, double degrees)
{
    uint64_t bits;
    double plain = degrees + 0.0;
    memcpy(&bits, &plain, sizeof(bits));
    uint8_t *bytes = content->numbers[content->fields];
    little_endian(bytes, bits);
    put_bytes(content, tag, bytes, 8);
}

static struct key128 content_key(const struct content *content)
{
    struct digest digest;
    struct key128 key = {0};
    digest_parts(&digest, content->parts, 2 * content->fields);
    for (int i = 0; i < 8; i++) {
        key.hi = key.hi << 8 | digest.bytes[i];
        key.lo = key.lo << 8 | digest.bytes[8 + i];
    }
    return key;
}

/* Tag 0 says what kind of content follows; the tags behind it are the places of the fields in their table, and are
 * never given to another field. */

struct key128 gate_key(const char *kind, const char *principal, const char *id)
{
    struct content content = {.fields = 0};
    put_text(&content, 0, "key");
    put_text(&content, 1, kind);
    put_text(&content, 2, principal);
    put_text(&content, 3, id);
    return content_key(&content);
}

static void put_place(struct content *content, const struct place *place)
{
    put_text(content, 20, place->area);
    put_text(content, 21, place->address);
    if (place->has_point) {
        put_degrees(content, 22, place->latitude);
        put_degrees(content, 23, place->longitude);
    }
    put_number(content, 24, place->system);
}

static void put_attachment(struct content *content, size_t number, const struct attachment *attachment)
{
    put_number(content, 30, number); /* from 1: where the one before ends */
    put_text(content, 31, attachment->uri);
    put_text(content, 32, attachment->media_type);
    put_bytes(content, 33, attachment->sha256.ptr, attachment->sha256.len);
}

struct key128 gate_event_digest(const struct event *event)
{
    struct content content = {.fields = 0};
    ASSERT(event->attachment_count <= ATTACHMENTS_MAX);
    put_text(&content, 0, "event");
    put_text(&content, 1, event->id);
    put_text(&content, 2, event->type);
    put_text(&content, 3, event->text);
    put_text(&content, 4, event->source_ref);
    put_text(&content, 5, event->recurrence_of);
    put_number(&content, 6, event->nature);
    put_number(&content, 7, (uint64_t)event->severity);
    put_place(&content, &event->place);
    put_number(&content, 9, (uint64_t)event->observed_ms);
    put_number(&content, 10, event->panic);
    put_number(&content, 11, event->sealed);
    for (size_t i = 0; i < event->attachment_count; i++)
        put_attachment(&content, i + 1, &event->attachments[i]);
    put_bytes(&content, 13, event->reporter.ptr, event->reporter.len);
    put_number(&content, 14, event->done);
    put_text(&content, 15, event->evidence);
    return content_key(&content);
}

struct key128 gate_word_digest(const struct word *word)
{
    struct content content = {.fields = 0};
    put_text(&content, 0, "word");
    put_text(&content, 1, word->request);
    put_number(&content, 2, word->verb);
    put_number(&content, 3, word->incident);
    put_number(&content, 4, word->task);
    put_number(&content, 5, word->epoch);
    put_text(&content, 6, word->person);
    put_text(&content, 7, word->on_behalf);
    put_number(&content, 8, word->outcome);
    put_text(&content, 9, word->reason);
    put_text(&content, 10, word->text);
    put_number(&content, 11, (uint64_t)word->unit_ms);
    put_number(&content, 12, word->auto_respond);
    return content_key(&content);
}

struct key128 gate_act_digest(const struct act *act)
{
    struct content content = {.fields = 0};
    put_text(&content, 0, "act");
    put_text(&content, 1, act->request);
    put_number(&content, 2, act->verb);
    put_number(&content, 3, act->incident);
    put_number(&content, 4, act->task);
    put_number(&content, 5, act->into);
    put_text(&content, 6, act->unit);
    put_number(&content, 7, act->role);
    put_text(&content, 8, act->person);
    put_number(&content, 9, act->outcome);
    put_number(&content, 10, act->passed);
    put_text(&content, 11, act->reason);
    put_text(&content, 12, act->text);
    return content_key(&content);
}
