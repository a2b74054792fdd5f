/* Every scenario is a test of its own: it is played plainly, with every command repeated, and with the broker dying before
 * and at each of its lines.
 *     build/tests/test_scenarios [-v] [FILE or part of its name]...      -v tells what happens, line by line */
#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "broker/base/panic.h"
#include "tests/sim/run.h"

static bool loud;

static void plays(void **state)
{
    struct script *script = *state;
    const char *fault = *script->fault ? script->fault : run_scenario(script, loud);
    if (fault)
        fail_msg("%s", fault);
}

/* One that is wrong: the runner must say so, in the words of its English name. */
static void complains(void **state)
{
    struct script *script = *state;
    const char *fault = *script->fault ? script->fault : run_scenario(script, loud);
    if (!fault || !strstr(fault, script->english))
        fail_msg("expected a complaint of \"%s\", there is: %s", script->english, fault ? fault : "none");
}

static bool wanted(const char *path, int argc, char **argv)
{
    bool any = false;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "-v") == 0)
            continue;
        any = true;
        if (strstr(path, argv[i]) || strstr(argv[i], path))
            return true;
    }
    return !any;
}

static void add(struct CMUnitTest *test, const char *path)
{
    struct script *script = calloc(1, sizeof(*script));
    ASSERT(script);
    bool wrong = strstr(path, "/wrong/") != NULL;
    const char *title = script_read(script, path) ? script->chinese : script->fault;
    *test = (struct CMUnitTest){.name = arena_printf(&script->arena, "%s %s", strrchr(path, '/') + 1, title),
                                .test_func = wrong ? complains : plays,
                                .initial_state = script};
}

int main(int argc, char **argv)
{
    glob_t files;
    size_t count = 0;
    for (int i = 1; i < argc; i++)
        loud = loud || strcmp(argv[i], "-v") == 0;
    if (glob("tests/sim/scenarios/*.scn", 0, NULL, &files) != 0 ||
        glob("tests/sim/scenarios/wrong/*.scn", GLOB_APPEND, NULL, &files) != 0)
        return 1;
    struct CMUnitTest *tests = calloc(files.gl_pathc, sizeof(*tests));
    ASSERT(tests);
    for (size_t i = 0; i < files.gl_pathc; i++)
        if (wanted(files.gl_pathv[i], argc, argv))
            add(&tests[count++], files.gl_pathv[i]);
    int failed = _cmocka_run_group_tests("scenarios", tests, count, NULL, NULL);
    for (size_t i = 0; i < count; i++) {
        script_release(tests[i].initial_state);
        free(tests[i].initial_state);
    }
    free(tests);
    globfree(&files);
    return failed || !count;
}
