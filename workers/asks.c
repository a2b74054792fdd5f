#include "workers/asks.h"

#include <stdio.h>
#include <stdlib.h>

#include "broker/base/panic.h"
#include "schemas/ident.h"
#include "workers/pace.h"

void asks_init(struct asks *asks, struct client *client, uint32_t most)
{
    *asks = (struct asks){.client = client, .most = most, .next_until_ms = NEVER_MS};
    arena_init(&asks->arena);
    asks->ring = calloc(1, sizeof(*asks->ring));
    ASSERT(asks->ring);
    asks->ring->before = asks->ring->after = asks->ring;
}

/* Taken out before its callback is called, so that the callback may start another. */
static void take_out(struct asks *asks, struct question *ask)
{
    ask->before->after = ask->after;
    ask->after->before = ask->before;
    map_remove(&asks->by_tag, ask->tag);
    asks->count--;
}

void asks_release(struct asks *asks)
{
    while (asks->ring->after != asks->ring) {
        struct question *ask = asks->ring->after;
        take_out(asks, ask);
        free(ask);
    }
    free(asks->ring);
    map_release(&asks->by_tag);
    arena_release(&asks->arena);
}

int asks_start(struct asks *asks, const struct message *message, int timeout_ms, const struct question *template)
{
    if (asks->count >= asks->most)
        return BH_AGAIN;
    uint64_t tag = client_send_within(asks->client, message, timeout_ms);
    if (!tag)
        return BH_AGAIN;
    struct question *ask = malloc(sizeof(*ask));
    ASSERT(ask);
    *ask = *template;
    ask->tag = tag;
    ask->until_ms = timeout_ms < 0 ? NEVER_MS : pace_now_ms() + timeout_ms;
    ask->before = asks->ring->before;
    ask->after = asks->ring;
    ask->before->after = ask->after->before = ask;
    map_put(&asks->by_tag, tag, ask);
    asks->count++;
    if (ask->until_ms < asks->next_until_ms)
        asks->next_until_ms = ask->until_ms;
    return BH_OK;
}

static void finish(struct asks *asks, struct question *ask, int error, const struct message *answer)
{
    take_out(asks, ask);
    ask->done(ask, error, answer);
    free(ask);
}

static void refuse_all(struct asks *asks, const struct message *refusal)
{
    /* Only those that are there now: callbacks may start others. */
    for (uint32_t n = asks->count; n && asks->count; n--) {
        struct question *ask = asks->ring->after;
        client_forget(asks->client, ask->tag);
        finish(asks, ask, BH_REFUSED, refusal);
    }
}

bool asks_take(struct asks *asks, const struct message *message)
{
    struct question *ask = map_get(&asks->by_tag, message->tag);
    bool refused = message->kind == MESSAGE_REFUSAL;
    if (refused && message->tag == 0 && asks->count) {
        refuse_all(asks, message);
        return true;
    }
    if (!ask)
        return false;
    finish(asks, ask, refused ? BH_REFUSED : BH_OK, message);
    return true;
}

int asks_expire(struct asks *asks)
{
    int64_t now_ms = pace_now_ms();
    int expired = 0;
    if (asks->next_until_ms > now_ms)
        return 0;
    asks->next_until_ms = NEVER_MS;
    for (struct question *ask = asks->ring->after, *after; ask != asks->ring; ask = after) {
        after = ask->after;
        if (ask->until_ms <= now_ms) {
            client_forget(asks->client, ask->tag);
            finish(asks, ask, BH_UNKNOWN, NULL);
            expired++;
        } else if (ask->until_ms < asks->next_until_ms) {
            asks->next_until_ms = ask->until_ms;
        }
    }
    return expired;
}

int asks_timeout_ms(const struct asks *asks, int cap_ms)
{
    int64_t left_ms = asks->next_until_ms == NEVER_MS ? cap_ms : asks->next_until_ms - pace_now_ms();
    return left_ms < 0 ? 0 : left_ms < cap_ms ? (int)left_ms : cap_ms;
}

static void copy_text(char *out, size_t size_bytes, const char *text)
{
    snprintf(out, size_bytes, "%s", text ? text : "");
}

void asks_result(int error, const struct message *answer, struct bh_result *out)
{
    *out = (struct bh_result){.error = error};
    if (error == BH_OK && answer->kind == MESSAGE_RECEIPT) {
        const struct receipt *receipt = &answer->receipt;
        if (receipt->incident)
            ident_format(receipt->incident, out->receipt.incident);
        out->receipt.journal = receipt->journal;
        out->receipt.term = receipt->term;
        out->receipt.sequence = receipt->seq;
        out->receipt.at_ms = receipt->at_ms;
        out->receipt.repeat = receipt->repeat;
    } else if (error == BH_REFUSED) {
        out->refusal.code = (int)answer->refusal.code;
        out->refusal.retry_after_ms = answer->refusal.retry_after_ms;
        copy_text(out->refusal.name, sizeof(out->refusal.name), refusal_name(answer->refusal.code));
        copy_text(out->refusal.field, sizeof(out->refusal.field), answer->refusal.field);
        copy_text(out->refusal.reason, sizeof(out->refusal.reason), answer->refusal.reason);
    }
}
