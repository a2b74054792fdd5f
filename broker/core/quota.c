#include "broker/core/quota.h"

#include <stdlib.h>

#include "broker/core/live.h"

/* When the source will have used nothing of its quota, if it says nothing more: a bucket in one number, for each of the
 * two kinds of events. Those that are refused stand in a line: promised is when the last of them may come again. */
struct bucket {
    int64_t empty_us[2], promised_us[2];
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

/* Were all told the same time, all would come at once, and all but one be refused again. */
static uint32_t wait_in_line(int64_t *promised_us, int64_t now_us, int64_t over_us, int64_t interval_us)
{
    int64_t first_us = now_us + over_us, next_us = *promised_us + interval_us;
    int64_t wait_us = (next_us > first_us ? next_us : first_us) - now_us;
    if (wait_us > QUOTA_LINE_US)
        return (uint32_t)((over_us > QUOTA_LINE_US ? over_us : QUOTA_LINE_US) / 1000);
    *promised_us = now_us + wait_us;
    return (uint32_t)(wait_us / 1000 + 1);
}

bool quota_take(struct step *step, bool urgent)
{
    const struct quota *quota = &step->who->quota;
    if (!quota->interval_us)
        return true;
    int64_t now_us = step->now_ms * 1000;
    struct bucket *bucket = bucket_of(step->writer, step->who->name);
    int64_t *empty_us = &bucket->empty_us[urgent];
    int64_t from_us = *empty_us > now_us ? *empty_us : now_us;
    int64_t over_us = from_us + quota->interval_us - now_us - (int64_t)quota->burst * quota->interval_us;
    if (over_us <= 0) {
        *empty_us = from_us + quota->interval_us;
        return true;
    }
    uint32_t wait_ms = wait_in_line(&bucket->promised_us[urgent], now_us, over_us, quota->interval_us);
    return step_refuse_later(step, wait_ms, "the quota of \"%s\" is used up", step->who->name);
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
