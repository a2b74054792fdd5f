#include "broker/config/config.h"

#include <errno.h>
#include <string.h>

#include "broker/config/reading.h"

/* First every file is parsed, so that all slips of the pen are told at once; then, if all are YAML, they are read in
 * the order of CITY_FILES, in which each only refers to those before it. */

#define FILE_NAME(N, file, needed)   [FILE_##N] = (file),
#define FILE_NEEDED(N, file, needed) [FILE_##N] = (needed),
static const char *const file_names[FILE_COUNT] = {CITY_FILES(FILE_NAME)};
static const bool file_needed[FILE_COUNT] = {CITY_FILES(FILE_NEEDED)};

static void (*const readers[FILE_COUNT])(struct reading *, struct document *) = {
    [FILE_CITY] = read_city,
    [FILE_CALENDARS] = read_calendars,
    [FILE_LADDERS] = read_ladders,
    [FILE_CLOCKS] = read_clocks,
    [FILE_TYPES] = read_types,
    [FILE_AREAS] = read_areas,
    [FILE_UNITS] = read_units,
    [FILE_PLANS] = read_plans,
    [FILE_BORDERS] = read_borders,
    [FILE_POSTS] = read_posts,
    [FILE_OBJECTS] = read_objects,
    [FILE_ROUTES] = read_routes,
    [FILE_PRINCIPALS] = read_principals,
    [FILE_ABSENCES] = read_absences,
    [FILE_FOLDS] = read_folds,
    [FILE_PERIODS] = read_periods,
    [FILE_DUTIES] = read_duties,
    [FILE_RATING] = read_rating,
    [FILE_EVENTS] = read_events,
    [FILE_NOTICES] = read_notices,
    [FILE_SENSORS] = read_sensors,
};

struct documents {
    struct document all[FILE_COUNT];
    bool there[FILE_COUNT];
};

/* 0, also for a file that may be missing; or -errno with a fault. */
static int open_document(struct reading *reading, struct documents *documents, enum city_file which)
{
    const struct file *file;
    const char *name = file_names[which];
    int result = files_read(reading->files, name, &file);
    if (result == -ENOENT && !file_needed[which])
        return 0;
    if (result == -EFBIG)
        return fault_add(reading->faults, name, 0, 0, "larger than %d bytes; a table of this size belongs split up",
                         CONFIG_FILE_MAX_BYTES);
    if (result != 0) {
        fault_add(reading->faults, name, 0, 0, "%s",
                  result == -ENOENT ? "no such file; every city needs it" : strerror(-result));
        return result;
    }
    result = document_load(&documents->all[which], name, file->text, file->size_bytes, reading->faults);
    documents->there[which] = result == 0;
    return result;
}

static void release_documents(struct documents *documents)
{
    for (size_t i = 0; i < FILE_COUNT; i++) {
        if (documents->there[i])
            document_release(&documents->all[i]);
    }
}

static int read_all(struct reading *reading)
{
    struct documents documents = {0};
    int first = 0;
    for (size_t i = 0; i < FILE_COUNT; i++) {
        int result = open_document(reading, &documents, (enum city_file)i);
        first = first != 0 ? first : result;
    }
    for (size_t i = 0; first == 0 && i < FILE_COUNT; i++)
        readers[i](reading, documents.there[i] ? &documents.all[i] : NULL);
    release_documents(&documents);
    return first == 0 && reading->faults->count > 0 ? -EINVAL : first;
}

static void seal(struct policy *policy, const struct files *files)
{
    policy_index(policy);
    policy->bundle_bytes = files->bundle.size;
    policy->bundle = arena_memdup(&policy->arena, files->bundle.data, files->bundle.size);
    digest_bytes(&policy->hash, policy->bundle, policy->bundle_bytes);
}

/* Faults of the caller's own stay; only new ones count. */
static int read_policy(struct files *files, struct arena *scratch, struct policy **out, struct faults *faults)
{
    struct faults own = {0};
    struct reading reading = {.policy = policy_new(), .files = files, .faults = &own, .scratch = scratch};
    int result = read_all(&reading);
    if (result == 0) {
        seal(reading.policy, files);
        *out = reading.policy;
    } else {
        policy_free(reading.policy);
        buffer_append(&faults->text, own.text.data, own.text.size);
        faults->count += own.count;
    }
    textmap_release(&reading.kinds);
    faults_release(&own);
    return result;
}

int config_load(const char *folder, struct policy **out, struct faults *faults)
{
    struct arena scratch;
    struct files files;
    arena_init(&scratch);
    int result = files_of_folder(&files, folder, &scratch);
    if (result != 0)
        fault_add(faults, folder, 0, 0, "%s; name the folder that holds city.yaml", strerror(-result));
    else
        result = read_policy(&files, &scratch, out, faults);
    files_release(&files);
    arena_release(&scratch);
    return result;
}

int config_parse(const char *bundle, size_t bundle_bytes, struct policy **out, struct faults *faults)
{
    struct arena scratch;
    struct files files;
    arena_init(&scratch);
    int result = files_of_bundle(&files, bundle, bundle_bytes, &scratch);
    if (result != 0)
        fault_add(faults, "bundle", 0, 0, "not a bundle of a city's files");
    else
        result = read_policy(&files, &scratch, out, faults);
    files_release(&files);
    arena_release(&scratch);
    return result;
}
