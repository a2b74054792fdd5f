#include "workers/runner.h"

#include <stdio.h>
#include <string.h>

#include "workers/pace.h"

#define GRACE_MS 1000  /* a lost connection is often mended before anybody would have read of it */
#define PAUSE_MS 10000 /* between two troubles that take turns */

static void tell_connected(struct contact *contact, const struct bh_work *work)
{
    if (contact->ever && !contact->told[0])
        return;
    contact->ever = true;
    contact->told[0] = '\0';
    say(_("connected to the broker as %s"), bh_work_name(work));
}

static void tell_trouble(struct contact *contact, const struct bh_work *work, int64_t now_ms)
{
    const char *trouble = bh_work_trouble(work);
    if (now_ms - contact->since_ms < GRACE_MS || strcmp(contact->told, trouble) == 0 ||
        (contact->told[0] && now_ms - contact->told_ms < PAUSE_MS))
        return;
    snprintf(contact->told, sizeof(contact->told), "%s", trouble);
    contact->told_ms = now_ms;
    say(_("%s; trying again"), trouble);
}

void contact_tell(struct contact *contact, const struct bh_work *work)
{
    int64_t now_ms = pace_now_ms();
    bool connected = bh_work_connected(work);
    if (!contact->since_ms || connected != contact->connected)
        contact->since_ms = now_ms;
    contact->connected = connected;
    if (connected)
        tell_connected(contact, work);
    else
        tell_trouble(contact, work, now_ms);
}
