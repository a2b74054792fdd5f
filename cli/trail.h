/* trail.h: incidents and records as lines for people, and as JSON; shared by ls, queue, show, tail and watch. */
#ifndef CLI_TRAIL_H
#define CLI_TRAIL_H

#include <stdbool.h>

#include "broker/base/buffer.h"
#include "cli/cli.h"
#include "cli/table.h"
#include "cli/when.h"
#include "schemas/types.h"

/* A table of incidents: one row each, with its next deadline. */
void trail_list_init(struct table *);
void trail_list_row(struct table *, const struct row *, bool utc);
/* Who has claimed it; empty: nobody. */
void trail_claimant(const struct incident *, char *out, size_t size_bytes);

/* A table of the records of one incident. */
void trail_records_init(struct table *);
void trail_record_row(struct table *, const struct record *, const struct row *, bool utc);
/* The record's kind as a word. */
const char *trail_kind(const struct record *);
/* What a record says beside its time, kind and actor. The incident's row, where known (else NULL), says whose a task
 * is. Replaces out's content and ends it with a NUL. */
void trail_detail(const struct record *, const struct row *, bool utc, struct buffer *out);
/* "extend by 2h00m", "park until 2026-05-01 00:00:00", appended. */
void trail_ask(const struct ask *, bool utc, struct buffer *out);
enum colour trail_record_colour(const struct record *);
enum colour trail_state_colour(enum incident_state);
/* "hotline/王芳": the principal and the person it names. */
void trail_actor(const struct record *, char *out, size_t size_bytes);

/* The running clock that is due first; NULL when none runs. */
const struct clock *trail_next_clock(const struct row *);
/* "respond", or "respond #2" when it is not of the lead's task. Returns out. */
const char *trail_clock_name(const struct row *, const struct clock *, char *out, size_t size_bytes);
/* How long it has, as clocks.yaml says it: "2h00m", "4wh", "5wd next". Returns out. */
const char *trail_budget(const struct clock *, char out[WHEN_TEXT_BYTES]);
/* The lead's task that counts: the newest lead not withdrawn or returned, else the newest; NULL when there is none. */
const struct task *trail_lead(const struct row *);

/* One line on stdout. */
void trail_row_json(const struct row *);
void trail_record_json(const struct record *);

#endif
