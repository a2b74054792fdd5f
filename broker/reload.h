/* reload.h: a new policy, and backups: work for the helper thread, its result decided as a command between turns. */
#ifndef BROKER_RELOAD_H
#define BROKER_RELOAD_H

#include "broker/turn.h"

/* Starts parsing the configuration folder. Refuses with busy when a job is running. */
void reload_start(struct turn *, uint64_t peer, uint64_t tag, const char *principal, const char *request,
                  const char *person);
/* Starts the reload that SIGHUP asked for, as soon as no other job runs: the files read last are the ones in force. */
void reload_tend(struct turn *);
/* Has the policy of a past day parsed into turn->past. False when a job is running. */
bool past_policy_start(struct turn *, const char *bundle, size_t bundle_bytes);
void backup_start(struct turn *, uint64_t peer, uint64_t tag, const char *path);

#endif
