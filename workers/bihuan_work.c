/* The department's half of libbihuan: tasks in our hands, the credit they take, and the words said of them. */
#include "workers/bihuan.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "broker/base/limits.h"
#include "broker/base/panic.h"
#include "schemas/ident.h"
#include "workers/asks.h"
#include "workers/pace.h"

#define WORDS_MAX   65536 /* in flight */
#define WAIT_MAX_MS 60000

/* fresh → handed → taken → gone. Gone by its own end skips taken; a fresh one that is taken was never seen. */
enum hold {
    HOLD_FRESH,  /* to be handed out */
    HOLD_HANDED, /* with the user */
    HOLD_TAKEN,  /* revoked, to be handed out once more */
    HOLD_GONE    /* to be freed when nobody speaks of it any more */
};

struct held {
    struct bh_task task; /* first: the user's pointer is ours */
    struct held *next;
    enum hold hold;
    uint64_t incident;
    uint32_t speaking; /* words in flight */
    bool responding;   /* BH_RESPOND is among them, or was said */
    struct arena texts;
};

struct bh_work {
    struct client *client;
    struct asks asks;
    char *unit, *name;
    uint32_t credit_max, granted; /* granted: tasks the broker may still send */
    uint32_t left;                /* tasks that may still come, granted ones included */
    uint32_t greetings;           /* of the session that knows our credit */
    bool draining;
    struct held *held; /* in the order they came */
    uint64_t nonce, words;
    struct bh_refusal refusal;
    bool refused; /* and the user was not told yet */
    bh_urged_fn *urged;
    void *urged_arg;
};

/* --- open and close --- */

static char *name_of(const char *given)
{
    char host[65] = "", name[ID_MAX_BYTES + 1];
    gethostname(host, sizeof(host) - 1);
    snprintf(name, sizeof(name), "%.50s-%ld", host, (long)getpid());
    char *copy = strdup(given && *given ? given : name);
    ASSERT(copy);
    return copy;
}

int bh_work_open(const struct bh_work_options *options, struct bh_work **out, char fault[BH_FAULT_BYTES])
{
    if (!options->unit || !*options->unit) {
        snprintf(fault, BH_FAULT_BYTES, "a worker needs the unit it works for");
        return BH_BAD_ARGUMENT;
    }
    char *name = name_of(options->worker);
    struct client_options where = {.base = options->connection.broker,
                                   .endpoint = 'W',
                                   .server_key = options->connection.server_key,
                                   .key_file = options->connection.key_file,
                                   .unit = options->unit,
                                   .worker = name,
                                   .software = options->connection.software};
    struct client *client;
    if (client_open(&where, &client, fault) != 0) {
        free(name);
        return BH_BAD_OPTION;
    }
    struct bh_work *work = calloc(1, sizeof(*work));
    ASSERT(work);
    work->client = client;
    work->name = name;
    work->unit = strdup(options->unit);
    ASSERT(work->unit);
    work->credit_max = options->credit < 1 ? 1 : options->credit > CREDIT_MAX ? CREDIT_MAX : options->credit;
    work->left = options->tasks_max ? options->tasks_max : UINT32_MAX;
    work->nonce = pace_random();
    work->urged = options->urged;
    work->urged_arg = options->urged_arg;
    asks_init(&work->asks, client, WORDS_MAX);
    *out = work;
    return BH_OK;
}

static void free_held(struct held *held)
{
    arena_release(&held->texts);
    free(held);
}

void bh_work_close(struct bh_work *work)
{
    if (!work)
        return;
    while (work->held) {
        struct held *held = work->held;
        work->held = held->next;
        free_held(held);
    }
    asks_release(&work->asks);
    client_close(work->client);
    free(work->unit);
    free(work->name);
    free(work);
}

/* --- what is held, and credit --- */

uint32_t bh_work_held(const struct bh_work *work)
{
    uint32_t n = 0;
    for (const struct held *held = work->held; held; held = held->next)
        n += held->hold == HOLD_FRESH || held->hold == HOLD_HANDED;
    return n;
}

static void send_bye_drain(struct bh_work *work)
{
    struct message bye = {.kind = MESSAGE_BYE, .bye = {.drain = true}};
    client_send(work->client, &bye);
}

/* granted + held never grows above the credit asked for; a task taken up after a restart may exceed it for a while. */
static void grant(struct bh_work *work)
{
    uint32_t taken = bh_work_held(work) + work->granted;
    if (work->draining || !work->greetings || taken >= work->credit_max || work->granted >= work->left)
        return;
    uint32_t room = work->credit_max - taken, left = work->left - work->granted;
    struct message credit = {.kind = MESSAGE_CREDIT, .credit = {.n = room < left ? room : left}};
    if (client_send(work->client, &credit))
        work->granted += credit.credit.n;
}

/* A new session knows nothing of our credit, nor that we were leaving. */
static void greet(struct bh_work *work)
{
    if (work->greetings == client_greetings(work->client))
        return;
    work->greetings = client_greetings(work->client);
    work->granted = 0;
    if (work->draining)
        send_bye_drain(work);
}

static void free_gone(struct bh_work *work)
{
    struct held **link = &work->held;
    while (*link) {
        struct held *held = *link;
        if (held->hold == HOLD_GONE && !held->speaking) {
            *link = held->next;
            free_held(held);
        } else {
            link = &held->next;
        }
    }
}

static void take_away(struct held *held, const char *reason)
{
    if (held->hold == HOLD_FRESH)
        held->hold = HOLD_GONE;
    if (held->hold != HOLD_HANDED)
        return;
    held->hold = HOLD_TAKEN;
    held->task.revoked = true;
    held->task.revoke_reason = arena_strdup(&held->texts, reason ? reason : "");
}

/* --- deliveries and revocations --- */

static const char *text_of(struct arena *arena, const char *text)
{
    return arena_strdup(arena, text ? text : "");
}

static int64_t due_of(const struct delivery *delivery, enum clock_kind kind)
{
    for (size_t i = 0; i < delivery->clock_count; i++)
        if (delivery->clocks[i].kind == kind)
            return delivery->clocks[i].due_ms;
    return 0;
}

static const char *json_of(struct arena *arena, const struct message *message)
{
    struct buffer json = {0};
    wire_json(message, &json);
    const char *copy = arena_memdup(arena, json.size ? (const void *)json.data : "", json.size);
    buffer_release(&json);
    return copy;
}

static bool responded(const struct task *task)
{
    return task->state == TASK_RESPONDED || task->state == TASK_HANDLING || task->state == TASK_SUSPENDED;
}

static void fill_task(struct held *held, const struct message *message)
{
    const struct delivery *delivery = &message->task;
    struct bh_task *task = &held->task;
    struct arena *arena = &held->texts;
    const struct event *event = delivery->event;
    held->incident = delivery->incident;
    ident_format(delivery->incident, task->incident);
    task->task = delivery->task.no;
    task->epoch = delivery->task.epoch;
    task->resume = delivery->resume || responded(&delivery->task);
    task->responded = held->responding = task->resume;
    task->revoke_reason = "";
    task->unit = text_of(arena, delivery->task.unit);
    task->type = text_of(arena, delivery->head.type);
    task->area = text_of(arena, delivery->head.area);
    task->address = text_of(arena, event ? event->place.address : NULL);
    task->text = text_of(arena, event ? event->text : NULL);
    task->closing = text_of(arena, delivery->closing);
    task->severity = delivery->head.severity;
    task->panic = delivery->head.panic;
    task->exercise = delivery->head.exercise;
    task->respond_due_ms = due_of(delivery, CLOCK_RESPOND);
    task->feedback_due_ms = due_of(delivery, CLOCK_FEEDBACK);
    task->json = json_of(arena, message);
}

/* The same epoch again is a repeat; a later one ends what we knew of the task before. */
static void take_delivery(struct bh_work *work, const struct message *message)
{
    struct held **end = &work->held;
    const struct delivery *delivery = &message->task;
    if (work->draining)
        return; /* what is ours to finish is held already; the rest goes back */
    for (; *end; end = &(*end)->next) {
        struct held *held = *end;
        if (held->incident != delivery->incident || held->task.task != delivery->task.no)
            continue;
        if (held->task.epoch >= delivery->task.epoch)
            return;
        take_away(held, "offered anew");
    }
    *end = calloc(1, sizeof(**end));
    ASSERT(*end);
    arena_init(&(*end)->texts);
    fill_task(*end, message);
    if (work->granted)
        work->granted--;
    if (work->left && work->left != UINT32_MAX)
        work->left--;
}

static void take_revoke(struct bh_work *work, const struct revoke *revoke)
{
    for (struct held *held = work->held; held; held = held->next)
        if (held->incident == revoke->incident && held->task.task == revoke->task && held->task.epoch <= revoke->epoch)
            take_away(held, revoke->reason);
}

static void take_urge(struct bh_work *work, const struct urge *urge)
{
    const struct bh_urge told = {urge->urges, urge->supervised_ms, urge->person, urge->text};
    for (struct held *held = work->held; work->urged && held; held = held->next)
        if (held->hold == HOLD_HANDED && held->incident == urge->incident && held->task.task == urge->task &&
            held->task.epoch == urge->epoch)
            work->urged(work->urged_arg, &held->task, &told);
}

/* The hello was refused. Words in flight wait: what ails us may be mended by a reload. */
static void take_refusal(struct bh_work *work, const struct message *message)
{
    struct bh_result result;
    asks_result(BH_REFUSED, message, &result);
    work->refusal = result.refusal;
    work->refused = true;
}

static void take(struct bh_work *work, const struct message *message)
{
    if (message->kind == MESSAGE_REFUSAL && message->tag == 0)
        take_refusal(work, message);
    else if (message->kind == MESSAGE_TASK)
        take_delivery(work, message);
    else if (message->kind == MESSAGE_REVOKE)
        take_revoke(work, &message->revoke);
    else if (message->kind == MESSAGE_URGE)
        take_urge(work, &message->urge);
    else
        asks_take(&work->asks, message);
}

/* Everything that can be done without waiting. */
static void work_on(struct bh_work *work)
{
    struct message message;
    do {
        arena_reset(&work->asks.arena);
        greet(work);
        if (!client_receive(work->client, &work->asks.arena, &message))
            break;
        greet(work);
        take(work, &message);
    } while (!work->refused);
    greet(work);
    asks_expire(&work->asks);
    grant(work);
    client_hold(work->client, bh_work_held(work));
}

static void wait_on(struct bh_work *work, int64_t until_ms)
{
    int64_t left_ms = until_ms - pace_now_ms();
    client_wait(work->client, asks_timeout_ms(&work->asks, left_ms < WAIT_MAX_MS ? (int)left_ms : WAIT_MAX_MS));
}

/* --- next --- */

static struct bh_task *hand_out(struct bh_work *work)
{
    for (struct held *held = work->held; held; held = held->next) {
        if (held->hold == HOLD_TAKEN) {
            held->hold = HOLD_GONE;
            return &held->task;
        }
        if (held->hold == HOLD_FRESH) {
            held->hold = HOLD_HANDED;
            return &held->task;
        }
    }
    return NULL;
}

static int look(struct bh_work *work, struct bh_task **task)
{
    work_on(work);
    if ((*task = hand_out(work)))
        return BH_OK;
    if (work->refused) {
        work->refused = false;
        return BH_REFUSED;
    }
    return work->draining && !bh_work_held(work) && !work->asks.count ? BH_DRAINED : BH_AGAIN;
}

int bh_work_next(struct bh_work *work, int timeout_ms, struct bh_task **task)
{
    int64_t until_ms = timeout_ms < 0 ? INT64_MAX : pace_now_ms() + timeout_ms;
    struct bh_task *next;
    free_gone(work);
    for (;;) {
        int error = look(work, &next);
        if (error == BH_OK)
            *task = next;
        if (error != BH_AGAIN || pace_now_ms() >= until_ms)
            return error;
        errno = 0;
        wait_on(work, until_ms);
        if (errno == EINTR)
            return BH_INTERRUPTED;
    }
}

void bh_drain(struct bh_work *work)
{
    if (work->draining)
        return;
    work->draining = true;
    send_bye_drain(work);
    for (struct held *held = work->held; held; held = held->next)
        if (held->hold == HOLD_FRESH || !held->responding)
            take_away(held, "drained");
}

/* --- words --- */

_Static_assert((int)BH_RESPOND == WORD_RESPOND && (int)BH_ASK == WORD_ASK && (int)BH_TICK == WORD_TICK &&
                   (int)BH_DELEGATE == WORD_DELEGATE && (int)BH_INFORM == WORD_INFORM &&
                   (int)BH_ACCOUNT == WORD_ACCOUNT && (int)BH_REPORT_UP == WORD_REPORT_UP &&
                   (int)BH_SEND_DOWN == WORD_SEND_DOWN && (int)BH_CONTACT == WORD_CONTACT,
               "verbs are the wire's words");

static bool ends_task(enum bh_verb verb)
{
    return verb == BH_FEEDBACK || verb == BH_RETURN || verb == BH_GIVE_BACK || verb == BH_DELEGATE ||
           verb == BH_REPORT_UP || verb == BH_SEND_DOWN;
}

static int check_word(const struct bh_word *word)
{
    bool outcome = word->outcome && *word->outcome;
    if (!word_name((enum word_verb)word->verb))
        return BH_BAD_ARGUMENT;
    if (outcome ? !outcome_of(word->outcome) : word->verb == BH_FEEDBACK)
        return BH_BAD_ARGUMENT;
    if ((word->verb == BH_RETURN || word->verb == BH_ASK || word->verb == BH_ACCOUNT || word->verb == BH_REPORT_UP) &&
        !(word->reason && *word->reason))
        return BH_BAD_ARGUMENT;
    if (word->verb == BH_ASK && !ask_kind_of(word->ask))
        return BH_BAD_ARGUMENT;
    if ((word->verb == BH_INFORM || word->verb == BH_ACCOUNT) && !(word->text && *word->text))
        return BH_BAD_ARGUMENT;
    if (word->verb == BH_TICK && !word->item)
        return BH_BAD_ARGUMENT;
    if ((word->verb == BH_DELEGATE || word->verb == BH_SEND_DOWN) && !(word->unit && *word->unit))
        return BH_BAD_ARGUMENT;
    return BH_OK;
}

/* What an answer to a word means for the task. */
static void hear(struct held *held, enum bh_verb verb, int error, enum refusal_code code)
{
    if (error == BH_OK && verb == BH_RESPOND)
        held->task.responded = true;
    if (error == BH_OK && ends_task(verb))
        held->hold = HOLD_GONE;
    if (error == BH_REFUSED && verb == BH_RESPOND && !held->task.responded)
        held->responding = false;
    /* Its revocation was lost, or is still on the way. */
    if (error == BH_REFUSED && (code == REFUSAL_STALE_EPOCH || code == REFUSAL_NOT_HOLDER))
        take_away(held, refusal_name(code));
}

struct said {
    struct held *held;
    enum bh_verb verb;
};

static void said(const struct question *ask, int error, const struct message *answer)
{
    struct said *said = ask->about;
    struct bh_result result;
    asks_result(error, answer, &result);
    hear(said->held, said->verb, error, error == BH_REFUSED ? answer->refusal.code : 0);
    said->held->speaking--;
    free(said);
    if (ask->then)
        ask->then(ask->arg, &result);
}

int bh_say_start(struct bh_work *work, struct bh_task *task, const struct bh_word *word, int timeout_ms,
                 bh_done_fn *done, void *arg)
{
    struct held *held = (struct held *)task;
    char request[ID_MAX_BYTES];
    int error = check_word(word);
    if (error)
        return error;
    if (held->hold != HOLD_HANDED)
        return BH_NO_TASK;
    snprintf(request, sizeof(request), "%016" PRIx64 "-%" PRIu64, work->nonce, ++work->words);
    struct message message = {.kind = MESSAGE_WORD};
    message.word = (struct word){.request = word->request && *word->request ? word->request : request,
                                 .verb = (enum word_verb)word->verb,
                                 .incident = held->incident,
                                 .task = task->task,
                                 .epoch = task->epoch,
                                 .person = word->person,
                                 .outcome = word->outcome && *word->outcome ? outcome_of(word->outcome) : 0,
                                 .reason = word->reason,
                                 .text = word->text,
                                 .unit_ms = word->unit_ms,
                                 .auto_respond = word->auto_respond,
                                 .kind = ask_kind_of(word->ask),
                                 .until_ms = word->until_ms,
                                 .span_ms = word->span_ms,
                                 .unit = word->unit,
                                 .condition_met = word->condition_met,
                                 .last = word->last,
                                 .to = word->to,
                                 .item = word->item};
    struct said *about = malloc(sizeof(*about));
    ASSERT(about);
    *about = (struct said){held, word->verb};
    error = asks_start(&work->asks, &message, timeout_ms,
                       &(struct question){.done = said, .about = about, .then = done, .arg = arg});
    if (error) {
        free(about);
        return error;
    }
    held->speaking++;
    held->responding |= word->verb == BH_RESPOND;
    return BH_OK;
}

struct spoken {
    bool over;
    struct bh_result result;
};

static void spoke(void *arg, const struct bh_result *result)
{
    struct spoken *spoken = arg;
    *spoken = (struct spoken){true, *result};
}

int bh_say(struct bh_work *work, struct bh_task *task, const struct bh_word *word, int timeout_ms,
           struct bh_result *result)
{
    struct spoken spoken = {0};
    int error = bh_say_start(work, task, word, timeout_ms, spoke, &spoken);
    if (error) {
        if (result)
            *result = (struct bh_result){.error = error};
        return error;
    }
    for (;;) {
        work_on(work);
        if (spoken.over)
            break;
        wait_on(work, INT64_MAX);
    }
    if (result)
        *result = spoken.result;
    return spoken.result.error;
}

/* --- looking --- */

int bh_work_fd(const struct bh_work *work)
{
    return client_fd(work->client);
}

int bh_work_timeout_ms(struct bh_work *work)
{
    return asks_timeout_ms(&work->asks, client_tend(work->client));
}

const struct bh_refusal *bh_work_refusal(const struct bh_work *work)
{
    return &work->refusal;
}

const char *bh_work_name(const struct bh_work *work)
{
    return work->name;
}

bool bh_work_connected(const struct bh_work *work)
{
    return client_connected(work->client);
}

const char *bh_work_trouble(const struct bh_work *work)
{
    return client_trouble(work->client);
}
