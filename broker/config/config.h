/* config.h: the city's YAML files → policy. Every error names file:line:column, what is wrong and what would be right. */
#ifndef CONFIG_CONFIG_H
#define CONFIG_CONFIG_H

#include "broker/base/fault.h"
#include "broker/core/policy.h"

/* Reads city.yaml, calendars.yaml, ladders.yaml, clocks.yaml, types.yaml, areas.yaml, units.yaml, routes.yaml and
 * principals.yaml of a folder. 0 and *out owned by the caller (policy_free); or -EINVAL, or -errno of a file, with faults filled. */
int config_load(const char *folder, struct policy **out, struct faults *);

/* The same from a bundle that a policy carried (for `explain` of a past day). */
int config_parse(const char *bundle, size_t bundle_bytes, struct policy **out, struct faults *);

#endif
