/* level.h: area levels 红黄蓝 (area_levels.yaml): counted over a rolling window, proposed by the broker with hysteresis, listed
 * and delisted (挂牌, 摘牌) by a person. One row for each area that was ever counted or listed. */
#ifndef CORE_LEVEL_H
#define CORE_LEVEL_H

#include "broker/core/aside.h"
#include "broker/core/routine.h"

/* A row: colour is the listed one, state the proposed one (0: none), count how many within the window, list "DAY:COUNT" of
 * each day, by the city's days since 1970-01-01; next_ms when the proposal falls if nothing comes. */

/* An incident is about to be opened: the row that counts it goes into the record. */
void level_count(struct step *, struct record *, const struct incident *);
/* After that record: what is proposed now goes on record, when it is another colour. */
void level_settle(struct step *, const struct incident *);
/* A proposal falls. */
void level_due(struct step *, const struct live_side *);
/* After a change of rules: one area as it should be. False when there are no more. */
bool level_reckon(struct sweep *, size_t at);
/* ACT_LIST_AREA and ACT_DELIST_AREA. */
bool level_list(struct aside *);
bool level_delist(struct aside *);
/* In which colour an area is listed; 0: in none. */
enum rung_colour level_of(const struct core *, const char *area);

#endif
