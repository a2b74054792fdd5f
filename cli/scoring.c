#include "cli/scoring.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "broker/base/panic.h"
#include "cli/cli.h"
#include "cli/report.h"

struct loading {
    struct scoring *scoring;
    yaml_document_t document;
    struct faults *faults;
};

/* --- reading --- */

__attribute__((format(printf, 3, 4))) static void fault_at(struct loading *loading, const yaml_node_t *node,
                                                           const char *format, ...)
{
    char text[256];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    fault_add(loading->faults, loading->scoring->file, node->start_mark.line + 1, node->start_mark.column + 1, "%s",
              text);
}

/* "" with a fault when it is no text. */
static const char *text_of(struct loading *loading, const yaml_node_t *node)
{
    if (node->type == YAML_SCALAR_NODE && strlen((char *)node->data.scalar.value) == node->data.scalar.length)
        return arena_strdup(&loading->scoring->arena, (const char *)node->data.scalar.value);
    fault_at(loading, node, _("a text is wanted here"));
    return "";
}

/* False with a fault. */
static bool number_of(struct loading *loading, const yaml_node_t *node, long low, long high, long *out)
{
    const char *text = text_of(loading, node);
    char *end;
    errno = 0;
    *out = strtol(text, &end, 10);
    if (*text && !*end && !errno && *out >= low && *out <= high)
        return true;
    fault_at(loading, node, _("\"%s\" is not such a number"), text);
    return false;
}

typedef void take_fn(struct loading *, const yaml_node_t *key, const yaml_node_t *value);

static size_t pairs_of(const yaml_node_t *node)
{
    return node->type == YAML_MAPPING_NODE ? (size_t)(node->data.mapping.pairs.top - node->data.mapping.pairs.start)
                                           : 0;
}

static void each(struct loading *loading, const yaml_node_t *mapping, take_fn *take)
{
    if (mapping->type != YAML_MAPPING_NODE)
        fault_at(loading, mapping, _("keys and values are wanted here"));
    for (size_t i = 0; i < pairs_of(mapping); i++) {
        const yaml_node_pair_t *pair = &mapping->data.mapping.pairs.start[i];
        take(loading, yaml_document_get_node(&loading->document, pair->key),
             yaml_document_get_node(&loading->document, pair->value));
    }
}

/* "on_time.respond": the indicator, and what it is of. */
static bool figure_of(struct loading *loading, const yaml_node_t *node, struct scored_figure *out)
{
    const char *text = text_of(loading, node);
    size_t length = strcspn(text, ".");
    *out = (struct scored_figure){.name = text};
    while (out->figure < figure_table_size && (strncmp(figure_table[out->figure].name, text, length) != 0 ||
                                               figure_table[out->figure].name[length] != '\0'))
        out->figure++;
    if (out->figure == figure_table_size || figure_table[out->figure].form == FIGURE_SPAN) {
        fault_at(loading, node, _("no indicator \"%s\" that is a count or a rate; docs/FIGURES.md lists them"), text);
        return false;
    }
    bool of = figure_table[out->figure].of != OF_NOTHING;
    out->of = text[length] ? report_of(&figure_table[out->figure], text + length + 1) : 0;
    if (of ? out->of != 0 : !text[length])
        return true;
    if (of)
        fault_at(loading, node, _("\"%s\" is told apart: of which? as in on_time.respond"), text);
    else
        fault_at(loading, node, _("\"%s\" is of nothing"), text);
    return false;
}

static void take_weight(struct loading *loading, const yaml_node_t *key, const yaml_node_t *value)
{
    struct scoring *scoring = loading->scoring;
    struct weight *weight = &scoring->weights[scoring->weight_count];
    long percent;
    if (!figure_of(loading, key, &weight->what) || !number_of(loading, value, -100, 100, &percent))
        return;
    if (figure_table[weight->what.figure].form != FIGURE_RATE) {
        fault_at(loading, key, _("\"%s\" is no rate: only rates have a weight"), weight->what.name);
        return;
    }
    weight->percent = (int)percent;
    scoring->weight_count++;
}

static void take_veto(struct loading *loading, const yaml_node_t *key, const yaml_node_t *value)
{
    struct scoring *scoring = loading->scoring;
    struct veto *veto = &scoring->vetoes[scoring->veto_count];
    long above;
    if (!figure_of(loading, key, &veto->what) || !number_of(loading, value, 0, INT32_MAX, &above))
        return;
    veto->above = above;
    scoring->veto_count++;
}

static bool is_grouped(const struct scoring *scoring, const char *key)
{
    for (size_t i = 0; i < scoring->group_count; i++)
        for (size_t k = 0; k < scoring->groups[i].key_count; k++)
            if (strcmp(scoring->groups[i].keys[k], key) == 0)
                return true;
    return false;
}

static void take_group(struct loading *loading, const yaml_node_t *key, const yaml_node_t *value)
{
    struct scoring *scoring = loading->scoring;
    struct ranked_group *group = &scoring->groups[scoring->group_count];
    if (value->type != YAML_SEQUENCE_NODE) {
        fault_at(loading, value, _("a list is wanted here"));
        return;
    }
    size_t count = (size_t)(value->data.sequence.items.top - value->data.sequence.items.start);
    *group = (struct ranked_group){.name = text_of(loading, key),
                                   .keys = ARENA_NEW(&scoring->arena, const char *, count + 1)};
    scoring->group_count++;
    for (size_t i = 0; i < count; i++) {
        const yaml_node_t *item = yaml_document_get_node(&loading->document, value->data.sequence.items.start[i]);
        const char *text = text_of(loading, item);
        if (is_grouped(scoring, text))
            fault_at(loading, item, _("\"%s\" is in a group already"), text);
        else
            group->keys[group->key_count++] = text;
    }
}

static void take_top(struct loading *loading, const yaml_node_t *key, const yaml_node_t *value)
{
    struct scoring *scoring = loading->scoring;
    const char *name = text_of(loading, key);
    if (strcmp(name, "weights") == 0) {
        scoring->weights = ARENA_NEW(&scoring->arena, struct weight, pairs_of(value) + 1);
        each(loading, value, take_weight);
    } else if (strcmp(name, "groups") == 0) {
        scoring->groups = ARENA_NEW(&scoring->arena, struct ranked_group, pairs_of(value) + 1);
        each(loading, value, take_group);
    } else if (strcmp(name, "veto") == 0) {
        scoring->vetoes = ARENA_NEW(&scoring->arena, struct veto, pairs_of(value) + 1);
        each(loading, value, take_veto);
    } else {
        fault_at(loading, key, _("no key \"%s\"; there are weights, groups and veto"), name);
    }
}

/* A score is of a hundred. */
static void check_sum(struct loading *loading, const yaml_node_t *root)
{
    int sum = 0;
    for (size_t i = 0; i < loading->scoring->weight_count; i++)
        sum += abs(loading->scoring->weights[i].percent);
    if (sum != 100 && loading->faults->count == 0)
        fault_at(loading, root, _("the weights are %d together; let them be 100 (signs apart)"), sum);
}

static void load_document(struct loading *loading, FILE *file)
{
    yaml_parser_t parser;
    ASSERT(yaml_parser_initialize(&parser));
    yaml_parser_set_input_file(&parser, file);
    if (!yaml_parser_load(&parser, &loading->document)) {
        fault_add(loading->faults, loading->scoring->file, parser.problem_mark.line + 1, parser.problem_mark.column + 1,
                  "%s", parser.problem ? parser.problem : _("not YAML"));
        yaml_parser_delete(&parser);
        return;
    }
    const yaml_node_t *root = yaml_document_get_root_node(&loading->document);
    if (root) {
        each(loading, root, take_top);
        check_sum(loading, root);
    } else {
        fault_add(loading->faults, loading->scoring->file, 1, 1, "%s", _("empty: weights are needed"));
    }
    yaml_document_delete(&loading->document);
    yaml_parser_delete(&parser);
}

int scoring_load(const char *path, struct scoring **out, struct faults *faults)
{
    FILE *file = fopen(path, "re");
    if (!file) {
        int error = -errno;
        fault_add(faults, path, 0, 0, "%s", strerror(-error));
        return error;
    }
    struct scoring *scoring = calloc(1, sizeof *scoring);
    ASSERT(scoring);
    arena_init(&scoring->arena);
    scoring->file = arena_strdup(&scoring->arena, path);
    struct loading loading = {.scoring = scoring, .faults = faults};
    load_document(&loading, file);
    fclose(file);
    if (faults->count) {
        scoring_free(scoring);
        return -EINVAL;
    }
    *out = scoring;
    return 0;
}

void scoring_free(struct scoring *scoring)
{
    if (!scoring)
        return;
    arena_release(&scoring->arena);
    free(scoring);
}

/* --- how each stands --- */

static const struct cell *cell_in(const struct group *group, const struct scored_figure *what)
{
    const struct cell *cell = group->cells[what->figure];
    while (cell && cell->of != what->of)
        cell = cell->next;
    return cell;
}

/* Of the rates as they are printed, those that there are: what is out of nothing has no weight. */
static int score(const struct scoring *scoring, const struct group *group)
{
    int64_t sum = 0, weights = 0;
    for (size_t i = 0; i < scoring->weight_count; i++) {
        const struct weight *weight = &scoring->weights[i];
        const struct cell *cell = cell_in(group, &weight->what);
        int tenths = cell ? figure_tenths(cell) : -1;
        if (tenths < 0)
            continue;
        sum += (int64_t)abs(weight->percent) * (weight->percent < 0 ? 1000 - tenths : tenths);
        weights += abs(weight->percent);
    }
    return weights ? (int)((2 * sum + weights) / (2 * weights)) : -1;
}

static bool exceeds(const struct veto *veto, const struct group *group)
{
    const struct cell *cell = cell_in(group, &veto->what);
    if (!cell)
        return false;
    bool rate = figure_table[veto->what.figure].form == FIGURE_RATE;
    return rate ? figure_tenths(cell) > 10 * veto->above : (int64_t)cell->part > veto->above;
}

static size_t place_of(const struct scoring *scoring, const char *key)
{
    size_t place = 0;
    for (bool found = false; place < scoring->group_count; place++) {
        for (size_t k = 0; k < scoring->groups[place].key_count && !found; k++)
            found = strcmp(scoring->groups[place].keys[k], key) == 0;
        if (found)
            break;
    }
    return place;
}

const char *scoring_group(const struct scoring *scoring, const struct standing *standing)
{
    return standing->place < scoring->group_count ? scoring->groups[standing->place].name : "";
}

static struct standing stand(struct scoring *scoring, const struct group *group)
{
    struct standing standing = {.group = group,
                                .place = place_of(scoring, group->key),
                                .tenths = score(scoring, group),
                                .vetoes = ARENA_NEW(&scoring->arena, const struct veto *, scoring->veto_count + 1)};
    for (size_t i = 0; i < scoring->veto_count; i++)
        if (exceeds(&scoring->vetoes[i], group))
            standing.vetoes[standing.veto_count++] = &scoring->vetoes[i];
    return standing;
}

/* Below 0 when a stands before b among their own. */
static int before(const struct standing *a, const struct standing *b)
{
    bool vetoed_a = a->veto_count > 0, vetoed_b = b->veto_count > 0;
    if (vetoed_a != vetoed_b)
        return vetoed_a ? 1 : -1;
    return a->tenths == b->tenths ? 0 : a->tenths > b->tenths ? -1 : 1;
}

static int by_rank(const void *left, const void *right)
{
    const struct standing *a = left, *b = right;
    int order = a->place == b->place ? before(a, b) : a->place < b->place ? -1 : 1;
    return order ? order : strcmp(a->group->key, b->group->key);
}

size_t scoring_rank(struct scoring *scoring, const struct figures *figures, struct standing **out)
{
    struct standing *all = ARENA_NEW(&scoring->arena, struct standing, figures->group_count + 1);
    size_t count = 0, first = 0;
    for (size_t i = 0; i < figures->group_count; i++)
        if (*figures->groups[i]->key)
            all[count++] = stand(scoring, figures->groups[i]);
    qsort(all, count, sizeof *all, by_rank);
    for (size_t i = 0; i < count; i++) {
        if (i == 0 || all[i].place != all[i - 1].place)
            first = i;
        bool tie = i > first && before(&all[i - 1], &all[i]) == 0;
        if (all[i].tenths >= 0)
            all[i].rank = tie ? all[i - 1].rank : i - first + 1;
    }
    *out = all;
    return count;
}
