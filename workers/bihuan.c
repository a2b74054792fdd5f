/* The source's half of libbihuan, and what both halves share. bihuan_work.c is the department's. */
#include "workers/bihuan.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "broker/base/limits.h"
#include "broker/base/panic.h"
#include "schemas/ident.h"
#include "workers/asks.h"
#include "workers/pace.h"

#define IN_FLIGHT_DEFAULT 1024
#define POLL_MESSAGES_MAX 1024 /* handled in one call of bh_poll */
#define WAIT_MAX_MS       60000

_Static_assert(BH_FAULT_BYTES == 256, "client_open's");
_Static_assert(BH_INCIDENT_BYTES == IDENT_TEXT_BYTES, "ident.h's");

#define NOTICES_AHEAD 64 /* notices that may come before the first of them was taken */

struct bh {
    struct client *client;
    struct asks asks;
    bh_notice_fn *take_notice; /* NULL: none are wanted */
    bh_done_fn *refused;
    void *notice_arg;
    uint32_t greetings; /* of the session that was given credit for them */
    uint64_t noticed;   /* the last one taken */
};

static const char *const error_texts[] = {
    [BH_OK] = "done",
    [BH_REFUSED] = "the broker refused",
    [BH_UNKNOWN] = "no answer in time; it may have been done: do the same again with the same id",
    [BH_AGAIN] = "nothing now, or too much in flight: try again later",
    [BH_INTERRUPTED] = "interrupted by a signal",
    [BH_BAD_ARGUMENT] = "an argument is not valid",
    [BH_BAD_OPTION] = "the address or a key is not usable",
    [BH_DRAINED] = "drained: nothing is held and nothing more will come",
    [BH_NO_TASK] = "the task is no longer ours",
};

const char *bh_strerror(int error)
{
    if (error < 0 || (size_t)error >= sizeof(error_texts) / sizeof(error_texts[0]))
        return "unknown error";
    return error_texts[error];
}

const char *bh_version(void)
{
    return BIHUAN_VERSION;
}

void bh_free(void *memory)
{
    free(memory);
}

/* --- the connection --- */

int bh_open(const struct bh_options *options, struct bh **out, char fault[BH_FAULT_BYTES])
{
    static const struct bh_options none;
    if (!options)
        options = &none;
    struct client_options where = {.base = options->broker,
                                   .endpoint = 'P',
                                   .server_key = options->server_key,
                                   .key_file = options->key_file,
                                   .software = options->software};
    struct client *client;
    if (client_open(&where, &client, fault) != 0)
        return BH_BAD_OPTION;
    struct bh *bh = calloc(1, sizeof(*bh));
    ASSERT(bh);
    bh->client = client;
    asks_init(&bh->asks, client, options->in_flight_max ? options->in_flight_max : IN_FLIGHT_DEFAULT);
    *out = bh;
    return BH_OK;
}

void bh_close(struct bh *bh)
{
    if (!bh)
        return;
    asks_release(&bh->asks);
    client_close(bh->client);
    free(bh);
}

/* --- notices --- */

static void give_credit(struct bh *bh, uint32_t n)
{
    const struct message credit = {.kind = MESSAGE_CREDIT, .credit = {.n = n}};
    client_send(bh->client, &credit);
}

/* A new session has no credit. */
static void keep_following(struct bh *bh)
{
    uint32_t greetings = client_greetings(bh->client);
    if (!bh->take_notice || greetings == bh->greetings)
        return;
    bh->greetings = greetings;
    give_credit(bh, NOTICES_AHEAD);
}

static int take_notice(struct bh *bh, const struct notice *notice)
{
    char incident[IDENT_TEXT_BYTES], into[IDENT_TEXT_BYTES] = "";
    if (!bh->take_notice || !notice->incident)
        return 0;
    give_credit(bh, 1);
    if (notice->seq <= bh->noticed)
        return 0; /* again, on a new connection */
    bh->noticed = notice->seq;
    ident_format(notice->incident, incident);
    if (notice->into)
        ident_format(notice->into, into);
    const char *step = notice_step_name(notice->step), *outcome = outcome_name(notice->outcome);
    bh->take_notice(bh->notice_arg, &(struct bh_notice){.sequence = notice->seq,
                                                        .at_ms = notice->at_ms,
                                                        .incident = incident,
                                                        .step = step ? step : "",
                                                        .outcome = outcome ? outcome : "",
                                                        .into = into,
                                                        .unit = notice->unit,
                                                        .reason = notice->reason,
                                                        .text = notice->text,
                                                        .events = notice->events,
                                                        .event_count = notice->event_count,
                                                        .more = notice->more});
    return 1;
}

/* What answers no question is about the credit given for notices. */
static int take_refusal(struct bh *bh, const struct message *message)
{
    struct bh_result result;
    if (!bh->take_notice || !bh->refused)
        return 0;
    asks_result(BH_REFUSED, message, &result);
    bh->refused(bh->notice_arg, &result);
    return 1;
}

void bh_notices(struct bh *bh, bh_notice_fn *take, bh_done_fn *refused, void *arg)
{
    bh->take_notice = take;
    bh->refused = refused;
    bh->notice_arg = arg;
    keep_following(bh);
}

static int take(struct bh *bh, const struct message *message)
{
    if (message->kind == MESSAGE_NOTICE)
        return take_notice(bh, &message->notice);
    if (asks_take(&bh->asks, message))
        return 1;
    return message->kind == MESSAGE_REFUSAL ? take_refusal(bh, message) : 0;
}

static int receive(struct bh *bh)
{
    struct message message;
    int called = 0;
    for (int n = 0; n < POLL_MESSAGES_MAX; n++) {
        arena_reset(&bh->asks.arena);
        if (!client_receive(bh->client, &bh->asks.arena, &message))
            break;
        called += take(bh, &message);
    }
    keep_following(bh);
    return called + asks_expire(&bh->asks);
}

int bh_poll(struct bh *bh, int timeout_ms)
{
    int64_t until_ms = timeout_ms < 0 ? INT64_MAX : pace_now_ms() + timeout_ms;
    for (;;) {
        int called = receive(bh);
        int64_t left_ms = until_ms - pace_now_ms();
        if (called || left_ms <= 0)
            return called;
        int wait_ms = asks_timeout_ms(&bh->asks, left_ms < WAIT_MAX_MS ? (int)left_ms : WAIT_MAX_MS);
        if (!client_wait(bh->client, wait_ms) && errno == EINTR)
            return 0;
    }
}

int bh_fd(const struct bh *bh)
{
    return client_fd(bh->client);
}

int bh_timeout_ms(struct bh *bh)
{
    return asks_timeout_ms(&bh->asks, client_tend(bh->client));
}

uint32_t bh_in_flight(const struct bh *bh)
{
    return bh->asks.count;
}

const char *bh_trouble(const struct bh *bh)
{
    return client_trouble(bh->client);
}

/* --- publish --- */

/* What the broker would not understand; result says the field. */
static int bad_argument(struct bh_result *result, const char *field, const char *reason)
{
    if (result) {
        *result = (struct bh_result){.error = BH_BAD_ARGUMENT};
        snprintf(result->refusal.field, sizeof(result->refusal.field), "%s", field);
        snprintf(result->refusal.reason, sizeof(result->refusal.reason), "%s", reason);
    }
    return BH_BAD_ARGUMENT;
}

static bool given(const char *text)
{
    return text && *text;
}

static int check_event(const struct bh_event *event, struct bh_result *result)
{
    if (!given(event->id))
        return bad_argument(result, "id", "an event needs an id of its own");
    if (!given(event->type))
        return bad_argument(result, "type", "an event needs a type");
    if (given(event->nature) && !nature_of(event->nature))
        return bad_argument(result, "nature", "no such nature");
    if (given(event->coordinate_system) && !coordinates_of(event->coordinate_system))
        return bad_argument(result, "coordinate_system", "no such coordinate system");
    if (given(event->done) && !outcome_of(event->done))
        return bad_argument(result, "done", "no such outcome");
    if (event->severity < 0 || event->severity > 4)
        return bad_argument(result, "severity", "severity is 1 to 4, or 0 for the type's own");
    if (event->attachment_count > ATTACHMENTS_MAX)
        return bad_argument(result, "attachments", "too many attachments");
    return BH_OK;
}

static struct event event_of(const struct bh_event *from, struct attachment attachments[ATTACHMENTS_MAX])
{
    for (size_t i = 0; i < from->attachment_count; i++)
        attachments[i] =
            (struct attachment){.uri = from->attachments[i].uri,
                                .media_type = from->attachments[i].media_type,
                                .sha256 = {from->attachments[i].sha256, from->attachments[i].sha256 ? 32 : 0}};
    return (struct event){
        .id = from->id,
        .type = from->type,
        .text = from->text,
        .source_ref = from->source_ref,
        .recurrence_of = from->recurrence_of,
        .nature = given(from->nature) ? nature_of(from->nature) : 0,
        .severity = from->severity,
        .place = {.area = from->area,
                  .address = from->address,
                  .has_point = given(from->coordinate_system),
                  .system = given(from->coordinate_system) ? coordinates_of(from->coordinate_system) : 0,
                  .latitude = from->latitude,
                  .longitude = from->longitude},
        .observed_ms = from->observed_ms,
        .panic = from->panic,
        .sealed = from->sealed,
        .exercise = from->exercise,
        .attachments = attachments,
        .attachment_count = from->attachment_count,
        .reporter = {from->reporter, from->reporter ? from->reporter_bytes : 0},
        .done = given(from->done) ? outcome_of(from->done) : 0,
        .evidence = from->evidence,
        .object = from->object,
    };
}

static void published(const struct question *ask, int error, const struct message *answer)
{
    struct bh_result result;
    asks_result(error, answer, &result);
    if (ask->then)
        ask->then(ask->arg, &result);
}

int bh_publish_start(struct bh *bh, const struct bh_event *event, int timeout_ms, bh_done_fn *done, void *arg)
{
    struct attachment attachments[ATTACHMENTS_MAX];
    struct message message = {.kind = MESSAGE_PUBLISH};
    int error = check_event(event, NULL);
    if (error)
        return error;
    message.publish = event_of(event, attachments);
    return asks_start(&bh->asks, &message, timeout_ms, &(struct question){.done = published, .then = done, .arg = arg});
}

int bh_acknowledge_start(struct bh *bh, uint64_t sequence, int timeout_ms, bh_done_fn *done, void *arg)
{
    const struct message message = {.kind = MESSAGE_ACKNOWLEDGE, .acknowledge = {sequence}};
    if (!sequence)
        return BH_BAD_ARGUMENT;
    return asks_start(&bh->asks, &message, timeout_ms, &(struct question){.done = published, .then = done, .arg = arg});
}

/* A blocking call waits for its own callback. */
struct waiting {
    bool over;
    struct bh_result result;
    char *json;
};

static void wake(void *arg, const struct bh_result *result)
{
    struct waiting *waiting = arg;
    waiting->result = *result;
    waiting->over = true;
}

static int wait_for(struct bh *bh, struct waiting *waiting, struct bh_result *result)
{
    while (!waiting->over)
        bh_poll(bh, -1);
    if (result)
        *result = waiting->result;
    return waiting->result.error;
}

int bh_publish(struct bh *bh, const struct bh_event *event, int timeout_ms, struct bh_result *result)
{
    struct waiting waiting = {0};
    int error = check_event(event, result);
    if (error)
        return error;
    error = bh_publish_start(bh, event, timeout_ms, wake, &waiting);
    if (error) {
        if (result)
            *result = (struct bh_result){.error = error};
        return error;
    }
    return wait_for(bh, &waiting, result);
}

/* --- queries --- */

static void answered(const struct question *ask, int error, const struct message *answer)
{
    struct waiting *waiting = ask->about;
    struct buffer json = {0};
    asks_result(error, answer, &waiting->result);
    if (error == BH_OK) {
        wire_json(answer, &json);
        buffer_append(&json, "", 1);
        waiting->json = (char *)json.data;
    }
    waiting->over = true;
}

static int ask_status(const struct bh_query *query, struct message *out, struct bh_result *result)
{
    out->kind = MESSAGE_STATUS;
    out->status.event_id = query->event_id;
    if (given(query->event_id))
        return BH_OK;
    if (given(query->incident) && ident_parse(query->incident, &out->status.incident) == 0)
        return BH_OK;
    return bad_argument(result, "incident", "status needs an event's id or an incident's");
}

static int ask_query(const struct bh_query *query, struct message *out, struct bh_result *result)
{
    out->kind = MESSAGE_QUERY;
    if (query->kind < BH_LIST || query->kind > BH_WORKERS)
        return bad_argument(result, "kind", "no such query");
    out->query = (struct query){.kind = (enum query_kind)query->kind,
                                .cursor = query->cursor,
                                .limit = query->limit,
                                .state = given(query->state) ? incident_state_of(query->state) : 0,
                                .unit = query->unit,
                                .type = query->type,
                                .area = query->area,
                                .source = query->source,
                                .overdue = query->overdue,
                                .live_only = query->live_only,
                                .at_ms = query->at_ms};
    if (given(query->state) && !out->query.state)
        return bad_argument(result, "state", "no such state");
    if (given(query->incident) && ident_parse(query->incident, &out->query.incident) != 0)
        return bad_argument(result, "incident", "not an incident's id");
    return BH_OK;
}

int bh_query_json(struct bh *bh, const struct bh_query *query, int timeout_ms, char **json, struct bh_result *result)
{
    struct waiting waiting = {0};
    struct message message = {0};
    int error = query->kind == BH_STATUS ? ask_status(query, &message, result) : ask_query(query, &message, result);
    if (error)
        return error;
    error = asks_start(&bh->asks, &message, timeout_ms, &(struct question){.done = answered, .about = &waiting});
    if (error)
        return error;
    error = wait_for(bh, &waiting, result);
    if (!error)
        *json = waiting.json;
    return error;
}
