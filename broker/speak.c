#include "broker/speak.h"

#include <string.h>

#include "broker/base/limits.h"
#include "broker/base/panic.h"
#include "broker/sight.h"

/* Whoever gets the task late, or again, knows all the same how pressing it is. */
static void tell_oversight(const struct row *row, struct delivery *delivery)
{
    const struct incident_more *more = row->head.more;
    delivery->urges = more && more->oversight ? more->oversight->urges : 0;
    for (size_t i = 0; i < row->clock_count; i++)
        if (row->clocks[i].kind == CLOCK_SUPERVISE && row->clocks[i].state == CLOCK_RUNNING)
            delivery->supervised_ms = row->clocks[i].due_ms;
}

/* Another report of it may say better where it is. */
static const struct event *with_better_place(struct turn *t, const struct row *row, const struct event *event)
{
    struct record placed;
    uint64_t seq = row->reports ? row->reports->placed : 0;
    if (!seq || seq == row->head.opened_seq || store_get_record(t->store, seq, &t->arena, &placed) != 0 ||
        !placed.event)
        return event;
    struct event *copy = arena_memdup(&t->arena, event, sizeof(*event));
    copy->place = placed.event->place;
    return copy;
}

/* What the lead must see to before it says `resolved`. */
static const char *closing_of(const struct turn *t, const struct row *row, const struct task *task)
{
    const struct type *type = policy_type_now(t->policy, policy_type(t->policy, row->head.type));
    return task->role == TASK_LEAD && type && type->closing ? type->closing : "";
}

/* What leads to an incident that is kept from whoever is at the other end is left out. */
static void keep_own(struct turn *t, uint64_t peer, struct delivery *task)
{
    const struct session *session = session_get(gate_sessions(t->gate), peer);
    const struct principal *who = session ? policy_principal(t->policy, session->principal) : NULL;
    if (!who)
        return;
    sight_keep_head(t, who, &task->head);
    task->event = sight_event_told(t, who, task->event);
}

/* The body is fetched when the offer is durable: the event from the record that opened the incident. */
static void deliver(struct turn *t, const struct effect *effect)
{
    struct row row;
    struct record opened;
    if (!core_row(t->core, effect->incident, &t->arena, &row))
        return; /* ended since: the revoke follows */
    if (store_get_record(t->store, row.head.opened_seq, &t->arena, &opened) != 0)
        panic("incident %llu has no record %llu", (unsigned long long)effect->incident,
              (unsigned long long)row.head.opened_seq);
    struct message message = {.kind = MESSAGE_TASK};
    struct clock *own = ARENA_NEW(&t->arena, struct clock, row.clock_count + 1);
    size_t own_count = 0;
    for (size_t i = 0; i < row.clock_count; i++)
        if (row.clocks[i].task == effect->task)
            own[own_count++] = row.clocks[i];
    for (size_t i = 0; i < row.task_count; i++)
        if (row.tasks[i].no == effect->task)
            message.task.task = row.tasks[i];
    if (message.task.task.epoch != effect->epoch)
        return; /* moved on within this turn */
    message.task.incident = effect->incident;
    message.task.head = row.head;
    message.task.event = sight_event_kept(&t->arena, with_better_place(t, &row, opened.event));
    keep_own(t, effect->peer, &message.task);
    message.task.clocks = own;
    message.task.clock_count = own_count;
    message.task.resume = effect->resume;
    tell_oversight(&row, &message.task);
    message.task.closing = closing_of(t, &row, &message.task.task);
    outbox_put(t->outbox, effect->peer, &message);
}

/* The core reckons in the broker's time, who waits in the real one. */
static uint32_t real_wait_ms(const struct turn *t, uint32_t wait_ms)
{
    return wait_ms ? (uint32_t)((double)wait_ms / t->speed) + (t->speed > 1) : 0;
}

static void say(struct turn *t, const struct effect *effect)
{
    struct message message = {.tag = effect->tag};
    switch (effect->kind) {
    case EFFECT_RECEIPT:
        message.kind = MESSAGE_RECEIPT;
        message.receipt = effect->receipt;
        break;
    case EFFECT_REFUSAL:
        message.kind = MESSAGE_REFUSAL;
        message.refusal = effect->refusal;
        message.refusal.retry_after_ms = real_wait_ms(t, effect->refusal.retry_after_ms);
        t->stats.refused[effect->refusal.code]++;
        break;
    case EFFECT_REVOKE:
        message.kind = MESSAGE_REVOKE;
        message.revoke = (struct revoke){effect->incident, effect->task, effect->epoch, effect->reason};
        break;
    case EFFECT_URGE:
        message.kind = MESSAGE_URGE;
        message.urge = *effect->urge;
        break;
    case EFFECT_DELIVER:
        deliver(t, effect);
        return;
    }
    outbox_put(t->outbox, effect->peer, &message);
}

/* --- receipts, many in one frame: to a busy source the frame is most of what a receipt costs --- */

struct pack {
    struct session *session;
    struct receipt_pack receipts;
    struct receipted *all;
    size_t room;
};

static void send_pack(struct turn *t, struct pack *pack)
{
    const struct receipt_pack *receipts = &pack->receipts;
    struct message message = {.kind = MESSAGE_RECEIPTS, .receipts = *receipts};
    if (receipts->count == 1) {
        const struct receipted *only = receipts->all;
        message = (struct message){.kind = MESSAGE_RECEIPT, .tag = only->tag};
        message.receipt =
            (struct receipt){only->incident, receipts->journal, receipts->term, only->seq, only->at_ms, false};
    }
    outbox_put(t->outbox, pack->session->peer, &message);
    pack->session->pack = 0;
}

/* The pack of its session; begun, or begun anew when the one before is full. */
static struct pack *pack_of(struct turn *t, struct pack *packs, size_t *count, struct session *session)
{
    if (session->pack && packs[session->pack - 1].receipts.count == RECEIPTS_MAX)
        send_pack(t, &packs[session->pack - 1]);
    if (!session->pack) {
        packs[*count] = (struct pack){.session = session};
        session->pack = ++*count;
    }
    return &packs[session->pack - 1];
}

static void pack_add(struct turn *t, struct pack *pack, uint64_t tag, const struct receipt *receipt)
{
    struct receipt_pack *receipts = &pack->receipts;
    if (receipts->count == pack->room) {
        struct receipted *all = pack->all;
        pack->room = pack->room ? 2 * pack->room : 8;
        pack->all = arena_take(&t->arena, pack->room * sizeof(*all));
        if (receipts->count)
            memcpy(pack->all, all, receipts->count * sizeof(*all));
        receipts->all = pack->all;
    }
    receipts->journal = receipt->journal;
    receipts->term = receipt->term;
    pack->all[receipts->count++] = (struct receipted){tag, receipt->incident, receipt->seq, receipt->at_ms};
}

/* A repeat is of any term: it goes alone. */
static struct session *takes_packed(struct turn *t, const struct effect *effect)
{
    if (effect->kind != EFFECT_RECEIPT || effect->receipt.repeat)
        return NULL;
    struct session *session = session_get(gate_sessions(t->gate), effect->peer);
    return session && session->packs ? session : NULL;
}

void speak(struct turn *t)
{
    size_t count = 0, pack_count = 0;
    const struct effect *effects = t->outcome.effects;
    struct pack *packs = arena_take(&t->arena, t->outcome.effect_count * sizeof(*packs));
    for (; count < t->outcome.effect_count; count++) {
        const struct effect *effect = &effects[count];
        struct session *session = effect->peer ? takes_packed(t, effect) : NULL;
        if (session)
            pack_add(t, pack_of(t, packs, &pack_count, session), effect->tag, &effect->receipt);
        else if (effect->peer)
            say(t, effect);
    }
    for (size_t i = 0; i < pack_count; i++)
        if (packs[i].session->pack == i + 1)
            send_pack(t, &packs[i]);
}
