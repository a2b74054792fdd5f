/* Every scenario is a test of its own: it is played plainly, with everything repeated, and with the broker dying before
 * and at each of its lines.
 *     build/tests/test_scenarios [-v] [FILE or part of a name]...      -v tells what happens, line by line */
#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "broker/base/panic.h"
#include "tests/sim/run.h"

#define TESTS_MAX 1000

static struct CMUnitTest tests[TESTS_MAX];
static size_t test_count;
static bool loud;

static const char *fault_of(struct script *script)
{
    return *script->fault ? script->fault : run_scenario(script, loud);
}

static void holds(void **state)
{
    const char *fault = fault_of(*state);
    if (fault)
        fail_msg("%s", fault);
}

/* One that is wrong: the runner must say so, in the words of its English name. */
static void is_found_wrong(void **state)
{
    struct script *script = *state;
    const char *fault = fault_of(script);
    if (!fault || !strstr(fault, script->english))
        fail_msg("expected a complaint of \"%s\", there is: %s", script->english, fault ? fault : "none");
}

static void add(const char *path)
{
    struct script *script = calloc(1, sizeof(*script));
    ASSERT(script && test_count < TESTS_MAX);
    const char *title = script_read(script, path) ? script->chinese : script->fault;
    tests[test_count++] = (struct CMUnitTest){
        .name = arena_printf(&script->arena, "%s %s", strrchr(script->path, '/') + 1, title),
        .test_func = strstr(path, "/wrong/") ? is_found_wrong : holds,
        .initial_state = script,
    };
}

/* All of a pattern whose name has the word in it. */
static void add_all(const char *pattern, const char *word)
{
    glob_t files;
    if (glob(pattern, 0, NULL, &files) != 0)
        return;
    for (size_t i = 0; i < files.gl_pathc; i++)
        if (strstr(files.gl_pathv[i], word))
            add(files.gl_pathv[i]);
    globfree(&files);
}

static void add_word(const char *word)
{
    if (strchr(word, '/') && access(word, R_OK) == 0) {
        add(word);
        return;
    }
    add_all("tests/sim/scenarios/*.scn", word);
    add_all("tests/sim/scenarios/wrong/*.scn", word);
}

int main(int argc, char **argv)
{
    bool chosen = false;
    for (int i = 1; i < argc; i++) {
        bool flag = strcmp(argv[i], "-v") == 0;
        loud = loud || flag;
        chosen = chosen || !flag;
        if (!flag)
            add_word(argv[i]);
    }
    if (!chosen)
        add_word("");
    int failed = _cmocka_run_group_tests("scenarios", tests, test_count, NULL, NULL);
    for (size_t i = 0; i < test_count; i++) {
        script_release(tests[i].initial_state);
        free(tests[i].initial_state);
    }
    return failed || !test_count;
}
