/* What stands beside incidents: bihuan beside lists the rows, bihuan duty says that a target of a duty is done,
 * bihuan level lists an area in a colour. */
#include <inttypes.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/table.h"
#include "cli/verbs.h"
#include "cli/when.h"
#include "cli/words.h"
#include "schemas/ident.h"

/* --- beside --- */

struct listing {
    struct common common;
    enum side_kind kind;
};

#define NAME_X(v, N, n) " " #n
static const char kinds[] = SIDE_KINDS(NAME_X);

static error_t parse_listing(int key, char *value, struct argp_state *state)
{
    struct listing *listing = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        cli_children(state, &listing->common, 1);
        return 0;
    case ARGP_KEY_ARG:
        if (listing->kind)
            argp_error(state, _("one kind at a time"));
        listing->kind = side_kind_of(value);
        if (!listing->kind)
            argp_error(state, _("\"%s\": not one of%s"), value, kinds);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static void time_cell(struct table *table, int64_t at_ms, bool utc)
{
    char time[WHEN_TEXT_BYTES];
    table_cell(table, COLOUR_NONE, when_text(at_ms, utc, time));
}

static enum colour colour_of(const struct side *side)
{
    static const enum colour colours[] = {
        [RUNG_BLUE] = COLOUR_BLUE, [RUNG_YELLOW] = COLOUR_YELLOW, [RUNG_RED] = COLOUR_RED};
    return side->colour && side->colour < RUNG_UP ? colours[side->colour] : COLOUR_NONE;
}

/* "2/3", or the count alone. */
static void count_cell(struct table *table, const struct side *side)
{
    if (side->total)
        table_cellf(table, COLOUR_NONE, "%" PRIu32 "/%" PRIu32, side->count, side->total);
    else if (side->count)
        table_cellf(table, COLOUR_NONE, "%" PRIu32, side->count);
    else
        table_cell(table, COLOUR_NONE, "");
}

/* What else it says: whose it is, by whom, why, and the incident. */
static void rest_cell(struct table *table, const struct side *side)
{
    char incident[IDENT_TEXT_BYTES] = "";
    struct buffer rest = {0};
    if (side->incident)
        ident_format(side->incident, incident);
    const char *const texts[] = {side->name, side->principal, side->person, side->text, incident};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        if (texts[i] && *texts[i])
            buffer_printf(&rest, "%s%s", rest.size ? " " : "", texts[i]);
    buffer_append(&rest, "", 1);
    table_cell(table, COLOUR_NONE, (const char *)rest.data);
    buffer_release(&rest);
}

/* An area's level: what it is listed in, and what is proposed instead. */
static void level_cell(struct table *table, const struct side *side)
{
    struct buffer state = {0};
    if (side->colour)
        buffer_printf(&state, _("listed %s"), words_colour(side->colour));
    if (side->state != side->colour)
        buffer_printf(&state, "%s%s %s", state.size ? ", " : "", _("proposed"),
                      side->state ? words_colour((enum rung_colour)side->state) : _("none"));
    buffer_append(&state, "", 1);
    table_cell(table, COLOUR_NONE, (const char *)state.data);
    buffer_release(&state);
}

static void side_row(struct table *table, const struct side *side, bool utc)
{
    table_cell(table, COLOUR_NONE, words_side(side->kind));
    table_cell(table, colour_of(side), side->key);
    if (side->kind == SIDE_AREA_LEVEL)
        level_cell(table, side);
    else
        table_cell(table, COLOUR_NONE, words_side_state(side));
    count_cell(table, side);
    time_cell(table, side->first_ms, utc);
    time_cell(table, side->last_ms, utc);
    time_cell(table, side->next_ms, utc);
    rest_cell(table, side);
}

static void print_page(const struct answer *answer, bool utc)
{
    const char *headings[] = {_("KIND"),  _("WHICH"), _("STATE"), _("COUNT"),
                              _("SINCE"), _("LAST"),  _("NEXT"),  _("WHAT")};
    struct table table;
    table_init(&table, sizeof(headings) / sizeof(headings[0]), headings);
    table.right[3] = true;
    for (size_t i = 0; i < answer->side_count; i++)
        side_row(&table, &answer->sides[i], utc);
    table_print(&table, stdout, 0, table_colour(stdout));
    table_release(&table);
}

/* Page after page, until the broker says that there is no more. */
static int list(const struct listing *listing, struct client *client, struct arena *arena)
{
    struct message answer, ask = {.kind = MESSAGE_QUERY, .query = {.kind = QUERY_BESIDE, .side = listing->kind}};
    ask.query.cursor = "";
    do {
        int code = cli_ask(&listing->common, client, &ask, arena, &answer);
        if (code)
            return code;
        if (listing->common.json)
            cli_print_json(&answer);
        else if (answer.answer.side_count || !*ask.query.cursor)
            print_page(&answer.answer, listing->common.utc);
        ask.query.cursor = answer.answer.cursor;
    } while (*ask.query.cursor);
    return CLI_DONE;
}

int verb_beside(int argc, char **argv)
{
    static const struct argp_child children[] = {COMMON_CHILD, {0}};
    static const struct argp argp = {NULL,
                                     parse_listing,
                                     N_("[KIND]"),
                                     N_("Lists what stands beside incidents: absences, duties and their targets, "
                                        "area levels, devices, sources, shifts and more; or one kind of them."),
                                     children,
                                     NULL,
                                     NULL};
    struct listing listing = {0};
    struct client *client;
    struct arena arena;
    cli_parse(&argp, argc, argv, &listing);
    int code = cli_connect(&listing.common, 'C', &client);
    if (code)
        return code;
    arena_init(&arena);
    code = list(&listing, client, &arena);
    arena_release(&arena);
    client_close(client);
    return code;
}

/* --- duty --- */

enum { KEY_AREA = 0x2000, KEY_TEXT };

struct done {
    struct common common;
    struct act act;
};

static error_t parse_done(int key, char *value, struct argp_state *state)
{
    struct done *done = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        cli_children(state, &done->common, 2);
        return 0;
    case ARGP_KEY_ARG:
        if (!done->act.name)
            done->act.name = value;
        else if (!done->act.target)
            done->act.target = value;
        else
            argp_error(state, _("one target at a time"));
        return 0;
    case KEY_AREA:
        done->act.area = value;
        return 0;
    case KEY_TEXT:
        done->act.text = value;
        return 0;
    case ARGP_KEY_END:
        if (!done->act.target)
            argp_error(state, _("which duty, and which of its targets?"));
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

int verb_duty(int argc, char **argv)
{
    static const struct argp_option options[] = {
        {"area", KEY_AREA, N_("AREA"), 0, N_("whose, of a duty that several areas have"), 0},
        {"text", KEY_TEXT, N_("TEXT"), 0, N_("what was found"), 0},
        {0},
    };
    static const struct argp_child children[] = {COMMON_CHILD, REQUEST_CHILD, {0}};
    static const struct argp argp = {
        options,
        parse_done,
        N_("DUTY TARGET"),
        N_("Says that a target of a duty is done in the period that runs, or a post checked "
           "in to: by the unit whose duty it is, or by the centre on its behalf."),
        children,
        NULL,
        NULL};
    struct done done = {.act.verb = ACT_DUTY_DONE};
    cli_parse(&argp, argc, argv, &done);
    return cli_act(&done.common, 'C', done.act);
}

/* --- level --- */

enum { KEY_REASON = 0x2000, KEY_WHY };

static error_t parse_level(int key, char *value, struct argp_state *state)
{
    struct done *level = state->input;
    struct act *act = &level->act;
    switch (key) {
    case ARGP_KEY_INIT:
        cli_children(state, &level->common, 2);
        return 0;
    case ARGP_KEY_ARG:
        if (!act->area)
            act->area = value;
        else if (strcmp(value, "none") != 0 && !(act->colour = rung_colour_of(value)))
            argp_error(state, _("\"%s\": not blue, yellow, red or none"), value);
        return 0;
    case KEY_REASON:
        act->reason = value;
        return 0;
    case KEY_WHY:
        act->text = value;
        return 0;
    case ARGP_KEY_END:
        act->verb = act->colour ? ACT_LIST_AREA : ACT_DELIST_AREA;
        if (state->arg_num != 2)
            argp_error(state, _("which area, and in which colour?"));
        if (!act->reason)
            argp_error(state, _("--%s is needed"), "reason");
        if (!level->common.person)
            argp_error(state, _("--%s is needed"), "person");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

int verb_level(int argc, char **argv)
{
    static const struct argp_option options[] = {
        {"reason", KEY_REASON, N_("CODE"), 0, N_("why, in a word"), 0},
        {"text", KEY_WHY, N_("TEXT"), 0, N_("why, in sentences"), 0},
        {0},
    };
    static const struct argp_child children[] = {COMMON_CHILD, REQUEST_CHILD, {0}};
    static const struct argp argp = {options,
                                     parse_level,
                                     N_("AREA COLOUR"),
                                     N_("Lists an area in a colour, blue, yellow or red, or in none any more. The "
                                        "broker proposes (bihuan beside area_level), a person decides."),
                                     children,
                                     NULL,
                                     NULL};
    struct done level = {0};
    cli_parse(&argp, argc, argv, &level);
    return cli_act(&level.common, 'C', level.act);
}
