/* bihuan report: the indicators of a period, recomputed from the trail as far as the reader's rights go. */
#include "cli/report.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/feed.h"
#include "cli/verbs.h"
#include "cli/when.h"

enum {
    KEY_FROM = 0x2100,
    KEY_TO,
    KEY_AS_OF,
    KEY_BY,
    KEY_LEVEL,
    KEY_DEPTH,
    KEY_EXERCISE,
    KEY_CSV,
    KEY_UTC_OFFSET,
    KEY_SCORING,
    KEY_CORRECTIONS
};

#define DAY_MS      (24 * 3600 * 1000LL)
#define PROGRESS_MS 300
#define DEPTH_MAX   16

struct asking {
    struct report report;
    const char *as_of;
    unsigned depth;
};

/* The trail being read. */
struct reading {
    struct figures_question *question;
    struct feed feed;
    struct lives lives;
    struct lives *later; /* of all records; NULL: what comes after the cut-off is not read */
    bool progress;
    int64_t began_ms, shown_ms;
};

static const struct argp_option options[] = {
    {"from", KEY_FROM, N_("DATE"), 0, N_("the period's first day"), 0},
    {"to", KEY_TO, N_("DATE"), 0, N_("the period's last day"), 0},
    {"as-of", KEY_AS_OF, N_("DATE"), 0, N_("as it stood at the end of this day (now)"), 0},
    {"by", KEY_BY, N_("WHAT"), 0, N_("also by department, area, type or source"), 0},
    {"level", KEY_LEVEL, N_("LEVEL"), 0, N_("with --by area: street, community, … or a number of digits (street)"), 0},
    {"depth", KEY_DEPTH, N_("N"), 0, N_("with --by type: so many steps of the code (1)"), 0},
    {"exercise", KEY_EXERCISE, NULL, 0, N_("count exercises too"), 0},
    {"scoring", KEY_SCORING, N_("FILE"), 0, N_("weights, groups and vetoes: ranks what --by tells apart"), 0},
    {"corrections", KEY_CORRECTIONS, NULL, 0, N_("only what is another number now than it was --as-of"), 0},
    {"csv", KEY_CSV, NULL, 0, N_("CSV: one indicator of one group a line"), 0},
    {"utc-offset", KEY_UTC_OFFSET, N_("OFFSET"), 0, N_("the city's, for where its days begin (+08:00)"), 0},
    {0},
};

/* --- the question --- */

/* The first instant of a day in the city. */
static int64_t day_ms(struct argp_state *state, const char *option, const char *text, int offset_minutes)
{
    struct tm day = {0};
    int64_t at_ms = 0;
    const char *rest = strptime(text, "%Y-%m-%d", &day);
    if (!rest || *rest || when_parse_tm(&day, &at_ms) != 0)
        argp_error(state, _("--%s: \"%s\" is not a date like 2026-03-31"), option, text);
    return at_ms - offset_minutes * 60000LL;
}

static void take_by(struct argp_state *state, struct report *report, const char *text)
{
    for (enum figures_by by = BY_DEPARTMENT; by <= BY_SOURCE; by++)
        if (strcmp(text, report_by_names[by]) == 0) {
            report->question.by = by;
            return;
        }
    argp_error(state, _("--by: department, area, type or source, not \"%s\""), text);
}

static void end_of_cut(struct argp_state *state, struct asking *asking)
{
    struct figures_question *question = &asking->report.question;
    if (asking->report.level && question->by != BY_AREA)
        argp_error(state, _("--level goes with --by area"));
    if (asking->depth && question->by != BY_TYPE)
        argp_error(state, _("--depth goes with --by type"));
    if (question->by == BY_TYPE)
        question->cut = asking->depth ? asking->depth : 1;
    if (question->by != BY_AREA)
        return;
    if (!asking->report.level)
        asking->report.level = "street";
    question->cut = report_level(asking->report.level);
    if (!question->cut)
        argp_error(state, _("--level: no level \"%s\""), asking->report.level);
}

static void end_of_options(struct argp_state *state, struct asking *asking)
{
    struct report *report = &asking->report;
    struct figures_question *question = &report->question;
    int offset_minutes = 0;
    if (!report->from || !report->to)
        argp_error(state, _("a report needs --from and --to"));
    if (when_parse_offset(report->utc_offset, &offset_minutes) != 0)
        argp_error(state, _("--utc-offset: \"%s\" is not like +08:00"), report->utc_offset);
    question->from_ms = day_ms(state, "from", report->from, offset_minutes);
    question->to_ms = day_ms(state, "to", report->to, offset_minutes) + DAY_MS;
    question->as_of_ms = asking->as_of ? day_ms(state, "as-of", asking->as_of, offset_minutes) + DAY_MS : INT64_MAX;
    if (question->from_ms >= question->to_ms)
        argp_error(state, _("--from is after --to"));
    if (report->csv && report->common.json)
        argp_error(state, _("--csv or --json: not both"));
    if (report->corrections && !asking->as_of)
        argp_error(state, _("--corrections: since when? give --as-of too"));
    if (report->scoring_file && (!question->by || report->corrections))
        argp_error(state, _("--scoring goes with --by, and not with --corrections"));
    end_of_cut(state, asking);
}

static error_t parse(int key, char *value, struct argp_state *state)
{
    struct asking *asking = state->input;
    struct report *report = &asking->report;
    switch (key) {
    case ARGP_KEY_INIT:
        cli_children(state, &report->common, 1);
        return 0;
    case KEY_FROM:
        report->from = value;
        return 0;
    case KEY_TO:
        report->to = value;
        return 0;
    case KEY_AS_OF:
        asking->as_of = value;
        return 0;
    case KEY_BY:
        take_by(state, report, value);
        return 0;
    case KEY_LEVEL:
        report->level = value;
        return 0;
    case KEY_DEPTH:
        asking->depth = (unsigned)cli_number(state, value, "depth", 1, DEPTH_MAX);
        return 0;
    case KEY_EXERCISE:
        report->question.exercise = true;
        return 0;
    case KEY_SCORING:
        report->scoring_file = value;
        return 0;
    case KEY_CORRECTIONS:
        report->corrections = true;
        return 0;
    case KEY_CSV:
        report->csv = true;
        return 0;
    case KEY_UTC_OFFSET:
        report->utc_offset = value;
        return 0;
    case ARGP_KEY_END:
        end_of_options(state, asking);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* --- reading the trail --- */

static int64_t mono_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void show_progress(struct reading *reading)
{
    int64_t now_ms = mono_ms();
    if (!reading->progress || now_ms - reading->began_ms < 1000 || now_ms - reading->shown_ms < PROGRESS_MS)
        return;
    reading->shown_ms = now_ms;
    fputs("\r\033[K", stderr);
    fprintf(stderr, _("reading the trail: %" PRIu64 " records"), reading->lives.records);
}

/* What is decided while the trail is read belongs to the next report. */
static void know_now(struct reading *reading)
{
    int64_t now_ms = reading->feed.now_ms;
    if (now_ms && now_ms < reading->question->as_of_ms)
        reading->question->as_of_ms = now_ms + 1;
}

static bool take(void *arg, const struct record *record)
{
    struct reading *reading = arg;
    know_now(reading);
    if (record->at_ms >= reading->question->as_of_ms && !reading->later)
        return false;
    if (record->at_ms < reading->question->as_of_ms)
        lives_take(&reading->lives, record);
    if (reading->later)
        lives_take(reading->later, record);
    show_progress(reading);
    return true;
}

/* later: NULL, or of everything up to now, which ends up in *now_ms. */
static int read_trail(struct report *report, struct lives *lives, struct lives *later, int64_t *now_ms)
{
    struct reading reading = {
        .later = later, .question = &report->question, .progress = isatty(STDERR_FILENO), .began_ms = mono_ms()};
    reading.feed = (struct feed){.common = &report->common, .take = take, .arg = &reading, .cursor = "0"};
    lives_init(&reading.lives);
    int code = feed_read(&reading.feed);
    know_now(&reading);
    if (reading.shown_ms)
        fputs("\r\033[K", stderr);
    *lives = reading.lives;
    *now_ms = reading.feed.now_ms;
    report->unseen = lives->last_seq - lives->records; /* sequences have no gaps */
    return code;
}

/* Faults are said; an exit code. */
static int load_scoring(struct report *report)
{
    struct faults faults = {0};
    int error = report->scoring_file ? scoring_load(report->scoring_file, &report->scoring, &faults) : 0;
    if (error)
        cli_fail("%s", faults_text(&faults));
    faults_release(&faults);
    return error ? CLI_BAD_INPUT : CLI_DONE;
}

static int print_figures(struct report *report)
{
    struct figures figures;
    struct lives lives;
    int64_t now_ms;
    int code = read_trail(report, &lives, NULL, &now_ms);
    if (!code) {
        figures_count(&figures, &report->question, &lives);
        report_print(report, &figures);
        figures_release(&figures);
    }
    lives_release(&lives);
    return code;
}

static int print_corrections(struct report *report)
{
    struct figures_question until_now = report->question;
    struct figures frozen, now;
    struct lives lives, later;
    lives_init(&later);
    int code = read_trail(report, &lives, &later, &until_now.as_of_ms);
    if (!code) {
        until_now.as_of_ms++;
        figures_count(&frozen, &report->question, &lives);
        figures_count(&now, &until_now, &later);
        report_corrections(report, &frozen, &now);
        figures_release(&frozen);
        figures_release(&now);
    }
    lives_release(&lives);
    lives_release(&later);
    return code;
}

int verb_report(int argc, char **argv)
{
    static const struct argp_child children[] = {COMMON_CHILD, {0}};
    static const struct argp argp = {
        options,
        parse,
        NULL,
        N_("Computes the indicators of a period from the trail, as far as your rights go: each with its numerator and "
           "denominator. Both dates are inclusive, in the city's time."),
        children,
        NULL,
        NULL};
    struct asking asking = {.report = {.utc_offset = "+08:00"}};
    struct report *report = &asking.report;
    cli_parse(&argp, argc, argv, &asking);
    int code = load_scoring(report);
    if (!code)
        code = report->corrections ? print_corrections(report) : print_figures(report);
    scoring_free(report->scoring);
    return code;
}
