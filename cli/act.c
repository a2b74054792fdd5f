/* The acts of the command centre, a source's withdraw and a unit's appeal: assign, transfer, release, merge, close, cancel, reject,
 * verify, resume. One table says which options each takes; the broker decides the rest. */
#include <string.h>

#include "broker/base/limits.h"
#include "cli/cli.h"
#include "cli/verbs.h"
#include "cli/when.h"

enum {
    KEY_UNIT = 0x2000,
    KEY_ROLE,
    KEY_TASK,
    KEY_INTO,
    KEY_OUTCOME,
    KEY_PASSED,
    KEY_FAILED,
    KEY_SOLVED,
    KEY_SATISFACTION,
    KEY_CONDITION_MET,
    KEY_LAST,
    KEY_TYPE,
    KEY_ROUTE,
    KEY_REASON,
    KEY_TEXT,
    KEY_UNTIL,
    KEY_POST,
    KEY_TO,
    KEY_CLOCK,
    KEY_AREA,
    KEY_UNREASONABLE,
    KEY_ABOUT
};

static const struct argp_option every_option[] = {
    {"unit", KEY_UNIT, N_("UNIT"), 0, N_("the unit it goes to"), 0},
    {"role", KEY_ROLE, N_("ROLE"), 0, N_("lead, assist or copy (lead when there is none yet, else assist)"), 0},
    {"task", KEY_TASK, N_("N"), 0, N_("which task (the only one it can be)"), 0},
    {"into", KEY_INTO, N_("INCIDENT"), 0, N_("the incident that goes on"), 0},
    {"outcome", KEY_OUTCOME, N_("OUTCOME"), 0,
     N_("resolved, partly, planned, explained, no_action, not_found, false_alarm, self_cleared, referred, withdrawn"),
     0},
    {"passed", KEY_PASSED, NULL, 0, N_("what was fed back, or reported, holds"), 0},
    {"failed", KEY_FAILED, NULL, 0, N_("it does not: the unit does it again, or it ends"), 0},
    {"solved", KEY_SOLVED, N_("yes|no"), 0, N_("whether the reporter says that it is solved"), 0},
    {"satisfaction", KEY_SATISFACTION, N_("HOW"), 0, N_("satisfied, basically, unsatisfied, unreached"), 0},
    {"unreasonable", KEY_UNREASONABLE, NULL, 0,
     N_("not solved, and not to be: it stays closed while somebody else decides that"), 0},
    {"condition-met", KEY_CONDITION_MET, NULL, 0,
     N_("its closing condition holds: needed for resolved, where it has one"), 0},
    {"last", KEY_LAST, NULL, 0, N_("it is the last report: nothing more is due"), 0},
    {"type", KEY_TYPE, N_("CODE"), 0, N_("what it is"), 0},
    {"route", KEY_ROUTE, NULL, 0, N_("send it anew, although its unit has responded"), 0},
    {"reason", KEY_REASON, N_("CODE"), 0, N_("why, in a word"), 0},
    {"text", KEY_TEXT, N_("TEXT"), 0, N_("why, in sentences"), 0},
    {"until", KEY_UNTIL, N_("TIME"), 0, N_("by when it must be done, like \"2026-09-30 17:50\" (the type's limit)"), 0},
    {"post", KEY_POST, N_("POST"), 0, N_("the post, as posts.yaml names it"), 0},
    {"until", KEY_UNTIL, N_("TIME"), 0,
     N_("by when it must be done, like \"2026-09-30 17:50\" (the type's limit); planned: until when"), 0},
    {"to", KEY_TO, N_("BODY"), 0, N_("referred: the body it is handed over to; its reference in --text"), 0},
    {"clock", KEY_CLOCK, N_("CLOCK"), 0,
     N_("which clock: respond, arrive, handle, feedback, contact, or the lead's resolve (the only one that was late)"),
     0},
    {"area", KEY_AREA, N_("CODE"), 0, N_("the area that answers for it"), 0},
    {"about", KEY_ABOUT, N_("UNIT"), 0, N_("whom it is about: units, or areas for the posts there; several in quotes"),
     0},
};
#define OPTION_COUNT (sizeof(every_option) / sizeof(every_option[0]))

#define TAKES(key) (1u << ((key)-KEY_UNIT))
#define TAKES_WHY  (TAKES(KEY_REASON) | TAKES(KEY_TEXT))

static const struct form {
    unsigned takes, needs;
    char endpoint;
    const char *doc;
} forms[ACT_END] = {
    [ACT_ASSIGN] = {TAKES(KEY_UNIT) | TAKES(KEY_ROLE) | TAKES_WHY, TAKES(KEY_UNIT), 'C',
                    N_("Gives an incident to a unit, as lead or to assist.")},
    [ACT_TRANSFER] = {TAKES(KEY_UNIT) | TAKES(KEY_TASK) | TAKES_WHY, TAKES(KEY_UNIT), 'C',
                      N_("Moves a task to another unit, also one that was returned or shelved.")},
    [ACT_RELEASE] = {TAKES(KEY_TASK) | TAKES_WHY, 0, 'C',
                     N_("Gives a shelved, returned or on-behalf task back to its unit's workers.")},
    [ACT_MERGE] = {TAKES(KEY_INTO) | TAKES_WHY, TAKES(KEY_INTO), 'C',
                   N_("Folds an incident into another about the same thing; its receipt stays good.")},
    [ACT_CLOSE] = {TAKES(KEY_OUTCOME) | TAKES(KEY_TO) | TAKES(KEY_UNTIL) | TAKES(KEY_CONDITION_MET) | TAKES_WHY,
                   TAKES(KEY_OUTCOME), 'C', N_("Closes an incident with its outcome.")},
    [ACT_CANCEL] = {TAKES_WHY, TAKES(KEY_REASON), 'C', N_("Voids an incident that should not be one.")},
    [ACT_REJECT] = {TAKES_WHY, TAKES(KEY_REASON), 'C', N_("Does not accept an incident for handling.")},
    [ACT_VERIFY] = {TAKES(KEY_PASSED) | TAKES(KEY_FAILED) | TAKES(KEY_CONDITION_MET) | TAKES_WHY, 0, 'C',
                    N_("Verifies what was fed back. Whoever handled it may not.")},
    [ACT_UNDO] = {TAKES_WHY, 0, 'C',
                  N_("Takes back the last dispatch by hand, within 30 seconds and before the unit has responded.")},
    [ACT_RESUME] = {TAKES(KEY_TASK) | TAKES_WHY, 0, 'C',
                    N_("Ends a parking or a suspension early: the clocks go on with what was left.")},
    [ACT_WHISTLE] =
        {TAKES(KEY_UNIT) | TAKES_WHY, TAKES(KEY_UNIT), 'C',
         N_("Calls units to the place of an incident (--unit once for each): each is to have somebody on site "
            "within its limit.")},
    [ACT_DISMISS] = {TAKES(KEY_TASK) | TAKES_WHY, 0, 'C', N_("Lets a unit that assists go: nothing waits for it.")},
    [ACT_CONFIRM] =
        {TAKES(KEY_PASSED) | TAKES(KEY_FAILED) | TAKES(KEY_OUTCOME) | TAKES_WHY, 0, 'C',
         N_("Says whether what was reported is so: then it is dispatched, or else it ends with its outcome.")},
    [ACT_CALLBACK] = {TAKES(KEY_SOLVED) | TAKES(KEY_SATISFACTION) | TAKES(KEY_UNREASONABLE) | TAKES_WHY,
                      TAKES(KEY_SATISFACTION), 'C',
                      N_("Records what the reporter says of a closed incident. What is not solved opens again.")},
    [ACT_REOPEN] = {TAKES_WHY, TAKES(KEY_REASON), 'C',
                    N_("Opens a closed incident again: its unit does it once more.")},
    [ACT_RECLASSIFY] =
        {TAKES(KEY_TYPE) | TAKES(KEY_ROUTE) | TAKES_WHY, TAKES(KEY_TYPE), 'C',
         N_("Says what it is after all, or which filing condition holds: the number stays, the limits are "
            "the new type's.")},
    [ACT_CLAIM] = {TAKES_WHY, 0, 'C',
                   N_("Takes an incident in hand: until it is given up, or left alone for a while, nobody else "
                      "dispatches or ends "
                      "it. A duty chief takes over.")},
    [ACT_UNCLAIM] = {TAKES_WHY, 0, 'C', N_("Gives up a claim: others may go on with the incident.")},
    [ACT_APPEAL] = {TAKES(KEY_CLOCK) | TAKES(KEY_TASK) | TAKES_WHY, TAKES(KEY_REASON), 'C',
                    N_("Appeals against a late verdict of this unit's, once: two others decide. The verdict stays; a "
                       "report tells the figures without what was exempted, too.")},
    [ACT_ATTRIBUTE] = {TAKES(KEY_AREA) | TAKES_WHY, TAKES(KEY_AREA) | TAKES(KEY_REASON), 'C',
                       N_("Says which area answers for an incident, where that is not where it is.")},
    [ACT_EXCLUDE] = {TAKES(KEY_ABOUT) | TAKES_WHY, TAKES(KEY_ABOUT) | TAKES(KEY_REASON), 'C',
                     N_("Says whom an incident is about, and keeps it from them; \"\" lets everybody in again.")},
    [ACT_ANSWER] = {TAKES_WHY, TAKES(KEY_TEXT), 'C',
                    N_("Answers whoever reported an incident: the text is their notice, and the answer clock stops.")},
    [ACT_WITHDRAW] = {TAKES_WHY, 0, 'P', N_("Takes back what this source reported.")},
    [ACT_URGE] = {TAKES(KEY_TASK) | TAKES_WHY, 0, 'C',
                  N_("Urges whoever handles an incident: they are told, and it is counted.")},
    [ACT_SUPERVISE] = {TAKES(KEY_UNTIL) | TAKES_WHY, 0, 'C',
                       N_("Puts an incident under supervision: a deadline of its own, and it goes before others.")},
    [ACT_ACCOUNT] = {TAKES_WHY, TAKES_WHY, 'C',
                     N_("Accounts for a clock of the incident's own that went red: why, in writing.")},
    [ACT_INFORM] =
        {TAKES(KEY_TEXT) | TAKES(KEY_LAST), TAKES(KEY_TEXT), 'C',
         N_("Reports to the centre above how an incident stands: the first time, again, and for the last time.")},
    [ACT_REPORT_UP] = {TAKES_WHY, TAKES(KEY_REASON), 'C',
                       N_("Reports an incident up to the next level, which takes it up within its limit: its unit, or "
                          "its desk.")},
    [ACT_SEND_DOWN] = {TAKES(KEY_UNIT) | TAKES_WHY, TAKES(KEY_UNIT), 'C',
                       N_("Sends an incident that was reported up down again, to a unit of a level below.")},
    [ACT_CHARGE] = {TAKES(KEY_POST) | TAKES_WHY, TAKES(KEY_POST), 'C',
                    N_("Charges a leader's post with an incident: its escalations go there from now on.")},
};

struct arguments {
    struct common common;
    const struct form *form;
    struct act act;
    const char *units[TASKS_MAX];
    unsigned seen;
};

static void check_complete(struct argp_state *state, const struct arguments *arguments)
{
    unsigned missing = arguments->form->needs & ~arguments->seen;
    unsigned verdicts = arguments->seen & (TAKES(KEY_PASSED) | TAKES(KEY_FAILED));
    if (!arguments->act.incident)
        argp_error(state, _("which incident?"));
    for (size_t i = 0; i < OPTION_COUNT; i++)
        if (missing & TAKES(every_option[i].key))
            argp_error(state, _("--%s is needed"), every_option[i].name);
    bool judges = arguments->form->takes & TAKES(KEY_PASSED);
    if (judges && verdicts != TAKES(KEY_PASSED) && verdicts != TAKES(KEY_FAILED))
        argp_error(state, _("--passed or --failed?"));
    if (arguments->act.verb == ACT_CALLBACK && arguments->act.satisfaction != SATISFACTION_UNREACHED &&
        !(arguments->seen & TAKES(KEY_SOLVED)))
        argp_error(state, _("--%s is needed"), "solved");
}

/* Several for a whistle, one for everything else. */
static void take_unit(struct argp_state *state, struct arguments *arguments, const char *unit)
{
    struct act *act = &arguments->act;
    if (act->verb != ACT_WHISTLE) {
        act->unit = unit;
        return;
    }
    if (act->unit_count == TASKS_MAX)
        argp_error(state, _("at most %d units"), TASKS_MAX);
    arguments->units[act->unit_count++] = unit;
    act->units = arguments->units;
}

static error_t parse(int key, char *value, struct argp_state *state)
{
    struct arguments *arguments = state->input;
    struct act *act = &arguments->act;
    if (key >= KEY_UNIT && key <= KEY_ABOUT)
        arguments->seen |= TAKES(key);
    switch (key) {
    case ARGP_KEY_INIT:
        cli_children(state, &arguments->common, 2);
        return 0;
    case ARGP_KEY_ARG:
        if (act->incident)
            argp_error(state, _("one incident at a time"));
        act->incident = cli_incident(state, value);
        return 0;
    case KEY_UNIT:
        take_unit(state, arguments, value);
        return 0;
    case KEY_ROLE:
        act->role = task_role_of(value);
        if (!act->role)
            argp_error(state, _("--role: lead, assist or copy"));
        return 0;
    case KEY_TASK:
        act->task = (uint32_t)cli_number(state, value, "task", 1, TASKS_MAX);
        return 0;
    case KEY_INTO:
        act->into = cli_incident(state, value);
        return 0;
    case KEY_OUTCOME:
        act->outcome = cli_outcome(state, value);
        return 0;
    case KEY_PASSED:
        act->passed = true;
        return 0;
    case KEY_FAILED:
        act->passed = false;
        return 0;
    case KEY_SOLVED:
        act->passed = strcmp(value, "yes") == 0;
        if (!act->passed && strcmp(value, "no") != 0)
            argp_error(state, _("--solved: yes or no"));
        return 0;
    case KEY_SATISFACTION:
        act->satisfaction = satisfaction_of(value);
        if (!act->satisfaction)
            argp_error(state, _("--satisfaction: satisfied, basically, unsatisfied or unreached"));
        return 0;
    case KEY_UNREASONABLE:
        act->kind = ASK_UNREASONABLE;
        return 0;
    case KEY_CONDITION_MET:
        act->condition_met = true;
        return 0;
    case KEY_LAST:
        act->last = true;
        return 0;
    case KEY_TYPE:
        act->type = value;
        return 0;
    case KEY_ROUTE:
        act->route = true;
        return 0;
    case KEY_REASON:
        act->reason = value;
        return 0;
    case KEY_TEXT:
        act->text = value;
        return 0;
    case KEY_POST:
        act->post = value;
        return 0;
    case KEY_TO:
        act->to = value;
        return 0;
    case KEY_UNTIL:
        if (when_parse(value, &act->until_ms) != 0)
            argp_error(state, _("--%s: \"%s\" is not a time like \"2026-09-30 17:50\""), "until", value);
        return 0;
    case KEY_CLOCK:
        act->clock = clock_kind_of(value);
        if (!act->clock)
            argp_error(state, _("--clock: no clock is called \"%s\""), value);
        return 0;
    case KEY_AREA:
        act->area = value;
        return 0;
    case KEY_ABOUT:
        act->about = value;
        return 0;
    case ARGP_KEY_END:
        check_complete(state, arguments);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static void parse_act(struct arguments *arguments, int argc, char **argv)
{
    static const struct argp_child children[] = {COMMON_CHILD, REQUEST_CHILD, {0}};
    struct argp_option options[OPTION_COUNT + 1] = {{0}};
    size_t count = 0;
    for (size_t i = 0; i < OPTION_COUNT; i++)
        if (arguments->form->takes & TAKES(every_option[i].key))
            options[count++] = every_option[i];
    const struct argp argp = {options, parse, N_("INCIDENT"), arguments->form->doc, children, NULL, NULL};
    cli_parse(&argp, argc, argv, arguments);
}

static int act(enum act_verb verb, int argc, char **argv)
{
    struct arguments arguments = {.form = &forms[verb], .act.verb = verb};
    parse_act(&arguments, argc, argv);
    return cli_act(&arguments.common, arguments.form->endpoint, arguments.act);
}

#define VERB(name, verb)                                                                                               \
    int verb_##name(int argc, char **argv)                                                                             \
    {                                                                                                                  \
        return act(verb, argc, argv);                                                                                  \
    }
VERB(assign, ACT_ASSIGN)
VERB(transfer, ACT_TRANSFER)
VERB(release, ACT_RELEASE)
VERB(merge, ACT_MERGE)
VERB(close, ACT_CLOSE)
VERB(cancel, ACT_CANCEL)
VERB(reject, ACT_REJECT)
VERB(verify, ACT_VERIFY)
VERB(resume, ACT_RESUME)
VERB(undo, ACT_UNDO)
VERB(withdraw, ACT_WITHDRAW)
VERB(answer, ACT_ANSWER)
VERB(confirm, ACT_CONFIRM)
VERB(callback, ACT_CALLBACK)
VERB(reopen, ACT_REOPEN)
VERB(reclassify, ACT_RECLASSIFY)
VERB(whistle, ACT_WHISTLE)
VERB(dismiss, ACT_DISMISS)
VERB(urge, ACT_URGE)
VERB(supervise, ACT_SUPERVISE)
VERB(charge, ACT_CHARGE)
VERB(account, ACT_ACCOUNT)
VERB(inform, ACT_INFORM)
VERB(exclude, ACT_EXCLUDE)
VERB(attribute, ACT_ATTRIBUTE)
VERB(claim, ACT_CLAIM)
VERB(unclaim, ACT_UNCLAIM)
VERB(report_up, ACT_REPORT_UP)
VERB(send_down, ACT_SEND_DOWN)
VERB(appeal, ACT_APPEAL)
