#include "broker/reload.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "broker/base/log.h"
#include "broker/base/panic.h"
#include "broker/config/config.h"

/* Who waits for a job's end. */
struct waiting {
    struct turn *turn;
    uint64_t peer, tag;
    char *principal, *request, *person;
};

static struct waiting waiting_for(struct turn *t, uint64_t peer, uint64_t tag, const char *principal,
                                  const char *request, const char *person)
{
    return (struct waiting){t,
                            peer,
                            tag,
                            strdup(principal ? principal : ""),
                            request ? strdup(request) : NULL,
                            person ? strdup(person) : NULL};
}

static void waiting_release(struct waiting *w)
{
    free(w->principal);
    free(w->request);
    free(w->person);
}

struct reload {
    struct job job;
    struct waiting waiting;
    struct policy *policy;
    struct place_index *place;
    struct faults faults;
};

static void reload_run(struct job *job)
{
    struct reload *reload = (struct reload *)job;
    const char *folder = reload->waiting.turn->config_folder;
    if (config_load(folder, &reload->policy, &reload->faults) == 0 &&
        place_build(reload->policy, folder, &reload->place, &reload->faults) != 0) {
        policy_free(reload->policy);
        reload->policy = NULL;
    }
}

/* A worker's tasks go to its colleagues, as if it had left. */
static void part_with(struct turn *t, const struct session *session)
{
    struct command bye = {.kind = COMMAND_BYE, .endpoint = session->endpoint, .peer = session->peer};
    bye.principal = arena_strdup(&t->arena, session->principal);
    bye.worker = arena_strdup(&t->arena, session->worker);
    bye.unit = arena_strdup(&t->arena, session->unit);
    if (session->endpoint == 'W' && session->welcomed)
        turn_command(t, &bye);
    session_drop(gate_sessions(t->gate), session->peer);
}

/* Who connected by a key that is nobody's now, or another's, is told nothing more: it need not speak to be found out. */
static void drop_strangers(struct turn *t)
{
    struct sessions *all = gate_sessions(t->gate);
    for (struct session *session = sessions_next(all, NULL), *next; session; session = next) {
        const struct principal *is = policy_credential(t->policy, session->credential);
        next = sessions_next(all, session);
        if (*session->credential && (!is || is->revoked || strcmp(is->name, session->principal) != 0))
            part_with(t, session);
    }
}

/* The core decides whether the new policy may take the old one's place; then both swap, between turns. */
static void put_in_force(struct turn *t, struct reload *reload)
{
    struct policy *old = t->policy;
    struct command command = {.kind = COMMAND_RELOAD, .endpoint = 'C'};
    /* The record borrows these until it is durable, which is after this job's end. */
    command.principal = arena_strdup(&t->arena, reload->waiting.principal);
    command.peer = reload->waiting.peer;
    command.tag = reload->waiting.tag;
    command.reload.policy = reload->policy;
    command.reload.request = arena_strdup(&t->arena, reload->waiting.request);
    command.reload.person = arena_strdup(&t->arena, reload->waiting.person);
    if (reload->waiting.request) {
        command.key = gate_key("act", command.principal, reload->waiting.request);
        memcpy(&command.digest, reload->policy->hash.bytes, sizeof(command.digest));
    }
    turn_command(t, &command);
    if (core_policy(t->core) != reload->policy) {
        log_warn("reload refused=1 by=\"%s\"", command.principal);
        return;
    }
    int error = store_put_policy(t->store, &reload->policy->hash, reload->policy->bundle, reload->policy->bundle_bytes,
                                 t->now_ms);
    if (error)
        panic("a policy could not be stored: %s", strerror(-error));
    place_free(t->place);
    t->policy = reload->policy;
    t->place = reload->place;
    reload->policy = NULL;
    reload->place = NULL;
    policy_free(old);
    drop_strangers(t);
    log_info("reload done=1 types=%zu areas=%zu units=%zu routes=%zu", t->policy->type_count, t->policy->area_count,
             t->policy->unit_count, t->policy->route_count);
}

static void reload_done(struct job *job)
{
    struct reload *reload = (struct reload *)job;
    struct turn *t = reload->waiting.turn;
    if (reload->policy) {
        put_in_force(t, reload);
    } else {
        log_error("reload refused=1 faults=%zu first follows\n%s", reload->faults.count, faults_text(&reload->faults));
        turn_refuse(t, reload->waiting.peer, reload->waiting.tag, REFUSAL_BAD_POLICY, NULL,
                    faults_text(&reload->faults), 0);
    }
    policy_free(reload->policy);
    place_free(reload->place);
    faults_release(&reload->faults);
    waiting_release(&reload->waiting);
    free(reload);
}

void reload_start(struct turn *t, uint64_t peer, uint64_t tag, const char *principal, const char *request,
                  const char *person)
{
    struct reload *reload = calloc(1, sizeof(*reload));
    ASSERT(reload);
    reload->job = (struct job){reload_run, reload_done};
    reload->waiting = waiting_for(t, peer, tag, principal, request, person);
    if (jobs_start(t->jobs, &reload->job))
        return;
    turn_refuse(t, peer, tag, REFUSAL_BUSY, NULL, "a reload or backup is under way", 1000);
    waiting_release(&reload->waiting);
    free(reload);
}

void reload_tend(struct turn *t)
{
    if (!t->reload_wanted || jobs_busy(t->jobs))
        return;
    t->reload_wanted = false;
    reload_start(t, 0, 0, "", NULL, NULL);
}

struct past_policy {
    struct job job;
    struct turn *turn;
    char *bundle;
    size_t bundle_bytes;
    struct policy *policy;
};

static void past_policy_run(struct job *job)
{
    struct past_policy *past = (struct past_policy *)job;
    struct faults faults = {0};
    config_parse(past->bundle, past->bundle_bytes, &past->policy, &faults);
    faults_release(&faults);
}

static void past_policy_done(struct job *job)
{
    struct past_policy *past = (struct past_policy *)job;
    if (past->policy) {
        policy_free(past->turn->past);
        past->turn->past = past->policy;
    }
    free(past->bundle);
    free(past);
}

bool past_policy_start(struct turn *t, const char *bundle, size_t bundle_bytes)
{
    struct past_policy *past = calloc(1, sizeof(*past));
    ASSERT(past && (past->bundle = malloc(bundle_bytes + 1)));
    past->job = (struct job){past_policy_run, past_policy_done};
    past->turn = t;
    past->bundle_bytes = bundle_bytes;
    memcpy(past->bundle, bundle, bundle_bytes);
    if (jobs_start(t->jobs, &past->job))
        return true;
    free(past->bundle);
    free(past);
    return false;
}

struct backup {
    struct job job;
    struct waiting waiting;
    char *path;
    uint64_t upto; /* what was durable when it was asked for */
    int error;
};

static void backup_run(struct job *job)
{
    struct backup *backup = (struct backup *)job;
    backup->error = store_backup(backup->waiting.turn->store, backup->path, backup->upto);
}

static void backup_done(struct job *job)
{
    struct backup *backup = (struct backup *)job;
    struct turn *t = backup->waiting.turn;
    const struct store_meta *meta = store_meta(t->store);
    struct message message = {.kind = MESSAGE_RECEIPT, .tag = backup->waiting.tag};
    message.receipt = (struct receipt){0, meta->journal, meta->term, backup->upto, t->now_ms, false};
    log_info("backup path=\"%s\" error=\"%s\"", backup->path, backup->error ? strerror(-backup->error) : "");
    if (backup->error)
        turn_refuse(t, backup->waiting.peer, backup->waiting.tag, REFUSAL_BAD_VALUE, "path", strerror(-backup->error),
                    0);
    else
        outbox_put(t->outbox, backup->waiting.peer, &message);
    waiting_release(&backup->waiting);
    free(backup->path);
    free(backup);
}

void backup_start(struct turn *t, uint64_t peer, uint64_t tag, const char *path)
{
    struct backup *backup = calloc(1, sizeof(*backup));
    ASSERT(backup);
    backup->job = (struct job){backup_run, backup_done};
    backup->waiting = waiting_for(t, peer, tag, NULL, NULL, NULL);
    backup->path = strdup(path ? path : "");
    backup->upto = store_meta(t->store)->sequence;
    if (*backup->path == '/' && jobs_start(t->jobs, &backup->job))
        return;
    if (*backup->path != '/')
        turn_refuse(t, peer, tag, REFUSAL_BAD_VALUE, "path", "an absolute path on the broker's machine", 0);
    else
        turn_refuse(t, peer, tag, REFUSAL_BUSY, NULL, "a reload or backup is under way", 1000);
    waiting_release(&backup->waiting);
    free(backup->path);
    free(backup);
}
