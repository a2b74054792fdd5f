/* bihuan: the command line of the broker. This file knows the verbs' names and nothing else about them. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "broker/base/secret.h"
#include "cli/cli.h"
#include "cli/verbs.h"
#include "workers/language.h"

struct verb {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *what;
};

/* In the order of the help: what one sends, what one reads, what one does, what one runs. */
static const struct verb verbs[] = {
    {"publish", verb_publish, N_("send events: JSON Lines, a CSV with a column map, or one by options")},
    {"status", verb_status, N_("the receipt first given for an event, and how far it is")},
    {"claim", verb_claim, N_("takes an incident in hand: nobody else dispatches it meanwhile")},
    {"unclaim", verb_unclaim, N_("gives up a claim")},
    {"exclude", verb_exclude, N_("says whom a report is about, and keeps it from them")},
    {"attribute", verb_attribute, N_("says which area answers for an incident, where it is not the place's")},
    {"notices", verb_notices, N_("what became of what this source reported")},
    {"withdraw", verb_withdraw, N_("a source takes back what it reported")},
    {"ls", verb_ls, N_("list incidents")},
    {"show", verb_show, N_("one incident: head, tasks, clocks and timeline")},
    {"queue", verb_queue, N_("what waits for a unit, in the order it is offered")},
    {"overview", verb_overview, N_("what waits, what is due, what is late, by unit")},
    {"workers", verb_workers, N_("the workers connected now")},
    {"beside", verb_beside, N_("what stands beside incidents: absences, duties, area levels")},
    {"tail", verb_tail, N_("the trail of records from a cursor")},
    {"watch", verb_watch, N_("the live screen of the command centre")},
    {"report", verb_report, N_("the indicators of a period, recomputed from the trail")},
    {"explain", verb_explain, N_("which rule sends an incident where, and what it beat")},
    {"assign", verb_assign, N_("give an incident to a unit")},
    {"transfer", verb_transfer, N_("move a task to another unit")},
    {"whistle", verb_whistle, N_("call units to the place of an incident")},
    {"plan", verb_plan, N_("apply a plan to an incident, or show what it would do")},
    {"dismiss", verb_dismiss, N_("let a unit that assists go")},
    {"report-up", verb_report_up, N_("report an incident up to the next level")},
    {"send-down", verb_send_down, N_("send it down again, to a unit of a level below")},
    {"undo", verb_undo, N_("take back a wrong dispatch, within 30 seconds")},
    {"reclassify", verb_reclassify, N_("say what an incident is after all: the limits of another type")},
    {"release", verb_release, N_("give a shelved, returned or on-behalf task back to its unit's workers")},
    {"say", verb_say, N_("say on behalf of a unit what it would say of its task")},
    {"ask", verb_ask, N_("ask for more time, to park an incident, or to suspend a task")},
    {"decide", verb_decide, N_("grant or refuse what somebody else asked")},
    {"appeal", verb_appeal, N_("a unit appeals against a late verdict of its own")},
    {"resume", verb_resume, N_("end a parking or a suspension early")},
    {"hand-over", verb_hand_over, N_("hand a shift over to somebody, with what is open")},
    {"take-over", verb_take_over, N_("take a shift over, quoting what was handed over")},
    {"level", verb_level, N_("list an area red, yellow or blue, or in no colour any more")},
    {"commit", verb_commit, N_("commit to a blind exercise by its hash")},
    {"reveal", verb_reveal, N_("show that an incident was a blind exercise")},
    {"sample", verb_sample, N_("draw closed incidents by lot, to be looked at again")},
    {"duty", verb_duty, N_("a target of a duty is done, a post checked in to")},
    {"identity", verb_identity, N_("who reported: sought, granted by somebody else, and opened")},
    {"verify", verb_verify, N_("verify what was fed back: passed or not")},
    {"confirm", verb_confirm, N_("say whether what was reported is so")},
    {"answer", verb_answer, N_("tell whoever reported it what came of it")},
    {"callback", verb_callback, N_("record what the reporter says of a closed incident")},
    {"reopen", verb_reopen, N_("open a closed incident again")},
    {"urge", verb_urge, N_("urge whoever handles an incident")},
    {"supervise", verb_supervise, N_("put an incident under supervision, with a deadline of its own")},
    {"account", verb_account, N_("say in writing why a clock of the incident's own went red")},
    {"inform", verb_inform, N_("report to the centre above how an incident stands")},
    {"charge", verb_charge, N_("charge a leader's post with an incident")},
    {"merge", verb_merge, N_("fold an incident into another")},
    {"close", verb_close, N_("close an incident with its outcome")},
    {"cancel", verb_cancel, N_("void an incident")},
    {"reject", verb_reject, N_("do not accept an incident for handling")},
    {"check", verb_check, N_("check a configuration without a broker")},
    {"reload", verb_reload, N_("put the broker's configuration files in force")},
    {"keys", verb_keys, N_("make and show CURVE keys")},
    {"backup", verb_backup, N_("have the broker write a compact copy of its store")},
    {"restore", verb_restore, N_("make a store from a backup, with a new term")},
    {"extract", verb_extract, N_("an incident's records out of a backup, to be handed over")},
    {"verify-extract", verb_verify_extract, N_("whether what was handed over is what was on record")},
};
#define VERB_COUNT (sizeof(verbs) / sizeof(verbs[0]))

static void help(FILE *out)
{
    fprintf(out, _("Usage: bihuan VERB [OPTION...] [ARGUMENT...]\n\n"));
    for (size_t i = 0; i < VERB_COUNT; i++)
        fprintf(out, "  %-10s %s\n", verbs[i].name, _(verbs[i].what));
    fprintf(out, _("\n`bihuan VERB --help` says more of each. The broker is found by --broker or $BIHUAN_BROKER.\n"));
    fprintf(out,
            _("Exit codes: 0 done, 1 refused, 2 usage, 3 unreachable or unknown, 4 bad input, 5 local failure.\n"));
}

static const struct verb *find_verb(const char *name)
{
    for (size_t i = 0; i < VERB_COUNT; i++)
        if (strcmp(verbs[i].name, name) == 0)
            return &verbs[i];
    return NULL;
}

/* How many characters to add, drop or change to make one of the other. */
static size_t distance(const char *a, const char *b)
{
    size_t row[32], length = strlen(b);
    if (strlen(a) >= 32 || length >= 31)
        return 32;
    for (size_t j = 0; j <= length; j++)
        row[j] = j;
    for (size_t i = 1; a[i - 1]; i++) {
        size_t before = row[0];
        row[0] = i;
        for (size_t j = 1; j <= length; j++) {
            size_t changed = before + (a[i - 1] != b[j - 1]);
            size_t other = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;
            before = row[j];
            row[j] = changed < other ? changed : other;
        }
    }
    return row[length];
}

static void say_unknown(const char *name)
{
    const struct verb *nearest = &verbs[0];
    for (size_t i = 1; i < VERB_COUNT; i++)
        if (distance(name, verbs[i].name) < distance(name, nearest->name))
            nearest = &verbs[i];
    if (distance(name, nearest->name) <= 2 && strlen(name) > 2)
        cli_fail(_("no verb \"%s\"; did you mean %s?"), name, nearest->name);
    else
        cli_fail(_("no verb \"%s\"; `bihuan --help` lists them"), name);
}

static int run_verb(const struct verb *verb, int argc, char **argv)
{
    char name[32];
    snprintf(name, sizeof(name), "bihuan %s", verb->name);
    argv[0] = name;
    argp_err_exit_status = CLI_USAGE;
    int code = verb->run(argc, argv);
    /* Output that did not reach its reader is not "done". */
    if (fflush(stdout) != 0 || ferror(stdout)) {
        cli_fail(_("cannot write the output: %s"), strerror(errno));
        return CLI_LOCAL;
    }
    return code;
}

int main(int argc, char **argv)
{
    secret_keep();
    language_begin();
    if (argc < 2) {
        help(stderr);
        return CLI_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0) {
        help(stdout);
        return CLI_DONE;
    }
    if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0) {
        puts("bihuan " BIHUAN_VERSION);
        return CLI_DONE;
    }
    const struct verb *verb = find_verb(argv[1]);
    if (!verb) {
        say_unknown(argv[1]);
        return CLI_USAGE;
    }
    return run_verb(verb, argc - 1, argv + 1);
}
