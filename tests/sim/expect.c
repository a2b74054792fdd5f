/* What can be expected in a scenario: one row a sentence. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "broker/config/config.h"
#include "broker/survey.h"
#include "tests/sim/expect_figures.h"
#include "tests/sim/expect_sample.h"
#include "tests/sim/play.h"
#include "tests/sim/tell.h"

static bool is(const char *word, const char *text)
{
    return word && strcmp(word, text) == 0;
}

static const char *joined(struct play *play, const struct words *words)
{
    const char *text = "";
    for (size_t i = 0; i < words->left; i++)
        text = arena_printf(&play->step, "%s%s%s", text, i ? " " : "", words->at[i]);
    return text;
}

/* Lists are compared as they are read: "E1 E2", or "nothing". */
static void compare_lists(struct play *play, const char *what, const struct words *expected, const char *actual)
{
    const char *text = joined(play, expected);
    if (strcmp(text, *actual ? actual : "nothing") != 0)
        play_fail(play, "%s: expected %s, there is %s", what, text, *actual ? actual : "nothing");
}

static const char *listed(struct play *play, const char *list, const char *item)
{
    return arena_printf(&play->step, "%s%s%s", list, *list ? " " : "", item);
}

/* --- what is, against what is said of it --- */

static void compare(struct play *play, const char *what, const struct fields *fields, struct words *expected,
                    const void *actual)
{
    void *wanted = arena_alloc(&play->step, sizeof(struct seen) + sizeof(struct message));
    uint64_t said = fields_read(play, fields, expected, wanted);
    const struct field *differs = fields_differ(play, fields, said, wanted, actual);
    if (differs)
        play_fail(play, "%s: expected %s %s, it is %s", what, differs->key, field_text(play, differs, wanted),
                  field_text(play, differs, actual));
}

static const struct task *find_task(const struct row *row, uint32_t no)
{
    for (size_t i = 0; i < row->task_count; i++)
        if (row->tasks[i].no == no)
            return &row->tasks[i];
    return NULL;
}

static const struct clock *find_clock(const struct row *row, enum clock_kind kind, uint32_t task)
{
    for (size_t i = 0; i < row->clock_count; i++)
        if (row->clocks[i].kind == kind && row->clocks[i].task == task)
            return &row->clocks[i];
    return NULL;
}

static const struct ask *find_ask(const struct row *row, uint32_t no)
{
    return no && no <= row->ask_count ? &row->asks[no - 1] : NULL;
}

/* One thing of an incident, or "none". */
static void compare_part(struct play *play, const char *what, const struct fields *fields, struct words *rest,
                         const void *part)
{
    bool none = rest->left == 1 && is(rest->at[0], "none");
    if (!part && !none)
        play_fail(play, "%s: there is none", what);
    else if (part && none)
        play_fail(play, "%s: expected none, there is one", what);
    else if (part)
        compare(play, what, fields, rest, part);
}

static void expect_part(struct play *play, const char *event, const struct row *row, uint32_t task, struct words *rest)
{
    const char *what = task ? arena_printf(&play->step, "%s task %" PRIu32, event, task) : event;
    enum clock_kind kind = rest->left ? clock_kind_of(rest->at[0]) : 0;
    if (kind) {
        words_next(rest);
        const struct clock *clock = find_clock(row, kind, task);
        if (!clock && !task)
            clock = find_clock(row, kind, 1);
        compare_part(play, arena_printf(&play->step, "%s %s", what, clock_kind_name(kind)), &clock_fields, rest, clock);
    } else if (rest->left && is(rest->at[0], "reports")) {
        words_next(rest);
        compare_part(play, arena_printf(&play->step, "%s reports", what), &reports_fields, rest, row->reports);
    } else if (task) {
        compare_part(play, what, &task_fields, rest, find_task(row, task));
    } else {
        struct whole_head whole = {
            row->head, row->head.more ? *row->head.more : (struct incident_more){0}, {0}, {0}, {0}};
        if (whole.more.ending)
            whole.ending = *whole.more.ending;
        if (whole.more.oversight)
            whole.oversight = *whole.more.oversight;
        if (whole.more.claim)
            whole.claim = *whole.more.claim;
        compare(play, what, &incident_fields, rest, &whole);
    }
}

static void incident(struct play *play, const char *const *any, struct words *rest)
{
    struct row row;
    uint32_t task = 0;
    uint64_t id = play_incident(play, any[0]);
    if (!id || !play_row(play, id, &row)) {
        play_fail(play, "%s: there is no such incident", any[0]);
        return;
    }
    if (rest->left >= 3 && is(rest->at[0], "ask")) {
        words_next(rest);
        uint32_t no = (uint32_t)strtoul(words_next(rest), NULL, 10);
        compare_part(play, arena_printf(&play->step, "%s ask %" PRIu32, any[0], no), &ask_fields, rest,
                     find_ask(&row, no));
        return;
    }
    if (rest->left >= 2 && is(rest->at[0], "task")) {
        words_next(rest);
        task = (uint32_t)strtoul(words_next(rest), NULL, 10);
    }
    if (rest->left == 0)
        play_fail(play, "expect %s to be what?", any[0]);
    expect_part(play, any[0], &row, task, rest);
}

/* --- records --- */

struct search {
    struct play *play;
    const char *kind;
    uint64_t incident; /* 0: any */
    struct seen wanted;
    uint64_t said;
    size_t found;
    const char *others; /* of the same kind and incident, for the complaint */
};

static int look(void *arg, const struct record *record, const void *bytes, size_t size)
{
    struct search *search = arg;
    struct seen seen = seen_of(record);
    (void)bytes;
    (void)size;
    if (!is(search->kind, record_kind_name(record->kind)) || (search->incident && seen.incident != search->incident))
        return 0;
    if (fields_differ(search->play, &record_fields, search->said, &search->wanted, &seen))
        search->others =
            arena_printf(&search->play->step, "%s\n    %s", search->others, tell_record(search->play, &seen));
    else
        search->found++;
    return 0;
}

static bool known_kind(const char *kind)
{
    for (int i = 1; i <= UINT8_MAX; i++)
        if (is(record_kind_name((enum record_kind)i), kind))
            return true;
    return false;
}

/* Searches the trail for "KIND [EVENT] ...". */
static struct search search_for(struct play *play, const char *kind, struct words *rest)
{
    struct search search = {.play = play, .kind = kind, .others = ""};
    if (!known_kind(kind))
        play_fail(play, "there is no record kind \"%s\"", kind);
    if (!play->world.up)
        play_fail(play, "the broker is down");
    if (rest->left && play_knows(play, rest->at[0]))
        search.incident = play_incident(play, words_next(rest));
    search.said = fields_read(play, &record_fields, rest, &search.wanted);
    if (!*play->fault)
        store_replay(play->world.turn.store, 0, look, &search);
    return search;
}

static void complain_of_records(struct play *play, const char *expected, const struct search *search)
{
    play_fail(play, "expected %s, there are %zu%s%s", expected, search->found,
              *search->others ? "; of this kind there are otherwise:" : "", search->others);
}

static void some_record(struct play *play, const char *const *any, struct words *rest)
{
    struct search search = search_for(play, any[0], rest);
    if (search.found == 0)
        complain_of_records(play, "such a record", &search);
}

static void n_records(struct play *play, const char *const *any, struct words *rest)
{
    struct search search = search_for(play, any[1], rest);
    if (search.found != strtoul(any[0], NULL, 10))
        complain_of_records(play, arena_printf(&play->step, "%s such records", any[0]), &search);
}

static void no_record(struct play *play, const char *const *any, struct words *rest)
{
    struct search search = search_for(play, any[0], rest);
    if (search.found > 0)
        complain_of_records(play, "no such record", &search);
}

struct trail {
    struct play *play;
    uint64_t incident;
    const char *kinds;
};

static int add_kind(void *arg, const struct record *record, const void *bytes, size_t size)
{
    struct trail *trail = arg;
    (void)bytes;
    (void)size;
    for (size_t i = 0; i < record->change_count; i++)
        if (record->changes[i].incident == trail->incident && record->kind != RECORD_RUNG)
            trail->kinds = listed(trail->play, trail->kinds, record_kind_name(record->kind));
    return 0;
}

static void trail(struct play *play, const char *const *any, struct words *rest)
{
    struct trail trail = {play, play_incident(play, any[0]), ""};
    if (!*play->fault)
        store_replay(play->world.turn.store, 0, add_kind, &trail);
    compare_lists(play, arena_printf(&play->step, "the trail of %s", any[0]), rest, trail.kinds);
}

/* --- beside incidents --- */

static bool find_side(struct play *play, const char *const *any, struct side *out)
{
    enum side_kind kind = side_kind_of(any[0]);
    if (!kind)
        play_fail(play, "no rows beside incidents are called \"%s\"", any[0]);
    if (!play->world.up)
        play_fail(play, "the broker is down");
    return !*play->fault && core_side(play->world.turn.core, kind, any[1], &play->step, out);
}

static void side(struct play *play, const char *const *any, struct words *rest)
{
    struct side side;
    const char *what = arena_printf(&play->step, "%s %s", any[0], any[1]);
    if (find_side(play, any, &side))
        compare(play, what, &side_fields, rest, &side);
    else
        play_fail(play, "%s: there is no such row", what);
}

/* What is in its list, in order. */
static void side_list(struct play *play, const char *const *any, struct words *rest)
{
    struct side side = {0};
    const char *list = "";
    if (!find_side(play, any, &side))
        play_fail(play, "%s %s: there is no such row", any[0], any[1]);
    for (size_t i = 0; i < side.list_count; i++)
        list = listed(play, list, side.list[i]);
    compare_lists(play, arena_printf(&play->step, "the list of %s %s", any[0], any[1]), rest, list);
}

static void no_side(struct play *play, const char *const *any, struct words *rest)
{
    struct side side;
    (void)rest;
    if (find_side(play, any, &side))
        play_fail(play, "%s %s: there is such a row", any[0], any[1]);
}

struct own {
    const char *ref;
    uint64_t incident;
};

static int look_own(void *arg, const struct record *record, const void *bytes, size_t size)
{
    struct own *own = arg;
    (void)bytes;
    (void)size;
    if (record->kind == RECORD_OPENED && !*record->principal && is(own->ref, record->event->source_ref))
        own->incident = record->changes[0].incident;
    return 0;
}

/* The newest that the broker opened about something: it gets a name, so that it can be spoken of. */
static void opened(struct play *play, const char *const *any, struct words *rest)
{
    struct own own = {.ref = any[1]};
    (void)rest;
    if (!play->world.up)
        play_fail(play, "the broker is down");
    else
        store_replay(play->world.turn.store, 0, look_own, &own);
    if (own.incident)
        play_name(play, any[0], own.incident);
    else
        play_fail(play, "the broker has opened nothing about %s", any[1]);
}

/* --- queues and hands --- */

#define QUEUE_MAX 100

static void queue(struct play *play, const char *const *any, struct words *rest)
{
    uint64_t incidents[QUEUE_MAX];
    uint32_t tasks[QUEUE_MAX];
    const char *list = "";
    size_t n = core_queue(play->world.turn.core, any[0], incidents, tasks, QUEUE_MAX);
    for (size_t i = 0; i < n; i++)
        list = listed(play, list, play_event(play, incidents[i]));
    compare_lists(play, arena_printf(&play->step, "the queue of %s", any[0]), rest, list);
}

static void holds(struct play *play, const char *const *any, struct words *rest)
{
    const struct seat *seat = cast_worker(play, any[0]);
    const char *list = "";
    if (!seat) {
        play_fail(play, "no worker %s", any[0]);
        return;
    }
    for (size_t i = 0; i < seat->held_count; i++)
        if (seat->held[i].holds)
            list = listed(play, list, play_event(play, seat->held[i].incident));
    compare_lists(play, arena_printf(&play->step, "in the hands of %s", any[0]), rest, list);
}

/* What it was told of a task beside the task itself. */
static void knows(struct play *play, const char *const *any, struct words *rest)
{
    static const struct field list[] = {{"urged", FIELD_COUNT, offsetof(struct held, urges)},
                                        {"again", FIELD_EVENT, offsetof(struct held, again)},
                                        {"supervised", FIELD_TIME, offsetof(struct held, supervised_ms)}};
    const struct fields fields = {"a task in hand", list, sizeof(list) / sizeof(*list)};
    struct seat *seat = cast_worker(play, any[0]);
    const struct held *held = seat ? cast_held(seat, play_incident(play, any[1]), 0) : NULL;
    if (held)
        compare(play, arena_printf(&play->step, "what %s knows of %s", any[0], any[1]), &fields, rest, held);
    else
        play_fail(play, "%s has never had a task of %s", any[0], any[1]);
}

/* --- notices --- */

static const struct seat *source_of(struct play *play, const char *name)
{
    const struct seat *seat = cast_seat(play, name, 'P');
    if (seat && !seat->follows)
        play_fail(play, "%s takes no notices", name);
    return seat;
}

/* The steps that a source was told of one incident, in order. */
static void told(struct play *play, const char *const *any, struct words *rest)
{
    const struct seat *seat = source_of(play, any[0]);
    uint64_t incident = play_incident(play, any[1]);
    const char *list = "";
    for (size_t i = 0; seat && i < seat->told_count; i++)
        if (seat->told[i].notice.incident == incident)
            list = listed(play, list, notice_step_name(seat->told[i].notice.step));
    compare_lists(play, arena_printf(&play->step, "what %s was told of %s", any[0], any[1]), rest, list);
}

/* One of them, that is as said. */
static void a_notice(struct play *play, const char *const *any, struct words *rest)
{
    const struct seat *seat = source_of(play, any[0]);
    uint64_t incident = play_incident(play, any[1]);
    struct told wanted = {0};
    uint64_t said = fields_read(play, &told_fields, rest, &wanted);
    const char *others = "";
    for (size_t i = 0; seat && i < seat->told_count; i++) {
        if (seat->told[i].notice.incident != incident)
            continue;
        const struct field *differs = fields_differ(play, &told_fields, said, &wanted, &seat->told[i]);
        if (!differs)
            return;
        others = arena_printf(&play->step, "%s; %s has %s %s", others, notice_step_name(seat->told[i].notice.step),
                              differs->key, field_text(play, differs, &seat->told[i]));
    }
    play_fail(play, "%s got no such notice%s", any[0], others);
}

/* --- what `bihuan check` would say of the files as they are edited now --- */

/* Errors or warnings, in the arena. */
static const char *checked(struct play *play, bool errors)
{
    struct faults wrong = {0}, warned = {0};
    struct policy *policy = NULL;
    city_try(&play->city);
    if (config_load(play->city.folder, &policy, &wrong) == 0)
        survey(policy, play->world.now_ms, &wrong, &warned);
    city_put_back(&play->city);
    const char *text = arena_strdup(&play->step, faults_text(errors ? &wrong : &warned));
    policy_free(policy);
    faults_release(&wrong);
    faults_release(&warned);
    return text;
}

static const char *said_by_check(struct play *play, const char *level)
{
    if (!is(level, "error") && !is(level, "warning")) {
        play_fail(play, "check says an error or a warning, not %s", level);
        return "";
    }
    return checked(play, is(level, "error"));
}

static void check_says(struct play *play, const char *const *any, struct words *rest)
{
    const char *text = said_by_check(play, any[0]);
    (void)rest;
    if (!strstr(text, any[1]))
        play_fail(play, "check: no %s says \"%s\"; what it says: %s", any[0], any[1], text);
}

static void check_says_not(struct play *play, const char *const *any, struct words *rest)
{
    const char *text = said_by_check(play, any[0]);
    (void)rest;
    if (strstr(text, any[1]))
        play_fail(play, "check: of its %ss one says \"%s\": %s", any[0], any[1], text);
}

static void check_finds_nothing(struct play *play, const char *const *any, struct words *rest)
{
    const char *text = checked(play, true);
    (void)any;
    (void)rest;
    if (*text)
        play_fail(play, "check: there are errors: %s", text);
}

/* clang-format off */
const struct sentence expecting[] = {
    {"expect check sound",        check_finds_nothing, LOOKS},
    {"expect check LEVEL TEXT",   check_says,  LOOKS},
    {"expect no check LEVEL TEXT", check_says_not, LOOKS},
    {"expect record KIND ...",    some_record, LOOKS},
    {"expect no record KIND ...", no_record,   LOOKS},
    {"expect N records KIND ...", n_records,   LOOKS},
    {"expect trail EVENT ...",    trail,       LOOKS},
    {"expect figure NAME ...",    expect_figure, LOOKS},
    {"expect drawn again", expect_drawn_again, LOOKS},
    {"expect queue UNIT ...",     queue,       LOOKS},
    {"expect WHO told EVENT ...", told,        LOOKS},
    {"expect notice WHO EVENT ...", a_notice,  LOOKS},
    {"expect WORKER holds ...",   holds,       LOOKS},
    {"expect side KIND KEY lists ...", side_list, LOOKS},
    {"expect side KIND KEY ...",  side,        LOOKS},
    {"expect no side KIND KEY",   no_side,     LOOKS},
    {"expect opened EVENT about REF", opened, LOOKS},
    {"expect WORKER knows EVENT ...", knows,   LOOKS},
    {"expect EVENT ...",          incident,    LOOKS},
    {NULL, NULL, LOOKS},
};
/* clang-format on */

/* --- answers --- */

static const char *said(struct play *play, const struct message *answer)
{
    if (answer->kind == MESSAGE_REFUSAL)
        return arena_printf(&play->step, "refused %s \"%s\"", refusal_name(answer->refusal.code),
                            answer->refusal.reason);
    if (answer->kind == MESSAGE_RECEIPT && answer->receipt.repeat)
        return "the first receipt again";
    return answer->kind ? message_name(answer->kind) : "nothing";
}

static void expect_refusal(struct play *play, const struct refusal *refusal, struct words *rest)
{
    const char *code = words_next(rest), *part = words_next(rest);
    bool fits = is(code, refusal_name(refusal->code)) && (!part || strstr(refusal->reason, part));
    if (!fits)
        play_fail(play, "expected refused %s \"%s\", it was refused %s \"%s\"", code ? code : "", part ? part : "",
                  refusal_name(refusal->code), refusal->reason);
}

/* Who reported, sealed, where it is told; "kept" where only that there is somebody. */
static const char *add_reporter(struct play *play, const char *list, const struct event *event)
{
    if (event && event->has_reporter)
        return listed(play, list, "kept");
    if (!event || !event->reporter.len)
        return list;
    return listed(play, list,
                  arena_printf(&play->step, "%.*s", (int)event->reporter.len, (const char *)event->reporter.ptr));
}

static void expect_page(struct play *play, const struct answer *answer, struct words *rest)
{
    const char *list = "";
    if (answer->overview) {
        compare(play, "the overview", &overview_fields, rest, answer->overview);
    } else if (answer->explanation) {
        compare(play, "the explanation", &explanation_fields, rest, answer->explanation);
    } else {
        for (size_t i = 0; i < answer->row_count; i++)
            list = listed(play, list, play_event(play, answer->rows[i].incident));
        for (size_t i = 0; i < answer->record_count; i++)
            list = add_reporter(play, list, answer->records[i].event);
        for (size_t i = 0; i < answer->side_count; i++)
            list = listed(play, list, answer->sides[i].key);
        for (size_t i = 0; i < answer->worker_count; i++)
            list = listed(play, list, answer->workers[i].name);
        compare_lists(play, "the answer", rest, list);
    }
}

static void expect_said(struct play *play, const struct message *answer, const char *first, struct words *rest)
{
    bool receipt = answer->kind == MESSAGE_RECEIPT;
    if (is(first, "refused") && answer->kind == MESSAGE_REFUSAL)
        expect_refusal(play, &answer->refusal, rest);
    else if (receipt && is(first, "refused") && rest->left && is(rest->at[0], "overloaded") &&
             play->injection > INJECT_REPEAT)
        return; /* what a source has used of its quota is not remembered over the broker's death */
    else if (is(first, "answer") && answer->kind == MESSAGE_ANSWER)
        expect_page(play, &answer->answer, rest);
    else if (!(is(first, "receipt") && receipt) && !(is(first, "repeat") && receipt && answer->receipt.repeat))
        play_fail(play, "expected %s, it was %s", first, said(play, answer));
}

/* "=> refused" and a part of the reason. */
void expect_start(struct play *play, const char *refused)
{
    struct words rest = {play->line->reply, play->line->reply_count};
    const char *first = words_next(&rest), *part = words_next(&rest);
    if (is(first, "refused") ? !refused : refused != NULL)
        play_fail(play, "the broker %s", refused ? refused : "came up");
    else if (refused && part && !strstr(refused, part))
        play_fail(play, "expected refused \"%s\", the broker says: %s", part, refused);
}

void expect_answer(struct play *play, const struct question *question)
{
    struct words rest = {question->line->reply, question->line->reply_count};
    const char *first = words_next(&rest);
    if (question->follows)
        return;
    if (first)
        expect_said(play, &question->answer, first, &rest);
    else if (question->answer.kind == MESSAGE_REFUSAL)
        play_fail(play, "expected to be accepted, it was %s", said(play, &question->answer));
}
