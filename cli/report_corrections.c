/* What has been corrected since a period was frozen: each number that is another one now. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/report.h"
#include "cli/when.h"

struct difference {
    const char *by, *group;
    const struct figure *figure;
    unsigned of;
    const struct cell *frozen, *now; /* never NULL */
};

typedef void told_fn(void *arg, const struct difference *);

static const struct cell *cell_of(const struct group *group, size_t figure, unsigned of)
{
    static const struct cell none;
    const struct cell *cell = group ? group->cells[figure] : NULL;
    while (cell && cell->of != of)
        cell = cell->next;
    return cell ? cell : &none;
}

static bool same(const struct cell *a, const struct cell *b)
{
    return a->part == b->part && a->whole == b->whole && a->median_ms == b->median_ms && a->p90_ms == b->p90_ms;
}

/* The next of a's and b's cells by what it is of; false at the end. */
static bool next_of(const struct group *a, const struct group *b, size_t figure, long *of)
{
    long next = -1;
    const struct group *groups[] = {a, b};
    for (int i = 0; i < 2; i++)
        for (const struct cell *cell = groups[i] ? groups[i]->cells[figure] : NULL; cell; cell = cell->next)
            if ((long)cell->of > *of && (next < 0 || (long)cell->of < next))
                next = (long)cell->of;
    *of = next;
    return next >= 0;
}

static void differ(const char *by, const char *key, const struct group *frozen, const struct group *now, told_fn *told,
                   void *arg)
{
    for (size_t figure = 0; figure < figure_table_size; figure++) {
        for (long of = -1; next_of(frozen, now, figure, &of);) {
            struct difference difference = {by,
                                            key,
                                            &figure_table[figure],
                                            (unsigned)of,
                                            cell_of(frozen, figure, (unsigned)of),
                                            cell_of(now, figure, (unsigned)of)};
            if (!same(difference.frozen, difference.now))
                told(arg, &difference);
        }
    }
}

/* Both are sorted by key. */
static void each(const struct report *report, const struct figures *frozen, const struct figures *now, told_fn *told,
                 void *arg)
{
    const char *by = report_by_names[report->question.by];
    differ("all", "", frozen->all, now->all, told, arg);
    for (size_t f = 0, n = 0; f < frozen->group_count || n < now->group_count;) {
        const struct group *a = f < frozen->group_count ? frozen->groups[f] : NULL;
        const struct group *b = n < now->group_count ? now->groups[n] : NULL;
        int order = !a ? 1 : !b ? -1 : strcmp(a->key, b->key);
        differ(by, order <= 0 ? a->key : b->key, order <= 0 ? a : NULL, order >= 0 ? b : NULL, told, arg);
        f += order <= 0;
        n += order >= 0;
    }
}

/* --- for people --- */

static void text_row(void *arg, const struct difference *difference)
{
    char title[160];
    struct table *table = arg;
    table_cell(table, COLOUR_NONE, difference->group);
    table_cell(table, COLOUR_NONE, report_title(difference->figure, difference->of, title, sizeof(title)));
    report_value_cell(table, difference->figure, difference->frozen);
    report_value_cell(table, difference->figure, difference->now);
    table_cellf(table, COLOUR_NONE, "%" PRIu64 "/%" PRIu64, difference->frozen->part, difference->frozen->whole);
    table_cellf(table, COLOUR_NONE, "%" PRIu64 "/%" PRIu64, difference->now->part, difference->now->whole);
}

static void print_text(const struct report *report, const struct figures *frozen, const struct figures *now)
{
    const char *headings[] = {_("GROUP"), _("INDICATOR"), _("FROZEN"), _("NOW"), _("PART/WHOLE"), _("NOW")};
    struct table table;
    table_init(&table, sizeof(headings) / sizeof(headings[0]), headings);
    table.right[2] = table.right[3] = table.right[4] = table.right[5] = true;
    each(report, frozen, now, text_row, &table);
    if (table_empty(&table))
        puts(_("nothing has been corrected since"));
    else
        table_print(&table, stdout, 0, table_colour(stdout));
    table_release(&table);
}

/* --- for programs --- */

static void json_one(void *arg, const struct difference *difference)
{
    char of[16];
    json_array_append_new(arg, json_pack("{s:s, s:s, s:s, s:s, s:o, s:o}", "by", difference->by, "group",
                                         difference->group, "indicator", difference->figure->name, "of",
                                         report_of_name(difference->figure, difference->of, of, sizeof(of)), "frozen",
                                         report_cell_json(difference->figure, difference->frozen), "now",
                                         report_cell_json(difference->figure, difference->now)));
}

static void print_json(const struct report *report, const struct figures *frozen, const struct figures *now)
{
    char as_of[WHEN_TEXT_BYTES];
    json_t *list = json_array();
    each(report, frozen, now, json_one, list);
    json_t *object = json_pack("{s:s, s:s, s:s, s:o}", "from", report->from, "to", report->to, "as_of",
                               when_rfc3339(report->question.as_of_ms - 1, as_of), "corrections", list);
    json_dumpf(object, stdout, JSON_COMPACT | JSON_REAL_PRECISION(5));
    putchar('\n');
    json_decref(object);
}

static void csv_one(void *arg, const struct difference *difference)
{
    char of[16], parts[4][24];
    (void)arg;
    const uint64_t numbers[] = {difference->frozen->part, difference->frozen->whole, difference->now->part,
                                difference->now->whole};
    for (int i = 0; i < 4; i++)
        snprintf(parts[i], sizeof(parts[i]), "%" PRIu64, numbers[i]);
    const char *fields[] = {difference->by,
                            difference->group,
                            difference->figure->name,
                            report_of_name(difference->figure, difference->of, of, sizeof(of)),
                            parts[0],
                            parts[1],
                            parts[2],
                            parts[3]};
    report_csv_line(fields, sizeof(fields) / sizeof(fields[0]));
}

static void print_csv(const struct report *report, const struct figures *frozen, const struct figures *now)
{
    puts("by,group,indicator,of,numerator,denominator,numerator_now,denominator_now");
    each(report, frozen, now, csv_one, NULL);
}

void report_corrections(const struct report *report, const struct figures *frozen, const struct figures *now)
{
    if (report->csv)
        print_csv(report, frozen, now);
    else if (report->common.json)
        print_json(report, frozen, now);
    else
        print_text(report, frozen, now);
}
