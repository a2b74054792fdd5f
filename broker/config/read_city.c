#include <string.h>

#include "broker/config/reading.h"

enum {
    NAME,
    CITY,
    JOURNAL,
    UTC_OFFSET,
    LEASE,
    LEVELS,
    KEYS_FOLDER,
    EXTENSIONS_MAX,
    EXTEND_CLOCKS,
    SUSPEND_MAX,
    PARK_MAX,
    UNDO_WITHIN,
    WHISTLE,
    REWORKS_MAX,
    REOPENS_MAX,
    ON_SITE,
    DISCIPLINE,
    CLAIM,
    INFORM,
    APPEAL_WITHIN,
    UNREASONABLE_WITHIN,
    FIELDS
};
static const char *const keys[FIELDS] = {"name",        "city",           "journal",
                                         "utc_offset",  "lease",          "levels",
                                         "keys_folder", "extensions_max", "extend_clocks",
                                         "suspend_max", "park_max",       "undo_within",
                                         "whistle",     "reworks_max",    "reopens_max",
                                         "on_site",     "discipline",     "claim",
                                         "inform",      "appeal_within",  "unreasonable_within"};

/* GB/T 2260 and the grids below; what a Chinese city need not write. */
static const struct level national_levels[] = {
    {"province", "省", 2}, {"city", "市", 4},         {"district", "区县", 6},
    {"street", "街道", 9}, {"community", "社区", 12}, {"grid", "网格", 15},
};

static void read_level(struct reading *reading, struct document *document, yaml_node_t *node)
{
    static const char *const level_keys[] = {"name", "title", "digits"};
    yaml_node_t *fields[3];
    struct policy *policy = reading->policy;
    long digits, least = policy->level_count == 0 ? 1 : (long)policy->levels[policy->level_count - 1].digits + 1;
    if (!node_fields(document, node, "a level", level_keys, 3, fields))
        return;
    if (fields[0] == NULL || fields[2] == NULL) {
        node_fault(document, node, "a level needs a name and digits: {name: street, title: 街道, digits: 9}");
        return;
    }
    const char *name = read_code(reading, document, fields[0], "a level's name", ".@/");
    if (name == NULL || !node_number(document, fields[2], "digits (more than those of the level before)", least,
                                     CODE_MAX_BYTES, &digits))
        return;
    if (level_index(policy, name) != SIZE_MAX || policy->level_count == LEVELS_MAX) {
        node_fault(document, node, "a level named '%s' is there, or there are more than %d levels", name, LEVELS_MAX);
        return;
    }
    const char *title = read_name(reading, document, fields[1], "a level's title", name);
    policy->levels[policy->level_count++] = (struct level){name, title, (size_t)digits};
}

static void read_levels(struct reading *reading, struct document *document, yaml_node_t *list)
{
    if (!node_is_list(document, list, "levels"))
        return;
    reading->policy->level_count = 0;
    for (size_t i = 0; i < node_items(list); i++)
        read_level(reading, document, node_item(document, list, i));
}

/* --- 延期 挂账 挂起: what may be asked for --- */

static void read_extend_clocks(struct reading *reading, struct document *document, yaml_node_t *list)
{
    unsigned bits = 0;
    for (size_t i = 0; i < node_items(list); i++) {
        enum clock_kind kind = read_clock_kind(document, node_item(document, list, i));
        bits |= kind ? 1u << kind : 0;
    }
    reading->policy->extend_clocks = bits;
}

static void read_asks(struct reading *reading, struct document *document, yaml_node_t **fields)
{
    struct policy *policy = reading->policy;
    long most;
    if (fields[EXTENSIONS_MAX] != NULL &&
        node_number(document, fields[EXTENSIONS_MAX], "extensions_max (of one clock)", 0, ASKS_MAX, &most))
        policy->extensions_max = (uint32_t)most;
    if (fields[EXTEND_CLOCKS] != NULL)
        read_extend_clocks(reading, document, fields[EXTEND_CLOCKS]);
    if (fields[SUSPEND_MAX] != NULL)
        node_duration(document, fields[SUSPEND_MAX], &policy->suspend_max_ms);
    if (fields[PARK_MAX] != NULL)
        node_duration(document, fields[PARK_MAX], &policy->park_max_ms);
    if (fields[UNDO_WITHIN] != NULL)
        node_duration(document, fields[UNDO_WITHIN], &policy->undo_within_ms);
    if (fields[APPEAL_WITHIN] != NULL)
        node_duration(document, fields[APPEAL_WITHIN], &policy->appeal_within_ms);
    if (fields[UNREASONABLE_WITHIN] != NULL)
        node_duration(document, fields[UNREASONABLE_WITHIN], &policy->unreasonable_within_ms);
}

/* "6208" → 620800: a city's digits filled up or cut to six. */
static uint32_t journal_of(const char *city)
{
    uint32_t journal = 0;
    for (size_t i = 0; i < 6; i++)
        journal = journal * 10 + (*city >= '0' && *city <= '9' ? (uint32_t)(*city++ - '0') : 0);
    return journal;
}

/* 吹哨: how long a called unit may take to come, and who may call. */
static void read_whistle(struct reading *reading, struct document *document, yaml_node_t *node)
{
    static const char *const whistle_keys[] = {"limit", "levels"};
    yaml_node_t *fields[2];
    struct policy *policy = reading->policy;
    if (!node_fields(document, node, "whistle", whistle_keys, 2, fields))
        return;
    if (fields[0] != NULL)
        node_duration(document, fields[0], &policy->whistle.budget_ms);
    for (size_t i = 0; fields[1] != NULL && i < node_items(fields[1]); i++) {
        yaml_node_t *item = node_item(document, fields[1], i);
        const char *name = node_text(document, item, "a level", CODE_MAX_BYTES);
        size_t level = name != NULL ? named_level(reading, document, item, name) : SIZE_MAX;
        policy->whistle_levels |= level != SIZE_MAX ? 1u << level : 0;
    }
}

/* How often something is done again without the duty chief. */
static void read_times(struct document *document, yaml_node_t *node, const char *what, uint32_t *times)
{
    long number;
    if (node != NULL && node_number(document, node, what, 0, 99, &number))
        *times = (uint32_t)number;
}

/* `on_site: {evidence: required}`: what was handled on site is reported with what shows it. */
static void read_on_site(struct document *document, yaml_node_t *node, struct policy *policy)
{
    static const char *const on_site_keys[] = {"evidence"}, *const known[] = {"required", "optional"};
    yaml_node_t *evidence;
    if (!node_fields(document, node, "on_site", on_site_keys, 1, &evidence) || evidence == NULL)
        return;
    const char *name = node_text(document, evidence, "evidence", CODE_MAX_BYTES);
    policy->on_site_evidence = name != NULL && strcmp(name, "required") == 0;
    if (name != NULL && !policy->on_site_evidence && strcmp(name, "optional") != 0)
        node_fault_unknown(document, evidence, "choice", name, known, 2);
}

static void set_defaults(struct policy *policy)
{
    policy->name = policy->city = "";
    policy->utc_offset_minutes = 8 * 60;
    policy->lease_ms = LEASE_DEFAULT_MS;
    policy->reworks_max = REWORKS_DEFAULT;
    policy->claim_ms = CLAIM_DEFAULT_MS;
    policy->reopens_max = REOPENS_DEFAULT;
    policy->whistle = (struct limit){CLOCK_ARRIVE, CALENDAR_NATURAL, WHISTLE_DEFAULT_MS, NULL};
    memcpy(policy->levels, national_levels, sizeof(national_levels));
    policy->level_count = sizeof(national_levels) / sizeof(*national_levels);
}

/* 第一时间上报: which level is told; without it the widest there is. */
static void read_inform(struct reading *reading, struct document *document, yaml_node_t *node)
{
    const char *name = node_text(document, node, "a level", CODE_MAX_BYTES);
    size_t level = name != NULL ? named_level(reading, document, node, name) : SIZE_MAX;
    reading->policy->inform_level = level != SIZE_MAX ? level : 0;
}

void read_city(struct reading *reading, struct document *document)
{
    yaml_node_t *fields[FIELDS];
    struct policy *policy = reading->policy;
    long journal;
    set_defaults(policy);
    if (!node_fields(document, document_root(document), document->file, keys, FIELDS, fields))
        return;
    if (fields[NAME] == NULL || fields[CITY] == NULL)
        node_fault(document, document_root(document), "a city needs its name and code: 'name: 崆峒区', 'city: 620802'");
    policy->name = read_name(reading, document, fields[NAME], "the name", "");
    const char *city = fields[CITY] != NULL ? read_code(reading, document, fields[CITY], "the city's code", "") : NULL;
    policy->city = city != NULL ? city : "";
    policy->journal = journal_of(policy->city);
    if (fields[JOURNAL] != NULL &&
        node_number(document, fields[JOURNAL], "the journal code (six digits)", 0, 999999, &journal))
        policy->journal = (uint32_t)journal;
    if (fields[UTC_OFFSET] != NULL)
        node_utc_offset(document, fields[UTC_OFFSET], &policy->utc_offset_minutes);
    if (fields[LEASE] != NULL)
        node_duration(document, fields[LEASE], &policy->lease_ms);
    if (fields[LEVELS] != NULL)
        read_levels(reading, document, fields[LEVELS]);
    read_asks(reading, document, fields);
    if (fields[WHISTLE] != NULL)
        read_whistle(reading, document, fields[WHISTLE]);
    if (fields[ON_SITE] != NULL)
        read_on_site(document, fields[ON_SITE], policy);
    read_times(document, fields[REWORKS_MAX], "reworks_max (times)", &policy->reworks_max);
    read_times(document, fields[REOPENS_MAX], "reopens_max (times)", &policy->reopens_max);
    if (fields[CLAIM] != NULL)
        node_duration(document, fields[CLAIM], &policy->claim_ms);
    if (fields[INFORM] != NULL)
        read_inform(reading, document, fields[INFORM]);
    reading->discipline = (struct later){document, fields[DISCIPLINE]};
    reading->keys_folder = read_name(reading, document, fields[KEYS_FOLDER], "keys_folder", NULL);
}
