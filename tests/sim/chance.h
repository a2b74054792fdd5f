/* chance.h: one seed gives one run. */
#ifndef SIM_CHANCE_H
#define SIM_CHANCE_H

#include <stdbool.h>
#include <stdint.h>

struct chance {
    uint64_t state; /* the seed, at first */
};
uint64_t chance_next(struct chance *);
/* A number below n; 0 when there is none. */
uint64_t chance_below(struct chance *, uint64_t n);
bool chance_percent(struct chance *, unsigned percent);

#endif
