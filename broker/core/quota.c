#include "broker/core/quota.h"

#include <stdlib.h>

#include "broker/core/live.h"

/* When the source will have used nothing of its quota, if it says nothing more: a bucket in one number, for each of the
 * two kinds of events. */
struct bucket {
    int64_t empty_us[2];
};

static struct bucket *bucket_of(struct core *core, const char *source)
{
    struct bucket *bucket = textmap_get(&core->buckets, source);
    if (bucket)
        return bucket;
    bucket = core_alloc(sizeof *bucket);
    textmap_put(&core->buckets, intern_text(&core->names, source), bucket);
    return bucket;
}

bool quota_take(struct step *step, bool urgent)
{
    const struct quota *quota = &step->who->quota;
    if (!quota->interval_us)
        return true;
    int64_t now_us = step->now_ms * 1000;
    int64_t *empty_us = &bucket_of(step->writer, step->who->name)->empty_us[urgent];
    int64_t from_us = *empty_us > now_us ? *empty_us : now_us;
    int64_t over_us = from_us + quota->interval_us - now_us - (int64_t)quota->burst * quota->interval_us;
    if (over_us <= 0) {
        *empty_us = from_us + quota->interval_us;
        return true;
    }
    return step_refuse_later(step, (uint32_t)(over_us / 1000 + 1), "the quota of \"%s\" is used up", step->who->name);
}

void quota_release(struct core *core)
{
    size_t cursor = 0;
    const char *source;
    void *bucket;
    while (textmap_next(&core->buckets, &cursor, &source, &bucket))
        free(bucket);
    textmap_release(&core->buckets);
}
