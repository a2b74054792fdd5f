/* sample.h: 双随机: closed incidents drawn by lot, to be looked at again; anybody can draw again. */
#ifndef CORE_SAMPLE_H
#define CORE_SAMPLE_H

#include "broker/core/aside.h"

/* ACT_SAMPLE. What is drawn from, and the seed, came with the command. */
bool sample_draw(struct aside *);

#endif
