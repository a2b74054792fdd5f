/* sensor.h: a device that has raised too many false alarms is not believed for a while: what it reports is looked at first,
 * in one incident, and whoever owns it is asked to mend it. What is known of a device is a row beside incidents. */
#ifndef CORE_SENSOR_H
#define CORE_SENSOR_H

#include "broker/core/draft.h"
#include "broker/core/fold.h"

/* Of an event. Without a rule its device is not watched. */
struct suspicion {
    const struct sensor_rule *rule;
    const char *device; /* "source/ref" */
    bool holds;
};

/* Never of the panic lane or severity 1, nor of what was handled on site. */
struct suspicion sensor_of(const struct step *, const struct event *, const struct route_query *);
/* All that a suspected device reports is one incident, whatever it is. */
struct folding sensor_folding(const struct suspicion *);
/* A new incident of a watched device; a suspected one's owner is to mend it. */
void sensor_begin(struct draft *, const struct suspicion *);
/* Before a change is recorded: a false alarm counts, and a mended device is believed again. */
void sensor_note(const struct draft *, struct record *);

#endif
