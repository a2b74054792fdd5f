#include <string.h>

#include "broker/config/reading.h"

/* plans.yaml: what is done together when something happens. */

enum { NAME, TASKS, START, WITHIN, FIELDS };
static const char *const keys[FIELDS] = {"name", "tasks", "start", "within"};

enum { T_NAME, T_TO, T_AFTER, T_CHECKLIST, T_FIELDS };
static const char *const task_keys[T_FIELDS] = {"name", "to", "after", "checklist"};

/* A plan being read: its tasks by their names, to find what others wait for. */
struct plan_reading {
    struct reading *reading;
    struct document *document;
    struct plan *plan;
    struct plan_task tasks[PLAN_TASKS_MAX];
    yaml_node_t *nodes[PLAN_TASKS_MAX], *after[PLAN_TASKS_MAX];
};

/* --- a task and its checklist --- */

static bool read_item(struct plan_reading *in, yaml_node_t *node, struct item *item)
{
    static const char *const item_keys[] = {"item", "optional"};
    yaml_node_t *fields[2] = {node, NULL};
    if (node_is_mapping(node) && !node_fields(in->document, node, "an item", item_keys, 2, fields))
        return false;
    if (fields[0] == NULL) {
        node_fault(in->document, node, "an item says what is to be done: {item: 断电, optional: true}, or just 断电");
        return false;
    }
    const char *text = node_text(in->document, fields[0], "an item", ITEM_MAX_BYTES);
    item->text = text != NULL ? keep(in->reading, text) : "";
    return text != NULL && (fields[1] == NULL || node_flag(in->document, fields[1], &item->optional));
}

static void read_checklist(struct plan_reading *in, yaml_node_t *list, struct plan_task *task)
{
    size_t n = node_items(list);
    if (n == 0 || n > ITEMS_MAX) {
        node_fault(in->document, list, "%s; write 1 to %d items", n == 0 ? "an empty checklist" : "too many",
                   ITEMS_MAX);
        return;
    }
    struct item *items = ARENA_NEW(&in->reading->policy->arena, struct item, n);
    for (size_t i = 0; i < n; i++) {
        if (!read_item(in, node_item(in->document, list, i), &items[i]))
            return;
    }
    task->items = items;
    task->item_count = n;
}

static size_t task_named(const struct plan_reading *in, const char *name)
{
    size_t i = 0;
    while (i < in->plan->task_count && strcmp(in->tasks[i].name, name) != 0)
        i++;
    return i;
}

static void read_task(struct plan_reading *in, yaml_node_t *node)
{
    yaml_node_t *fields[T_FIELDS];
    if (!node_fields(in->document, node, "a plan's task", task_keys, T_FIELDS, fields))
        return;
    if (fields[T_NAME] == NULL || fields[T_TO] == NULL) {
        node_fault(in->document, node, "a plan's task needs a name and 'to': {name: 警戒, to: police}");
        return;
    }
    const char *name = node_text(in->document, fields[T_NAME], "a task's name", ITEM_MAX_BYTES);
    if (name == NULL)
        return;
    size_t at = in->plan->task_count;
    if (task_named(in, name) < at) {
        node_fault(in->document, fields[T_NAME], "the plan has two tasks named '%s'; give one of them another", name);
        return;
    }
    struct plan_task *task = &in->tasks[at];
    task->name = keep(in->reading, name);
    task->to = read_recipients(in->reading, in->document, fields[T_TO], CANDIDATES_MAX, false, &task->to_count);
    if (fields[T_CHECKLIST] != NULL)
        read_checklist(in, fields[T_CHECKLIST], task);
    in->nodes[at] = node;
    in->after[at] = fields[T_AFTER];
    in->plan->task_count++;
}

/* --- who waits for whom --- */

static void read_after(struct plan_reading *in, size_t at)
{
    yaml_node_t *list = in->after[at];
    for (size_t i = 0; i < node_items(list); i++) {
        const char *known[PLAN_TASKS_MAX];
        yaml_node_t *item = node_item(in->document, list, i);
        const char *name = node_text(in->document, item, "a task's name", ITEM_MAX_BYTES);
        size_t other = name != NULL ? task_named(in, name) : 0;
        for (size_t k = 0; k < in->plan->task_count; k++)
            known[k] = in->tasks[k].name;
        if (name != NULL && other == in->plan->task_count)
            node_fault_unknown(in->document, item, "task of this plan", name, known, in->plan->task_count);
        else if (name != NULL)
            in->tasks[at].after |= 1u << other;
    }
}

/* All that a task waits for, directly or not. */
static uint32_t all_before(const struct plan_reading *in, size_t at)
{
    uint32_t before = in->tasks[at].after, more = before;
    for (size_t steps = 0; steps < in->plan->task_count; steps++) {
        for (size_t i = 0; i < in->plan->task_count; i++)
            more |= before >> i & 1 ? in->tasks[i].after : 0;
        before = more;
    }
    return before;
}

static void check_circle(struct plan_reading *in, size_t at)
{
    if (all_before(in, at) >> at & 1)
        node_fault(in->document, in->after[at],
                   "task '%s' of plan '%s' waits for itself, in a circle of 'after'; let one of them start first",
                   in->tasks[at].name, in->plan->name);
}

/* --- one plan --- */

static void read_start(struct plan_reading *in, yaml_node_t *start, yaml_node_t *within)
{
    bool together = start != NULL && node_is(start, "together");
    if (start != NULL && !together && !node_is(start, "each"))
        node_fault(in->document, start, "a plan starts 'each' (at once, the default) or 'together'");
    if (within != NULL && !together)
        node_fault(in->document, within, "'within' stands beside 'start: together': how long to wait for all");
    in->plan->within_ms = together ? TOGETHER_DEFAULT_MS : 0;
    if (within != NULL)
        node_duration(in->document, within, &in->plan->within_ms);
}

static void read_tasks(struct plan_reading *in, yaml_node_t *list)
{
    size_t n = node_items(list);
    if (n == 0 || n > PLAN_TASKS_MAX) {
        node_fault(in->document, list, "%s; write 1 to %d tasks, the lead's first",
                   n == 0 ? "a plan without tasks" : "too many", PLAN_TASKS_MAX);
        return;
    }
    for (size_t i = 0; i < n; i++)
        read_task(in, node_item(in->document, list, i));
    for (size_t i = 0; i < in->plan->task_count; i++) {
        if (in->after[i] != NULL)
            read_after(in, i);
    }
    for (size_t i = 0; i < in->plan->task_count; i++)
        check_circle(in, i);
    in->plan->tasks = arena_memdup(&in->reading->policy->arena, in->tasks, in->plan->task_count * sizeof in->tasks[0]);
}

static void read_plan(struct reading *reading, struct document *document, yaml_node_t *node, struct plan *plan)
{
    yaml_node_t *fields[FIELDS];
    struct plan_reading in = {.reading = reading, .document = document, .plan = plan};
    plan->origin = origin_of(document, node);
    plan->name = "";
    if (!node_fields(document, node, "a plan", keys, FIELDS, fields))
        return;
    if (fields[NAME] == NULL || fields[TASKS] == NULL) {
        node_fault(document, node, "a plan needs a name and tasks: {name: 火灾, tasks: [{name: 灭火, to: fire}]}");
        return;
    }
    const char *name = read_code(reading, document, fields[NAME], "a plan's name", "");
    const struct plan *first = name != NULL ? textmap_get(&reading->policy->plan_map, name) : NULL;
    if (first != NULL)
        fault_twice(document, fields[NAME], "plan", name, &first->origin);
    if (name == NULL || first != NULL)
        return;
    plan->name = name;
    textmap_put(&reading->policy->plan_map, plan->name, plan);
    read_start(&in, fields[START], fields[WITHIN]);
    read_tasks(&in, fields[TASKS]);
}

void read_plans(struct reading *reading, struct document *document)
{
    static const char *const root_keys[] = {"plans"};
    yaml_node_t *field, *list = document != NULL ? root_field(document, root_keys, 1, &field) : NULL;
    if (list == NULL || !node_is_list(document, list, "plans"))
        return;
    struct policy *policy = reading->policy;
    struct plan *plans = ARENA_NEW(&policy->arena, struct plan, node_items(list));
    policy->plans = plans;
    policy->plan_count = node_items(list);
    for (size_t i = 0; i < policy->plan_count; i++)
        read_plan(reading, document, node_item(document, list, i), &plans[i]);
}
