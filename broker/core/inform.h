/* inform.h: direct report (第一时间上报): what has a limit `inform` is told to the centre above within it (初报), again and again
 * while a limit `progress` runs (续报), until the lead's feedback ends it (终报). */
#ifndef CORE_INFORM_H
#define CORE_INFORM_H

#include "broker/core/incident.h"
#include "broker/core/task.h"

/* An incident is opened, or opened again: its clocks begin. */
void inform_begin(struct draft *);
/* The lead has fed back: that was the last report. */
void inform_end(struct draft *);
/* The word, as those of task.c, and the act, as those of act.h. */
bool inform_fits(struct saying *);
bool inform_take(struct saying *);
bool act_inform(struct acting *);

/* 终报: whether what is reported again and again was reported for the last time, so that it may be fed back, and closed;
 * false when refused. */
bool inform_lets_feed_back(struct saying *);
bool inform_lets_close(struct acting *);

#endif
