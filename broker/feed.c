#include "broker/feed.h"

#include <stdlib.h>
#include <string.h>

#include "broker/core/right.h"
#include "broker/notice.h"
#include "broker/now.h"
#include "broker/sight.h"

#define FEED_SLICE 512 /* records looked at for one feed in one turn */

static uint32_t mark_of(const void *bytes, size_t size_bytes)
{
    return (uint32_t)hash_bytes(bytes, size_bytes);
}

static int take_mark(void *arg, const struct record *record, const void *bytes, size_t size_bytes)
{
    uint32_t *mark = arg;
    (void)record;
    *mark = mark_of(bytes, size_bytes);
    return 1;
}

static uint32_t mark_at(struct turn *t, uint64_t seq)
{
    uint32_t mark = 0;
    if (seq)
        store_read(t->store, seq - 1, &t->arena, take_mark, &mark);
    return mark;
}

/* "<sequence>-<mark>", or a bare sequence as a person writes it. The mark tells a cursor of this history from one of a
 * history that a restore has cut off. */
static bool cursor_parse(struct turn *t, const char *text, uint64_t *from)
{
    uint64_t last = store_meta(t->store)->sequence;
    char *end;
    *from = 0;
    if (!*text)
        return true;
    if (strcmp(text, "end") == 0) {
        *from = last;
        return true;
    }
    *from = strtoull(text, &end, 10);
    if (end == text || *from > last)
        return false;
    return !*end || (*end == '-' && strtoul(end + 1, NULL, 16) == mark_at(t, *from));
}

void feed_subscribe(struct turn *t, const struct gate_input *in)
{
    struct session *session = in->session;
    uint32_t credit = in->message.subscribe.credit;
    uint64_t from;
    if (!cursor_parse(t, in->message.subscribe.cursor, &from)) {
        turn_refuse(t, session->peer, in->message.tag, REFUSAL_BAD_CURSOR, "cursor",
                    "not a cursor of this feed, or of a history that a restore cut off", 0);
        return;
    }
    session->subscribed = true;
    session->cursor = from;
    session->mark = mark_at(t, from);
    session->told = UINT64_MAX; /* so that a reader at the end is told so */
    session->credit = credit < CREDIT_MAX ? credit : CREDIT_MAX;
}

struct feeding {
    struct turn *turn;
    struct session *session;
    const struct principal *who;
    size_t looked;
};

/* A department: its own tasks and clocks within the change, and no word on a colleague's task. */
static bool keep_own_change(struct feeding *f, struct record *record, const struct row *row)
{
    struct arena *arena = &f->turn->arena;
    struct change *change = &record->changes[0];
    uint32_t about = record->rung ? record->rung->task : record->task;
    if ((about && !sight_task(f->who, row, about)) || sight_is_of_reporter(record))
        return false;
    change->task_count = sight_tasks(arena, f->who, change->tasks, change->task_count, &change->tasks);
    change->voice_count = 0;
    change->ask_count = sight_asks(arena, f->who, row, change->asks, change->ask_count, &change->asks);
    change->clock_count = sight_clocks(arena, f->who, row, change->clocks, change->clock_count, &change->clocks);
    return true;
}

/* What of the record the reader may see: all, its own part, or nothing. Records of no incident are for those who may
 * read everything. */
static bool feed_part(struct feeding *f, struct record *record)
{
    struct row row;
    bool all = right_has(f->who, RIGHT_READ_ALL);
    if (!record->change_count && record->event)
        return sight_event(f->turn, f->who, record);
    if (right_sees_all(f->who))
        return true;
    if (!record->change_count) {
        sight_keep_sides(f->turn, f->who, record);
        return all;
    }
    if (!sight_keep_changes(f->turn, f->who, record))
        return false;
    return !sight_own_tasks_only(f->who) ||
           (sight_row(f->turn, record->changes[0].incident, &row) && keep_own_change(f, record, &row));
}

static void send_entry(struct feeding *f, struct record *record)
{
    struct message message = {.kind = MESSAGE_ENTRY};
    message.entry.cursor = f->session->cursor == 0
                               ? "0"
                               : arena_printf(&f->turn->arena, "%llu-%08x", (unsigned long long)f->session->cursor,
                                              (unsigned)f->session->mark);
    message.entry.record = record;
    if (record)
        record->event = sight_event_told(f->turn, f->who, sight_event_kept(&f->turn->arena, record->event));
    else
        f->session->told = f->session->cursor;
    outbox_put(f->turn->outbox, f->session->peer, &message);
    f->turn->stats.entries++;
}

static int feed_record(void *arg, const struct record *record, const void *bytes, size_t size_bytes)
{
    struct feeding *f = arg;
    struct record part = *record;
    if (!f->session->credit || f->looked++ >= FEED_SLICE)
        return 1;
    f->session->cursor = record->seq;
    f->session->mark = mark_of(bytes, size_bytes);
    if (!feed_part(f, &part))
        return 0;
    f->session->credit--;
    send_entry(f, &part);
    return 0;
}

/* True when the session has credit and more is there. */
static bool feed_one(struct turn *t, struct session *session)
{
    struct feeding f = {t, session, policy_principal(t->policy, session->principal), 0};
    uint64_t last = store_meta(t->store)->sequence;
    if (!f.who || f.who->revoked)
        return false;
    if (session->cursor < last)
        store_read(t->store, session->cursor, &t->arena, feed_record, &f);
    if (session->cursor == last && session->told != last)
        send_entry(&f, NULL);
    return session->credit && session->cursor < last;
}

/* Round robin over the feeds, and over the sources that follow their notices, going on where the budget ended last time. */
bool feed_serve(struct turn *t)
{
    uint64_t last = store_meta(t->store)->sequence;
    bool behind = t->feed_at != 0; /* those before it have not been looked at */
    int64_t until_us = now_mono_us() + t->query_budget_us;
    struct session *session;
    t->feeds_held = false;
    t->notices_ms = 0;
    t->caught_up = outbox_caught_up(t->outbox);
    while ((session = sessions_next_feed(gate_sessions(t->gate), &t->feed_at))) {
        if (session->cursor == last && session->told == last)
            continue;
        if (outbox_waits(t->outbox, session->peer)) {
            t->feeds_held = true; /* room wakes the loop, and then turn_wants */
            continue;
        }
        if (now_mono_us() >= until_us)
            return true;
        behind |= session->endpoint == 'F' ? feed_one(t, session) : notice_serve(t, session);
    }
    t->feed_at = 0;
    return behind;
}
