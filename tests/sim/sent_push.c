#include "tests/sim/sent_push.h"

#include <inttypes.h>
#include <string.h>

#include "broker/core/core.h"

static const struct task *lead_of(const struct sent_desk *desk, uint64_t incident)
{
    struct row *row = ARENA_NEW(desk->arena, struct row, 1);
    if (!core_row(desk->core, incident, desk->arena, row) || row->head.state != INCIDENT_OPEN)
        return NULL;
    for (size_t i = 0; i < row->task_count; i++) {
        const struct task *task = &row->tasks[i];
        bool goes = task->state == TASK_QUEUED || task->state == TASK_OFFERED || task->state == TASK_RESPONDED;
        if (task->role == TASK_LEAD && goes)
            return task;
    }
    return NULL;
}

static bool has_part(const struct sent_to *to, int unit)
{
    for (int i = 0; i < to->assist_count; i++)
        if (to->assists[i] == unit)
            return true;
    return unit == to->lead;
}

static kept_set barred_from(const struct sent_desk *desk, const struct sent_event *event)
{
    bool kept = (event->nature == NATURE_REPORT || event->sealed) && *event->about;
    return kept ? kept_from(desk->city, event->about).units : 0;
}

static bool returns(const struct sent_desk *desk, uint64_t incident, const struct task *task, const char *why)
{
    struct message message = {.kind = MESSAGE_WORD};
    message.word = (struct word){.verb = WORD_RETURN, .incident = incident, .task = task->no, .on_behalf = task->unit};
    message.word.reason = why;
    message.word.person = "王五";
    message.word.request = arena_printf(desk->arena, "%s%" PRIu64, why, desk->number);
    return desk->say(desk->model, &message)->kind == MESSAGE_RECEIPT;
}

static const struct message *decide(const struct sent_desk *desk, uint64_t incident, uint32_t task, const char *unit)
{
    struct message message = {.kind = MESSAGE_ACT};
    message.act = (struct act){.verb = unit ? ACT_TRANSFER : ACT_RELEASE, .incident = incident, .task = task};
    message.act.unit = unit;
    message.act.reason = "定了";
    message.act.person = "王五";
    message.act.request = arena_printf(desk->arena, "d%" PRIu64, desk->number);
    return desk->say(desk->model, &message);
}

/* To another unit: whoever is that now, and may know of it. */
static const char *send_on(const struct sent_desk *desk, uint64_t incident, const struct task *task,
                           const struct sent_event *event, struct sent_to *to)
{
    int unit = (int)chance_below(desk->chance, KEPT_UNITS), now = kept_now(desk->city, unit);
    bool may = now != KEPT_NONE && !(barred_from(desk, event) >> now & 1);
    if (has_part(to, now))
        return decide(desk, incident, task->no, NULL)->kind == MESSAGE_RECEIPT ? NULL : "what is returned stays so";
    int was = to->lead;
    if (may)
        to->lead = now; /* it may be delivered there before the answer comes */
    const struct message *answer = decide(desk, incident, task->no, kept_unit_id(unit));
    bool done = answer->kind == MESSAGE_RECEIPT;
    if (done && !may)
        return "it is sent on to whoever may not have it";
    if (!done && may && now == unit)
        return arena_printf(desk->arena, "it is not sent on to %s: %s", kept_unit_id(unit), answer->refusal.reason);
    if (!done) {
        to->lead = was;
        decide(desk, incident, task->no, NULL);
    }
    return NULL;
}

const char *sent_push(const struct sent_desk *desk, uint64_t incident, const struct sent_event *event,
                      struct sent_to *to)
{
    const struct task *task = lead_of(desk, incident);
    if (!task || !returns(desk, incident, task, "不是我们的"))
        return NULL;
    if (chance_percent(desk->chance, 60))
        return send_on(desk, incident, task, event, to);
    return decide(desk, incident, task->no, NULL)->kind == MESSAGE_RECEIPT ? NULL : "it is not given back";
}

/* Tried in order, as a rule's are; nothing is asked about the thing. */
static int fallback_of(const struct sent_desk *desk, const struct sent_event *event)
{
    struct sent_event asked = *event;
    kept_set barred = barred_from(desk, event);
    asked.object = NULL;
    asked.area = event->area >= 0 ? kept_area_now(desk->city, event->area) : event->area;
    for (int i = 0; i < desk->rules->fallback.count; i++) {
        int unit = sent_meant_by(desk->rules, desk->city, &desk->rules->fallback.of[i], &asked);
        if (unit != KEPT_NONE && !(barred >> unit & 1))
            return unit;
    }
    return KEPT_NONE;
}

bool sent_push_twice(const struct sent_desk *desk, uint64_t incident, const struct sent_event *event,
                     struct sent_to *to)
{
    const struct task *task = lead_of(desk, incident);
    int fallback = fallback_of(desk, event);
    if (!task || !returns(desk, incident, task, "不归我们") ||
        decide(desk, incident, task->no, NULL)->kind != MESSAGE_RECEIPT)
        return false;
    task = lead_of(desk, incident);
    if (!task || !returns(desk, incident, task, "还是不归我们"))
        return false;
    if (fallback != KEPT_NONE)
        to->lead = fallback;
    return true;
}
