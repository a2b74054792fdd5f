#include "broker/metrics.h"

#include "broker/base/limits.h"

static void counter(struct buffer *out, const char *name, const char *help, uint64_t value)
{
    buffer_printf(out, "# HELP bihuan_%s_total %s\n# TYPE bihuan_%s_total counter\nbihuan_%s_total %llu\n", name, help,
                  name, name, (unsigned long long)value);
}

static void gauge(struct buffer *out, const char *name, const char *help, double value)
{
    buffer_printf(out, "# HELP bihuan_%s %s\n# TYPE bihuan_%s gauge\nbihuan_%s %.17g\n", name, help, name, name, value);
}

static void write_gate(const struct gate_counts *gate, struct buffer *out)
{
    counter(out, "messages_received", "frames that came in", gate->received);
    counter(out, "messages_sent", "frames that went out", gate->sent);
    counter(out, "malformed", "frames refused before the core saw them", gate->malformed);
    counter(out, "unknown_sender", "frames of a key or uid that no principal has", gate->unknown_sender);
    counter(out, "blocked", "sends that met a full queue and waited", gate->blocked);
    counter(out, "peers_gone", "sends to a peer that had left", gate->gone);
    counter(out, "zap_accepted", "handshakes accepted", gate->zap_accepted);
    counter(out, "zap_refused", "handshakes refused: unknown key", gate->zap_refused);
    counter(out, "handshake_failed", "connections that ended in the handshake", gate->handshake_failed);
    counter(out, "turned_away", "connections closed at once for want of descriptors", gate->turned_away);
    gauge(out, "connections", "open now, handshakes included", (double)gate->connections);
}

static void write_refusals(const struct turn *t, struct buffer *out)
{
    buffer_printf(out, "# HELP bihuan_refused_total refusals by code\n# TYPE bihuan_refused_total counter\n");
    for (size_t code = 1; code < REFUSAL_END; code++)
        if (refusal_name((enum refusal_code)code))
            buffer_printf(out, "bihuan_refused_total{code=\"%s\"} %llu\n", refusal_name((enum refusal_code)code),
                          (unsigned long long)t->stats.refused[code]);
}

static void write_turn(const struct turn *t, struct buffer *out)
{
    const struct turn_stats *stats = &t->stats;
    counter(out, "turns", "passes of the loop", stats->turns);
    counter(out, "commits", "group commits", stats->commits);
    counter(out, "records", "records made durable", stats->records);
    counter(out, "rows_flushed", "rows written behind", stats->rows_flushed);
    counter(out, "queries", "queries answered", stats->queries);
    counter(out, "feed_entries", "feed entries sent", stats->entries);
    counter(out, "outbox_dropped", "messages dropped for peers that do not read", outbox_dropped(t->outbox));
    gauge(out, "commit_seconds_sum", "time in commits", (double)stats->commit_us / 1e6);
    gauge(out, "commit_seconds_max", "the longest commit", (double)stats->commit_max_us / 1e6);
    gauge(out, "outbox_waiting", "messages waiting for room", (double)outbox_waiting(t->outbox));
    gauge(out, "sessions", "peers known", (double)sessions_count(gate_sessions(t->gate)));
}

static void write_store(struct turn *t, struct buffer *out)
{
    const struct store_meta *meta = store_meta(t->store);
    struct store_space space;
    store_space(t->store, &space);
    gauge(out, "store_used_bytes", "of the map", (double)space.used_bytes);
    gauge(out, "store_map_bytes", "the map's limit", (double)space.map_bytes);
    gauge(out, "store_owed_bytes", "kept free to finish what is live",
          (double)core_live(t->core) * FINISH_BYTES + (double)space.map_bytes / SLACK_PART);
    gauge(out, "store_behind_bytes", "durable in the log in front and not yet in the tables", (double)space.behind);
    gauge(out, "store_tail_records", "records above the watermark", (double)space.tail);
    gauge(out, "store_tail_records_max", "limit of the tail", TAIL_MAX);
    gauge(out, "store_readers", "foreign or stale read transactions", space.readers);
    gauge(out, "term", "generation of the journal", meta->term);
    gauge(out, "sequence", "last durable record", (double)meta->sequence);
    gauge(out, "watermark", "records reflected in stored rows", (double)meta->watermark);
}

static void write_units(const struct overview *overview, struct buffer *out)
{
    static const char *const names[] = {"workers", "queued", "unsigned", "working", "overdue", "shelved", "returned"};
    buffer_printf(out, "# HELP bihuan_unit tasks and workers by unit\n# TYPE bihuan_unit gauge\n");
    for (size_t i = 0; i < overview->unit_count; i++) {
        const struct unit_load *u = &overview->units[i];
        const uint32_t values[] = {u->workers, u->queued,  u->unsigned_, u->working,
                                   u->overdue, u->shelved, u->returned};
        for (size_t k = 0; k < sizeof(values) / sizeof(values[0]); k++)
            buffer_printf(out, "bihuan_unit{unit=\"%s\",what=\"%s\"} %u\n", u->unit, names[k], values[k]);
    }
}

void metrics_write(struct turn *t, struct buffer *out)
{
    struct arena arena;
    struct overview overview;
    arena_init(&arena);
    core_overview(t->core, t->now(t->time), &arena, &overview);
    counter(out, "accepted", "incidents accepted by this journal", overview.accepted);
    counter(out, "closed", "incidents that ended", overview.closed);
    gauge(out, "live", "live incidents", (double)overview.live);
    gauge(out, "live_max", "limit of live incidents", LIVE_MAX);
    gauge(out, "unrouted", "incidents without an owner", overview.unrouted);
    gauge(out, "verifying", "incidents waiting for verification", overview.verifying);
    gauge(out, "returned", "returned tasks waiting for a decision", overview.returned);
    gauge(out, "shelved", "shelved tasks waiting for a person", overview.shelved);
    gauge(out, "overdue", "clocks past due", overview.overdue);
    gauge(out, "wall_off_seconds", "wall steps that no operator has accepted: the broker's time does not follow them",
          (double)core_counters(t->core).wall_off_ms / 1000);
    write_units(&overview, out);
    write_turn(t, out);
    write_refusals(t, out);
    write_gate(gate_counts(t->gate), out);
    write_store(t, out);
    arena_release(&arena);
    buffer_printf(out, "# EOF\n");
}

int metrics_health(struct turn *t, struct buffer *out)
{
    struct store_space space;
    store_space(t->store, &space);
    bool full = turn_full(t, &space);
    buffer_printf(out, "%s sequence=%llu live=%zu\n", full ? "full: new publishes are refused" : "ok",
                  (unsigned long long)store_meta(t->store)->sequence, core_live(t->core));
    return full ? 503 : 200;
}
