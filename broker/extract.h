/* extract.h: bihuand --extract: one incident's records as they are in the trail, for whoever it is handed over to. */
#ifndef BROKER_EXTRACT_H
#define BROKER_EXTRACT_H

/* Offline. Writes one JSON object a line to stdout; what is wrong to stderr. 0, or -errno. */
int extract_incident(const char *folder, const char *incident);

#endif
