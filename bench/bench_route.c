/* bench_route: the time to find an event's area by its point, and its unit by type and area, in a city's configuration,
 * without a broker. bench_route FOLDER SECONDS */
#include "bench/limit.h"
#include "broker/config/config.h"
#include "broker/core/route.h"
#include "broker/place/place.h"

#define BATCH 1000 /* between two looks at the clock */

struct found {
    const char *what;
    double ns;
    size_t hits, tries;
};

static uint64_t draw(uint64_t below)
{
    static uint64_t state = 88172645463325252u;
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state % below;
}

/* Somewhere in the square of one degree that the polygons fill. */
static bool by_point(const struct policy *policy, const struct place_index *places)
{
    (void)policy;
    return *place_find(places, 0, COORDINATES_WGS84, 35 + (double)draw(1000000) / 1e6,
                       106 + (double)draw(1000000) / 1e6);
}

static bool by_code(const struct policy *policy, const struct place_index *places)
{
    struct route_result result;
    struct route_query query = {.type = &policy->types[draw(policy->type_count)],
                                .area = &policy->areas[draw(policy->area_count)],
                                .nature = NATURE_COMPLAINT,
                                .severity = 3};
    (void)places;
    route_find(policy, &query, &result, NULL);
    return result.lead != NULL;
}

static struct found measure(const char *what, bool (*find)(const struct policy *, const struct place_index *),
                            const struct policy *policy, const struct place_index *places, double seconds)
{
    struct found found = {.what = what};
    double began = limit_now_s(), now;
    do {
        for (int i = 0; i < BATCH; i++)
            found.hits += find(policy, places);
        found.tries += BATCH;
        now = limit_now_s();
    } while (now < began + seconds);
    found.ns = (now - began) / (double)found.tries * 1e9;
    return found;
}

int main(int argc, char **argv)
{
    struct faults faults = {0};
    struct policy *policy;
    struct place_index *places = NULL;
    if (argc != 3)
        return fprintf(stderr, "usage: %s FOLDER SECONDS\n", argv[0]), 2;
    double seconds = strtod(argv[2], NULL);
    if (config_load(argv[1], &policy, &faults) != 0 || place_build(policy, argv[1], &places, &faults) != 0)
        return fprintf(stderr, "%s\n", faults_text(&faults)), 1;
    struct found code = measure("code", by_code, policy, places, seconds);
    struct found point = measure("point", by_point, policy, places, places ? seconds : 0);
    printf("{\"rules\":%zu,\"areas\":%zu,\"code_ns\":%.1f,\"code_hits\":%.3f,\"point_ns\":%.1f,\"point_hits\":%.3f}\n",
           policy->route_count, policy->area_count, code.ns, (double)code.hits / (double)code.tries, point.ns,
           (double)point.hits / (double)point.tries);
    place_free(places);
    policy_free(policy);
    faults_release(&faults);
    return 0;
}
