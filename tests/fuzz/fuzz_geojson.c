/* Any bytes as a city's polygons: refused by file and feature, or an index in which points are found, to the areas there are. */
#include <string.h>

#include "broker/base/panic.h"
#include "broker/config/config.h"
#include "broker/place/place.h"
#include "tests/fuzz/fuzz.h"

static const struct {
    const char *name, *text;
} city[] = {
    {"city.yaml", "name: x\ncity: 620802\n"},
    {"clocks.yaml", "profiles:\n  slow: {handle: 2d}\n"},
    {"types.yaml", "types:\n  - {code: 1, name: a, clocks: slow}\n"},
    {"units.yaml", "units:\n  - {id: u, name: u}\n"},
    {"routes.yaml", "routes:\n  - {type: 1, to: u}\n"},
    {"areas.yaml", "areas: [{code: 620802}, {code: 620802001}, {code: 620802002}]\n"
                   "polygons: [{file: p.geojson, property: code}]\n"},
};

static struct policy *policy;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    struct faults faults = {0};
    for (size_t i = 0; i < sizeof city / sizeof *city; i++)
        fuzz_file(city[i].name, city[i].text, strlen(city[i].text));
    fuzz_file("p.geojson", "{}", 2);
    if (config_load(fuzz_folder(), &policy, &faults) != 0)
        panic("%s", faults_text(&faults));
    faults_release(&faults);
    return 0;
}

static void find(const struct place_index *index)
{
    static const enum coordinate_system systems[] = {COORDINATES_WGS84, COORDINATES_GCJ02, COORDINATES_BD09};
    struct arena arena;
    size_t count;
    arena_init(&arena);
    for (size_t i = 0; i < sizeof systems / sizeof *systems; i++) {
        struct place place = {.has_point = true, .system = systems[i], .latitude = 35.2, .longitude = 106.2};
        const char *code = place_find(index, 0, systems[i], place.latitude, place.longitude);
        ASSERT(!*code || policy_area(policy, code));
        const char *const *codes = place_near(index, &place, 300, &arena, &count);
        for (size_t n = 0; n < count; n++)
            ASSERT(policy_area(policy, codes[n]));
    }
    arena_release(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct place_index *index = NULL;
    struct faults faults = {0};
    fuzz_file("p.geojson", data, size);
    if (place_build(policy, fuzz_folder(), &index, &faults) != 0)
        ASSERT(faults.count > 0 && strstr(faults_text(&faults), "p.geojson"));
    else
        find(index);
    place_free(index);
    faults_release(&faults);
    return 0;
}
