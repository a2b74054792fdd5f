/* kept_say.h: how the model of exclusion drives every act, word and question that there is. One row a verb: a verb without
 * a row fails the test, so that nobody adds a way to a report and forgets to try it. */
#ifndef SIM_KEPT_SAY_H
#define SIM_KEPT_SAY_H

#include "tests/sim/kept_city.h"

/* What is drawn to say something: an incident as it stands, another one, and chance. */
struct kept_saying {
    struct chance *chance;
    struct arena *arena;
    const struct kept_city *city;
    const struct row *row;
    uint64_t other; /* of some other incident */
    int64_t now_ms;
    const char *about;    /* whom it is about now */
    enum act_verb rather; /* said rather than another; 0: none */
};

/* Verbs that the model does not know, as text; "" when it knows all. */
const char *kept_unknown_verbs(struct arena *);
/* An act fit for the incident's state more often than not; who should say it. */
int kept_draw_act(const struct kept_saying *, struct act *);
/* Whether the act is about no incident. */
bool kept_beside(enum act_verb);
/* A word on one of its tasks. by_worker: whoever holds it says it; else the centre on its behalf. False: there is none. */
bool kept_draw_word(const struct kept_saying *, bool by_worker, struct word *);
/* Fills a question about the incident. */
void kept_draw_query(const struct kept_saying *, enum query_kind, struct query *);
/* What says beforehand that the event will be an exercise. */
const char *kept_commitment(const struct kept_saying *, const char *event);
void kept_draw_event(const struct kept_saying *, struct event *);

#endif
