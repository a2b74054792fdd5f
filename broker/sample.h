/* sample.h: 双随机: what a draw draws from: the incidents that closed within a period, from memory and the store. */
#ifndef BROKER_SAMPLE_H
#define BROKER_SAMPLE_H

#include "broker/turn.h"

/* Fills the command's sampling for ACT_SAMPLE, in the turn's arena: at most SAMPLE_OF_MAX incidents, and the seed. */
void sample_gather(struct turn *, const struct act *, struct sampling *);

#endif
