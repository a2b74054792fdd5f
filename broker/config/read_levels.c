#include <string.h>

#include "broker/config/reading.h"

/* area_levels.yaml: which areas are rated red, yellow or blue, by how many incidents, and what a colour brings. */

enum { RATE, WINDOW, TYPES, COLOURS, FIELDS };
static const char *const keys[FIELDS] = {"rate", "window", "types", "colours"};

#define DAY_MS (24 * 3600 * 1000LL)

/* --- a colour --- */

static bool read_threshold(struct document *document, yaml_node_t *node, const char *what, uint32_t *out)
{
    long number;
    if (node == NULL || !node_number(document, node, what, 1, 1000000, &number))
        return false;
    *out = (uint32_t)number;
    return true;
}

static void read_colour(struct reading *reading, struct document *document, yaml_node_t *node, struct rated *colour)
{
    enum { UP, DOWN, LEAD, COLOUR_FIELDS };
    static const char *const colour_keys[COLOUR_FIELDS] = {"up", "down", "lead"};
    yaml_node_t *fields[COLOUR_FIELDS];
    if (!node_fields(document, node, "a colour", colour_keys, COLOUR_FIELDS, fields))
        return;
    if (fields[UP] == NULL) {
        node_fault(document, node, "a colour needs 'up': from how many incidents on it is proposed");
        return;
    }
    if (!read_threshold(document, fields[UP], "up", &colour->up))
        return;
    colour->down = colour->up;
    if (fields[DOWN] != NULL && read_threshold(document, fields[DOWN], "down", &colour->down) &&
        colour->down > colour->up)
        node_fault(document, fields[DOWN], "'down' is above 'up': it would fall as soon as it rises");
    if (fields[LEAD] != NULL)
        read_local_recipient(reading, document, fields[LEAD], &colour->lead);
}

/* A more urgent colour begins higher. */
static void check_order(struct document *document, yaml_node_t *table, const struct rating *rating)
{
    uint32_t below = 0;
    for (int colour = RUNG_BLUE; colour <= RUNG_RED; colour++) {
        uint32_t up = rating->colours[colour].up;
        if (up && up <= below)
            node_fault(document, table,
                       "%s is proposed from %u on, and a lesser colour from %u; blue is least, red most",
                       rung_colour_name((enum rung_colour)colour), up, below);
        below = up > below ? up : below;
    }
}

enum rung_colour read_area_colour(struct document *document, yaml_node_t *node)
{
    static const char *const known[] = {"blue", "yellow", "red"};
    const char *name = node_text(document, node, "a colour", CODE_MAX_BYTES);
    enum rung_colour colour = name != NULL ? rung_colour_of(name) : 0;
    if (colour != 0 && colour <= RUNG_RED)
        return colour;
    if (name != NULL)
        node_fault_unknown(document, node, "colour", name, known, 3);
    return 0;
}

static void read_colours(struct reading *reading, struct document *document, yaml_node_t *table, struct rating *rating)
{
    if (!node_names(document, table, "colours"))
        return;
    for (size_t i = 0; i < node_pairs(table); i++) {
        enum rung_colour colour = read_area_colour(document, node_key(document, table, i));
        if (colour != 0)
            read_colour(reading, document, node_value(document, table, i), &rating->colours[colour]);
    }
    if (node_pairs(table) == 0)
        node_fault(document, table, "no colour; write {red: {up: 20, down: 12}}");
    check_order(document, table, rating);
}

/* --- what is counted --- */

static void read_types_counted(struct reading *reading, struct document *document, yaml_node_t *list,
                               struct rating *rating)
{
    size_t n = node_items(list);
    const struct type **types = ARENA_NEW(&reading->policy->arena, const struct type *, n);
    rating->types = types;
    for (size_t i = 0; i < n; i++) {
        types[rating->type_count] = named_type(reading, document, node_item(document, list, i));
        rating->type_count += types[rating->type_count] != NULL;
    }
}

static void read_window(struct document *document, yaml_node_t *node, struct rating *rating)
{
    int64_t ms;
    if (!node_duration(document, node, &ms))
        return;
    rating->window_days = ms / DAY_MS;
    if (ms % DAY_MS != 0 || rating->window_days > RATING_DAYS_MAX - 1)
        node_fault(document, node, "a window is whole days, 1d to %dd", RATING_DAYS_MAX - 1);
}

void read_rating(struct reading *reading, struct document *document)
{
    struct rating *rating = &reading->policy->rating;
    yaml_node_t *fields[FIELDS];
    if (document == NULL || !node_fields(document, document_root(document), document->file, keys, FIELDS, fields))
        return;
    rating->origin = origin_of(document, document_root(document));
    if (fields[RATE] == NULL || fields[WINDOW] == NULL || fields[COLOURS] == NULL) {
        node_fault(document, document_root(document),
                   "levels need the level of the areas rated, a window and colours: 'rate: community', 'window: 30d', "
                   "'colours: {red: {up: 20, down: 12}}'");
        return;
    }
    const char *level = node_text(document, fields[RATE], "a level", CODE_MAX_BYTES);
    rating->level = level != NULL ? named_level(reading, document, fields[RATE], level) : SIZE_MAX;
    read_window(document, fields[WINDOW], rating);
    if (fields[TYPES] != NULL)
        read_types_counted(reading, document, fields[TYPES], rating);
    read_colours(reading, document, fields[COLOURS], rating);
}
