#include "tests/sim/kept_stage.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "tests/sim/kept_do.h"
#include "tests/sim/kept_hold.h"

/* --- what people say --- */

static bool has_room(const struct kept_model *m, size_t n)
{
    return m->case_count + n <= KEPT_CASES_MAX && m->told_count + n <= KEPT_TOLD_MAX;
}

/* Its incident; 0: it opened none. */
static uint64_t tell(struct kept_model *m, int source, struct event of)
{
    struct message message = {.kind = MESSAGE_PUBLISH, .publish = of};
    struct event *event = &message.publish;
    event->place.area = kept_areas[3];
    event->id = arena_printf(&m->step, "ev-%u.", ++m->published);
    event->text = arena_printf(&m->step, "mark-%u.", m->published);
    kept_tell(m, kept_seat_of(m, source), &message, kept_follow_event);
    return m->answer.kind == MESSAGE_RECEIPT ? m->answer.receipt.incident : 0;
}

static void act_as(struct kept_model *m, int principal, const char *person, struct act act)
{
    struct message message = {.kind = MESSAGE_ACT};
    act.request = arena_printf(&m->step, "r%" PRIu64, m->tag);
    act.person = person;
    act.reason = "缘由";
    message.act = act;
    kept_read(m);
    m->revoking = true;
    kept_tell(m, kept_seat_of(m, principal), &message, kept_follow_act);
    m->revoking = false;
}

static void act_as_chief(struct kept_model *m, struct act act)
{
    act_as(m, CHIEF, "王五", act);
}

/* On behalf of whoever has the first task. */
static void speak_for_unit(struct kept_model *m, uint64_t incident, enum word_verb verb)
{
    struct message message = {.kind = MESSAGE_WORD};
    struct row row;
    if (!core_row(m->w.turn.core, incident, &m->step, &row) || !row.task_count)
        return;
    message.word = (struct word){.verb = verb, .incident = incident, .task = 1, .person = "王五", .text = "说明"};
    message.word.on_behalf = row.tasks[0].unit;
    message.word.outcome = verb == WORD_FEEDBACK ? OUTCOME_RESOLVED : 0;
    message.word.request = message.word.reason = arena_printf(&m->step, "r%" PRIu64, m->tag); /* another each time */
    kept_tell(m, kept_seat_of(m, CHIEF), &message, NULL);
}

/* --- a device --- */

static uint64_t tell_by_device(struct kept_model *m)
{
    return tell(m, CAMERA,
                (struct event){.type = "1.02", .nature = NATURE_HELP, .source_ref = KEPT_DEVICE, .about = ""});
}

/* A device's false alarm comes to be about somebody; then the device is mended. */
static void mend_device(struct kept_model *m)
{
    kept_set units = m->city.principals[UNIT_DESK].units;
    int unit = 0;
    if (!has_room(m, 2))
        return;
    while (!kept_in(units, unit))
        unit++;
    uint64_t first = tell_by_device(m);
    act_as_chief(m, (struct act){.verb = ACT_EXCLUDE, .incident = first, .about = kept_unit_id(unit)});
    act_as_chief(m, (struct act){.verb = ACT_CLOSE, .incident = first, .outcome = OUTCOME_FALSE_ALARM});
    uint64_t then = tell_by_device(m);
    speak_for_unit(m, then, WORD_RESPOND);
    speak_for_unit(m, then, WORD_FEEDBACK);
}

/* --- the fallback owner is whom it is about --- */

static uint64_t report(struct kept_model *m, const char *about)
{
    return tell(m, HOTLINE, (struct event){.type = "1.01", .nature = NATURE_REPORT, .about = about});
}

/* A second return is arbitrated; nobody does. */
static void push_back(struct kept_model *m)
{
    if (!has_room(m, 1))
        return;
    uint64_t id = report(m, kept_unit_id(m->city.fallback));
    speak_for_unit(m, id, WORD_RETURN);
    act_as_chief(m, (struct act){.verb = ACT_RELEASE, .incident = id, .task = 1});
    speak_for_unit(m, id, WORD_RETURN);
    kept_pass(m, 6 * KEPT_MINUTE_MS);
}

/* --- charged to a post of theirs --- */

/* Whoever stands above bears it, from then on: also when it was over for a while, and when it is another's. */
static void charge(struct kept_model *m, uint64_t id, int unit)
{
    act_as_chief(m, (struct act){.verb = ACT_CHARGE, .incident = id, .post = arena_printf(&m->step, "q%d", unit)});
}

static void charge_and_reopen(struct kept_model *m)
{
    int unit = kept_any(m, KEPT_UNITS);
    if (!has_room(m, 1))
        return;
    uint64_t id = report(m, kept_unit_id(unit));
    charge(m, id, unit);
    act_as_chief(m, (struct act){.verb = ACT_CLOSE, .incident = id, .outcome = OUTCOME_EXPLAINED});
    act_as_chief(m, (struct act){.verb = ACT_REOPEN, .incident = id});
}

static void charge_and_merge(struct kept_model *m)
{
    int unit = kept_any(m, KEPT_UNITS);
    if (!has_room(m, 2))
        return;
    uint64_t survivor = report(m, kept_unit_id(unit)), loser = report(m, kept_unit_id(unit));
    charge(m, loser, unit);
    act_as_chief(m, (struct act){.verb = ACT_MERGE, .incident = loser, .into = survivor});
}

/* --- whoever did it turns out to be whom it is about --- */

/* It is done again by somebody else. */
static void rework(struct kept_model *m)
{
    struct row row;
    if (!has_room(m, 1))
        return;
    uint64_t id = tell(m, HOTLINE, (struct event){.type = "1.02", .nature = NATURE_REPORT, .about = ""});
    speak_for_unit(m, id, WORD_RESPOND);
    speak_for_unit(m, id, WORD_FEEDBACK);
    if (!core_row(m->w.turn.core, id, &m->step, &row) || !row.task_count)
        return;
    act_as_chief(m, (struct act){.verb = ACT_EXCLUDE, .incident = id, .about = row.tasks[0].unit});
    act_as(m, CHECKER, "赵六", (struct act){.verb = ACT_VERIFY, .incident = id});
    kept_hold_rework(m, id);
}

void kept_stage(struct kept_model *m)
{
    static void (*const stages[])(struct kept_model *) = {mend_device, push_back, charge_and_reopen, charge_and_merge,
                                                          rework};
    stages[kept_any(m, sizeof(stages) / sizeof(*stages))](m);
}
