#include <string.h>

#include "broker/config/reading.h"

/* --- notices.yaml: what reporters are told, and who answers them --- */

enum { ANSWERED_BY, TELL, FIELDS };
static const char *const keys[FIELDS] = {"answered_by", "tell"};

static const char *const answerers[] = {
    [ANSWERED_BY_SOURCE] = "source", [ANSWERED_BY_CENTRE] = "centre", [ANSWERED_BY_CLOSING] = "closing"};
#define ANSWERERS (sizeof(answerers) / sizeof(*answerers))

static void read_answered_by(struct document *document, yaml_node_t *node, struct policy *policy)
{
    const char *name = node_text(document, node, "answered_by", CODE_MAX_BYTES);
    size_t i = 0;
    while (name != NULL && i < ANSWERERS && strcmp(name, answerers[i]) != 0)
        i++;
    if (name != NULL && i == ANSWERERS)
        node_fault_unknown(document, node, "answered_by", name, answerers, ANSWERERS);
    else if (name != NULL)
        policy->answered_by = (enum answered_by)i;
}

static void read_steps(struct document *document, yaml_node_t *list, struct policy *policy)
{
#define STEP_NAME(v, N, n) #n,
    static const char *const known[] = {NOTICE_STEPS(STEP_NAME)};
    policy->told_steps = 0;
    if (!node_is_list(document, list, "tell"))
        return;
    for (size_t i = 0; i < node_items(list); i++) {
        yaml_node_t *item = node_item(document, list, i);
        const char *name = node_text(document, item, "a step", CODE_MAX_BYTES);
        enum notice_step step = name != NULL ? notice_step_of(name) : 0;
        if (name != NULL && step == 0)
            node_fault_unknown(document, item, "step", name, known, sizeof(known) / sizeof(*known));
        policy->told_steps |= 1u << step;
    }
}

/* All of them, unless the city says which. */
static void set_defaults(struct policy *policy)
{
    policy->told_steps = ~0u;
    for (size_t i = 0; i < policy->principal_count; i++)
        policy->takes_notices |= policy->principals[i].notices;
}

void read_notices(struct reading *reading, struct document *document)
{
    yaml_node_t *fields[FIELDS];
    set_defaults(reading->policy);
    if (document == NULL || !node_fields(document, document_root(document), document->file, keys, FIELDS, fields))
        return;
    if (fields[ANSWERED_BY] != NULL)
        read_answered_by(document, fields[ANSWERED_BY], reading->policy);
    if (fields[TELL] != NULL)
        read_steps(document, fields[TELL], reading->policy);
}
