/* instructions: publishes so many events, or takes them through the whole loop, by the real turn, core, codecs and tables in
 * one process (tests/sim/world.h), sixty-four in flight. test_instructions.py counts the instructions that turn_run takes.
 *   instructions publish|loop COUNT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "schemas/ident.h"
#include "tests/sim/world.h"

#define IN_FLIGHT 64
#define SLOTS     65536

enum { SOURCE, WORKER };

struct run {
    struct world world;
    struct arena arena;
    size_t published, receipts, closed;
    struct held {
        uint64_t incident;
        uint32_t task, epoch;
    } held[SLOTS]; /* by their incidents' numbers */
};

static void fail(const char *why)
{
    fprintf(stderr, "instructions: %s\n", why);
    exit(1);
}

static void say(struct run *r, size_t who, const struct message *message)
{
    network_send(&r->world.network, who, message);
}

static void turn(struct run *r)
{
    r->world.now_ms++;
    if (!world_turn(&r->world))
        fail(r->world.fault);
}

static void greet(struct run *r)
{
    struct message hello = {.kind = MESSAGE_HELLO}, credit = {.kind = MESSAGE_CREDIT}, got;
    hello.hello = (struct hello){.version = WIRE_VERSION, .client = "cost", .packs = true};
    say(r, SOURCE, &hello);
    hello.hello.unit = "road";
    hello.hello.worker = "crew";
    say(r, WORKER, &hello);
    turn(r);
    for (size_t who = SOURCE; who <= WORKER; who++)
        if (!network_receive(&r->world.network, who, &r->arena, &got) || got.kind != MESSAGE_WELCOME)
            fail("not welcome");
    credit.credit.n = 4 * IN_FLIGHT;
    say(r, WORKER, &credit);
}

static void publish(struct run *r, bool loops)
{
    char id[64];
    struct message message = {.kind = MESSAGE_PUBLISH, .tag = ++r->published};
    snprintf(id, sizeof(id), "cam-0017/2026-09-30/%06zu", r->published);
    message.publish = (struct event){.id = id,
                                     .type = loops ? "2" : "1",
                                     .text = "崆峒区东关街道航天社区南侧便道有暴露垃圾约两平方米，请尽快处理，已拍照",
                                     .source_ref = "cam-0017",
                                     .place = {.area = "620899001001",
                                               .address = "东关街道航天路17号南侧便道",
                                               .has_point = true,
                                               .system = COORDINATES_GCJ02,
                                               .latitude = 35.54 + (double)r->published / 1e6,
                                               .longitude = 106.66},
                                     .observed_ms = r->world.now_ms};
    say(r, SOURCE, &message);
}

/* The word on a task, which its receipt's tag tells again. */
static void say_word(struct run *r, size_t slot, enum word_verb verb)
{
    const struct held *held = &r->held[slot];
    struct message message = {.kind = MESSAGE_WORD, .tag = (uint64_t)slot << 8 | (uint64_t)verb};
    message.word = (struct word){.request = "once",
                                 .verb = verb,
                                 .incident = held->incident,
                                 .task = held->task,
                                 .epoch = held->epoch,
                                 .person = "p-0042",
                                 .outcome = verb == WORD_FEEDBACK ? OUTCOME_RESOLVED : 0,
                                 .text = verb == WORD_RESPOND ? NULL : "已到现场，清理完毕，两袋，附照片"};
    say(r, WORKER, &message);
}

static void take_offer(struct run *r, const struct delivery *offer)
{
    size_t slot = (size_t)ident_number(offer->incident) % SLOTS;
    r->held[slot] = (struct held){offer->incident, offer->task.no, offer->task.epoch};
    say_word(r, slot, WORD_RESPOND);
}

static void take_receipt(struct run *r, uint64_t tag)
{
    struct message credit = {.kind = MESSAGE_CREDIT};
    enum word_verb said = (enum word_verb)(tag & 0xff);
    if (said != WORD_FEEDBACK) {
        say_word(r, tag >> 8, said == WORD_RESPOND ? WORD_HANDLE : WORD_FEEDBACK);
        return;
    }
    credit.credit.n = 1;
    r->closed++;
    say(r, WORKER, &credit);
}

static void hear_worker(struct run *r, const struct message *got)
{
    if (got->kind == MESSAGE_REFUSAL)
        fail(got->refusal.reason);
    if (got->kind == MESSAGE_TASK)
        take_offer(r, &got->task);
    if (got->kind == MESSAGE_RECEIPT)
        take_receipt(r, got->tag);
}

static void hear(struct run *r)
{
    struct message got;
    for (; network_receive(&r->world.network, SOURCE, &r->arena, &got); arena_reset(&r->arena)) {
        if (got.kind == MESSAGE_REFUSAL)
            fail(got.refusal.reason);
        r->receipts += got.kind == MESSAGE_RECEIPTS ? got.receipts.count : got.kind == MESSAGE_RECEIPT;
    }
    for (; network_receive(&r->world.network, WORKER, &r->arena, &got); arena_reset(&r->arena))
        hear_worker(r, &got);
}

int main(int argc, char **argv)
{
    static struct run r;
    if (argc != 3)
        return fprintf(stderr, "usage: %s publish|loop COUNT\n", argv[0]), 2;
    bool loops = strcmp(argv[1], "loop") == 0;
    size_t count = strtoul(argv[2], NULL, 10);
    arena_init(&r.arena);
    if (!world_open(&r.world,
                    &(struct world_options){.seed = 1, .start_ms = 1790000000000, .config_folder = "bench/city"}))
        fail(r.world.fault);
    r.world.network.principals[SOURCE] = r.world.network.principals[WORKER] = "local";
    r.world.network.endpoints[SOURCE] = 'P';
    r.world.network.endpoints[WORKER] = 'W';
    clock_lend(&r.world); /* real time would decide when rows are written, and with it how much is counted */
    greet(&r);
    for (size_t *done = loops ? &r.closed : &r.receipts; *done < count;) {
        while (r.published < count && r.published - *done < IN_FLIGHT)
            publish(&r, loops);
        turn(&r);
        hear(&r);
    }
    world_close(&r.world);
    arena_release(&r.arena);
    return 0;
}
