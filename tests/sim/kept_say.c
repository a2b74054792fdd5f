#include "tests/sim/kept_say.h"

#include <stdio.h>
#include <string.h>

#include "broker/base/digest.h"
#include "broker/core/incident.h"
#include "broker/core/task.h"

#define MINUTE_MS 60000
#define TRIES     12

static const char *const types[] = {"1.01", "1.02", "1.03", "1.04", "1.05", "1.06"};
#define TYPE_COUNT 6

static int any(const struct kept_saying *s, int n)
{
    return (int)chance_below(s->chance, (uint64_t)n);
}

static const char *any_unit(const struct kept_saying *s)
{
    return kept_unit_id(any(s, KEPT_UNITS));
}

static uint32_t any_task(const struct kept_saying *s)
{
    return s->row->task_count && !chance_percent(s->chance, 20) ? 1u + (uint32_t)any(s, (int)s->row->task_count) : 0;
}

static int64_t soon(const struct kept_saying *s)
{
    return s->now_ms + MINUTE_MS * (1 + any(s, 90));
}

/* --- acts --- */

static void name_unit(const struct kept_saying *s, struct act *act)
{
    act->unit = any_unit(s);
    act->task = act->verb == ACT_ASSIGN ? 0 : any_task(s);
    act->role = act->verb == ACT_ASSIGN ? (enum task_role)any(s, 4) : 0;
}

/* Where it has come to after an up-report; NULL: there was none. */
static const char *came_to(const struct kept_saying *s)
{
    const struct incident_more *more = s->row->head.more;
    const char *area = more && more->oversight ? more->oversight->at_area : NULL;
    return area && *area ? area : NULL;
}

/* Mostly one of a level below an area. */
static const char *unit_below(const struct kept_saying *s, const char *at)
{
    int first = any(s, KEPT_UNITS);
    for (int i = 0; at && i < KEPT_UNITS; i++) {
        int unit = (first + i) % KEPT_UNITS, area = s->city->units[unit].area;
        if (area >= 0 && strlen(kept_areas[area]) > strlen(at) && !strncmp(kept_areas[area], at, strlen(at)))
            return kept_unit_id(unit);
    }
    return kept_unit_id(first);
}

static void name_below(const struct kept_saying *s, struct act *act)
{
    act->unit = unit_below(s, came_to(s));
}

static void name_task(const struct kept_saying *s, struct act *act)
{
    act->task = any_task(s);
}

static void name_other(const struct kept_saying *s, struct act *act)
{
    act->into = s->other;
}

static void end(const struct kept_saying *s, struct act *act)
{
    static const enum outcome_code outcomes[] = {OUTCOME_RESOLVED, OUTCOME_EXPLAINED, OUTCOME_PLANNED,
                                                 OUTCOME_REFERRED, OUTCOME_NOT_FOUND, OUTCOME_FALSE_ALARM};
    act->outcome = outcomes[any(s, 6)];
    act->condition_met = true;
    act->to = "法院";
    act->until_ms = soon(s);
}

static void judge(const struct kept_saying *s, struct act *act)
{
    act->passed = chance_percent(s->chance, 50);
    act->condition_met = true;
    act->outcome = act->verb == ACT_CONFIRM && !act->passed ? OUTCOME_FALSE_ALARM : 0;
    act->satisfaction = act->verb == ACT_CALLBACK ? SATISFACTION_UNSATISFIED : 0;
    act->kind = act->verb == ACT_CALLBACK && chance_percent(s->chance, 30) ? ASK_UNREASONABLE : (enum ask_kind)0;
}

static void ask(const struct kept_saying *s, struct act *act)
{
    act->kind = chance_percent(s->chance, 50) ? ASK_PARK : (enum ask_kind)(1 + any(s, ASK_KIND_END - 1));
    act->task = act->kind == ASK_PARK ? 0 : any_task(s);
    act->until_ms = soon(s);
    act->span_ms = MINUTE_MS * (1 + any(s, 60));
}

static void decide(const struct kept_saying *s, struct act *act)
{
    act->passed = chance_percent(s->chance, 75);
    if (s->row->ask_count)
        act->ask = 1u + (uint32_t)any(s, (int)s->row->ask_count);
}

static void whistle(const struct kept_saying *s, struct act *act)
{
    const char **units = ARENA_NEW(s->arena, const char *, 2);
    units[0] = any_unit(s);
    units[1] = any_unit(s);
    act->units = units;
    act->unit_count = 1 + (size_t)chance_percent(s->chance, 30);
}

static void press(const struct kept_saying *s, struct act *act)
{
    act->task = chance_percent(s->chance, 50) ? 0 : any_task(s);
    act->until_ms = act->verb == ACT_SUPERVISE ? soon(s) : 0;
}

static void retype(const struct kept_saying *s, struct act *act)
{
    act->type = types[any(s, TYPE_COUNT)];
    act->route = chance_percent(s->chance, 60);
}

/* More often one more is named than somebody let in again. */
static void exclude(const struct kept_saying *s, struct act *act)
{
    char *about = arena_alloc(s->arena, KEPT_ABOUT_BYTES);
    kept_about(s->city, s->chance, about);
    act->about = about;
    if (*s->about && strlen(s->about) + strlen(about) + 2 < KEPT_ABOUT_BYTES && chance_percent(s->chance, 60))
        act->about = arena_printf(s->arena, "%s %s", s->about, about);
    if (chance_percent(s->chance, 10))
        act->about = "";
    bool done = s->row->head.state == INCIDENT_VERIFYING;
    if (s->row->task_count && chance_percent(s->chance, done ? 70 : 35)) /* whoever has it, or had it */
        act->about = s->row->tasks[any(s, (int)s->row->task_count)].unit;
    if (chance_percent(s->chance, 4))
        act->about = "nobody";
}

static void plainly(const struct kept_saying *s, struct act *act)
{
    (void)s;
    (void)act;
}

static void report(const struct kept_saying *s, struct act *act)
{
    act->last = chance_percent(s->chance, 70);
}

static void do_duty(const struct kept_saying *s, struct act *act)
{
    act->name = "看护";
    act->target = chance_percent(s->chance, 50) ? "甲" : "乙";
}

static void charge(const struct kept_saying *s, struct act *act)
{
    act->post = any(s, 2) ? arena_printf(s->arena, "a%d", any(s, KEPT_AREAS))
                          : arena_printf(s->arena, "q%d", any(s, KEPT_UNITS));
}

static void lay_plan(const struct kept_saying *s, struct act *act)
{
    (void)s;
    act->plan = "预案";
}

static const char *drill(const struct kept_saying *s, const char *event)
{
    return arena_printf(s->arena, "%s 演练", event);
}

const char *kept_commitment(const struct kept_saying *s, const char *event)
{
    struct digest digest;
    char *hex = arena_alloc(s->arena, 2 * DIGEST_BYTES + 1);
    const char *text = drill(s, event);
    digest_bytes(&digest, text, strlen(text));
    digest_hex(&digest, hex);
    return hex;
}

static void shift(const struct kept_saying *s, struct act *act)
{
    (void)s;
    act->name = "早班";
    act->target = "孙八";
}

static void commit_exercise(const struct kept_saying *s, struct act *act)
{
    act->name = kept_commitment(s, "nothing");
}

static void reveal(const struct kept_saying *s, struct act *act)
{
    act->text = drill(s, s->row->head.event_id);
}

static void draw_lots(const struct kept_saying *s, struct act *act)
{
    act->from_ms = 1 + s->now_ms / 2;
    act->until_ms = s->now_ms;
    act->count = 3;
}

static void rate(const struct kept_saying *s, struct act *act)
{
    act->area = kept_areas[3 + any(s, 2)];
    act->colour = RUNG_YELLOW;
}

static void attribute(const struct kept_saying *s, struct act *act)
{
    act->area = kept_areas[any(s, KEPT_AREAS)];
}

/* Who reported it: what is sought is granted now and then, and opened. */
static void unseal(const struct kept_saying *s, struct act *act)
{
    act->passed = chance_percent(s->chance, 80);
}

static void appeal(const struct kept_saying *s, struct act *act)
{
    act->task = any_task(s);
    act->clock = chance_percent(s->chance, 50) ? (enum clock_kind)(CLOCK_RESPOND + any(s, 4)) : (enum clock_kind)0;
}

/* Who may: somebody of the centre, or whoever may do this only. */
static const struct {
    void (*fill)(const struct kept_saying *, struct act *);
    int by[3];
    bool beside; /* it is about no incident */
} acts[ACT_END] = {
    [ACT_ASSIGN] = {name_unit, {CHIEF, DISPATCHER, DISPATCHER}, false},
    [ACT_TRANSFER] = {name_unit, {CHIEF, DISPATCHER, CHIEF}, false},
    [ACT_MERGE] = {name_other, {CHIEF, DISPATCHER, CHIEF}, false},
    [ACT_CLOSE] = {end, {CHIEF, DISPATCHER, AREA_DESK}, false},
    [ACT_CANCEL] = {plainly, {CHIEF, DISPATCHER, CHIEF}, false},
    [ACT_REJECT] = {plainly, {CHIEF, DISPATCHER, CHIEF}, false},
    [ACT_RELEASE] = {name_task, {CHIEF, DISPATCHER, CHIEF}, false},
    [ACT_VERIFY] = {judge, {CHECKER, CHECKER, HOTLINE}, false},
    [ACT_WITHDRAW] = {plainly, {HOTLINE, CAMERA, HOTLINE}, false},
    [ACT_ASK] = {ask, {CHIEF, DISPATCHER, DISPATCHER}, false},
    [ACT_DECIDE] = {decide, {CHIEF, DISPATCHER, CHIEF}, false},
    [ACT_RESUME] = {name_task, {CHIEF, DISPATCHER, CHIEF}, false},
    [ACT_UNDO] = {plainly, {CHIEF, DISPATCHER, DISPATCHER}, false},
    [ACT_WHISTLE] = {whistle, {CHIEF, DISPATCHER, DISPATCHER}, false},
    [ACT_DISMISS] = {name_task, {CHIEF, DISPATCHER, CHIEF}, false},
    [ACT_URGE] = {press, {CHIEF, DISPATCHER, DISPATCHER}, false},
    [ACT_SUPERVISE] = {press, {CHIEF, CHIEF, AREA_DESK}, false},
    [ACT_RECLASSIFY] = {retype, {CHIEF, DISPATCHER, DISPATCHER}, false},
    [ACT_CONFIRM] = {judge, {CHECKER, CHIEF, CHECKER}, false},
    [ACT_CALLBACK] = {judge, {CHECKER, CHECKER, CHIEF}, false},
    [ACT_REOPEN] = {plainly, {CHIEF, DISPATCHER, CHIEF}, false},
    [ACT_EXCLUDE] = {exclude, {CHIEF, DISPATCHER, DISPATCHER}, false},
    [ACT_ANSWER] = {plainly, {CHIEF, DISPATCHER, HOTLINE}, false},
    [ACT_CHARGE] = {charge, {CHIEF, CHIEF, AREA_DESK}, false},
    [ACT_ACCOUNT] = {plainly, {CHIEF, DISPATCHER, DISPATCHER}, false},
    [ACT_CLAIM] = {plainly, {CHIEF, DISPATCHER, DISPATCHER}, false},
    [ACT_UNCLAIM] = {plainly, {CHIEF, DISPATCHER, CHIEF}, false},
    [ACT_APPEAL] = {appeal, {BOTH, DEPARTMENTS, DEPARTMENTS + 1}, false},
    [ACT_PLAN] = {lay_plan, {CHIEF, DISPATCHER, DISPATCHER}, false},
    [ACT_ATTRIBUTE] = {attribute, {CHIEF, DISPATCHER, DISPATCHER}, false},
    [ACT_SEEK_IDENTITY] = {unseal, {CHIEF, CHECKER, AUDITOR}, false},
    [ACT_GRANT_IDENTITY] = {unseal, {CHIEF, CHIEF, AUDITOR}, false},
    [ACT_OPEN_IDENTITY] = {unseal, {CHIEF, CHECKER, AUDITOR}, false},
    [ACT_COMMIT_EXERCISE] = {commit_exercise, {CHIEF, CHIEF, AUDITOR}, true},
    [ACT_HAND_OVER] = {shift, {CHIEF, UNIT_DESK, DISPATCHER}, true},
    [ACT_TAKE_OVER] = {shift, {CHIEF, UNIT_DESK, DISPATCHER}, true},
    [ACT_INFORM] = {report, {CHIEF, DISPATCHER, DISPATCHER}, false},
    [ACT_REVEAL] = {reveal, {CHIEF, CHIEF, AUDITOR}, false},
    [ACT_SAMPLE] = {draw_lots, {CHECKER, CHIEF, AUDITOR}, true},
    [ACT_LIST_AREA] = {rate, {CHIEF, CHIEF, DISPATCHER}, true},
    [ACT_DELIST_AREA] = {rate, {CHIEF, CHIEF, DISPATCHER}, true},
    [ACT_REPORT_UP] = {plainly, {CHIEF, DISPATCHER, AREA_DESK}, false},
    [ACT_SEND_DOWN] = {name_below, {CHIEF, DISPATCHER, AREA_DESK}, false},
    [ACT_DUTY_DONE] = {do_duty, {CHIEF, DISPATCHER, DISPATCHER}, true},
};

/* What goes on with an ask; 0: nothing. */
static enum act_verb go_on_with(const struct kept_saying *s, const struct ask *ask)
{
    bool open = ask->decision == DECISION_OPEN;
    if (ask->kind != ASK_IDENTITY)
        return open ? ACT_DECIDE : 0;
    if (!chance_percent(s->chance, 75))
        return 0;
    return open ? ACT_GRANT_IDENTITY : ask->decision == DECISION_GRANTED && !ask->until_ms ? ACT_OPEN_IDENTITY : 0;
}

static enum act_verb when_closed(const struct kept_saying *s)
{
    int percent = any(s, 100);
    return percent < 70 ? ACT_CALLBACK : percent < 85 ? ACT_REOPEN : ACT_ANSWER;
}

/* What would otherwise be said too seldom at the right moment; 0: nothing. */
static enum act_verb timely(const struct kept_saying *s)
{
    for (size_t i = 0; i < s->row->task_count; i++)
        if (s->row->tasks[i].state == TASK_SUSPENDED)
            return ACT_RESUME;
    if (came_to(s) && s->row->head.state <= INCIDENT_OPEN && chance_percent(s->chance, 10))
        return ACT_SEND_DOWN;
    enum act_verb verb = 0;
    for (size_t i = 0; i < s->row->ask_count && !verb; i++)
        verb = go_on_with(s, &s->row->asks[i]);
    if (verb)
        return verb;
    if (s->row->head.more && s->row->head.more->claim && chance_percent(s->chance, 15))
        return ACT_UNCLAIM;
    return s->row->head.state == INCIDENT_PARKED      ? ACT_RESUME
           : s->row->head.state == INCIDENT_VERIFYING ? (chance_percent(s->chance, 60)   ? ACT_VERIFY
                                                         : chance_percent(s->chance, 60) ? ACT_EXCLUDE
                                                                                         : ACT_ANSWER)
           : s->row->head.state == INCIDENT_CLOSED    ? when_closed(s)
                                                      : 0;
}

bool kept_beside(enum act_verb verb)
{
    return acts[verb].beside;
}

/* What ends it is said less often than the state would allow, so that more happens before. */
static bool fits(const struct kept_saying *s, enum act_verb verb)
{
    bool ends = verb == ACT_CANCEL || verb == ACT_REJECT || verb == ACT_WITHDRAW || verb == ACT_CLOSE;
    if (!verb || ((ends || kept_beside(verb)) && !chance_percent(s->chance, 20)))
        return false;
    return kept_beside(verb) || incident_allows(s->row->head.state, verb);
}

static enum act_verb draw_verb(const struct kept_saying *s)
{
    enum act_verb verb = s->rather ? s->rather : chance_percent(s->chance, 60) ? timely(s) : 0;
    if (verb)
        return verb;
    for (int i = 0; i < TRIES && !fits(s, verb); i++)
        do
            verb = (enum act_verb)(1 + any(s, ACT_END - 1));
        while (!act_name(verb));
    return verb;
}

/* Whoever sought an identity opens it: as the one of the last ask. */
static int as_seeker(const struct kept_saying *s, struct act *act)
{
    for (size_t i = s->row->ask_count; i-- > 0;) {
        if (s->row->asks[i].kind != ASK_IDENTITY)
            continue;
        act->person = s->row->asks[i].person;
        for (int k = 0; k < KEPT_PRINCIPALS; k++)
            if (strcmp(s->city->principals[k].name, s->row->asks[i].principal) == 0)
                return k;
    }
    return acts[act->verb].by[any(s, 3)];
}

/* Whose task it was appeals. */
static int as_unit(const struct kept_saying *s, const struct act *act)
{
    if (!s->row->task_count || chance_percent(s->chance, 30))
        return acts[act->verb].by[any(s, 3)];
    return kept_department(kept_unit_of(s->row->tasks[any(s, (int)s->row->task_count)].unit));
}

int kept_draw_act(const struct kept_saying *s, struct act *act)
{
    *act = (struct act){.verb = draw_verb(s), .incident = s->row->incident, .reason = "缘由", .text = "说明"};
    acts[act->verb].fill(s, act);
    if (acts[act->verb].beside)
        act->incident = 0;
    if (act->verb == ACT_OPEN_IDENTITY && chance_percent(s->chance, 70))
        return as_seeker(s, act);
    return act->verb == ACT_APPEAL ? as_unit(s, act) : acts[act->verb].by[any(s, 3)];
}

/* --- words --- */

static void leave_as_it_is(const struct kept_saying *s, struct word *word)
{
    (void)s;
    (void)word;
}

static void feed_back(const struct kept_saying *s, struct word *word)
{
    static const enum outcome_code outcomes[] = {OUTCOME_RESOLVED, OUTCOME_PARTLY, OUTCOME_PLANNED, OUTCOME_REFERRED};
    word->outcome = outcomes[any(s, 4)];
    word->condition_met = true;
    word->to = "法院";
    word->until_ms = soon(s);
}

static void ask_for(const struct kept_saying *s, struct word *word)
{
    word->kind = (enum ask_kind)(1 + any(s, ASK_KIND_END - 1));
    word->until_ms = soon(s);
    word->span_ms = MINUTE_MS * (1 + any(s, 60));
}

/* One of its sub-units where it has one. */
static void hand_on(const struct kept_saying *s, struct word *word)
{
    word->unit = any_unit(s);
    for (size_t i = 0; i < s->row->task_count; i++) {
        const struct task *task = &s->row->tasks[i];
        for (int k = 0, unit = kept_unit_of(task->unit); task->no == word->task && k < KEPT_UNITS; k++)
            if (unit >= 0 && s->city->units[k].parent == unit && chance_percent(s->chance, 60))
                word->unit = kept_unit_id(k);
    }
}

static void send_down(const struct kept_saying *s, struct word *word)
{
    int of = KEPT_NONE;
    for (size_t i = 0; i < s->row->task_count; i++)
        if (s->row->tasks[i].no == word->task)
            of = kept_unit_of(s->row->tasks[i].unit);
    int area = of >= 0 ? s->city->units[of].area : KEPT_NONE;
    word->unit = unit_below(s, area >= 0 ? kept_areas[area] : came_to(s));
}

/* 终报 before it is fed back. */
static bool tells_on(const struct kept_saying *s)
{
    for (size_t i = 0; i < s->row->clock_count; i++)
        if (s->row->clocks[i].kind == CLOCK_PROGRESS && s->row->clocks[i].state == CLOCK_RUNNING)
            return true;
    return false;
}

static void inform(const struct kept_saying *s, struct word *word)
{
    word->last = chance_percent(s->chance, 70);
}

static void tick(const struct kept_saying *s, struct word *word)
{
    word->item = 1u + (uint32_t)any(s, 2);
}

static void (*const words[WORD_END])(const struct kept_saying *, struct word *) = {
    [WORD_TICK] = tick,
    [WORD_RESPOND] = leave_as_it_is,
    [WORD_ARRIVE] = leave_as_it_is,
    [WORD_HANDLE] = leave_as_it_is,
    [WORD_NOTE] = leave_as_it_is,
    [WORD_FEEDBACK] = feed_back,
    [WORD_RETURN] = leave_as_it_is,
    [WORD_GIVE_BACK] = leave_as_it_is,
    [WORD_ASK] = ask_for,
    [WORD_INFORM] = inform,
    [WORD_ACCOUNT] = leave_as_it_is,
    [WORD_CONTACT] = leave_as_it_is,
    [WORD_DELEGATE] = hand_on,
    [WORD_REPORT_UP] = leave_as_it_is,
    [WORD_SEND_DOWN] = send_down,
};

/* Rather one that is under way. */
static const struct task *draw_task(const struct kept_saying *s)
{
    const struct task *task = &s->row->tasks[any(s, (int)s->row->task_count)];
    for (int i = 0; i < 3 && (task->state == TASK_DONE || task->state == TASK_WITHDRAWN); i++)
        task = &s->row->tasks[any(s, (int)s->row->task_count)];
    return task;
}

/* 说明原因, 终报: what comes first. */
static enum word_verb before_feedback(const struct kept_saying *s, const struct task_more *more)
{
    return more && more->unaccounted ? WORD_ACCOUNT : tells_on(s) ? WORD_INFORM : WORD_FEEDBACK;
}

/* What brings the task on; 0: nothing. Else few would ever be done. */
static enum word_verb brings_on(const struct kept_saying *s, const struct task *task)
{
    const struct task_more *more = task->more;
    for (size_t i = 0; more && i < more->item_count && task->state == TASK_RESPONDED; i++)
        if (!more->items[i].done_ms)
            return WORD_TICK;
    return task->state == TASK_OFFERED || task->state == TASK_QUEUED        ? WORD_RESPOND
           : task->state == TASK_RESPONDED && chance_percent(s->chance, 50) ? WORD_HANDLE
           : task->state == TASK_RESPONDED || task->state == TASK_HANDLING  ? before_feedback(s, more)
                                                                            : 0;
}

static enum word_verb draw_word(const struct kept_saying *s, const struct task *task, bool by_worker)
{
    enum word_verb verb = chance_percent(s->chance, 40) ? brings_on(s, task) : 0;
    for (int i = 0; i < TRIES && (!verb || !task_allows(task->state, verb, !by_worker)); i++)
        do
            verb = (enum word_verb)(1 + any(s, WORD_END - 1));
        while (!word_name(verb));
    bool may_send = task->role == TASK_LEAD && came_to(s) && task_allows(task->state, WORD_SEND_DOWN, !by_worker);
    if (may_send && chance_percent(s->chance, 80))
        verb = WORD_SEND_DOWN;
    return verb;
}

bool kept_draw_word(const struct kept_saying *s, bool by_worker, struct word *word)
{
    if (!s->row->task_count)
        return false;
    const struct task *task = draw_task(s);
    enum word_verb verb = draw_word(s, task, by_worker);
    *word = (struct word){.verb = verb,
                          .incident = s->row->incident,
                          .task = task->no,
                          .epoch = by_worker ? task->epoch : 0,
                          .on_behalf = by_worker ? NULL : task->unit,
                          .reason = "缘由",
                          .text = "说明"};
    words[verb](s, word);
    return true;
}

/* --- questions --- */

static void of_all(const struct kept_saying *s, struct query *query)
{
    query->unit = chance_percent(s->chance, 20) ? any_unit(s) : NULL;
}

static void of_it(const struct kept_saying *s, struct query *query)
{
    query->incident = s->row->incident;
}

static void of_a_unit(const struct kept_saying *s, struct query *query)
{
    query->unit = any_unit(s);
}

static void of_nothing(const struct kept_saying *s, struct query *query)
{
    (void)s;
    (void)query;
}

static void (*const queries[])(const struct kept_saying *, struct query *) = {
    [QUERY_LIST] = of_all,   [QUERY_SHOW] = of_it,         [QUERY_QUEUE] = of_a_unit,   [QUERY_OVERVIEW] = of_nothing,
    [QUERY_EXPLAIN] = of_it, [QUERY_WORKERS] = of_nothing, [QUERY_BESIDE] = of_nothing,
};
#define QUERY_COUNT (sizeof(queries) / sizeof(*queries))

void kept_draw_query(const struct kept_saying *s, enum query_kind kind, struct query *query)
{
    *query = (struct query){.kind = kind, .cursor = ""};
    queries[kind](s, query);
}

/* --- events --- */

/* The same again, without a word about anybody. */
static void draw_again(const struct kept_saying *s, struct event *event)
{
    event->type = s->row->head.type;
    event->place.area = s->row->head.area;
    event->nature = NATURE_HELP;
    event->about = "";
}

void kept_draw_event(const struct kept_saying *s, struct event *event)
{
    if (s->row && *s->row->head.area && chance_percent(s->chance, 25)) {
        draw_again(s, event);
        return;
    }
    char *about = arena_alloc(s->arena, KEPT_ABOUT_BYTES);
    bool names = chance_percent(s->chance, 70);
    *about = '\0';
    if (names && *s->about && chance_percent(s->chance, 40))
        snprintf(about, KEPT_ABOUT_BYTES, "%s", s->about);
    else if (names && !chance_percent(s->chance, 3))
        kept_about(s->city, s->chance, about);
    else if (names)
        snprintf(about, KEPT_ABOUT_BYTES, "nobody");
    event->type = types[any(s, TYPE_COUNT)];
    event->place.area = kept_areas[3 + any(s, KEPT_AREAS - 3)];
    event->object = chance_percent(s->chance, 50) ? "91" : NULL;
    event->about = about;
    event->nature = names && chance_percent(s->chance, 70) ? NATURE_REPORT : (enum nature)(1 + any(s, NATURE_PRAISE));
    event->sealed = chance_percent(s->chance, 15);
    event->severity = chance_percent(s->chance, 30) ? 4 : 0;
}

/* --- nothing is forgotten --- */

/* What may be sent to the broker: each is tried, or says nothing of an incident. */
static const bool messages[] = {
    [MESSAGE_HELLO] = true,       [MESSAGE_HEARTBEAT] = true, [MESSAGE_BYE] = true,       [MESSAGE_PUBLISH] = true,
    [MESSAGE_STATUS] = true,      [MESSAGE_CREDIT] = true,    [MESSAGE_WORD] = true,      [MESSAGE_ACT] = true,
    [MESSAGE_QUERY] = true,       [MESSAGE_RELOAD] = true,    [MESSAGE_SUBSCRIBE] = true, [MESSAGE_BACKUP] = true,
    [MESSAGE_ACKNOWLEDGE] = true,
};
#define MESSAGE_COUNT (sizeof(messages) / sizeof(*messages))

const char *kept_unknown_verbs(struct arena *arena)
{
    const char *list = "";
    for (int verb = 1; verb < (int)ACT_END; verb++)
        if (act_name((enum act_verb)verb) && !acts[verb].fill)
            list = arena_printf(arena, "%s act %s", list, act_name((enum act_verb)verb));
    for (int verb = 1; verb < (int)WORD_END; verb++)
        if (word_name((enum word_verb)verb) && !words[verb])
            list = arena_printf(arena, "%s word %s", list, word_name((enum word_verb)verb));
#define UNKNOWN_QUERY(v, N, n)                                                                                         \
    if ((v) >= QUERY_COUNT || !queries[v])                                                                             \
        list = arena_printf(arena, "%s query %s", list, #n);
    QUERIES(UNKNOWN_QUERY)
#define UNKNOWN_MESSAGE(v, N, n, e)                                                                                    \
    if (*(e) != '-' && ((v) >= MESSAGE_COUNT || !messages[v]))                                                         \
        list = arena_printf(arena, "%s message %s", list, #n);
    MESSAGES(UNKNOWN_MESSAGE)
    return list;
}
