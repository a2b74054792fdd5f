#include "tests/sim/kept_hold.h"

#include <string.h>

#include <jansson.h>

/* --- what must be true after every step --- */

static void hold_rung(struct kept_model *m, const struct kept_case *c, const struct rung *rung)
{
    if (kept_in(kept_from_of(m, c).areas, kept_area_of(rung->to_area)))
        kept_fail(m, "a rung of %s, about %s, climbs to %s", c->text, c->about, rung->to_area);
    if (rung->colour >= RUNG_RED && !*rung->to_post && !*rung->to_unit && kept_instead(&m->city, c->about) >= 0)
        kept_fail(m, "a rung of %s, about %s, is told to nobody", c->text, c->about);
}

/* An area's post, or that of a unit. */
static bool is_barred_post(const struct kept_from *from, const char *title)
{
    bool of_area = title[0] == 'p', of_unit = title[0] == 'q';
    return (of_area || of_unit) && title[1] && !title[2] &&
           kept_in(of_area ? from->areas : from->units, title[1] - '0');
}

/* The post that it is charged to may be one that another bears. */
static bool is_barred_name(const struct kept_from *from, const char *name, const char *key)
{
    return kept_in(from->units, kept_unit_of(name)) || (strcmp(key, "post") != 0 && is_barred_post(from, name));
}

/* Nobody who is barred is named anywhere but where it says whom it is about, and who had it once. */
static void hold_names(struct kept_model *m, const struct kept_case *c, const struct kept_from *from, const json_t *at,
                       const char *path)
{
    static const char *const history[] = {"about", "tasks", "asks", "undo", "voices", "event", "sides", "bearer_post"};
    const char *key;
    json_t *value;
    size_t i;
    for (i = 0; i < sizeof(history) / sizeof(*history); i++)
        if (strcmp(path, history[i]) == 0)
            return;
    if (json_is_string(at) && is_barred_name(from, json_string_value(at), path))
        kept_fail(m, "a record of %s, about %s, says %s %s", c->text, c->about, path, json_string_value(at));
    json_object_foreach((json_t *)at, key, value) hold_names(m, c, from, value, key);
    json_array_foreach(at, i, value) hold_names(m, c, from, value, path);
}

/* --- who is told: up the line --- */

static int above(const struct kept_city *city, int unit)
{
    const struct kept_unit *of = &city->units[unit];
    return kept_now(city, of->supervisor >= 0 ? of->supervisor : of->parent);
}

/* From the unit upward the first that may know; KEPT_NONE: none. Successors may lead in a circle. */
static int first_on_line(const struct kept_city *city, kept_set barred, int unit)
{
    unit = kept_now(city, unit);
    for (int steps = 0; steps < 2 * KEPT_UNITS && kept_in(barred, unit); steps++)
        unit = above(city, unit);
    return kept_in(barred, unit) ? KEPT_NONE : unit;
}

/* Of a no-show its supervisor hears, or who may instead. */
static int hears_of_no_show(const struct kept_model *m, const struct kept_case *c, int unit)
{
    int now = kept_now(&m->city, unit);
    int supervisor = now < 0 ? KEPT_NONE : kept_now(&m->city, m->city.units[now].supervisor);
    return kept_in(kept_from_of(m, c).units, supervisor) ? kept_instead(&m->city, c->about) : supervisor;
}

/* A breach of a unit's clock. */
static void hold_line(struct kept_model *m, const struct kept_case *c, const struct rung *rung)
{
    if (rung->colour != RUNG_RED || !rung->task || rung->task >= KEPT_TASKS_MAX)
        return;
    int unit = c->tasks[rung->task].unit;
    bool no_show = rung->clock == CLOCK_ARRIVE && c->tasks[rung->task].whistled;
    int to = no_show ? hears_of_no_show(m, c, unit)
                     : first_on_line(&m->city, kept_is_kept(c) ? kept_from_of(m, c).units : 0, unit);
    if (to < 0 && !*rung->to_post && kept_is_kept(c))
        to = kept_instead(&m->city, c->about);
    if (strcmp(rung->to_unit, to < 0 ? "" : kept_unit_id(to)) != 0)
        kept_fail(m, "that %s of task %u of %s, about %s, is late, at %s, is told to \"%s\", and not to %s",
                  clock_kind_name(rung->clock), rung->task, c->text, c->about, kept_unit_id(unit), rung->to_unit,
                  to < 0 ? "nobody" : kept_unit_id(to));
}

static void note_tasks(struct kept_case *c, const struct change *change)
{
    for (size_t i = 0; i < change->task_count; i++) {
        const struct task *task = &change->tasks[i];
        if (task->no >= KEPT_TASKS_MAX)
            continue;
        c->tasks[task->no].unit = kept_unit_of(task->unit);
        c->tasks[task->no].whistled = task->more && task->more->whistled;
    }
}

/* --- records --- */

static void hold_record(struct kept_model *m, const struct record *record, const struct kept_case *c)
{
    struct kept_from from = kept_from_of(m, c);
    struct buffer text = {0};
    bool knew = record->kind == RECORD_EXCLUDED || record->kind == RECORD_OPENED; /* until then, or from itself */
    for (int i = 0; i < KEPT_PRINCIPALS && !knew; i++)
        if (kept_in(from.principals, i) && strcmp(m->city.principals[i].name, record->principal) == 0)
            kept_fail(m, "%s did something to %s, which is about %s", record->principal, c->text, c->about);
    record_json(record, &text);
    json_t *json = json_loadb((const char *)text.data, text.size, 0, NULL);
    hold_names(m, c, &from, json, "");
    json_decref(json);
    buffer_release(&text);
    if (record->rung)
        hold_rung(m, c, record->rung);
}

static int look(void *arg, const struct record *record, const void *bytes, size_t size)
{
    struct kept_model *m = arg;
    (void)bytes;
    (void)size;
    m->seen = record->seq;
    if (record->kind == RECORD_OPENED && !kept_case_of(m, record->changes[0].incident))
        kept_open_case(m, record->event,
                       record->changes[0].incident); /* by the broker: somebody may come to be excluded */
    for (size_t i = 0; i < record->change_count; i++) {
        struct kept_case *c = kept_case_of(m, record->changes[i].incident);
        if (c)
            note_tasks(c, &record->changes[i]);
        if (c && record->rung)
            hold_line(m, c, record->rung);
        if (c && kept_is_kept(c))
            hold_record(m, record, c);
    }
    return 0;
}

static bool at_work(const struct task *task)
{
    return task->state != TASK_DONE && task->state != TASK_WITHDRAWN;
}

static void hold_row(struct kept_model *m, const struct kept_case *c, const struct row *row)
{
    struct kept_from from = kept_from_of(m, c);
    bool led = false;
    for (size_t i = 0; i < row->task_count; i++) {
        const struct task *task = &row->tasks[i];
        const char *sub_unit = task->more ? task->more->sub_unit : "";
        led |= task->role == TASK_LEAD && task->state != TASK_WITHDRAWN;
        if (at_work(task) &&
            (kept_in(from.units, kept_unit_of(task->unit)) || kept_in(from.units, kept_unit_of(sub_unit))))
            kept_fail(m, "task %u of %s, about %s, is %s at %s %s", task->no, c->text, c->about,
                      task_state_name(task->state), task->unit, sub_unit);
    }
    if (row->head.state == INCIDENT_OPEN && !led)
        kept_fail(m, "%s is open and nobody's", c->text);
    const struct oversight *oversight = row->head.more ? row->head.more->oversight : NULL;
    if (oversight && oversight->bearer_post && is_barred_post(&from, oversight->bearer_post))
        kept_fail(m, "%s, about %s, is borne by %s", c->text, c->about, oversight->bearer_post);
}

/* The duty chief has everything before him: no report is lost. */
static void hold_reach(struct kept_model *m)
{
    struct message list = {.kind = MESSAGE_QUERY};
    struct row row;
    uint64_t cursor = 0;
    list.query = (struct query){.kind = QUERY_LIST, .cursor = "", .limit = 200};
    m->listed_by_chief = 0;
    kept_tell(m, kept_seat_of(m, CHIEF), &list, NULL);
    while (core_next_live(m->w.turn.core, &cursor, &m->step, &row)) {
        const struct kept_case *c = kept_case_of(m, row.incident);
        if (!c || !kept_is_kept(c) || kept_ended(row.head.state))
            continue;
        hold_row(m, c, &row);
        if (!kept_means_somebody(&m->city, c->about))
            kept_fail(m, "%s is about %s, and nobody knows any more who that was", c->text, c->about);
        if (!kept_in(m->listed_by_chief, (int)(c - m->cases)))
            kept_fail(m, "%s, about %s, is in front of nobody", c->text, c->about);
    }
}

#define QUESTION(v, N, n) QUERY_##N,
static const enum query_kind questions[] = {QUERIES(QUESTION)};

/* Everybody it is kept from asks everything, and reads the trail from its beginning. */
void kept_pry(struct kept_model *m, const struct kept_saying *s, const struct kept_case *c)
{
    struct kept_from from = kept_from_of(m, c);
    struct message ask = {.kind = MESSAGE_QUERY}, status = {.kind = MESSAGE_STATUS};
    status.status.incident = c->id;
    for (size_t i = 0; i < m->actor_count; i++) {
        if (!kept_in(from.principals, m->actors[i].principal))
            continue;
        for (size_t k = 0; m->actors[i].endpoint != 'F' && k < sizeof(questions) / sizeof(*questions); k++) {
            kept_draw_query(s, questions[k], &ask.query);
            kept_send(m, i, &ask);
        }
        if (m->actors[i].endpoint == 'C')
            kept_send(m, i, &status);
        if (m->actors[i].endpoint == 'F' && chance_percent(&m->w.chance, 15))
            kept_subscribe(m, i, "");
    }
    m->prying = true;
    kept_turn(m);
    m->prying = false;
}

void kept_read(struct kept_model *m)
{
    store_read(m->w.turn.store, m->seen, &m->step, look, m);
}

void kept_hold(struct kept_model *m)
{
    kept_read(m);
    hold_reach(m);
}
