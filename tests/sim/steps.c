/* What can be done in a scenario: one row a sentence. */
#include <stdio.h>
#include <string.h>

#include "broker/core/right.h"
#include "schemas/ident.h"
#include "tests/sim/play.h"

#define CREDIT_DEFAULT 10

/* --- who speaks: "camera", "chief/王五", "w1/张三" --- */

struct speaker {
    const char *name, *person;
    struct seat *worker; /* NULL: a principal */
};

static struct speaker speaker_of(struct play *play, const char *who)
{
    const char *slash = strchr(who, '/');
    struct speaker speaker = {.name = who, .person = slash ? slash + 1 : NULL};
    if (slash)
        speaker.name = arena_memdup(&play->arena, who, (size_t)(slash - who));
    speaker.worker = cast_worker(play, speaker.name);
    if (speaker.worker && !speaker.worker->connected)
        play_fail(play, "worker %s is not connected", speaker.name);
    return speaker;
}

/* Sources speak where they publish, everybody else at the command endpoint. */
static struct seat *seat_of(struct play *play, const struct speaker *speaker)
{
    const struct principal *principal = policy_principal(play->world.turn.policy, speaker->name);
    unsigned sources = PRINCIPAL_SOURCE | PRINCIPAL_INTAKE;
    bool source = principal && (principal->roles & sources) && !(principal->roles & ~sources);
    return speaker->worker ? speaker->worker : cast_seat(play, speaker->name, source ? 'P' : 'C');
}

static void ask(struct play *play, struct seat *seat, const struct message *message)
{
    if (!*play->fault)
        play_ask(play, seat, message);
}

static const char *request_of(struct play *play)
{
    return arena_printf(&play->arena, "line-%zu", play->line->no);
}

/* --- sources --- */

/* "again E1" is said by its number; what there is not yet, as it is written. */
static void name_earlier(struct play *play, struct event *event)
{
    char *text;
    if (!event->recurrence_of || !play_knows(play, event->recurrence_of))
        return;
    text = arena_alloc(&play->arena, IDENT_TEXT_BYTES);
    ident_format(play_incident(play, event->recurrence_of), text);
    event->recurrence_of = text;
}

static void publishes(struct play *play, const char *const *any, struct words *rest)
{
    struct speaker speaker = speaker_of(play, any[0]);
    struct message message = {.kind = MESSAGE_PUBLISH};
    message.publish.id = any[1];
    fields_read(play, &publish_fields, rest, &message);
    if (*play->fault)
        return;
    name_earlier(play, &message.publish);
    play_ask(play, cast_seat(play, speaker.name, 'P'), &message)->event = any[1];
}

/* --- words and acts --- */

static void say_word(struct play *play, const struct speaker *speaker, enum word_verb verb, const char *event,
                     struct words *rest)
{
    struct message message = {.kind = MESSAGE_WORD};
    struct word *word = &message.word;
    *word = (struct word){.request = request_of(play), .verb = verb, .person = speaker->person};
    word->incident = play_incident(play, event);
    word->epoch = UINT32_MAX;
    fields_read(play, &word_fields, rest, &message);
    const struct held *held = speaker->worker ? cast_held(speaker->worker, word->incident, word->task) : NULL;
    if (!word->task)
        word->task = held ? held->task : 1;
    if (word->epoch == UINT32_MAX)
        word->epoch = held ? held->epoch : 0;
    ask(play, seat_of(play, speaker), &message);
}

static void do_act(struct play *play, const struct speaker *speaker, enum act_verb verb, const char *event,
                   struct words *rest)
{
    struct message message = {.kind = MESSAGE_ACT};
    message.act = (struct act){.request = request_of(play), .verb = verb, .person = speaker->person};
    message.act.incident = play_incident(play, event);
    fields_read(play, &act_fields, rest, &message);
    ask(play, seat_of(play, speaker), &message);
}

/* An act that is about no incident. */
static void act_aside(struct play *play, const char *who, struct act act, struct words *rest)
{
    struct message message = {.kind = MESSAGE_ACT, .act = act};
    struct speaker speaker = speaker_of(play, who);
    message.act.request = request_of(play);
    message.act.person = speaker.person;
    fields_read(play, &act_fields, rest, &message);
    ask(play, seat_of(play, &speaker), &message);
}

static void has_done(struct play *play, const char *const *any, struct words *rest)
{
    act_aside(play, any[0], (struct act){.verb = ACT_DUTY_DONE, .name = any[1], .target = any[2]}, rest);
}

static void lists(struct play *play, const char *const *any, struct words *rest)
{
    act_aside(play, any[0], (struct act){.verb = ACT_LIST_AREA, .area = any[1]}, rest);
}

static void delists(struct play *play, const char *const *any, struct words *rest)
{
    act_aside(play, any[0], (struct act){.verb = ACT_DELIST_AREA, .area = any[1]}, rest);
}

static void samples(struct play *play, const char *const *any, struct words *rest)
{
    act_aside(play, any[0], (struct act){.verb = ACT_SAMPLE}, rest);
}

/* "EVENT SECRET", of which the broker gets the hash. */
static void commits(struct play *play, const char *const *any, struct words *rest)
{
    char *hash = arena_alloc(&play->arena, 2 * DIGEST_BYTES + 1);
    struct digest digest;
    const char *text = arena_printf(&play->arena, "%s %s", any[1], any[2]);
    digest_bytes(&digest, text, strlen(text));
    digest_hex(&digest, hash);
    act_aside(play, any[0], (struct act){.verb = ACT_COMMIT_EXERCISE, .name = hash}, rest);
}

static void hands_over(struct play *play, const char *const *any, struct words *rest)
{
    act_aside(play, any[0], (struct act){.verb = ACT_HAND_OVER, .name = any[1], .target = any[2]}, rest);
}

/* With the digest that is read beside incidents, unless it says another. */
static void takes_over(struct play *play, const char *const *any, struct words *rest)
{
    struct act act = {.verb = ACT_TAKE_OVER, .name = any[1], .target = "00000000"};
    struct side side;
    if (play->world.up && core_side(play->world.turn.core, SIDE_SHIFT, any[1], &play->arena, &side))
        act.target = side.text;
    act_aside(play, any[0], act, rest);
}

static bool has_word(const struct words *words, const char *word)
{
    for (size_t i = 0; i < words->left; i++)
        if (strcmp(words->at[i], word) == 0)
            return true;
    return false;
}

/* A verb as the protocol names it. What workers say, and the centre for a unit, are words; the rest are acts. */
static bool speak(struct play *play, const char *who, const char *verb, const char *event, struct words *rest)
{
    enum word_verb word = word_of(verb);
    enum act_verb act = act_of(verb);
    if (!word && !act)
        return false;
    struct speaker speaker = speaker_of(play, who);
    if (word && (!act || speaker.worker || has_word(rest, "for")))
        say_word(play, &speaker, word, event, rest);
    else
        do_act(play, &speaker, act, event, rest);
    return true;
}

static void does(struct play *play, const char *const *any, struct words *rest)
{
    if (!speak(play, any[0], any[1], any[2], rest))
        play_fail(play, "\"%s\" is neither a word nor an act", any[1]);
}

static void gives_back(struct play *play, const char *const *any, struct words *rest)
{
    speak(play, any[0], "give_back", any[1], rest);
}

static void reports_up(struct play *play, const char *const *any, struct words *rest)
{
    speak(play, any[0], "report_up", any[1], rest);
}

static void sends_down(struct play *play, const char *const *any, struct words *rest)
{
    speak(play, any[0], "send_down", any[1], rest);
}

static void feeds_back(struct play *play, const char *const *any, struct words *rest)
{
    speak(play, any[0], "feedback", any[1], rest);
}

/* "asks for park of E1 until 2027-04-01". */
static void asks_for(struct play *play, const char *const *any, struct words *rest)
{
    const char **words = ARENA_NEW(&play->arena, const char *, rest->left + 2);
    words[0] = "kind";
    words[1] = any[1];
    memcpy(words + 2, rest->at, rest->left * sizeof(*words));
    struct words all = {words, rest->left + 2};
    speak(play, any[0], "ask", any[2], &all);
}

/* "responds", "closes", "verifies". */
static void verbs(struct play *play, const char *const *any, struct words *rest)
{
    static const struct {
        const char *ends, *becomes;
    } endings[] = {{"s", ""}, {"es", ""}, {"ies", "y"}};
    for (size_t i = 0; i < 3; i++) {
        size_t length = strlen(any[1]), end = strlen(endings[i].ends);
        if (length <= end || strcmp(any[1] + length - end, endings[i].ends) != 0)
            continue;
        if (speak(play, any[0], arena_printf(&play->arena, "%.*s%s", (int)(length - end), any[1], endings[i].becomes),
                  any[2], rest))
            return;
    }
    play_fail(play, "not understood: %s", play->line->text);
}

/* --- questions --- */

static void asks(struct play *play, const char *const *any, struct words *rest)
{
    struct speaker speaker = speaker_of(play, any[0]);
    struct imagined question = {.message.kind = MESSAGE_QUERY};
    struct query *query = &question.message.query;
    for (int kind = 1; kind < 100 && !query->kind; kind++)
        if (query_name((enum query_kind)kind) && strcmp(query_name((enum query_kind)kind), any[1]) == 0)
            query->kind = (enum query_kind)kind;
    if (!query->kind)
        play_fail(play, "\"%s\" is no question", any[1]);
    fields_read(play, &query_fields, rest, &question);
    if (query->kind == QUERY_EXPLAIN && !query->incident) {
        struct event *event = arena_memdup(&play->arena, &question.event, sizeof(*event));
        event->type = query->type;
        event->place.area = query->area;
        query->event = event;
    }
    ask(play, seat_of(play, &speaker), &question.message);
}

static void asks_status(struct play *play, const char *const *any, struct words *rest)
{
    struct speaker speaker = speaker_of(play, any[0]);
    struct message message = {.kind = MESSAGE_STATUS};
    (void)rest;
    message.status.event_id = any[1];
    ask(play, seat_of(play, &speaker), &message);
}

/* How far what came of it is. */
static void asks_progress(struct play *play, const char *const *any, struct words *rest)
{
    struct speaker speaker = speaker_of(play, any[0]);
    struct message message = {.kind = MESSAGE_STATUS};
    (void)rest;
    message.status.incident = play_incident(play, any[1]);
    ask(play, seat_of(play, &speaker), &message);
}

/* --- notices --- */

static void takes_notices(struct play *play, const char *const *any, struct words *rest)
{
    struct speaker speaker = speaker_of(play, any[0]);
    struct message credit = {.kind = MESSAGE_CREDIT, .credit = {TOLD_MAX}};
    struct seat *seat = cast_seat(play, speaker.name, 'P');
    (void)rest;
    if (!seat)
        return;
    ask(play, seat, &credit);
    cast_follow(play, seat);
}

/* All that it was told so far. */
static void acknowledges(struct play *play, const char *const *any, struct words *rest)
{
    struct speaker speaker = speaker_of(play, any[0]);
    struct message message = {.kind = MESSAGE_ACKNOWLEDGE};
    const struct seat *seat = cast_seat(play, speaker.name, 'P');
    (void)rest;
    message.acknowledge.seq = seat && seat->told_count ? seat->told[seat->told_count - 1].notice.seq : 1;
    ask(play, cast_seat(play, speaker.name, 'P'), &message);
}

/* --- workers --- */

static struct seat *worker_of(struct play *play, const char *name)
{
    struct seat *seat = cast_worker(play, name);
    if (!seat)
        play_fail(play, "no worker %s; \"worker %s of UNIT connects\" makes one", name, name);
    return seat;
}

/* The department that works for the unit, and for the fewest others. */
static const char *department_of(struct play *play, const char *unit)
{
    const struct policy *policy = play->world.turn.policy;
    const struct principal *best = NULL;
    for (size_t i = 0; i < policy->principal_count; i++) {
        const struct principal *principal = &policy->principals[i];
        bool works = (principal->roles & PRINCIPAL_DEPARTMENT) && right_unit(principal, unit);
        if (works && (!best || principal->unit_count < best->unit_count))
            best = principal;
    }
    return best ? arena_strdup(&play->arena, best->name) : "nobody";
}

static uint32_t credit_of(struct play *play, struct words *rest)
{
    const struct fields fields = {"a connection", &(struct field){"credit", FIELD_COUNT, 0}, 1};
    uint32_t credit = CREDIT_DEFAULT;
    fields_read(play, &fields, rest, &credit);
    return credit;
}

static void connect(struct play *play, struct seat *seat, struct words *rest)
{
    uint32_t credit = credit_of(play, rest);
    if (seat && !*play->fault)
        cast_connect(play, seat, credit);
}

static void new_worker_connects(struct play *play, const char *const *any, struct words *rest)
{
    connect(play, cast_new_worker(play, any[0], any[1], department_of(play, any[1])), rest);
}

static void new_worker_connects_as(struct play *play, const char *const *any, struct words *rest)
{
    connect(play, cast_new_worker(play, any[0], any[1], any[2]), rest);
}

static void connects(struct play *play, const char *const *any, struct words *rest)
{
    connect(play, worker_of(play, any[0]), rest);
}

static void adds_credit(struct play *play, const char *const *any, struct words *rest)
{
    struct seat *seat = worker_of(play, any[0]);
    struct message credit = {.kind = MESSAGE_CREDIT};
    struct words n = {(const char *[]){"credit", any[1]}, 2};
    (void)rest;
    credit.credit.n = credit_of(play, &n);
    if (!seat || *play->fault)
        return;
    seat->credit += credit.credit.n;
    seat->turn = ++play->cast.turns;
    play_ask(play, seat, &credit);
}

/* Without credit, so that nothing is taken up again should the broker die on the way. */
static void say_bye(struct play *play, const char *name, bool drain)
{
    struct seat *seat = worker_of(play, name);
    struct message bye = {.kind = MESSAGE_BYE};
    bye.bye.drain = drain;
    if (!seat)
        return;
    seat->credit = 0;
    play_ask(play, seat, &bye);
}

static void leaves(struct play *play, const char *const *any, struct words *rest)
{
    (void)rest;
    say_bye(play, any[0], false);
}

static void drains(struct play *play, const char *const *any, struct words *rest)
{
    (void)rest;
    say_bye(play, any[0], true);
}

static void dies(struct play *play, const char *const *any, struct words *rest)
{
    struct seat *seat = worker_of(play, any[0]);
    (void)rest;
    if (seat)
        cast_die(play, seat);
}

static void falls_silent(struct play *play, const char *const *any, struct words *rest)
{
    struct seat *seat = worker_of(play, any[0]);
    (void)rest;
    if (seat)
        cast_fall_silent(play, seat);
}

static void speaks_again(struct play *play, const char *const *any, struct words *rest)
{
    struct seat *seat = worker_of(play, any[0]);
    (void)rest;
    if (seat)
        cast_speak_again(play, seat);
}

/* --- time --- */

static void at(struct play *play, const char *const *any, struct words *rest)
{
    int64_t until_ms = 0;
    bool today = rest->left == 1 && strchr(rest->at[0], ':');
    const char *date = arena_printf(&play->step, "%.10s", play_time_text(play, play->world.now_ms));
    struct words words = {(const char *[]){date, rest->at[0]}, 2};
    (void)any;
    if (!play_time(play, today ? &words : rest, &until_ms))
        play_fail(play, "a time is \"at 2026-09-30 17:50\" or \"at 17:50\"");
    else if (until_ms < play->world.now_ms)
        play_fail(play, "it is later already: %s", play_time_text(play, play->world.now_ms));
    else
        play_pass_until(play, until_ms);
}

static void after(struct play *play, const char *const *any, struct words *rest)
{
    int64_t ms;
    (void)rest;
    if (!script_span(any[0], &ms))
        play_fail(play, "a while is \"+ 10m\", \"+ 1h30m\", \"+ 2d\"");
    else
        play_pass_until(play, play->world.now_ms + ms);
}

/* --- the broker --- */

static void crash(struct play *play, const char *const *any, struct words *rest)
{
    (void)any;
    (void)rest;
    play->world.next_commit = CRASH_LOST;
}

static void crash_unknown(struct play *play, const char *const *any, struct words *rest)
{
    (void)any;
    (void)rest;
    play->world.next_commit = CRASH_UNKNOWN;
}

static void broker_dies(struct play *play, const char *const *any, struct words *rest)
{
    (void)any;
    (void)rest;
    if (play->world.up)
        world_kill(&play->world);
}

static void broker_down(struct play *play, const char *const *any, struct words *rest)
{
    (void)any;
    (void)rest;
    if (play->world.up)
        world_stop(&play->world);
}

/* With what was edited, as the operator left it; when that is refused, with what was there before. */
static void broker_up(struct play *play, const char *const *any, struct words *rest)
{
    struct world *w = &play->world;
    (void)any;
    (void)rest;
    city_try(&play->city);
    bool accepted = world_read_config(w) && world_start(w);
    const char *refused = accepted ? NULL : arena_strdup(&play->step, w->fault);
    city_keep(&play->city, accepted);
    if (!accepted && (!world_read_config(w) || !world_start(w)))
        play_broke(play);
    else
        cast_reconnect(play);
    expect_start(play, refused);
}

static void restart(struct play *play, const char *const *any, struct words *rest)
{
    broker_down(play, any, rest);
    broker_up(play, any, rest);
}

static int count_step(void *arg, const struct record *record, const void *bytes, size_t size)
{
    (void)bytes;
    (void)size;
    *(size_t *)arg += record->kind == RECORD_WALL_STEP;
    return 0;
}

static size_t steps_on_record(struct play *play)
{
    size_t n = 0;
    store_replay(play->world.turn.store, 0, count_step, &n);
    return n;
}

/* Should the broker die before the step is on record, its successor notices it anew. */
static void wall_steps(struct play *play, const char *const *any, struct words *rest)
{
    const struct fields fields = {"a step", &(struct field){"steps", FIELD_SPAN, 0}, 1};
    struct words words = {(const char *[]){"steps", any[0]}, 2};
    int64_t step_ms = 0;
    (void)rest;
    fields_read(play, &fields, &words, &step_ms);
    if (!play->world.up)
        play_fail(play, "the broker is down: it will not notice");
    if (*play->fault)
        return;
    size_t before = steps_on_record(play);
    play->world.wall_step_ms = step_ms;
    play_turn(play);
    if (steps_on_record(play) > before)
        return;
    play->world.wall_step_ms = step_ms;
    play_turn(play);
}

/* --- the city --- */

static void edit(struct play *play, const char *file, bool adds)
{
    const char *name = arena_memdup(&play->arena, file, strcspn(file, ":"));
    if (!play->line->block)
        play_fail(play, "the file's lines follow, indented, and its name ends in a colon");
    else if (!city_edit(&play->city, name, play->line->block, adds))
        play_fail(play, "more than %d files", CITY_FILES_MAX);
}

static void config(struct play *play, const char *const *any, struct words *rest)
{
    (void)rest;
    edit(play, any[0], false);
}

static void add_to(struct play *play, const char *const *any, struct words *rest)
{
    (void)rest;
    edit(play, any[0], true);
}

static void reloads(struct play *play, const char *const *any, struct words *rest)
{
    struct speaker speaker = speaker_of(play, any[0]);
    struct message message = {.kind = MESSAGE_RELOAD};
    (void)rest;
    message.reload.request = request_of(play);
    message.reload.person = speaker.person;
    city_try(&play->city);
    ask(play, seat_of(play, &speaker), &message);
}

/* clang-format off */
const struct sentence doing[] = {
    {"config FILE",                                    config,                 LOOKS},
    {"add to FILE",                                    add_to,                 LOOKS},
    {"at ...",                                         at,                     DOES},
    {"+ SPAN",                                         after,                  DOES},
    {"crash",                                          crash,                  LOOKS},
    {"crash unknown",                                  crash_unknown,          LOOKS},
    {"broker dies",                                    broker_dies,            DOES},
    {"broker down",                                    broker_down,            DOES},
    {"broker up",                                      broker_up,              ASKS},
    {"restart",                                        restart,                ASKS},
    {"wall steps SPAN",                                wall_steps,             DOES},
    {"worker NAME of UNIT connects ...",               new_worker_connects,    ASKS},
    {"worker NAME of UNIT as DEPARTMENT connects ...", new_worker_connects_as, ASKS},
    {"WORKER connects ...",                            connects,               ASKS},
    {"WORKER adds credit N",                           adds_credit,            DOES},
    {"WORKER dies",                                    dies,                   DOES},
    {"WORKER falls silent",                            falls_silent,           DOES},
    {"WORKER speaks again",                            speaks_again,           DOES},
    {"WORKER drains",                                  drains,                 DOES},
    {"WORKER leaves",                                  leaves,                 DOES},
    {"WHO publishes EVENT ...",                        publishes,              ASKS},
    {"WHO asks for KIND of EVENT ...",                 asks_for,               ASKS},
    {"WHO takes notices",                              takes_notices,          ASKS},
    {"WHO acknowledges",                               acknowledges,           ASKS},
    {"WHO asks status EVENT",                          asks_status,            ASKS},
    {"WHO asks progress EVENT",                        asks_progress,          ASKS},
    {"WHO asks QUESTION ...",                          asks,                   ASKS},
    {"WHO reloads",                                    reloads,                ASKS},
    {"WHO has done DUTY TARGET ...",                   has_done,               ASKS},
    {"WHO lists AREA ...",                             lists,                  ASKS},
    {"WHO delists AREA ...",                           delists,                ASKS},
    {"WHO hands over SHIFT to PERSON ...",             hands_over,             ASKS},
    {"WHO takes over SHIFT ...",                       takes_over,             ASKS},
    {"WHO samples ...",                                samples,                ASKS},
    {"WHO commits EVENT secret TEXT ...",              commits,                ASKS},
    {"WHO does VERB EVENT ...",                        does,                   ASKS},
    {"WHO gives back EVENT ...",                       gives_back,             ASKS},
    {"WHO feeds back EVENT ...",                       feeds_back,             ASKS},
    {"WHO reports up EVENT ...",                       reports_up,             ASKS},
    {"WHO sends down EVENT ...",                       sends_down,             ASKS},
    {"WHO VERBS EVENT ...",                            verbs,                  ASKS},
    {NULL, NULL, LOOKS},
};
/* clang-format on */
