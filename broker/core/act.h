/* act.h: what each act of the centre (and a source's withdraw) does to an incident. The table in incident.c says when. */
#ifndef CORE_ACT_H
#define CORE_ACT_H

#include "broker/core/incident.h"

/* Each changes the draft and completes the record; false when refused, and then nothing is recorded. */
bool act_assign(struct acting *);
bool act_transfer(struct acting *);
bool act_merge(struct acting *);
bool act_close(struct acting *);
bool act_cancel(struct acting *);
bool act_reject(struct acting *);
bool act_release(struct acting *);
bool act_verify(struct acting *);
bool act_withdraw(struct acting *);
bool act_reclassify(struct acting *);

/* Ends it, for the reason and with the outcome; owed: as in draft_end_clocks. True. */
bool act_end(struct acting *, enum incident_state, enum outcome_code, bool owed);
/* The record says by which policy it was decided. */
void act_name_policy(struct acting *);
/* The task that the act names, or the only one it can be. NULL when refused. */
struct task *act_choose(struct acting *, bool (*fits)(const struct task *));
/* Whether somebody leads. */
bool act_has_lead(const struct draft *);
/* The centre's time to give it an owner is over when no task waits for one. */
/* The centre's time to give it an owner is over. */
void act_stop_dispatch(struct draft *);
/* Its holder loses the task and is told why; nothing of the last owner's doing remains but what was said. */
void act_take_away(struct acting *, struct task *, const char *told);
/* The task is another unit's from now on, with a fresh budget; and its holder, who loses it, is told why. */
void act_give_to(struct draft *, struct task *, const struct unit *);
void act_hand_to(struct acting *, struct task *, const struct unit *, const char *told);
/* Or back to its own, which has what was left. */
void act_give_back(struct draft *, struct task *);

#endif
