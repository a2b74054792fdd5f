#include "cli/feed.h"

#include <stdio.h>

#define CREDIT   256
#define QUIET_MS 200

static bool wants_more(const struct feed *feed)
{
    if (feed->enough || (feed->stop && *feed->stop) || ferror(stdout))
        return false;
    return feed->follow || !feed->at_end;
}

static void take_entry(struct feed *feed, const struct entry *entry)
{
    snprintf(feed->cursor, sizeof(feed->cursor), "%s", entry->cursor ? entry->cursor : "");
    feed->at_end = !entry->record;
    if (!entry->record)
        return;
    feed->credit -= feed->credit > 0;
    if (entry->record->seq <= feed->seq)
        return; /* on its way when we subscribed again */
    feed->seq = entry->record->seq;
    feed->enough = !feed->take(feed->arg, entry->record);
}

static void subscribe(struct feed *feed)
{
    const struct message subscribe = {.kind = MESSAGE_SUBSCRIBE,
                                      .subscribe = {.cursor = feed->cursor, .credit = CREDIT}};
    if (!feed->now_ms)
        feed->now_ms = client_welcome(feed->client)->now_ms;
    feed->greetings = client_greetings(feed->client);
    feed->credit = CREDIT;
    client_send(feed->client, &subscribe);
}

/* Subscribes on each new session from where we are; a half-used credit is filled up. */
static void keep_subscribed(struct feed *feed)
{
    uint32_t greetings = client_greetings(feed->client);
    if (greetings && greetings != feed->greetings) {
        subscribe(feed);
    } else if (greetings && feed->credit < CREDIT / 2) {
        const struct message credit = {.kind = MESSAGE_CREDIT, .credit = {.n = CREDIT - feed->credit}};
        feed->credit = CREDIT;
        client_send(feed->client, &credit);
    }
}

/* Everything that is here now. CLI_DONE, or the exit code of a refusal. */
static int take_entries(struct feed *feed, struct arena *arena, bool *any)
{
    struct message message;
    arena_reset(arena);
    while (wants_more(feed) && client_receive(feed->client, arena, &message)) {
        *any = true;
        if (message.kind == MESSAGE_REFUSAL) {
            cli_say_refusal(feed->common, &message);
            return CLI_REFUSED;
        }
        if (message.kind == MESSAGE_ENTRY)
            take_entry(feed, &message.entry);
        keep_subscribed(feed);
        arena_reset(arena);
    }
    keep_subscribed(feed);
    fflush(stdout);
    return CLI_DONE;
}

static int say_silence(const struct feed *feed)
{
    char trouble[512];
    cli_fail(_("no answer within %d s: %s"), feed->common->timeout_ms / 1000,
             cli_trouble(feed->common, feed->client, trouble, sizeof(trouble)));
    return CLI_UNKNOWN;
}

/* Following, a broker that restarts is waited for. Not following, who has heard nothing for a while subscribes again: the
 * broker then says that this is the end, or goes on. Each while is longer than the one before, because a broker may be
 * busy passing over what this reader may not see, and subscribing sends it back to begin. */
static int read_all(struct feed *feed, struct arena *arena)
{
    int code = CLI_DONE, silent_ms = 0, next_ms = QUIET_MS;
    while (!code && wants_more(feed)) {
        bool any = false;
        client_wait(feed->client, QUIET_MS);
        code = take_entries(feed, arena, &any);
        silent_ms = any ? 0 : silent_ms + QUIET_MS;
        if (any)
            next_ms = QUIET_MS;
        if (silent_ms >= next_ms && !feed->follow && feed->greetings) {
            subscribe(feed);
            next_ms = silent_ms * 2;
        }
        if (!code && silent_ms > feed->common->timeout_ms && (!feed->follow || !feed->greetings))
            code = say_silence(feed);
    }
    return code;
}

int feed_read(struct feed *feed)
{
    struct arena arena;
    int code = (feed->follow ? cli_connect_early : cli_connect)(feed->common, 'F', &feed->client);
    if (code)
        return code;
    arena_init(&arena);
    code = read_all(feed, &arena);
    arena_release(&arena);
    client_close(feed->client);
    feed->client = NULL;
    return code;
}
