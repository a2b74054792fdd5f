/* Written from PROTOCOL.md, not from the broker's own drawing: what is closed as of the record, by rising score. */
#include "tests/sim/expect_sample.h"

#include <string.h>

#include "broker/base/digest.h"

#define CLOSED_MAX 500

struct closed {
    uint64_t incident, score;
    int64_t received_ms, closed_ms;
    bool closed, exercise, consult;
};

struct redraw {
    struct play *play;
    struct closed all[CLOSED_MAX];
    size_t count, samples;
};

static struct closed *known(struct redraw *redraw, uint64_t incident)
{
    size_t at = 0;
    while (at < redraw->count && redraw->all[at].incident != incident)
        at++;
    if (at == redraw->count && redraw->count < CLOSED_MAX)
        redraw->all[redraw->count++] = (struct closed){.incident = incident};
    return at < CLOSED_MAX ? &redraw->all[at] : NULL;
}

static void learn(struct redraw *redraw, const struct change *change)
{
    struct closed *one = change->head ? known(redraw, change->incident) : NULL;
    if (!one)
        return;
    one->received_ms = change->head->received_ms;
    one->closed_ms = change->head->closed_ms;
    one->closed = change->head->state == INCIDENT_CLOSED;
    one->exercise = change->head->exercise;
    one->consult = change->head->nature == NATURE_CONSULT;
}

static bool belongs(const struct sample *sample, const struct closed *one)
{
    bool then = one->closed_ms >= sample->from_ms && one->closed_ms < sample->until_ms;
    bool on_site = one->closed_ms == one->received_ms && !one->consult;
    return one->closed && !one->exercise && then && (!sample->on_site || on_site);
}

/* The first eight bytes of SHA-256 over the seed and the id, big-endian. */
static uint64_t score_of(const struct sample *sample, uint64_t incident)
{
    uint8_t text[DIGEST_BYTES + 8];
    struct digest digest;
    uint64_t score = 0;
    memcpy(text, sample->seed.ptr, DIGEST_BYTES);
    for (int i = 0; i < 8; i++)
        text[DIGEST_BYTES + i] = (uint8_t)(incident >> (56 - 8 * i));
    digest_bytes(&digest, text, sizeof text);
    for (int i = 0; i < 8; i++)
        score = score << 8 | digest.bytes[i];
    return score;
}

/* How many of the set come before it. */
static size_t place_of(const struct redraw *redraw, const struct sample *sample, uint64_t incident)
{
    uint64_t own = score_of(sample, incident);
    size_t before = 0;
    for (size_t i = 0; i < redraw->count; i++)
        before += belongs(sample, &redraw->all[i]) && score_of(sample, redraw->all[i].incident) < own;
    return before;
}

static void draw_again(struct redraw *redraw, const struct record *record)
{
    const struct sample *sample = record->sample;
    size_t of = 0;
    redraw->samples++;
    for (size_t i = 0; i < redraw->count; i++)
        of += belongs(sample, &redraw->all[i]);
    if (of != sample->of)
        play_fail(redraw->play, "the sample was of %u, by the trail it is of %zu", (unsigned)sample->of, of);
    if (sample->seed.len != DIGEST_BYTES || sample->seed_seq >= record->seq)
        play_fail(redraw->play, "the sample's seed was not there before it");
    for (size_t i = 0; i < sample->drawn_count && !*redraw->play->fault; i++)
        if (place_of(redraw, sample, sample->drawn[i]) != i)
            play_fail(redraw->play, "drawn again, incident %zu of the sample is another one", i + 1);
}

static int take(void *arg, const struct record *record, const void *bytes, size_t size)
{
    struct redraw *redraw = arg;
    (void)bytes;
    (void)size;
    if (record->sample)
        draw_again(redraw, record);
    for (size_t i = 0; i < record->change_count; i++)
        learn(redraw, &record->changes[i]);
    return 0;
}

void expect_drawn_again(struct play *play, const char *const *any, struct words *rest)
{
    struct redraw *redraw = arena_take(&play->step, sizeof *redraw);
    memset(redraw, 0, sizeof *redraw);
    (void)any;
    (void)rest;
    redraw->play = play;
    if (play->world.up)
        store_replay(play->world.turn.store, 0, take, redraw);
    if (!redraw->samples)
        play_fail(play, "no sample is on record");
}
