#include "tests/sim/kept_do.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define NOWHERE UINT64_C(0x123456) /* the number of an incident that never was */

/* --- events --- */

static void tell_of(struct kept_model *m, const struct event *event, size_t of)
{
    struct kept_told *told = &m->told[m->told_count++];
    told->of = of;
    snprintf(told->event, sizeof(told->event), "\"%s\"", event->id);
    snprintf(told->marker, sizeof(told->marker), "%s", event->text);
}

static int word_of_one(const char *about)
{
    return strchr(about, ' ') ? KEPT_NONE : kept_unit_of(about);
}

/* Where the rule of type 1.01 sends it, and what an ordinary word about a unit's work goes to. */
static void hold_route(struct kept_model *m, const struct event *event, const struct kept_case *c)
{
    struct row row;
    int natural = kept_now(&m->city, m->city.first), lead = natural, about = word_of_one(event->about);
    bool of_work =
        event->nature == NATURE_COMPLAINT || event->nature == NATURE_SUGGEST || event->nature == NATURE_PRAISE;
    if (strcmp(event->type, "1.01") != 0 || !core_row(m->w.turn.core, c->id, &m->step, &row))
        return;
    if (event->source_ref && row.head.state == INCIDENT_CONFIRMING)
        return; /* its device has cried wolf: somebody looks first */
    if (kept_is_kept(c) && kept_in(kept_from_of(m, c).units, natural))
        lead = kept_instead(&m->city, c->about);
    else if (!kept_is_kept(c) && of_work && *event->about && about >= 0)
        lead = kept_now(&m->city, about);
    else if (!kept_is_kept(c) && *event->about)
        return;
    kept_done.passed_over += lead != natural;
    if (lead < 0 ? row.head.unrouted != UNROUTED_EXCLUDED
                 : !row.task_count || strcmp(row.tasks[0].unit, kept_unit_id(lead)) != 0)
        kept_fail(m, "%s of nature %s about \"%s\" belongs to %s, and is at %s", c->text, nature_name(c->nature),
                  event->about, lead < 0 ? "nobody" : kept_unit_id(lead),
                  row.task_count ? row.tasks[0].unit : "nobody");
}

/* What the receipt of an event means. */
void kept_follow_event(struct kept_model *m)
{
    const struct event *event = &m->said.publish;
    const struct kept_case *before = kept_case_of(m, m->answer.receipt.incident);
    bool kept = (event->nature == NATURE_REPORT || event->sealed) && *event->about;
    if (kept && (before || !m->answer.receipt.incident))
        kept_fail(m, "a report about %s opens nothing of its own", event->about);
    else if (before && kept_is_kept(before))
        kept_fail(m, "what anybody may see is lost in %s, which is about %s", before->text, before->about);
    else if (before)
        tell_of(m, event, (size_t)(before - m->cases));
    else if (m->answer.receipt.incident) {
        kept_open_case(m, event, m->answer.receipt.incident);
        tell_of(m, event, m->case_count - 1);
    }
    if (!*m->fault && !before && m->answer.receipt.incident)
        hold_route(m, event, &m->cases[m->case_count - 1]);
}

/* Some of what comes is an exercise that was committed to. */
static void commit_to(struct kept_model *m, const struct kept_saying *s, const char *event)
{
    struct message message = {.kind = MESSAGE_ACT};
    message.act = (struct act){.verb = ACT_COMMIT_EXERCISE, .person = "王五", .name = kept_commitment(s, event)};
    message.act.request = arena_printf(&m->step, "r%" PRIu64, m->tag);
    kept_tell(m, kept_seat_of(m, CHIEF), &message, NULL);
}

void kept_publish(struct kept_model *m, const struct kept_saying *s)
{
    struct message message = {.kind = MESSAGE_PUBLISH};
    struct event *event = &message.publish;
    if (m->case_count == KEPT_CASES_MAX || m->told_count == KEPT_TOLD_MAX)
        return;
    static const int by[] = {HOTLINE, CAMERA, UNIT_SOURCE};
    int source = by[kept_any(m, 3)];
    kept_draw_event(s, event);
    event->source_ref = source == CAMERA && kept_any(m, 2) ? KEPT_DEVICE : NULL;
    event->id = arena_printf(&m->step, "ev-%u.", ++m->published);
    event->text = arena_printf(&m->step, "mark-%u.", m->published);
    if (kept_any(m, 3) == 0)
        commit_to(m, s, event->id);
    kept_tell(m, kept_seat_of(m, source), &message, kept_follow_event);
    bool known = kept_means_somebody(&m->city, event->about);
    if (!known && m->answer.kind == MESSAGE_RECEIPT)
        kept_fail(m, "an event is accepted about %s", event->about);
    if (known && m->answer.kind != MESSAGE_RECEIPT)
        kept_fail(m, "an event is not accepted: %s", m->answer.kind == MESSAGE_REFUSAL ? m->answer.refusal.reason : "");
}

/* --- acts and words --- */

/* What an accepted act means for who is kept from what. */
void kept_follow_act(struct kept_model *m)
{
    const struct act *act = &m->said.act;
    struct kept_case *c = kept_case_of(m, act->incident), *into = kept_case_of(m, act->into);
    kept_done.acts[act->verb] += c && kept_is_kept(c);
    if (act->verb == ACT_EXCLUDE && !kept_means_somebody(&m->city, act->about))
        kept_fail(m, "excluded from %s is %s", c->text, act->about);
    if (act->verb == ACT_EXCLUDE) {
        snprintf(c->about, sizeof(c->about), "%s", act->about);
        c->sealed |= *c->about && c->nature != NATURE_REPORT;
    }
    if (act->verb == ACT_MERGE && into)
        m->survivor = into->id;
    if (act->verb == ACT_MERGE && into && !kept_alike(c, into))
        kept_fail(m, "%s, about \"%s\", is merged into %s, about \"%s\"", c->text, c->about, into->text, into->about);
}

/* Of what is kept from whoever speaks they are told what they would be told of a number that never was. */
static void hold_same_answer(struct kept_model *m, size_t at, struct message message)
{
    struct refusal first = m->answer.refusal;
    enum message_kind kind = m->answer.kind;
    const char **request = message.kind == MESSAGE_ACT ? &message.act.request : &message.word.request;
    *request = arena_printf(&m->step, "n%" PRIu64, m->tag);
    kept_tell(m, at, &message, NULL);
    if (kind != MESSAGE_REFUSAL || m->answer.kind != MESSAGE_REFUSAL || first.code != m->answer.refusal.code ||
        strcmp(first.reason, m->answer.refusal.reason) != 0)
        kept_fail(m, "%s learns that there is a report: \"%s\", and of nothing \"%s\"", kept_name_of(m, &m->actors[at]),
                  kind == MESSAGE_REFUSAL ? first.reason : "accepted",
                  m->answer.kind == MESSAGE_REFUSAL ? m->answer.refusal.reason : "accepted");
}

static void hold_refusal(struct kept_model *m, size_t at, struct message message)
{
    if (message.kind == MESSAGE_ACT)
        message.act.incident = NOWHERE;
    else
        message.word.incident = NOWHERE;
    hold_same_answer(m, at, message);
}

/* The same of what something is to be merged into. */
static void hold_refusal_into(struct kept_model *m, size_t at, struct message message)
{
    const struct kept_case *into = kept_case_of(m, message.act.into);
    if (!into || into->id == message.act.incident ||
        !kept_in(kept_from_of(m, into).principals, m->actors[at].principal))
        return;
    message.act.into = NOWHERE;
    hold_same_answer(m, at, message);
}

/* What was granted to one is for that one only. */
static void speak_as_asker(struct kept_model *m, const struct row *row, int *speaker, struct act *act)
{
    for (size_t i = 0; act->verb == ACT_OPEN_IDENTITY && i < row->ask_count; i++)
        for (int k = 0; k < KEPT_PRINCIPALS && row->asks[i].decision == DECISION_GRANTED; k++)
            if (strcmp(m->city.principals[k].name, row->asks[i].principal) == 0) {
                *speaker = k;
                act->person = row->asks[i].person;
            }
}

/* Only a duty chief lets somebody in again; and what is taken from them goes to whoever else may have it. */
static void hold_exclusion(struct kept_model *m, const struct kept_saying *s, const struct kept_case *c,
                           const struct kept_case *was, int speaker)
{
    bool chief = strstr(m->city.principals[speaker].roles, "duty_chief") != NULL;
    struct row row;
    if (m->answer.kind != MESSAGE_RECEIPT)
        return;
    if (kept_is_kept(was) && !kept_names_all(c->about, was->about) && !chief)
        kept_fail(m, "%s lets in again whom %s was about: \"%s\", now \"%s\"", m->city.principals[speaker].name,
                  c->text, was->about, c->about);
    if (s->row->head.state == INCIDENT_OPEN && core_row(m->w.turn.core, c->id, &m->step, &row) &&
        row.head.state == INCIDENT_UNROUTED && kept_instead(&m->city, c->about) >= 0)
        kept_fail(m, "%s, about %s, is nobody's, and %s may have it", c->text, c->about,
                  kept_unit_id(kept_instead(&m->city, c->about)));
}

/* What was found wanting is done again: by whoever stands above, where whoever did it turns out to be whom it is about. */
void kept_hold_rework(struct kept_model *m, uint64_t incident)
{
    const struct kept_case *c = kept_case_of(m, incident);
    bool nobody = m->answer.kind == MESSAGE_REFUSAL && m->answer.refusal.code == REFUSAL_EXCLUDED;
    if (c && kept_is_kept(c) && nobody && kept_instead(&m->city, c->about) >= 0)
        kept_fail(m, "%s, about %s, is not done again, and %s may: %s", c->text, c->about,
                  kept_unit_id(kept_instead(&m->city, c->about)), m->answer.refusal.reason);
}

/* Nor does a shift count for them what is kept from them. */
static void hold_handover(struct kept_model *m, const char *shift, int speaker)
{
    struct side side;
    struct row row;
    uint64_t cursor = 0, count = 0;
    if (m->answer.kind != MESSAGE_RECEIPT || !core_side(m->w.turn.core, SIDE_SHIFT, shift, &m->step, &side))
        return;
    while (core_next_live(m->w.turn.core, &cursor, &m->step, &row)) {
        const struct kept_case *c = kept_case_of(m, row.incident);
        count += !kept_ended(row.head.state) && !(c && kept_in(kept_from_of(m, c).principals, speaker));
    }
    if (side.count != count)
        kept_fail(m, "%s hands %u over, and may know of %" PRIu64, m->city.principals[speaker].name,
                  (unsigned)side.count, count);
}

void kept_act(struct kept_model *m, const struct kept_saying *s, struct kept_case *c)
{
    struct message message = {.kind = MESSAGE_ACT};
    struct kept_case was = *c;
    int by = kept_draw_act(s, &message.act);
    int speaker = chance_percent(&m->w.chance, 75) ? by : kept_any(m, KEPT_PRINCIPALS);
    if (!message.act.person)
        message.act.person = kept_any_person(m);
    if (chance_percent(&m->w.chance, 75))
        speak_as_asker(m, s->row, &speaker, &message.act);
    size_t at = kept_seat_of(m, speaker);
    bool kept_from_it = kept_in(kept_from_of(m, c).principals, speaker);
    message.act.request = arena_printf(&m->step, "r%" PRIu64, m->tag);
    m->revoking = true;
    kept_tell(m, at, &message, kept_follow_act);
    m->revoking = false;
    kept_done.acts_refused[message.act.verb] +=
        m->answer.kind == MESSAGE_REFUSAL && m->answer.refusal.code == REFUSAL_EXCLUDED;
    if (message.act.verb == ACT_EXCLUDE)
        hold_exclusion(m, s, c, &was, speaker);
    if (message.act.verb == ACT_HAND_OVER && speaker == UNIT_DESK)
        hold_handover(m, message.act.name, speaker);
    if (message.act.verb == ACT_VERIFY && !kept_from_it)
        kept_hold_rework(m, c->id);
    if (kept_from_it && message.act.incident)
        hold_refusal(m, at, message);
    else if (message.act.verb == ACT_MERGE)
        hold_refusal_into(m, at, message);
}

static size_t holder_of(struct kept_model *m, const struct row *row, uint32_t no)
{
    for (size_t i = 0; i < row->task_count; i++)
        for (size_t k = 0; row->tasks[i].no == no && k < m->actor_count; k++)
            if (m->actors[k].endpoint == 'W' && strcmp(m->actors[k].worker, row->tasks[i].worker) == 0)
                return k;
    return SIZE_MAX;
}

static size_t any_worker(struct kept_model *m)
{
    size_t at;
    do
        at = (size_t)kept_any(m, m->actor_count);
    while (m->actors[at].endpoint != 'W');
    return at;
}

void kept_word(struct kept_model *m, const struct kept_saying *s, struct kept_case *c)
{
    struct message message = {.kind = MESSAGE_WORD};
    bool by_worker = chance_percent(&m->w.chance, 65);
    if (!kept_draw_word(s, by_worker, &message.word))
        return;
    size_t at =
        by_worker ? holder_of(m, s->row, message.word.task) : kept_seat_of(m, kept_any(m, 2) ? CHIEF : DISPATCHER);
    if (at == SIZE_MAX || chance_percent(&m->w.chance, 15))
        at = by_worker ? any_worker(m) : kept_seat_of(m, kept_any(m, KEPT_PRINCIPALS));
    bool kept_from_it = kept_in(kept_from_of(m, c).principals, m->actors[at].principal);
    if (m->actors[at].endpoint == 'P')
        return;
    message.word.request = arena_printf(&m->step, "r%" PRIu64, m->tag);
    message.word.person = kept_any_person(m);
    m->revoking = true;
    kept_tell(m, at, &message, NULL);
    m->revoking = false;
    kept_done.words[message.word.verb] += m->answer.kind == MESSAGE_RECEIPT && kept_is_kept(c);
    kept_done.words_refused[message.word.verb] +=
        m->answer.kind == MESSAGE_REFUSAL && m->answer.refusal.code == REFUSAL_EXCLUDED;
    if (kept_from_it)
        hold_refusal(m, at, message);
}

/* --- another day --- */

static void follow_reload(struct kept_model *m)
{
    m->city = m->tried;
    kept_done.reloads++;
}

void kept_reload(struct kept_model *m)
{
    struct message message = {.kind = MESSAGE_RELOAD};
    m->tried = m->city;
    kept_change(&m->tried, &m->w.chance);
    kept_write(&m->tried, &m->files);
    city_try(&m->files);
    message.reload.request = arena_printf(&m->step, "r%" PRIu64, m->tag);
    m->revoking = true;
    kept_tell(m, kept_seat_of(m, OPS), &message, follow_reload);
    m->revoking = false;
    city_keep(&m->files, m->answer.kind == MESSAGE_RECEIPT);
    if (m->answer.kind != MESSAGE_RECEIPT && m->answer.refusal.code != REFUSAL_POLICY_IN_USE &&
        !strstr(m->answer.refusal.reason, "retired without"))
        kept_fail(m, "the reload: %.600s", m->answer.refusal.reason);
}

void kept_crash(struct kept_model *m)
{
    m->w.next_commit = kept_any(m, 2) ? CRASH_LOST : CRASH_UNKNOWN;
    kept_done.crashes++;
    kept_pass(m, KEPT_MINUTE_MS);
    m->w.next_commit = CRASH_NONE;
}
