/* One file of a city, or a column map, with any content: its first line names it, the rest is its text. The configuration is
 * refused with faults, each with its file, or it is a policy that can be surveyed. The other files are tests/sim/city's. */
#include <stdlib.h>
#include <string.h>

#include "broker/base/panic.h"
#include "broker/config/config.h"
#include "broker/survey.h"
#include "cli/column_map.h"
#include "tests/fuzz/fuzz.h"

#define CITY "tests/sim/city"
#define HEAD "bihuan-bundle 1\n"

static struct policy *city;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    struct faults faults = {0};
    if (config_load(CITY, &city, &faults) != 0)
        panic("to be started where %s is: %s", CITY, faults_text(&faults));
    faults_release(&faults);
    return 0;
}

/* The city's bundle with one file in the place of its own. */
static void put_in(struct buffer *bundle, const char *name, const uint8_t *text, size_t size)
{
    const char *at = city->bundle + strlen(HEAD), *end = city->bundle + city->bundle_bytes;
    buffer_printf(bundle, HEAD);
    while (at < end) {
        const char *space = strchr(at, ' ');
        char *rest;
        size_t bytes = strtoul(space + 1, &rest, 10);
        size_t whole = (size_t)(rest + 1 + bytes + 1 - at);
        if (strlen(name) != (size_t)(space - at) || memcmp(at, name, strlen(name)) != 0)
            buffer_append(bundle, at, whole);
        at += whole;
    }
    buffer_printf(bundle, "%s %zu\n", name, size);
    buffer_append(bundle, text, size);
    buffer_append(bundle, "\n", 1);
}

static void expect_told(struct faults *faults)
{
    ASSERT(faults->count > 0 && strchr(faults_text(faults), ':'));
}

static void read_city_with(const char *name, const uint8_t *text, size_t size)
{
    struct buffer bundle = {0};
    struct faults faults = {0}, warnings = {0};
    struct policy *policy = NULL;
    put_in(&bundle, name, text, size);
    if (config_parse((const char *)bundle.data, bundle.size, &policy, &faults) != 0)
        expect_told(&faults);
    else
        survey(policy, 1790000000000, &faults, &warnings);
    policy_free(policy);
    faults_release(&faults);
    faults_release(&warnings);
    buffer_release(&bundle);
}

static void read_map(const uint8_t *text, size_t size)
{
    struct column_map *map = NULL;
    struct faults faults = {0};
    if (column_map_load(fuzz_file("map", text, size), &map, &faults) != 0)
        expect_told(&faults);
    else
        column_map_free(map);
    faults_release(&faults);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char name[64];
    const uint8_t *line_end = memchr(data, '\n', size < sizeof name ? size : sizeof name);
    size_t length = line_end ? (size_t)(line_end - data) : 0;
    if (length == 0 || memchr(data, ' ', length) || memchr(data, '\0', length))
        return 0;
    memcpy(name, data, length);
    name[length] = '\0';
    if (strcmp(name, "map") == 0)
        read_map(data + length + 1, size - length - 1);
    else
        read_city_with(name, data + length + 1, size - length - 1);
    return 0;
}
