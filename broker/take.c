#include "broker/take.h"

#include <stdio.h>

#include "broker/base/panic.h"
#include "broker/core/right.h"
#include "broker/notice.h"
#include "broker/query.h"
#include "broker/reload.h"
#include "broker/sample.h"

static void refuse(struct turn *t, const struct gate_input *in, enum refusal_code code, const char *reason)
{
    turn_refuse(t, in->session->peer, in->message.tag, code, NULL, reason, 0);
}

/* What every command of a session carries. */
static struct command command_of(const struct gate_input *in, enum command_kind kind)
{
    return (struct command){
        .kind = kind,
        .peer = in->session->peer,
        .tag = in->message.tag,
        .principal = in->principal,
        .endpoint = in->session->endpoint,
        .worker = in->session->worker,
        .unit = in->session->unit,
    };
}

static void welcome(struct turn *t, const struct gate_input *in)
{
    const struct store_meta *meta = store_meta(t->store);
    uint32_t silent_ms = (uint32_t)((double)core_policy(t->core)->lease_ms / t->speed);
    struct message message = {.kind = MESSAGE_WELCOME, .tag = in->message.tag};
    message.welcome = (struct welcome){
        .version = WIRE_VERSION,
        .broker = "bihuand " BIHUAN_VERSION,
        .principal = in->principal,
        .journal = meta->journal,
        .term = meta->term,
        .now_ms = t->now_ms,
        .heartbeat_ms = silent_ms / 3,
        .silent_ms = silent_ms,
        .exercise = t->exercise,
        .speed = t->speed,
    };
    outbox_put(t->outbox, in->session->peer, &message);
}

/* Whether the core seats the worker. Its leased tasks come again as effects, hence after the welcome, which goes to the
 * outbox within the turn. */
static bool seat_worker(struct turn *t, const struct gate_input *in)
{
    struct command command = command_of(in, COMMAND_HELLO);
    size_t before = t->outcome.effect_count;
    command.unit = in->message.hello.unit;
    command.worker = in->message.hello.worker;
    turn_decide(t, &command);
    return t->outcome.effect_count == before || t->outcome.effects[before].kind != EFFECT_REFUSAL;
}

static void take_hello(struct turn *t, const struct gate_input *in)
{
    struct session *session = in->session;
    bool works = session->endpoint == 'W';
    if (works && !seat_worker(t, in))
        return;
    snprintf(session->unit, sizeof(session->unit), "%s", works ? in->message.hello.unit : "");
    snprintf(session->worker, sizeof(session->worker), "%s", works ? in->message.hello.worker : "");
    session->welcomed = true;
    session->packs = session->endpoint == 'P' && in->message.hello.packs;
    welcome(t, in);
}

static void take_heartbeat(struct turn *t, const struct gate_input *in)
{
    struct message echo = {.kind = MESSAGE_HEARTBEAT, .tag = in->message.tag};
    echo.heartbeat.holding = -1;
    outbox_put(t->outbox, in->session->peer, &echo);
}

static void take_credit(struct turn *t, const struct gate_input *in)
{
    uint32_t n = in->message.credit.n;
    if (in->session->endpoint == 'P') {
        notice_take_credit(t, in);
        return;
    }
    if (in->session->endpoint == 'F') {
        uint32_t room = CREDIT_MAX - in->session->credit;
        in->session->credit += n < room ? n : room;
        return;
    }
    struct command command = command_of(in, COMMAND_CREDIT);
    command.credit.n = n;
    turn_decide(t, &command);
}

static void take_bye(struct turn *t, const struct gate_input *in)
{
    struct command command = command_of(in, COMMAND_BYE);
    command.bye.drain = in->message.bye.drain;
    if (in->session->endpoint == 'W')
        turn_decide(t, &command);
    if (!command.bye.drain)
        session_leave(in->session);
}

/* NULL: no place was given. "": a point that lies in no polygon. */
static const char *area_of(const struct turn *t, const struct place *place)
{
    if (place->area && *place->area)
        return place->area;
    if (!place->has_point)
        return NULL;
    return place_find(t->place, t->now_ms, place->system, place->latitude, place->longitude);
}

/* Half of the slack is for what cannot wait. */
static bool urgent(const struct turn *t, const struct event *event)
{
    const struct type *type = policy_type(t->policy, event->type);
    return event->panic || event->severity == 1 || (!event->severity && type && type->severity == 1);
}

/* A repeat is answered all the same. */
static bool refuse_when_full(struct turn *t, const struct command *command)
{
    struct receipt receipt;
    bool has_reserve = !t->brimful && urgent(t, command->publish.event);
    if ((!t->full && !t->behind) || has_reserve || core_receipt(t->core, &command->key, t->now_ms, &receipt))
        return false;
    if (t->full)
        turn_refuse(t, command->peer, command->tag, REFUSAL_STORE_FULL, NULL, "the store is full; open tasks go on",
                    60000);
    else
        turn_refuse(t, command->peer, command->tag, REFUSAL_OVERLOADED, NULL, "rows are behind the journal", 1000);
    return true;
}

static void take_publish(struct turn *t, const struct gate_input *in)
{
    const struct event *event = &in->message.publish;
    struct command command = command_of(in, COMMAND_PUBLISH);
    command.key = gate_key("publish", in->principal, event->id);
    core_expect(t->core, &command.key);
    command.digest = gate_event_digest(event);
    command.publish.event = event;
    command.publish.area = area_of(t, &event->place);
    if (t->policy->border.near_m > 0)
        command.publish.near =
            place_near(t->place, &event->place, t->policy->border.near_m, &t->arena, &command.publish.near_count);
    if (!refuse_when_full(t, &command))
        turn_decide(t, &command);
}

static void take_word(struct turn *t, const struct gate_input *in)
{
    const struct word *word = &in->message.word;
    struct command command = command_of(in, COMMAND_WORD);
    command.key = gate_key("word", in->principal,
                           arena_printf(&t->arena, "%llx/%u/%u/%d/%s", (unsigned long long)word->incident, word->task,
                                        word->epoch, (int)word->verb, word->request));
    command.digest = gate_word_digest(word);
    command.word = word;
    turn_decide(t, &command);
}

static void take_act(struct turn *t, const struct gate_input *in)
{
    const struct act *act = &in->message.act;
    struct command command = command_of(in, COMMAND_ACT);
    command.key = gate_key("act", in->principal, act->request);
    command.digest = gate_act_digest(act);
    struct sampling sampling;
    command.act = act;
    if (act->verb == ACT_SAMPLE && right_has(policy_principal(t->policy, in->principal), RIGHT_SAMPLE)) {
        sample_gather(t, act, &sampling);
        command.sampling = &sampling;
    }
    turn_decide(t, &command);
}

static void deny(struct turn *t, const struct gate_input *in, const char *reason)
{
    struct command command = command_of(in, COMMAND_DENY);
    command.deny.code = REFUSAL_FORBIDDEN;
    turn_decide(t, &command);
    refuse(t, in, REFUSAL_FORBIDDEN, reason);
}

static void take_reader(struct turn *t, const struct gate_input *in)
{
    if (!query_permitted(t, in))
        deny(t, in, "your roles may not read this");
    else
        t->readers[t->reader_count++] = (struct reader){in->session->peer, *in};
}

static bool may_operate(struct turn *t, const struct gate_input *in)
{
    if (right_has(policy_principal(t->policy, in->principal), RIGHT_OPERATE))
        return true;
    deny(t, in, "only an operator may do this");
    return false;
}

static void take_reload(struct turn *t, const struct gate_input *in)
{
    if (may_operate(t, in))
        reload_start(t, in->session->peer, in->message.tag, in->principal, in->message.reload.request,
                     in->message.reload.person);
}

static void take_backup(struct turn *t, const struct gate_input *in)
{
    if (may_operate(t, in))
        backup_start(t, in->session->peer, in->message.tag, in->message.backup.path);
}

static const struct {
    void (*take)(struct turn *, const struct gate_input *);
} takers[] = {
    [MESSAGE_HELLO] = {take_hello},
    [MESSAGE_HEARTBEAT] = {take_heartbeat},
    [MESSAGE_BYE] = {take_bye},
    [MESSAGE_PUBLISH] = {take_publish},
    [MESSAGE_STATUS] = {take_reader},
    [MESSAGE_CREDIT] = {take_credit},
    [MESSAGE_WORD] = {take_word},
    [MESSAGE_ACT] = {take_act},
    [MESSAGE_QUERY] = {take_reader},
    [MESSAGE_RELOAD] = {take_reload},
    [MESSAGE_BACKUP] = {take_backup},
    [MESSAGE_SUBSCRIBE] = {take_reader},
    [MESSAGE_ACKNOWLEDGE] = {notice_take_acknowledge},
};

void take_message(struct turn *t, const struct gate_input *in)
{
    if (in->bad) {
        turn_refuse(t, in->session->peer, in->message.tag, in->refusal.code, in->refusal.field, in->refusal.reason,
                    in->refusal.retry_after_ms);
        return;
    }
    if (!in->principal) {
        refuse(t, in, REFUSAL_UNKNOWN_SENDER, "no principal has this key or uid");
        return;
    }
    if (!in->session->welcomed && in->message.kind != MESSAGE_HELLO) {
        refuse(t, in, REFUSAL_HELLO_FIRST, "say hello first on a new connection");
        return;
    }
    if (in->session->endpoint == 'W' && in->session->welcomed) {
        struct command heard = command_of(in, COMMAND_HEARD);
        heard.heard.holding = in->message.kind == MESSAGE_HEARTBEAT ? in->message.heartbeat.holding : -1;
        core_step(t->core, &heard, t->now_ms, &t->outcome);
    }
    ASSERT((size_t)in->message.kind < sizeof(takers) / sizeof(takers[0]) && takers[in->message.kind].take);
    takers[in->message.kind].take(t, in);
}
