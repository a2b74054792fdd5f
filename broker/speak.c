#include "broker/speak.h"

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
    message.task.clocks = own;
    message.task.clock_count = own_count;
    message.task.resume = effect->resume;
    tell_oversight(&row, &message.task);
    message.task.closing = closing_of(t, &row, &message.task.task);
    outbox_put(t->outbox, effect->peer, &message);
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

void speak(struct turn *t)
{
    for (size_t i = 0; i < t->outcome.effect_count; i++)
        if (t->outcome.effects[i].peer)
            say(t, &t->outcome.effects[i]);
}
