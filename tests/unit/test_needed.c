/* What each act and word needs said: found by saying nothing and giving what is asked for, one after the other. Each of it
 * missing, blank, too long or no text is refused with its field; and so is what lies outside the asker's areas. */
#include "broker/base/limits.h"
#include "broker/core/incident.h"
#include "broker/core/task.h"
#include "core_fixture.h"
#include "schemas/wire.h"

#define ALL_ROLES   0xffu
#define EVERYBODY   "ops" /* here of every role */
#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

/* --- who asks, about what --- */

static struct fixture *city_of_one(void)
{
    struct fixture *f = fixture_new();
    f->city->principals[10].roles = ALL_ROLES;
    core_set_sequence(f->core, 10);
    return f;
}

static uint64_t incident_in(struct fixture *f, enum incident_state state, enum task_state task_state)
{
    struct task task = {.no = 1, .epoch = 2, .role = TASK_LEAD, .state = task_state, .unit = "water"};
    struct incident head = {.state = state, .type = "slow", .area = "620802", .source = "camera", .severity = 3};
    struct row row = {.incident = ident_pack(JOURNAL, 1000 + ++f->requests), .seq = 1, .head = head};
    row.tasks = &task;
    row.task_count = 1;
    core_load(f->core, &row);
    return row.incident;
}

static uint64_t incident_for_act(struct fixture *f, enum act_verb verb)
{
    static const enum incident_state states[] = {INCIDENT_OPEN,   INCIDENT_DESK,       INCIDENT_VERIFYING,
                                                 INCIDENT_CLOSED, INCIDENT_CONFIRMING, INCIDENT_PARKED};
    for (size_t i = 0; i < ROWS(states); i++)
        if (incident_allows(states[i], verb))
            return incident_in(f, states[i], states[i] == INCIDENT_OPEN ? TASK_RESPONDED : TASK_DONE);
    return 0;
}

static uint64_t incident_for_word(struct fixture *f, enum word_verb verb)
{
    enum task_state state = 1;
    while (state < TASK_STATE_END - 1 && !task_allows(state, verb, true))
        state++;
    return incident_in(f, INCIDENT_OPEN, state);
}

/* As it comes in: over the wire, then decided. */
static struct refusal asked(struct fixture *f, const char *principal, const struct message *message)
{
    struct buffer bytes = {0};
    struct message in;
    struct refusal refusal = {0};
    wire_encode(message, &bytes);
    int error = wire_decode(bytes.data, bytes.size, &f->arena, &in, &refusal);
    buffer_release(&bytes);
    if (error)
        return refusal;
    if (in.kind == MESSAGE_ACT)
        act_as(f, principal, in.act);
    else
        say_as(f, principal, NULL, in.word);
    return answer(f) ? last_answer(f)->refusal : (struct refusal){0};
}

/* --- the fields --- */

static const struct field {
    const char *name;
    size_t in_act, in_word; /* 0: it has none; the first of each is its request */
    size_t max_bytes;
    const char *said;
} fields[] = {
    {"unit", offsetof(struct act, unit), offsetof(struct word, unit), CODE_MAX_BYTES, "gas"},
    {"person", offsetof(struct act, person), offsetof(struct word, person), ID_MAX_BYTES, "Sun"},
    {"reason", offsetof(struct act, reason), offsetof(struct word, reason), CODE_MAX_BYTES, "because"},
    {"text", offsetof(struct act, text), offsetof(struct word, text), TEXT_MAX_BYTES, "so it is"},
    {"to", offsetof(struct act, to), offsetof(struct word, to), NAME_MAX_BYTES, "court"},
    {"on_behalf", 0, offsetof(struct word, on_behalf), CODE_MAX_BYTES, "water"},
    {"plan", offsetof(struct act, plan), 0, CODE_MAX_BYTES, "row"},
    {"about", offsetof(struct act, about), 0, ABOUT_MAX_BYTES, "gas"},
    {"type", offsetof(struct act, type), 0, CODE_MAX_BYTES, "both"},
    {"name", offsetof(struct act, name), 0, ID_MAX_BYTES, "early"},
    {"target", offsetof(struct act, target), 0, ID_MAX_BYTES, "Zhou"},
    {"area", offsetof(struct act, area), 0, CODE_MAX_BYTES, "620802001"},
    {"post", offsetof(struct act, post), 0, CODE_MAX_BYTES, "mayor"},
};

static const char **place_of(struct message *message, const struct field *field)
{
    if (message->kind == MESSAGE_ACT)
        return field->in_act ? (const char **)((char *)&message->act + field->in_act) : NULL;
    return field->in_word ? (const char **)((char *)&message->word + field->in_word) : NULL;
}

static const struct field *field_of(const char *name)
{
    for (size_t i = 0; i < ROWS(fields); i++)
        if (strcmp(fields[i].name, name) == 0)
            return &fields[i];
    return NULL;
}

/* What is no text. */
static void give_other(struct message *message, const char *name)
{
    static const char *const units[] = {"gas"};
    struct act *act = &message->act;
    if (strcmp(name, "units") == 0)
        act->units = units, act->unit_count = 1;
    else if (strcmp(name, "satisfaction") == 0)
        act->satisfaction = SATISFACTION_SATISFIED;
    else if (strcmp(name, "outcome") == 0)
        *(message->kind == MESSAGE_ACT ? &act->outcome : &message->word.outcome) = OUTCOME_EXPLAINED;
    else if (strcmp(name, "kind") == 0)
        *(message->kind == MESSAGE_ACT ? &act->kind : &message->word.kind) = ASK_PARK;
    else if (strcmp(name, "until_ms") == 0)
        *(message->kind == MESSAGE_ACT ? &act->until_ms : &message->word.until_ms) = START_MS + HOUR_MS;
    else
        fail_msg("what is %s?", name);
}

/* --- what is asked for --- */

/* clang-format off */
static const char *const act_needs[ACT_END] = {
    [ACT_ASSIGN] = "unit", [ACT_TRANSFER] = "unit", [ACT_CLOSE] = "outcome", [ACT_CANCEL] = "reason", [ACT_REJECT] = "reason",
    [ACT_ASK] = "reason kind until_ms", [ACT_WHISTLE] = "units", [ACT_PLAN] = "plan", [ACT_SUPERVISE] = "until_ms",
    [ACT_CHARGE] = "post", [ACT_ACCOUNT] = "reason text", [ACT_INFORM] = "text", [ACT_RECLASSIFY] = "type",
    [ACT_ANSWER] = "text", [ACT_CONFIRM] = "outcome", [ACT_CALLBACK] = "satisfaction", [ACT_REOPEN] = "reason",
    [ACT_EXCLUDE] = "reason", [ACT_REPORT_UP] = "reason", [ACT_SEND_DOWN] = "unit", [ACT_ATTRIBUTE] = "reason person area",
    [ACT_SEEK_IDENTITY] = "reason person", [ACT_GRANT_IDENTITY] = "person", [ACT_OPEN_IDENTITY] = "person",
    [ACT_APPEAL] = "reason",
    [ACT_DUTY_DONE] = "name target", [ACT_LIST_AREA] = "reason person", [ACT_DELIST_AREA] = "reason person", [ACT_COMMIT_EXERCISE] = "name",
    [ACT_HAND_OVER] = "name target person", [ACT_TAKE_OVER] = "name target person",
};
/* On the unit's behalf. */
static const char *const word_needs[WORD_END] = {
    [WORD_RESPOND] = "on_behalf person", [WORD_ARRIVE] = "on_behalf person", [WORD_HANDLE] = "on_behalf person",
    [WORD_NOTE] = "text on_behalf person", [WORD_FEEDBACK] = "outcome on_behalf person",
    [WORD_RETURN] = "reason on_behalf person", [WORD_GIVE_BACK] = "on_behalf person",
    [WORD_ASK] = "on_behalf person kind reason until_ms", [WORD_TICK] = "on_behalf person",
    [WORD_DELEGATE] = "unit on_behalf person", [WORD_INFORM] = "on_behalf person text",
    [WORD_ACCOUNT] = "on_behalf person reason text", [WORD_REPORT_UP] = "reason on_behalf person",
    [WORD_SEND_DOWN] = "unit on_behalf person", [WORD_CONTACT] = "text on_behalf person",
};
/* clang-format on */

static const char *const nothing[] = {NULL, " ", "\u3000\u00a0", "\t\n"};

/* Missing, blank, too long, no text: the message is as it was when the field was asked for. */
static void is_needed(struct fixture *f, const char *principal, struct message message, const struct field *field)
{
    const char **place = place_of(&message, field);
    assert_non_null(place);
    for (size_t i = 0; i < ROWS(nothing); i++) {
        *place = nothing[i];
        struct refusal refusal = asked(f, principal, &message);
        bool name = strcmp(field->name, "person") == 0 || strcmp(field->name, "target") == 0;
        if (refusal.code != REFUSAL_MISSING_FIELD && !(name && i == 3 && refusal.code == REFUSAL_BAD_TEXT))
            fail_msg("%s %zu: %s", field->name, i, refusal_text(refusal.code));
        assert_string_equal(refusal.field, field->name);
    }
}

/* Gives it what it needs, in the order in which that is asked for. */
static const char *fill(struct fixture *f, const char *principal, struct message *message)
{
    const char *list = "";
    for (;;) {
        struct refusal refusal = asked(f, principal, message);
        if (refusal.code != REFUSAL_MISSING_FIELD)
            return list;
        const struct field *field = field_of(refusal.field);
        list = arena_printf(&f->arena, "%s%s%s", list, *list ? " " : "", refusal.field);
        if (field)
            is_needed(f, principal, *message, field);
        if (field)
            *place_of(message, field) = field->said;
        else
            give_other(message, refusal.field);
    }
}

/* Narrowed to another area, whoever says the same of another incident is refused. */
static void is_of_an_area(struct fixture *f, const char *principal, struct message *message, uint64_t incident)
{
    for (size_t i = 0; i < f->city->policy.principal_count; i++) {
        f->city->only_area[0] = &f->city->areas[2];
        f->city->principals[i].areas = f->city->only_area;
        f->city->principals[i].area_count = 1;
    }
    *(message->kind == MESSAGE_ACT ? &message->act.request : &message->word.request) = "s";
    *(message->kind == MESSAGE_ACT ? &message->act.incident : &message->word.incident) = incident;
    assert_string_equal(refusal_text(asked(f, principal, message).code), "out_of_scope");
}

static void an_act_needs_what_it_says(void **unused)
{
    (void)unused;
    for (enum act_verb verb = 1; verb < ACT_END; verb++) {
        struct message message = {.kind = MESSAGE_ACT, .act = {.verb = verb, .request = "r"}};
        const char *principal = verb == ACT_APPEAL ? "water.dept" : EVERYBODY;
        if (!act_name(verb))
            continue;
        struct fixture *f = city_of_one();
        message.act.incident = act_beside(verb) ? 0 : incident_for_act(f, verb);
        const char *needs = fill(f, principal, &message);
        if (strcmp(needs, named(act_needs[verb])) != 0)
            fail_msg("%s needs \"%s\", not \"%s\"", act_name(verb), needs, named(act_needs[verb]));
        if (!act_beside(verb))
            is_of_an_area(f, principal, &message, incident_for_act(f, verb));
        fixture_free(f);
    }
}

static void a_word_needs_what_it_says(void **unused)
{
    (void)unused;
    for (enum word_verb verb = 1; verb < WORD_END; verb++) {
        struct message message = {.kind = MESSAGE_WORD, .word = {.verb = verb, .request = "r", .task = 1}};
        if (!word_name(verb))
            continue;
        struct fixture *f = city_of_one();
        message.word.incident = incident_for_word(f, verb);
        const char *needs = fill(f, EVERYBODY, &message);
        if (strcmp(needs, named(word_needs[verb])) != 0)
            fail_msg("%s needs \"%s\", not \"%s\"", word_name(verb), needs, named(word_needs[verb]));
        is_of_an_area(f, EVERYBODY, &message, incident_for_word(f, verb));
        fixture_free(f);
    }
}

/* --- too long, and no text --- */

static void is_refused(struct refusal refusal, enum refusal_code code, const char *field)
{
    assert_string_equal(refusal_text(refusal.code), refusal_text(code));
    assert_string_equal(refusal.field, field);
}

static void no_field_takes_what_is_too_long_or_no_text(void **unused)
{
    (void)unused;
    static char bytes[TEXT_MAX_BYTES + 2];
    struct fixture *f = city_of_one();
    for (int kind = 0; kind < 2; kind++) {
        for (size_t i = 0; i < ROWS(fields); i++) {
            struct message message = {.kind = kind ? MESSAGE_ACT : MESSAGE_WORD};
            message.act = (struct act){.request = "r", .verb = ACT_CLAIM, .incident = 1};
            if (!kind)
                message.word = (struct word){.request = "r", .verb = WORD_NOTE, .incident = 1, .task = 1};
            const char **place = place_of(&message, &fields[i]);
            if (!place)
                continue;
            memset(bytes, 'x', sizeof(bytes));
            bytes[fields[i].max_bytes + 1] = '\0';
            *place = bytes;
            is_refused(asked(f, EVERYBODY, &message), REFUSAL_TOO_LONG, fields[i].name);
            *place = "\xe5\xbc";
            is_refused(asked(f, EVERYBODY, &message), REFUSAL_BAD_TEXT, fields[i].name);
        }
    }
    fixture_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_act_needs_what_it_says),
        cmocka_unit_test(a_word_needs_what_it_says),
        cmocka_unit_test(no_field_takes_what_is_too_long_or_no_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
