/* attribute.h: 归属: the area that answers for an incident, where that is another than where it is. */
#ifndef CORE_ATTRIBUTE_H
#define CORE_ATTRIBUTE_H

#include "broker/core/incident.h"

bool act_attribute(struct acting *);

#endif
