/* city_rig.h: a small city in a folder of its own, for tests that change one file and read it again. */
#ifndef CITY_RIG_H
#define CITY_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "broker/config/config.h"

struct city_rig {
    char folder[64];
    struct policy *policy; /* of the last city_read that succeeded */
    struct faults faults;  /* of the last city_read */
};

static const char *const city_rig_files[][2] = {
    {"city.yaml", "name: 测试区\ncity: 620802\n"},
    {"areas.yaml", "areas:\n"
                   "  - {code: 620802, name: 测试区, post: 区长}\n"
                   "  - {code: 620802001, name: 东街道, post: 街道主任}\n"
                   "  - {code: 620802001001, name: 一社区, post: 社区书记, grids: 2}\n"
                   "  - {code: 620802002, name: 西街道, post: 街道主任}\n"},
    {"clocks.yaml", "profiles:\n"
                    "  urgent: {respond: 1m, handle: 5m, feedback: 30m}\n"
                    "  slow: {handle: {limit: 2d, calendar: natural}}\n"},
    {"types.yaml", "types:\n"
                   "  - {code: 1, name: 安全, clocks: urgent, severity: 2}\n"
                   "  - {code: 1.01, name: 隐患}\n"
                   "  - {code: 2, name: 环境, clocks: slow}\n"
                   "  - {code: 2.01, name: 垃圾}\n"
                   "  - {code: 2.01.1, name: 渣土, clocks: {handle: 90m}}\n"},
    {"units.yaml", "units:\n"
                   "  - {id: cg, name: 城管局}\n"
                   "  - {id: hw, name: 环卫}\n"
                   "  - {id: zf-east, name: 东街道执法队, area: 620802001, kind: 执法, parent: cg}\n"
                   "  - {each: community, id: \"sq-{code}\", name: \"{name}居委会\"}\n"},
    {"routes.yaml", "routes:\n"
                    "  - {type: 1, to: cg}\n"
                    "  - {type: 2, to: hw}\n"},
};
#define CITY_RIG_FILES (sizeof(city_rig_files) / sizeof(*city_rig_files))

static void city_write_bytes(struct city_rig *rig, const char *name, const void *bytes, size_t size_bytes)
{
    char path[160];
    snprintf(path, sizeof(path), "%s/%s", rig->folder, name);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size_bytes, file), size_bytes);
    assert_int_equal(fclose(file), 0);
}

__attribute__((unused)) static void city_write(struct city_rig *rig, const char *name, const char *text)
{
    city_write_bytes(rig, name, text, strlen(text));
}

__attribute__((unused)) static int city_setup(void **state)
{
    struct city_rig *rig = calloc(1, sizeof(*rig));
    snprintf(rig->folder, sizeof(rig->folder), "/tmp/bihuan-city-XXXXXX");
    assert_non_null(mkdtemp(rig->folder));
    for (size_t i = 0; i < CITY_RIG_FILES; i++)
        city_write(rig, city_rig_files[i][0], city_rig_files[i][1]);
    *state = rig;
    return 0;
}

__attribute__((unused)) static int city_teardown(void **state)
{
    struct city_rig *rig = *state;
    char command[160];
    snprintf(command, sizeof(command), "rm -rf '%s'", rig->folder);
    assert_int_equal(system(command), 0);
    policy_free(rig->policy);
    faults_release(&rig->faults);
    free(rig);
    return 0;
}

/* Reads the folder; the policy of the reading before is gone. */
__attribute__((unused)) static int city_read(struct city_rig *rig)
{
    policy_free(rig->policy);
    rig->policy = NULL;
    faults_release(&rig->faults);
    return config_load(rig->folder, &rig->policy, &rig->faults);
}

__attribute__((unused)) static const struct policy *city_read_sound(struct city_rig *rig)
{
    if (city_read(rig) != 0)
        fail_msg("unexpected faults:\n%s", faults_text(&rig->faults));
    return rig->policy;
}

/* Reads the folder with one file changed, and expects a fault that says `expected`, and no policy. */
__attribute__((unused)) static void expect_fault(struct city_rig *rig, const char *name, const char *text,
                                                 const char *expected)
{
    city_write(rig, name, text);
    if (city_read(rig) == 0)
        fail_msg("expected '%s', but %s was taken", expected, name);
    assert_null(rig->policy);
    if (strstr(faults_text(&rig->faults), expected) == NULL)
        fail_msg("expected '%s' in:\n%s", expected, faults_text(&rig->faults));
}

#endif
