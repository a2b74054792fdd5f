/* The gate's five functions over a network of frames in memory: lossy, slow, out of order. Sessions are the real ones,
 * and so are the principals. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "broker/base/panic.h"
#include "tests/sim/world.h"

struct gate {
    struct network *network;
    struct sessions *sessions;
    struct gate_counts counts;
};

struct gate *fake_gate_new(struct network *network)
{
    struct gate *gate = calloc(1, sizeof(*gate));
    ASSERT(gate);
    gate->network = network;
    gate->sessions = sessions_new();
    return gate;
}

void fake_gate_free(struct gate *gate)
{
    sessions_free(gate->sessions);
    free(gate);
}

/* Most arrive last. */
static void put(struct frames *frames, struct frame *frame)
{
    struct frame **at = frames->end && frame->at_ms >= frames->last_ms ? frames->end : &frames->first;
    while (*at && (*at)->at_ms <= frame->at_ms)
        at = &(*at)->next;
    frame->next = *at;
    *at = frame;
    if (frame->next)
        return;
    frames->end = &frame->next;
    frames->last_ms = frame->at_ms;
}

static void deliver(struct network *network, struct frames *frames, size_t actor, const void *bytes, size_t size)
{
    struct frame *frame = calloc(1, sizeof(*frame) + size);
    ASSERT(frame);
    frame->at_ms = *network->now_ms + (int64_t)chance_below(network->chance, (uint64_t)network->delay_max_ms + 1);
    frame->actor = actor;
    frame->size = size;
    memcpy(frame->bytes, bytes, size);
    put(frames, frame);
}

static void post(struct network *network, struct frames *frames, size_t actor, const void *bytes, size_t size)
{
    if (chance_percent(network->chance, network->loss_percent)) {
        network->lost++;
        return;
    }
    deliver(network, frames, actor, bytes, size);
    if (network->double_percent && chance_percent(network->chance, network->double_percent)) {
        network->doubled++;
        deliver(network, frames, actor, bytes, size);
    }
}

/* The first frame that has arrived for the actor (any: SIZE_MAX). */
static struct frame *take(struct network *network, struct frames *frames, size_t actor)
{
    struct frame **at = &frames->first, *frame;
    while (*at && (*at)->at_ms <= *network->now_ms && actor != SIZE_MAX && (*at)->actor != actor)
        at = &(*at)->next;
    if (!*at || (*at)->at_ms > *network->now_ms)
        return NULL;
    frame = *at;
    *at = frame->next;
    if (!*at)
        frames->end = at;
    return frame;
}

void network_send(struct network *network, size_t actor, const struct message *message)
{
    struct buffer bytes = {0};
    wire_encode(message, &bytes);
    post(network, &network->to_broker, actor, bytes.data, bytes.size);
    buffer_release(&bytes);
}

bool network_receive(struct network *network, size_t actor, struct arena *arena, struct message *message)
{
    struct refusal refusal;
    struct frame *frame = take(network, &network->to_actors, actor);
    if (!frame)
        return false;
    int error = wire_decode(frame->bytes, frame->size, arena, message, &refusal);
    if (error)
        panic("the broker sent what does not decode: %s %s", refusal.field ? refusal.field : "", refusal.reason);
    free(frame);
    return true;
}

void network_clear(struct network *network)
{
    struct frames *all[] = {&network->to_broker, &network->to_actors};
    for (size_t i = 0; i < 2; i++) {
        while (all[i]->first) {
            struct frame *next = all[i]->first->next;
            free(all[i]->first);
            all[i]->first = next;
        }
        all[i]->end = NULL;
    }
}

/* --- what turn.c calls --- */

bool gate_pending(struct gate *gate)
{
    const struct frame *first = gate->network->to_broker.first;
    return first && first->at_ms <= *gate->network->now_ms;
}

/* As a key would be looked up. */
static const char *principal_of(const struct network *network, size_t actor)
{
    const struct principal *principal = policy_principal(*network->policy, network->principals[actor]);
    return principal && !principal->revoked ? principal->name : NULL;
}

bool gate_receive(struct gate *gate, struct arena *arena, int64_t mono_ms, struct gate_input *in)
{
    struct network *network = gate->network;
    struct frame *frame = take(network, &network->to_broker, SIZE_MAX);
    if (!frame)
        return false;
    uint32_t routing_id[2] = {(uint32_t)frame->actor, network->connection[frame->actor]};
    memset(in, 0, sizeof(*in));
    in->session =
        session_of(gate->sessions, 0, network->endpoints[frame->actor], routing_id, sizeof(routing_id), mono_ms);
    in->principal = principal_of(network, frame->actor);
    snprintf(in->session->principal, sizeof(in->session->principal), "%s", in->principal ? in->principal : "");
    in->size_bytes = frame->size;
    in->bad = wire_decode(frame->bytes, frame->size, arena, &in->message, &in->refusal) != 0;
    free(frame);
    return true;
}

int gate_send_frame(struct gate *gate, uint64_t peer, const void *bytes, size_t size)
{
    struct session *session = session_get(gate->sessions, peer);
    uint32_t routing_id[2];
    if (!session)
        return -EHOSTUNREACH;
    memcpy(routing_id, session->routing_id, sizeof(routing_id));
    if (gate->network->full[routing_id[0]])
        return -EAGAIN;
    if (routing_id[1] != gate->network->connection[routing_id[0]])
        return -EHOSTUNREACH;
    post(gate->network, &gate->network->to_actors, routing_id[0], bytes, size);
    return 0;
}

/* Nothing to be polled: the loop asks whether something is pending. */
size_t gate_fds(const struct gate *gate, int fds[GATE_SOCKETS_MAX + 1])
{
    (void)gate;
    (void)fds;
    return 0;
}

void gate_watch(struct gate *gate)
{
    (void)gate;
}

struct sessions *gate_sessions(struct gate *gate)
{
    return gate->sessions;
}

const struct gate_counts *gate_counts(const struct gate *gate)
{
    return &gate->counts;
}
