/* The identities of gate.h: what makes two requests the same request, and two contents the same content. */
#include <endian.h>
#include <sodium.h>
#include <string.h>
#include <xxhash.h>

#include "broker/base/buffer.h"
#include "broker/base/limits.h"
#include "broker/base/panic.h"
#include "broker/edge/gate.h"

/* What is hashed: each present field as its tag, its length and its value, so that no two contents read the same. What
 * is absent leaves no trace: a field that a later version adds does not change what was remembered before it. */
static _Thread_local struct buffer content; /* used again for each message */

static void put_bytes(uint8_t tag, const void *ptr, size_t len)
{
    if (len == 0)
        return;
    uint8_t *at = buffer_extend(&content, 1 + 8 + len);
    uint64_t length = htole64(len);
    *at = tag;
    memcpy(at + 1, &length, sizeof(length));
    memcpy(at + 9, ptr, len);
}

static void put_text(uint8_t tag, const char *text)
{
    if (text && text[0])
        put_bytes(tag, text, strlen(text));
}

static void put_number(uint8_t tag, uint64_t value)
{
    uint64_t bytes = htole64(value);
    if (value)
        put_bytes(tag, &bytes, sizeof(bytes));
}

/* Present also when zero; -0 is 0. */
static void put_degrees(uint8_t tag, double degrees)
{
    uint64_t bits;
    double plain = degrees + 0.0;
    memcpy(&bits, &plain, sizeof(bits));
    bits = htole64(bits);
    put_bytes(tag, &bits, sizeof(bits));
}

static void begin(const char *kind)
{
    buffer_clear(&content);
    put_text(0, kind);
}

static struct key128 key_of(const uint8_t bytes[16])
{
    struct key128 key = {0};
    for (int i = 0; i < 8; i++) {
        key.hi = key.hi << 8 | bytes[i];
        key.lo = key.lo << 8 | bytes[8 + i];
    }
    return key;
}

/* Identity decides whose receipt is given: BLAKE2b, so that nobody can make two names meet; of 16 bytes, and half the
 * cost of SHA-256 where the processor has no instructions for that. */
static struct key128 identity(void)
{
    uint8_t bytes[16];
    crypto_generichash(bytes, sizeof bytes, content.data, content.size, NULL, 0);
    return key_of(bytes);
}

/* A content digest tells a retry from a different message under the same id; who makes two of his own contents meet
 * deceives only himself. So 128 bits of XXH3 will do, a fiftieth of the cost. */
static struct key128 content_digest(void)
{
    XXH128_hash_t hash = XXH3_128bits(content.data, content.size);
    return (struct key128){hash.high64, hash.low64};
}

/* Tag 0 says what kind of content follows; the tags behind it are the places of the fields in their table, and are
 * never given to another field. */

struct key128 gate_key(const char *kind, const char *principal, const char *id)
{
    begin("key");
    put_text(1, kind);
    put_text(2, principal);
    put_text(3, id);
    return identity();
}

static void put_place(const struct place *place)
{
    put_text(20, place->area);
    put_text(21, place->address);
    if (place->has_point) {
        put_degrees(22, place->latitude);
        put_degrees(23, place->longitude);
    }
    put_number(24, place->system);
}

static void put_attachment(size_t number, const struct attachment *attachment)
{
    put_number(30, number); /* from 1: where the one before ends */
    put_text(31, attachment->uri);
    put_text(32, attachment->media_type);
    put_bytes(33, attachment->sha256.ptr, attachment->sha256.len);
}

struct key128 gate_event_digest(const struct event *event)
{
    ASSERT(event->attachment_count <= ATTACHMENTS_MAX);
    begin("event");
    put_text(1, event->id);
    put_text(2, event->type);
    put_text(3, event->text);
    put_text(4, event->source_ref);
    put_text(5, event->recurrence_of);
    put_number(6, event->nature);
    put_number(7, (uint64_t)event->severity);
    put_place(&event->place);
    put_number(9, (uint64_t)event->observed_ms);
    put_number(10, event->panic);
    put_number(11, event->sealed);
    put_number(27, event->exercise);
    for (size_t i = 0; i < event->attachment_count; i++)
        put_attachment(i + 1, &event->attachments[i]);
    put_number(13, event->reporter.len > 0); /* sealed again it is other bytes: a repeat all the same */
    put_number(14, event->done);
    put_text(15, event->evidence);
    put_text(16, event->object);
    put_text(17, event->about);
    return content_digest();
}

struct key128 gate_word_digest(const struct word *word)
{
    begin("word");
    put_text(1, word->request);
    put_number(2, word->verb);
    put_number(3, word->incident);
    put_number(4, word->task);
    put_number(5, word->epoch);
    put_text(6, word->person);
    put_text(7, word->on_behalf);
    put_number(8, word->outcome);
    put_text(9, word->reason);
    put_text(10, word->text);
    put_number(11, (uint64_t)word->unit_ms);
    put_number(12, word->auto_respond);
    put_number(13, word->kind);
    put_number(14, (uint64_t)word->until_ms);
    put_number(15, (uint64_t)word->span_ms);
    put_text(16, word->unit);
    put_number(17, word->condition_met);
    put_text(18, word->to);
    put_number(19, word->item);
    put_number(20, word->last);
    return content_digest();
}

struct key128 gate_act_digest(const struct act *act)
{
    begin("act");
    put_text(1, act->request);
    put_number(2, act->verb);
    put_number(3, act->incident);
    put_number(4, act->task);
    put_number(5, act->into);
    put_text(6, act->unit);
    put_number(7, act->role);
    put_text(8, act->person);
    put_number(9, act->outcome);
    put_number(10, act->passed);
    put_text(11, act->reason);
    put_text(12, act->text);
    for (size_t i = 0; i < act->unit_count; i++)
        put_text(13, act->units[i]);
    put_number(14, act->kind);
    put_number(15, (uint64_t)act->until_ms);
    put_number(16, (uint64_t)act->span_ms);
    put_number(17, act->ask);
    put_number(18, act->satisfaction);
    put_text(19, act->type);
    put_number(20, act->route);
    put_number(21, act->condition_met);
    put_text(22, act->to);
    put_text(45, act->post);
    put_text(31, act->plan);
    put_text(30, act->about);
    put_text(23, act->name);
    put_text(24, act->target);
    put_text(25, act->area);
    put_number(26, act->colour);
    put_number(27, (uint64_t)act->from_ms);
    put_number(28, act->count);
    put_number(29, act->percent);
    put_number(33, act->on_site);
    put_number(34, act->last);
    put_number(46, act->clock);
    return content_digest();
}
