/* load_redis: Redis Streams. A loop is the same four durable steps as ours: XADD; then, for what XREADGROUP gave, XADD,
 * XADD, and XADD with XACK, each after the answer to the one before. ADDRESS is the path of the server's socket. */
#include "bench/load.h"

#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STEP_TEXT "zf-620899001 worker-7 2026-11-28T04:00:00.000Z on the spot, cleared, two bags, photograph attached"

enum step { PUBLISHED, RESPONDED, HANDLED, FED_BACK, ACKNOWLEDGED };

/* One connection, and what was asked over it and is not answered yet, in order. */
struct line {
    redisContext *redis;
    int unwritten;
    size_t first, last;
    struct asked {
        uint64_t number;
        enum step step;
        char id[32]; /* of the event in its stream */
    } asked[IN_FLIGHT_MAX];
};

struct publisher {
    bool loops;
    char reader[32];
    struct line publish, words;
    redisContext *offers; /* waits for events */
    int offers_unwritten;
};

static redisContext *connect_to(void)
{
    redisContext *redis = redisConnectFd(load_connect(load_options.address));
    if (!redis || redis->err)
        load_fail(load_options.address, redis ? redis->errstr : "no memory");
    redis->flags &= ~REDIS_BLOCK;
    return redis;
}

static void begin_anew(void)
{
    static const char *const orders[] = {"DEL events steps", "XGROUP CREATE events crew $ MKSTREAM"};
    redisContext *redis = redisConnectUnix(load_options.address);
    for (size_t i = 0; i < sizeof(orders) / sizeof(*orders); i++) {
        redisReply *reply = redis ? redisCommand(redis, orders[i]) : NULL;
        if (!reply || reply->type == REDIS_REPLY_ERROR)
            load_fail(orders[i], reply ? reply->str : "no answer");
        freeReplyObject(reply);
    }
    redisFree(redis);
}

static void write_out(redisContext *redis, int *unwritten)
{
    int done = 1;
    if (redisBufferWrite(redis, &done) != REDIS_OK)
        load_fail("write", redis->errstr);
    *unwritten = !done;
}

static void wait_for_offers(struct publisher *p)
{
    redisAppendCommand(p->offers, "XREADGROUP GROUP crew %s COUNT 1024 BLOCK 0 STREAMS events >", p->reader);
    write_out(p->offers, &p->offers_unwritten);
}

static void *open_publisher(unsigned index)
{
    struct publisher *p = calloc(1, sizeof(*p));
    if (!p)
        load_fail("memory", "none");
    if (index == 0)
        begin_anew();
    p->publish.redis = connect_to();
    p->loops = strcmp(load_options.what, "loop") == 0;
    snprintf(p->reader, sizeof(p->reader), "worker-%u", index);
    if (p->loops) {
        p->words.redis = connect_to();
        p->offers = connect_to();
        wait_for_offers(p);
    }
    return p;
}

static size_t items(void *self, zmq_pollitem_t out[LOAD_ITEMS_MAX])
{
    struct publisher *p = self;
    redisContext *const all[] = {p->publish.redis, p->words.redis, p->offers};
    int const unwritten[] = {p->publish.unwritten, p->words.unwritten, p->offers_unwritten};
    size_t count = p->loops ? 3 : 1;
    for (size_t i = 0; i < count; i++)
        out[i] = (zmq_pollitem_t){.fd = all[i]->fd, .events = (short)(ZMQ_POLLIN | (unwritten[i] ? ZMQ_POLLOUT : 0))};
    return count;
}

static struct asked *ask(struct line *line, uint64_t number, enum step step)
{
    struct asked *asked = &line->asked[line->last++ % IN_FLIGHT_MAX];
    asked->number = number;
    asked->step = step;
    return asked;
}

static void start(void *self, uint64_t number)
{
    struct publisher *p = self;
    redisAppendCommand(p->publish.redis, "XADD events * body %b", load_body(number), (size_t)BODY_BYTES);
    ask(&p->publish, number, PUBLISHED);
}

static void say(struct publisher *p, uint64_t number, enum step step, const char *id)
{
    static const char *const names[] = {"", "responded", "handled", "fed_back"};
    redisAppendCommand(p->words.redis, "XADD steps * event %s step %s text %s", id, names[step], STEP_TEXT);
    snprintf(ask(&p->words, number, step)->id, sizeof(p->words.asked->id), "%s", id);
    if (step != FED_BACK)
        return;
    redisAppendCommand(p->words.redis, "XACK events crew %s", id);
    ask(&p->words, number, ACKNOWLEDGED);
}

static void flush(void *self)
{
    struct publisher *p = self;
    write_out(p->publish.redis, &p->publish.unwritten);
    if (p->loops)
        write_out(p->words.redis, &p->words.unwritten);
}

static redisReply *next_reply(redisContext *redis)
{
    redisReply *reply = NULL;
    if (redisGetReplyFromReader(redis, (void **)&reply) != REDIS_OK || (reply && reply->type == REDIS_REPLY_ERROR))
        load_fail("answer", reply ? reply->str : redis->errstr);
    return reply;
}

static void answered(struct publisher *p, const struct asked *asked)
{
    if (asked->step == PUBLISHED)
        load_receipt(asked->number);
    if (asked->step == ACKNOWLEDGED || (asked->step == PUBLISHED && !p->loops))
        load_done(asked->number);
    if (asked->step == RESPONDED || asked->step == HANDLED)
        say(p, asked->number, asked->step + 1, asked->id);
}

static bool take_line(struct publisher *p, struct line *line)
{
    redisReply *reply;
    bool any = false;
    if (redisBufferRead(line->redis) != REDIS_OK)
        load_fail("read", line->redis->errstr);
    for (; (reply = next_reply(line->redis)); any = true) {
        struct asked asked = line->asked[line->first++ % IN_FLIGHT_MAX];
        answered(p, &asked);
        freeReplyObject(reply);
    }
    return any;
}

/* [["events", [[id, ["body", BODY]], …]]] */
static bool take_offers(struct publisher *p)
{
    if (redisBufferRead(p->offers) != REDIS_OK)
        load_fail("read", p->offers->errstr);
    redisReply *reply = next_reply(p->offers);
    if (!reply)
        return false;
    const redisReply *entries = reply->type == REDIS_REPLY_ARRAY ? reply->element[0]->element[1] : NULL;
    for (size_t i = 0; entries && i < entries->elements; i++) {
        const redisReply *entry = entries->element[i], *body = entry->element[1]->element[1];
        say(p, load_number(body->str, body->len), RESPONDED, entry->element[0]->str);
    }
    freeReplyObject(reply);
    wait_for_offers(p);
    return true;
}

static bool take(void *self)
{
    struct publisher *p = self;
    bool any = take_line(p, &p->publish);
    if (p->loops) {
        any |= take_offers(p);
        any |= take_line(p, &p->words);
    }
    return any;
}

static void close_publisher(void *self)
{
    struct publisher *p = self;
    redisFree(p->publish.redis);
    if (p->loops) {
        redisFree(p->words.redis);
        redisFree(p->offers);
    }
    free(p);
}

const struct peer peer = {.name = "redis",
                          .open = open_publisher,
                          .items = items,
                          .start = start,
                          .flush = flush,
                          .take = take,
                          .close = close_publisher};
