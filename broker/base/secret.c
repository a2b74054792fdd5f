#include "secret.h"

#include <sys/prctl.h>

#include "panic.h"

void secret_keep(void)
{
    ASSERT(prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0);
}
