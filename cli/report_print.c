#include "cli/report.h"

#include <csv.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/table.h"
#include "cli/when.h"
#include "cli/words.h"

#define C_(context, text) context "\004" text

const char *const report_by_names[] = {
    [BY_DEPARTMENT] = "department", [BY_AREA] = "area", [BY_TYPE] = "type", [BY_SOURCE] = "source"};

/* The default levels of a city: those of the national code. */
static const struct {
    unsigned digits;
    const char *name; /* with its context */
} levels[] = {{2, C_("level", "province")}, {4, C_("level", "city")},       {6, C_("level", "district")},
              {9, C_("level", "street")},   {12, C_("level", "community")}, {15, C_("level", "grid")}};
#define LEVEL_COUNT (sizeof(levels) / sizeof(levels[0]))

unsigned report_level(const char *text)
{
    char *end;
    for (size_t i = 0; i < LEVEL_COUNT; i++)
        if (strcmp(text, strchr(levels[i].name, '\004') + 1) == 0)
            return levels[i].digits;
    unsigned long digits = strtoul(text, &end, 10);
    return *text >= '1' && *text <= '9' && !*end && digits <= 32 ? (unsigned)digits : 0;
}

/* --- names --- */

/* "street (9)": the digits are the fact, the name is how it is usually called. */
static const char *level_title(unsigned digits, char *out, size_t size_bytes)
{
    const char *name = "";
    for (size_t i = 0; i < LEVEL_COUNT; i++)
        if (levels[i].digits == digits)
            name = levels[i].name;
    const char *shown = *name ? gettext(name) : "";
    if (shown == name && *name)
        shown = strchr(name, '\004') + 1;
    snprintf(out, size_bytes, "%s%s(%u)", shown, *shown ? " " : "", digits);
    return out;
}

static const char *const period_names[] = {"day", "week", "month", "quarter"};

unsigned report_of(const struct figure *figure, const char *text)
{
    if (figure->of == OF_CLOCK)
        return clock_kind_of(text);
    for (unsigned i = 0; figure->of == OF_PERIOD && i < sizeof(period_names) / sizeof(period_names[0]); i++)
        if (strcmp(period_names[i], text) == 0)
            return i + 1;
    return figure->of == OF_LEVEL || figure->of == OF_RUNG ? report_level(text) : 0;
}

static const char *period_title(unsigned of)
{
    static const char *const titles[] = {N_("by the day"), N_("by the week"), N_("by the month"), N_("by the quarter")};
    return _(titles[of - 1]);
}

/* What a cell is of, for people. */
static const char *of_title(const struct figure *figure, unsigned of, char *out, size_t size_bytes)
{
    if (figure->of == OF_LEVEL)
        return level_title(of, out, size_bytes);
    if (figure->of == OF_CLOCK)
        return words_clock((enum clock_kind)of);
    if (figure->of == OF_PERIOD)
        return period_title(of);
    snprintf(out, size_bytes, "%u", of);
    return out;
}

/* The same for programs; "" when it is of nothing. */
const char *report_of_name(const struct figure *figure, unsigned of, char *out, size_t size_bytes)
{
    const char *name = figure->of == OF_CLOCK ? clock_kind_name((enum clock_kind)of) : NULL;
    if (figure->of == OF_NOTHING)
        return "";
    if (figure->of == OF_PERIOD)
        name = period_names[of - 1];
    snprintf(out, size_bytes, "%u", of);
    return name ? name : out;
}

const char *report_title(const struct figure *figure, unsigned of, char *out, size_t size_bytes)
{
    char what[64];
    const char *format = _(figure->title);
    const char *hole = strstr(format, "%s");
    if (!hole)
        return format;
    snprintf(out, size_bytes, "%.*s%s%s", (int)(hole - format), format,
             of ? of_title(figure, of, what, sizeof(what)) : "-", hole + 2);
    return out;
}

/* "85.7"; "" of nothing. */
static const char *rate_text(const struct cell *cell, char out[16])
{
    int tenths = figure_tenths(cell);
    out[0] = '\0';
    if (tenths >= 0)
        snprintf(out, 16, "%d.%d", tenths / 10, tenths % 10);
    return out;
}

/* --- for people --- */

static const char *const by_titles[] = {
    [BY_DEPARTMENT] = N_("department"), [BY_AREA] = N_("area"), [BY_TYPE] = N_("type"), [BY_SOURCE] = N_("source")};

void report_value_cell(struct table *table, const struct figure *figure, const struct cell *cell)
{
    char rate[16], median[WHEN_TEXT_BYTES], p90[WHEN_TEXT_BYTES];
    if (figure->form == FIGURE_COUNT)
        table_cellf(table, COLOUR_BOLD, "%" PRIu64, cell->part);
    else if (!cell->whole)
        table_cell(table, COLOUR_DIM, "-");
    else if (figure->form == FIGURE_RATE)
        table_cellf(table, COLOUR_BOLD, "%s%%", rate_text(cell, rate));
    else
        table_cellf(table, COLOUR_BOLD, _("median %s, p90 %s"), when_span(cell->median_ms, median),
                    when_span(cell->p90_ms, p90));
}

static void part_cells(struct table *table, const struct figure *figure, const struct cell *cell)
{
    if (figure->form == FIGURE_RATE)
        table_cellf(table, COLOUR_NONE, "%" PRIu64, cell->part);
    else
        table_cell(table, COLOUR_NONE, "");
    if (figure->form == FIGURE_COUNT)
        table_cell(table, COLOUR_NONE, "");
    else
        table_cellf(table, COLOUR_NONE, "%" PRIu64, cell->whole);
    if (figure->whole)
        table_cellf(table, COLOUR_DIM, "%s ÷ %s", _(figure->part), _(figure->whole));
    else
        table_cell(table, COLOUR_DIM, _(figure->part));
}

static void cell_row(struct table *table, const struct figure *figure, const struct cell *cell)
{
    char text[160];
    table_cell(table, COLOUR_NONE, report_title(figure, cell->of, text, sizeof(text)));
    report_value_cell(table, figure, cell);
    part_cells(table, figure, cell);
}

/* In a group of many only what there is; in the whole also what there is nothing of. */
static void print_group(const struct group *group, bool all)
{
    static const struct cell none;
    const char *headings[] = {_("INDICATOR"), _("VALUE"), _("PART"), _("WHOLE"), _("WHAT IS COUNTED")};
    struct table table;
    table_init(&table, sizeof(headings) / sizeof(headings[0]), headings);
    table.right[1] = table.right[2] = table.right[3] = true;
    for (size_t i = 0; i < figure_table_size; i++) {
        const struct cell *cell = group->cells[i];
        if (!cell && all)
            cell_row(&table, &figure_table[i], &none);
        for (; cell; cell = cell->next)
            if (all || cell->whole)
                cell_row(&table, &figure_table[i], cell);
    }
    table_print(&table, stdout, 0, table_colour(stdout));
    table_release(&table);
}

static void print_notes(const struct report *report, const struct figures *figures, FILE *out)
{
    const struct figures_question *question = &report->question;
    if (question->as_of_ms < question->to_ms)
        fprintf(out, _("(the period is not over: what is due later is not counted yet)\n"));
    if (report->unseen)
        fprintf(out, _("(%" PRIu64 " records of the trail are not for this reader: what they tell is not counted)\n"),
                report->unseen);
    if (figures->exercises)
        fprintf(out, _("(%" PRIu64 " incidents of exercises are not counted)\n"), figures->exercises);
}

static void print_text(const struct report *report, const struct figures *figures)
{
    char time[WHEN_TEXT_BYTES];
    printf(_("%s to %s (%s), as of %s\n"), report->from, report->to, report->utc_offset,
           when_text(report->question.as_of_ms - 1, report->common.utc, time));
    print_notes(report, figures, stdout);
    putchar('\n');
    print_group(figures->all, true);
    for (size_t i = 0; i < figures->group_count; i++) {
        const char *key = figures->groups[i]->key;
        struct arena arena;
        arena_init(&arena);
        printf("\n%s %s\n", _(by_titles[report->question.by]), *key ? table_safe(&arena, key) : "-");
        print_group(figures->groups[i], false);
        arena_release(&arena);
    }
    if (report->scoring)
        report_ranking_text(report, figures);
}

/* --- for programs --- */

static json_t *count_json(uint64_t value)
{
    return json_integer((json_int_t)value);
}

json_t *report_cell_json(const struct figure *figure, const struct cell *cell)
{
    json_t *object = json_object();
    if (figure->form == FIGURE_COUNT) {
        json_object_set_new(object, "count", count_json(cell->part));
    } else if (figure->form == FIGURE_RATE) {
        int tenths = figure_tenths(cell);
        json_object_set_new(object, "numerator", count_json(cell->part));
        json_object_set_new(object, "denominator", count_json(cell->whole));
        json_object_set_new(object, "rate", tenths < 0 ? json_null() : json_real(tenths / 10.0));
    } else {
        json_object_set_new(object, "count", count_json(cell->whole));
        json_object_set_new(object, "median_ms", cell->whole ? json_integer(cell->median_ms) : json_null());
        json_object_set_new(object, "p90_ms", cell->whole ? json_integer(cell->p90_ms) : json_null());
    }
    return object;
}

static json_t *group_json(const struct group *group)
{
    char of[16];
    json_t *object = json_object();
    for (size_t i = 0; i < figure_table_size; i++) {
        const struct figure *figure = &figure_table[i];
        const struct cell *cell = group->cells[i];
        if (figure->of == OF_NOTHING) {
            json_object_set_new(object, figure->name, report_cell_json(figure, cell));
            continue;
        }
        json_t *cells = json_object();
        for (; cell; cell = cell->next)
            json_object_set_new(cells, report_of_name(figure, cell->of, of, sizeof(of)),
                                report_cell_json(figure, cell));
        json_object_set_new(object, figure->name, cells);
    }
    return object;
}

static void print_json(const struct report *report, const struct figures *figures)
{
    char as_of[WHEN_TEXT_BYTES];
    json_t *groups = json_array();
    for (size_t i = 0; i < figures->group_count; i++)
        json_array_append_new(groups, json_pack("{s:s, s:o}", "group", figures->groups[i]->key, "figures",
                                                group_json(figures->groups[i])));
    json_t *object =
        json_pack("{s:s, s:s, s:s, s:s, s:b, s:b, s:I, s:I, s:s?, s:o, s:o}", "from", report->from, "to", report->to,
                  "utc_offset", report->utc_offset, "as_of", when_rfc3339(report->question.as_of_ms - 1, as_of), "over",
                  report->question.as_of_ms >= report->question.to_ms, "exercise", report->question.exercise,
                  "exercises_left_out", (json_int_t)figures->exercises, "records_unseen", (json_int_t)report->unseen,
                  "by", report_by_names[report->question.by], "figures", group_json(figures->all), "groups", groups);
    if (report->scoring)
        json_object_set_new(object, "ranking", report_ranking_json(report, figures));
    json_dumpf(object, stdout, JSON_COMPACT | JSON_REAL_PRECISION(5));
    putchar('\n');
    json_decref(object);
}

void report_csv_line(const char *const *fields, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (i)
            putchar(',');
        if (strpbrk(fields[i], ",\"\r\n"))
            csv_fwrite(stdout, fields[i], strlen(fields[i]));
        else
            fputs(fields[i], stdout);
    }
    putchar('\n');
}

static void csv_cell(const char *by, const char *key, const struct figure *figure, const struct cell *cell)
{
    char of[16], text[160], part[24] = "", whole[24] = "", rate[16] = "", median[24] = "", p90[24] = "";
    bool counts = figure->form != FIGURE_SPAN;
    if (counts)
        snprintf(part, sizeof(part), "%" PRIu64, cell->part);
    if (figure->form != FIGURE_COUNT)
        snprintf(whole, sizeof(whole), "%" PRIu64, cell->whole);
    if (figure->form == FIGURE_RATE)
        rate_text(cell, rate);
    if (!counts && cell->whole) {
        snprintf(median, sizeof(median), "%" PRId64, cell->median_ms);
        snprintf(p90, sizeof(p90), "%" PRId64, cell->p90_ms);
    }
    const char *fields[] = {by,
                            key,
                            figure->name,
                            report_of_name(figure, cell->of, of, sizeof(of)),
                            report_title(figure, cell->of, text, sizeof(text)),
                            part,
                            whole,
                            rate,
                            median,
                            p90};
    report_csv_line(fields, sizeof(fields) / sizeof(fields[0]));
}

static void csv_group(const char *by, const struct group *group)
{
    for (size_t i = 0; i < figure_table_size; i++)
        for (const struct cell *cell = group->cells[i]; cell; cell = cell->next)
            csv_cell(by, group->key, &figure_table[i], cell);
}

static void print_csv(const struct report *report, const struct figures *figures)
{
    puts("by,group,indicator,of,title,numerator,denominator,rate,median_ms,p90_ms");
    csv_group("all", figures->all);
    for (size_t i = 0; i < figures->group_count; i++)
        csv_group(report_by_names[report->question.by], figures->groups[i]);
    if (report->scoring)
        report_ranking_csv(report, figures);
    print_notes(report, figures, stderr);
}

void report_print(const struct report *report, const struct figures *figures)
{
    if (report->csv)
        print_csv(report, figures);
    else if (report->common.json)
        print_json(report, figures);
    else
        print_text(report, figures);
}
