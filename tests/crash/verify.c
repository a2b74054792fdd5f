/* verify STORE LOG...: holds a store that no broker has open against all that its clients were promised. Opens it as a
 * broker would. Exit status 0: all is there, once, and the store is well. */
#include <inttypes.h>
#include <stdio.h>

#include "tests/crash/oracle.h"

static void say(void *arg, const char *sentence)
{
    (void)arg;
    printf("# %s\n", sentence);
}

int main(int argc, char **argv)
{
    if (argc < 2)
        return 2;
    struct oracle *oracle = oracle_new(argv + 2, (size_t)argc - 2);
    if (!oracle)
        return 2;
    struct verdict verdict = oracle_judge(oracle, argv[1], UINT64_MAX, say, NULL);
    printf("{\"promises\": %zu, \"lost\": %" PRIu64 ", \"doubled\": %" PRIu64 ", \"unopenable\": %" PRIu64
           ", \"faults\": %" PRIu64 ", \"starts\": %" PRIu64 "}\n",
           oracle_given(oracle, UINT64_MAX), verdict.lost, verdict.doubled, verdict.unopenable, verdict.faults,
           verdict.starts);
    oracle_free(oracle);
    return verdict_bad(&verdict);
}
