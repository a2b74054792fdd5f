/* Any bytes as a frame. It is refused with a code and a reason, or it is a message: then every field of it can be read, as JSON
 * that is valid, and said again it arrives the same. */
#include <string.h>

#include "broker/base/panic.h"
#include "schemas/wire.h"
#include "tests/fuzz/fuzz.h"

static struct arena arena;
static struct buffer text, again, frame;

/* Texts that a frame names twice are two in what is made of it, so that it may have grown too long. */
static void say_again(const struct message *message)
{
    struct message heard;
    struct refusal refusal = {0};
    wire_encode(message, &frame);
    if (wire_decode(frame.data, frame.size, &arena, &heard, &refusal) != 0) {
        ASSERT(refusal.code == REFUSAL_TOO_LONG || refusal.code == REFUSAL_MALFORMED);
        return;
    }
    buffer_clear(&again);
    wire_json(&heard, &again);
    if (strcmp(fuzz_text(&text), fuzz_text(&again)) != 0)
        panic("said %s\nheard %s", (char *)text.data, (char *)again.data);
}

/* To the broker it is the same, or only the broker says it. */
static void expect_of_client(const uint8_t *data, size_t size, const struct message *whole)
{
    static struct arena other;
    struct message message;
    struct refusal refusal = {0};
    arena_reset(&other);
    bool said = message_accepted(whole->kind, 'P') || message_accepted(whole->kind, 'W') ||
                message_accepted(whole->kind, 'C') || message_accepted(whole->kind, 'F');
    ASSERT((wire_decode_client(data, size, &other, &message, &refusal) == 0) == said);
    ASSERT(said ? message.kind == whole->kind : refusal.code == REFUSAL_WRONG_ENDPOINT);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct message message;
    struct refusal refusal = {0};
    arena_reset(&arena);
    if (wire_decode(data, size, &arena, &message, &refusal) != 0) {
        ASSERT(refusal_name(refusal.code) && *refusal.reason);
        return 0;
    }
    ASSERT(message_name(message.kind));
    expect_of_client(data, size, &message);
    buffer_clear(&text);
    wire_json(&message, &text);
    fuzz_json(&text);
    say_again(&message);
    return 0;
}
