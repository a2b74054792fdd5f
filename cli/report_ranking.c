/* How the report's groups rank: their scores, among whom, and what vetoes them. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/report.h"
#include "cli/table.h"

static const char *score_text(const struct standing *standing, char out[16])
{
    out[0] = '\0';
    if (standing->tenths >= 0)
        snprintf(out, 16, "%d.%d", standing->tenths / 10, standing->tenths % 10);
    return out;
}

static void veto_cell(struct table *table, const struct standing *standing)
{
    struct buffer text = {0};
    for (size_t i = 0; i < standing->veto_count; i++)
        buffer_printf(&text, "%s%s > %" PRId64, i ? ", " : "", standing->vetoes[i]->what.name,
                      standing->vetoes[i]->above);
    buffer_append(&text, "", 1);
    table_cell(table, COLOUR_RED, (const char *)text.data);
    buffer_release(&text);
}

static void standing_row(struct table *table, const struct scoring *scoring, const struct standing *standing)
{
    char score[16];
    table_cell(table, COLOUR_NONE, scoring_group(scoring, standing));
    if (standing->rank)
        table_cellf(table, COLOUR_BOLD, "%zu", standing->rank);
    else
        table_cell(table, COLOUR_DIM, "-");
    table_cell(table, COLOUR_NONE, standing->group->key);
    table_cell(table, COLOUR_BOLD, standing->rank ? score_text(standing, score) : "-");
    veto_cell(table, standing);
}

void report_ranking_text(const struct report *report, const struct figures *figures)
{
    const char *headings[] = {_("GROUP"), _("RANK"), _("WHO"), _("SCORE"), _("VETO")};
    struct standing *standings;
    struct table table;
    size_t count = scoring_rank(report->scoring, figures, &standings);
    table_init(&table, sizeof(headings) / sizeof(headings[0]), headings);
    table.right[1] = table.right[3] = true;
    for (size_t i = 0; i < count; i++)
        standing_row(&table, report->scoring, &standings[i]);
    putchar('\n');
    table_print(&table, stdout, 0, table_colour(stdout));
    table_release(&table);
}

static json_t *standing_json(const struct scoring *scoring, const struct standing *standing)
{
    json_t *vetoes = json_array();
    for (size_t i = 0; i < standing->veto_count; i++)
        json_array_append_new(vetoes, json_string(standing->vetoes[i]->what.name));
    return json_pack("{s:s, s:s, s:o, s:o, s:o}", "group", standing->group->key, "among",
                     scoring_group(scoring, standing), "rank",
                     standing->rank ? json_integer((json_int_t)standing->rank) : json_null(), "score",
                     standing->tenths < 0 ? json_null() : json_real(standing->tenths / 10.0), "vetoed_by", vetoes);
}

json_t *report_ranking_json(const struct report *report, const struct figures *figures)
{
    struct standing *standings;
    json_t *list = json_array();
    size_t count = scoring_rank(report->scoring, figures, &standings);
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, standing_json(report->scoring, &standings[i]));
    return list;
}

static void csv_standing(const struct report *report, const struct standing *standing)
{
    const char *by = report_by_names[report->question.by], *among = scoring_group(report->scoring, standing);
    char score[16], rank[24];
    snprintf(rank, sizeof(rank), "%zu", standing->rank);
    const char *of_score[] = {by, standing->group->key,        "score", among, _("score"), "",
                              "", score_text(standing, score), "",      ""};
    const char *of_rank[] = {by, standing->group->key, "rank", among, _("rank"), standing->rank ? rank : "", "", "", "",
                             ""};
    report_csv_line(of_score, sizeof(of_score) / sizeof(of_score[0]));
    report_csv_line(of_rank, sizeof(of_rank) / sizeof(of_rank[0]));
    for (size_t i = 0; i < standing->veto_count; i++) {
        const char *veto[] = {
            by, standing->group->key, "vetoed", standing->vetoes[i]->what.name, _("veto"), "1", "", "", "", ""};
        report_csv_line(veto, sizeof(veto) / sizeof(veto[0]));
    }
}

void report_ranking_csv(const struct report *report, const struct figures *figures)
{
    struct standing *standings;
    size_t count = scoring_rank(report->scoring, figures, &standings);
    for (size_t i = 0; i < count; i++)
        csv_standing(report, &standings[i]);
}
