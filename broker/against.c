#include "broker/against.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "broker/config/sheet.h"
#include "broker/core/route.h"

enum { TYPE, AREA, UNIT, COLUMNS };
static const char *const columns[COLUMNS] = {"type", "area", "unit"};

/* What the rows of one type at one area say: units, the commonest first once they are all there. */
struct statement {
    const char *unit;
    size_t rows, line; /* the first of them */
    struct statement *next;
};

struct group {
    const char *code; /* as the rows have it */
    const struct type *type;
    const struct area *area;
    struct statement *claims;
    size_t rows, line;
    struct group *next;
};

struct comparison {
    const struct policy *policy;
    const char *path;
    struct arena arena;
    struct textmap groups; /* "type/area" */
    struct group *first, **last;
    struct sheet sheet;
    size_t at[COLUMNS];
};

/* --- the rows --- */

static char *slurp(struct comparison *c, size_t *size_bytes)
{
    FILE *file = fopen(c->path, "rb");
    struct buffer text = {0};
    char piece[65536];
    size_t got;
    if (!file)
        return NULL;
    while ((got = fread(piece, 1, sizeof piece, file)) > 0)
        buffer_append(&text, piece, got);
    int error = ferror(file) ? errno : 0;
    fclose(file);
    buffer_append(&text, "", 1);
    *size_bytes = text.size - 1;
    char *copy = error ? NULL : arena_memdup(&c->arena, text.data, text.size);
    buffer_release(&text);
    errno = error;
    return copy;
}

static bool find_columns(struct comparison *c, struct faults *faults)
{
    bool all = true;
    sheet_next(&c->sheet);
    for (size_t i = 0; i < COLUMNS; i++) {
        c->at[i] = sheet_heading(&c->sheet, columns[i]);
        if (c->at[i] == SIZE_MAX)
            fault_add(faults, c->path, 1, 1, "no column '%s'; the first row names type, area and unit", columns[i]);
        all = all && c->at[i] != SIZE_MAX;
    }
    return all;
}

/* The nearest that is listed: "6.186.662", or 6.186, or 6. */
static const struct type *nearest_type(struct comparison *c, const char *code)
{
    char *at = arena_strdup(&c->arena, code), *dot;
    const struct type *type = policy_type(c->policy, at);
    while (!type && (dot = strrchr(at, '.')) != NULL) {
        *dot = '\0';
        type = policy_type(c->policy, at);
    }
    return type;
}

static struct group *group_of(struct comparison *c, const char *code, const struct type *type, const struct area *area)
{
    const char *key = arena_printf(&c->arena, "%s/%s", code, area->code);
    struct group *group = textmap_get(&c->groups, key);
    if (group)
        return group;
    group = ARENA_NEW(&c->arena, struct group, 1);
    *group = (struct group){.code = code, .type = type, .area = area, .line = c->sheet.line};
    textmap_put(&c->groups, key, group);
    *c->last = group;
    c->last = &group->next;
    return group;
}

static void count_claim(struct comparison *c, struct group *group, const char *unit)
{
    struct statement **at = &group->claims;
    while (*at && strcmp((*at)->unit, unit) != 0)
        at = &(*at)->next;
    if (!*at) {
        *at = ARENA_NEW(&c->arena, struct statement, 1);
        **at = (struct statement){.unit = unit, .line = c->sheet.line};
    }
    (*at)->rows++;
    group->rows++;
}

static void take_row(struct comparison *c, struct faults *faults)
{
    const struct sheet *sheet = &c->sheet;
    for (size_t i = 0; i < COLUMNS; i++) {
        if (c->at[i] >= sheet->count) {
            fault_add(faults, c->path, sheet->line, 1, "%zu cells; the first row has more", sheet->count);
            return;
        }
    }
    const struct cell *cells[COLUMNS] = {&sheet->cells[c->at[TYPE]], &sheet->cells[c->at[AREA]],
                                         &sheet->cells[c->at[UNIT]]};
    const struct type *type = nearest_type(c, cells[TYPE]->text);
    const struct area *area = policy_area(c->policy, cells[AREA]->text);
    if (!type)
        fault_add(faults, c->path, sheet->line, cells[TYPE]->column, "unknown type '%s', and none above it is listed",
                  cells[TYPE]->text);
    else if (!area)
        fault_add(faults, c->path, sheet->line, cells[AREA]->column, "unknown area '%s'; it is not in areas.yaml",
                  cells[AREA]->text);
    else
        count_claim(c, group_of(c, cells[TYPE]->text, type, area), cells[UNIT]->text);
}

/* --- what the rules say to them --- */

static void sort_claims(struct group *group)
{
    struct statement *sorted = NULL, *claim = group->claims, *next;
    for (; claim; claim = next) {
        struct statement **at = &sorted;
        next = claim->next;
        while (*at && (*at)->rows >= claim->rows)
            at = &(*at)->next;
        claim->next = *at;
        *at = claim;
    }
    group->claims = sorted;
}

static size_t rows_of(const struct group *group, const char *unit)
{
    for (const struct statement *claim = group->claims; claim; claim = claim->next) {
        if (strcmp(claim->unit, unit) == 0)
            return claim->rows;
    }
    return 0;
}

/* "routes.yaml:12 sends it to 1801". */
static void say_route(struct buffer *said, const struct route_result *result)
{
    if (result->lead)
        buffer_printf(said, "%s sends it to %s", result->route->rule, result->lead->id);
    else if (result->desk)
        buffer_printf(said, "%s leaves it to a person", result->route->rule);
    else
        buffer_printf(said, "it is unrouted: %s", unrouted_reason_name(result->unrouted));
}

static void say_group(const struct comparison *c, struct buffer *said, const struct group *group,
                      const struct route_result *result)
{
    buffer_printf(said, "%s:%zu:1: warning: type %s at %s: ", c->path, group->line, group->code, group->area->code);
    for (const struct statement *claim = group->claims; claim; claim = claim->next)
        buffer_printf(said, "%s%s in %zu row%s (line %zu)", claim == group->claims ? "" : ", ",
                      *claim->unit ? claim->unit : "nobody", claim->rows, claim->rows == 1 ? "" : "s", claim->line);
    buffer_printf(said, group->claims->next ? ": the rows contradict each other; " : "; ");
    say_route(said, result);
    buffer_append(said, "\n", 1);
}

static void compare_group(const struct comparison *c, struct group *group, struct against *sum, struct buffer *said)
{
    struct route_result result;
    struct route_query query = {
        .type = group->type, .area = group->area, .nature = NATURE_COMPLAINT, .severity = group->type->severity};
    route_find(c->policy, &query, &result, NULL);
    size_t agree = result.lead ? rows_of(group, result.lead->id) : 0;
    sort_claims(group);
    sum->rows += group->rows;
    sum->agree += agree;
    sum->nobody += result.lead ? 0 : group->rows;
    sum->elsewhere += result.lead ? group->rows - agree : 0;
    sum->contradictory += group->claims->next ? group->rows : 0;
    if (group->claims->next || agree < group->rows)
        say_group(c, said, group, &result);
}

int against_rows(const struct policy *policy, const char *path, struct against *sum, struct buffer *said,
                 struct faults *faults)
{
    struct comparison c = {.policy = policy, .path = path, .last = &c.first};
    size_t before = faults->count, size_bytes = 0;
    *sum = (struct against){0};
    arena_init(&c.arena);
    const char *text = slurp(&c, &size_bytes);
    if (!text) {
        fault_add(faults, path, 0, 0, "%s", strerror(errno));
    } else {
        sheet_open(&c.sheet, path, text, size_bytes, &c.arena, faults);
        if (find_columns(&c, faults)) {
            while (sheet_next(&c.sheet))
                take_row(&c, faults);
        }
    }
    for (struct group *group = c.first; group; group = group->next)
        compare_group(&c, group, sum, said);
    textmap_release(&c.groups);
    arena_release(&c.arena);
    return faults->count > before ? -EINVAL : 0;
}
