#include "tests/sim/cast.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "tests/sim/play.h"
#include "schemas/ident.h"

/* --- seats --- */

static struct seat *new_seat(struct play *play, const char *principal, char endpoint)
{
    struct cast *cast = &play->cast;
    struct network *network = &play->world.network;
    if (cast->count == SEATS_MAX) {
        play_fail(play, "more than %d who speak", SEATS_MAX);
        return NULL;
    }
    struct seat *seat = &cast->seats[cast->count];
    *seat = (struct seat){.at = cast->count++, .principal = principal, .endpoint = endpoint};
    network->principals[seat->at] = principal;
    network->endpoints[seat->at] = endpoint;
    return seat;
}

struct seat *cast_seat(struct play *play, const char *principal, char endpoint)
{
    for (size_t i = 0; i < play->cast.count; i++) {
        struct seat *seat = &play->cast.seats[i];
        if (seat->endpoint == endpoint && !seat->name && strcmp(seat->principal, principal) == 0)
            return seat;
    }
    return new_seat(play, principal, endpoint);
}

struct seat *cast_worker(struct play *play, const char *name)
{
    for (size_t i = 0; i < play->cast.count; i++)
        if (play->cast.seats[i].name && strcmp(play->cast.seats[i].name, name) == 0)
            return &play->cast.seats[i];
    return NULL;
}

struct seat *cast_new_worker(struct play *play, const char *name, const char *unit, const char *principal)
{
    struct seat *seat = cast_worker(play, name);
    if (!seat)
        seat = new_seat(play, principal, 'W');
    if (seat) {
        seat->name = name;
        seat->unit = unit;
        seat->principal = play->world.network.principals[seat->at] = principal;
    }
    return seat;
}

/* --- saying --- */

static void send(struct play *play, struct seat *seat, const struct message *message)
{
    seat->said_ms = play->world.now_ms;
    network_send(&play->world.network, seat->at, message);
}

static void say_hello(struct play *play, struct seat *seat, uint64_t tag)
{
    struct message hello = {.kind = MESSAGE_HELLO, .tag = tag};
    hello.hello =
        (struct hello){.version = WIRE_VERSION, .client = "scenario", .unit = seat->unit, .worker = seat->name};
    send(play, seat, &hello);
}

static void give_credit(struct play *play, struct seat *seat)
{
    struct message credit = {.kind = MESSAGE_CREDIT};
    credit.credit.n = seat->credit;
    seat->turn = ++play->cast.turns;
    if (seat->credit)
        send(play, seat, &credit);
}

void cast_say(struct play *play, struct seat *seat, const struct message *message)
{
    if (!seat->welcomed && seat->endpoint != 'W')
        say_hello(play, seat, 0);
    seat->welcomed = seat->welcomed || seat->endpoint != 'W';
    send(play, seat, message);
}

static int32_t holding(const struct seat *seat)
{
    int32_t n = 0;
    for (size_t i = 0; i < seat->held_count; i++)
        n += seat->held[i].holds;
    return n;
}

static bool lives(const struct seat *seat)
{
    return seat->endpoint == 'W' && seat->connected && !seat->silent;
}

static bool is_heard(const struct seat *seat)
{
    return lives(seat) && seat->welcomed;
}

static void be_missed(struct play *play, struct seat *seat)
{
    seat->expires_ms = play->world.now_ms + play->world.turn.policy->lease_ms;
}

/* A reload may take a principal away: nothing that its workers say is heard then. */
static void be_revoked(struct play *play, struct seat *seat)
{
    const struct principal *principal = policy_principal(play->world.turn.policy, seat->principal);
    if (principal && !principal->revoked)
        return;
    seat->welcomed = false;
    be_missed(play, seat);
}

void cast_heartbeats(struct play *play)
{
    int64_t interval_ms = play->world.turn.policy->lease_ms / 3;
    struct message beat = {.kind = MESSAGE_HEARTBEAT};
    for (size_t i = 0; i < play->cast.count; i++) {
        struct seat *seat = &play->cast.seats[i];
        beat.heartbeat.holding = holding(seat);
        if (is_heard(seat))
            be_revoked(play, seat);
        if (is_heard(seat) && play->world.now_ms - seat->said_ms >= interval_ms)
            send(play, seat, &beat);
    }
}

/* --- life and death of a worker --- */

static void forget_all(struct seat *seat)
{
    for (size_t i = 0; i < seat->held_count; i++)
        seat->held[i].holds = false;
}

static void drop_frames(struct play *play, struct seat *seat)
{
    struct arena arena;
    struct message message;
    arena_init(&arena);
    while (network_receive(&play->world.network, seat->at, &arena, &message)) {
    }
    arena_release(&arena);
}

void cast_connect(struct play *play, struct seat *seat, uint32_t credit)
{
    struct message hello = {.kind = MESSAGE_HELLO};
    drop_frames(play, seat);
    forget_all(seat);
    play->world.network.connection[seat->at]++;
    seat->connected = true;
    seat->silent = seat->welcomed = false;
    seat->credit = credit;
    hello.hello =
        (struct hello){.version = WIRE_VERSION, .client = "scenario", .unit = seat->unit, .worker = seat->name};
    play_ask(play, seat, &hello);
    struct message give = {.kind = MESSAGE_CREDIT};
    give.credit.n = credit;
    seat->turn = ++play->cast.turns;
    if (credit)
        play_ask(play, seat, &give)->follows = true;
}

void cast_die(struct play *play, struct seat *seat)
{
    seat->connected = seat->welcomed = seat->silent = false;
    play->world.network.connection[seat->at]++;
    forget_all(seat);
    drop_frames(play, seat);
    be_missed(play, seat);
}

void cast_fall_silent(struct play *play, struct seat *seat)
{
    seat->silent = true;
    be_missed(play, seat);
}

void cast_speak_again(struct play *play, struct seat *seat)
{
    struct message beat = {.kind = MESSAGE_HEARTBEAT};
    seat->silent = false;
    if (!seat->welcomed) {
        cast_connect(play, seat, seat->credit);
        return;
    }
    cast_listen(play);
    beat.heartbeat.holding = holding(seat);
    play_ask(play, seat, &beat);
}

bool cast_unnoticed(const struct play *play)
{
    for (size_t i = 0; i < play->cast.count; i++) {
        const struct seat *seat = &play->cast.seats[i];
        if (seat->endpoint == 'W' && !is_heard(seat) && play->world.now_ms <= seat->expires_ms)
            return true;
    }
    return false;
}

/* --- hearing --- */

struct held *cast_held(struct seat *seat, uint64_t incident, uint32_t task)
{
    struct held *found = NULL;
    for (size_t i = 0; i < seat->held_count; i++) {
        struct held *held = &seat->held[i];
        if (held->incident == incident && (task ? held->task == task : !found || held->holds))
            found = held;
    }
    return found;
}

static void hear_task(struct play *play, struct seat *seat, const struct delivery *delivery)
{
    struct held *held = cast_held(seat, delivery->incident, delivery->task.no);
    if (!held && seat->held_count == HELD_MAX) {
        play_fail(play, "worker %s was given more than %d tasks", seat->name, HELD_MAX);
        return;
    }
    if (!held) {
        held = &seat->held[seat->held_count++];
        *held = (struct held){.incident = delivery->incident, .task = delivery->task.no};
    }
    if (held->epoch < delivery->task.epoch && seat->credit) {
        seat->credit--;
        seat->turn = ++play->cast.turns;
    }
    held->epoch = delivery->task.epoch;
    held->urges = delivery->urges;
    held->again = 0;
    if (delivery->event && delivery->event->recurrence_of)
        ident_parse(delivery->event->recurrence_of, &held->again);
    held->supervised_ms = delivery->supervised_ms;
    held->holds = true;
}

static void hear_urge(struct seat *seat, const struct urge *urge)
{
    struct held *held = cast_held(seat, urge->incident, urge->task);
    if (!held || held->epoch != urge->epoch)
        return;
    held->urges = urge->urges;
    held->supervised_ms = urge->supervised_ms;
}

static void hear_revoke(struct seat *seat, const struct revoke *revoke)
{
    struct held *held = cast_held(seat, revoke->incident, revoke->task);
    if (held && held->epoch <= revoke->epoch)
        held->holds = false;
}

/* What a worker has said for good it holds no longer. */
static void let_go(struct seat *seat, const struct word *word)
{
    struct held *held = cast_held(seat, word->incident, word->task);
    bool ends = word->verb == WORD_FEEDBACK || word->verb == WORD_RETURN || word->verb == WORD_GIVE_BACK ||
                word->verb == WORD_DELEGATE || word->verb == WORD_REPORT_UP || word->verb == WORD_SEND_DOWN;
    if (held && ends && held->epoch == word->epoch)
        held->holds = false;
}

/* A source's connection may be new: what it has had already comes again, but never what it has acknowledged. */
static void hear_notice(struct play *play, struct seat *seat, const struct notice *notice)
{
    struct told *told = &seat->told[seat->told_count];
    if (!notice->incident || (seat->told_count > 0 && notice->seq <= told[-1].notice.seq))
        return;
    if (notice->seq <= seat->acknowledged || seat->told_count == TOLD_MAX) {
        play_fail(play, "%s was told of record %" PRIu64 " again, or of more than %d", seat->principal, notice->seq,
                  TOLD_MAX);
        return;
    }
    told->notice = *notice;
    told->notice.unit = arena_strdup(&play->arena, notice->unit);
    told->notice.reason = arena_strdup(&play->arena, notice->reason);
    told->notice.text = arena_strdup(&play->arena, notice->text);
    told->events = "";
    for (size_t i = notice->event_count; i-- > 0;) /* the oldest first */
        told->events = arena_printf(&play->arena, "%s%s%s", told->events, *told->events ? " " : "", notice->events[i]);
    seat->told_count++;
}

void cast_follow(struct play *play, struct seat *seat)
{
    if (!seat->told)
        seat->told = ARENA_NEW(&play->arena, struct told, TOLD_MAX);
    seat->follows = true;
}

static void follow_again(struct play *play, struct seat *seat)
{
    const struct message credit = {.kind = MESSAGE_CREDIT, .credit = {TOLD_MAX}};
    if (seat->follows)
        cast_say(play, seat, &credit);
}

static void hear_answer(struct play *play, struct seat *seat, const struct message *answer)
{
    for (size_t i = 0; i < play->question_count; i++) {
        struct question *question = &play->questions[i];
        if (question->seat != seat || question->message.tag != answer->tag)
            continue;
        question->answered = true;
        question->answer = *answer;
        if (question->message.kind == MESSAGE_WORD && answer->kind == MESSAGE_RECEIPT)
            let_go(seat, &question->message.word);
        if (question->message.kind == MESSAGE_ACKNOWLEDGE && answer->kind == MESSAGE_RECEIPT)
            seat->acknowledged = question->message.acknowledge.seq;
    }
}

static void hear(struct play *play, struct seat *seat, const struct message *message)
{
    if (message->kind == MESSAGE_WELCOME)
        seat->welcomed = true;
    if (message->kind == MESSAGE_TASK)
        hear_task(play, seat, &message->task);
    else if (message->kind == MESSAGE_REVOKE)
        hear_revoke(seat, &message->revoke);
    else if (message->kind == MESSAGE_URGE)
        hear_urge(seat, &message->urge);
    else if (message->kind == MESSAGE_NOTICE)
        hear_notice(play, seat, &message->notice);
    else if (message->tag)
        hear_answer(play, seat, message);
}

void cast_listen(struct play *play)
{
    struct message message;
    for (size_t i = 0; i < play->cast.count; i++) {
        struct seat *seat = &play->cast.seats[i];
        while (!seat->silent && network_receive(&play->world.network, seat->at, &play->step, &message))
            hear(play, seat, &message);
    }
}

/* --- a new broker --- */

static struct seat *next_in_line(struct play *play, uint64_t after)
{
    struct seat *next = NULL;
    for (size_t i = 0; i < play->cast.count; i++) {
        struct seat *seat = &play->cast.seats[i];
        if (lives(seat) && seat->turn > after && (!next || seat->turn < next->turn))
            next = seat;
    }
    return next;
}

/* What is still leased comes before new credit, so that each knows what is left of it. */
void cast_reconnect(struct play *play)
{
    struct seat *seat = NULL;
    for (size_t i = 0; i < play->cast.count; i++) {
        play->cast.seats[i].welcomed = false;
        be_missed(play, &play->cast.seats[i]);
        follow_again(play, &play->cast.seats[i]);
    }
    while ((seat = next_in_line(play, seat ? seat->turn : 0))) {
        forget_all(seat);
        say_hello(play, seat, 0);
    }
    play_turn(play);
    for (uint64_t last = play->cast.turns; (seat = next_in_line(play, 0)) && seat->turn <= last;)
        give_credit(play, seat);
    play_turn(play);
}
