/* expect_sample.h: 双随机: draws a sample again from the trail alone, as anybody can (PROTOCOL.md, section 8). */
#ifndef SIM_EXPECT_SAMPLE_H
#define SIM_EXPECT_SAMPLE_H

#include "tests/sim/play.h"

/* "expect drawn again": each that is on record. */
void expect_drawn_again(struct play *, const char *const *any, struct words *rest);

#endif
