#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "broker/config/reading.h"

enum {
    NAME,
    EACH,
    ROLES_FIELD,
    KEYS,
    KEY_FILES,
    UIDS,
    PLAIN,
    UNITS,
    TYPES,
    AREAS,
    PANIC,
    EXERCISE,
    REVOKED,
    CALLBACK,
    NOTICES,
    QUOTA,
    FIELDS
};
static const char *const keys[FIELDS] = {"name",    "each",     "roles",   "keys",  "key_files", "uids",
                                         "plain",   "units",    "types",   "areas", "panic",     "exercise",
                                         "revoked", "callback", "notices", "quota"};

#define ALL_ROLES     0xffu
#define Z85_KEY_BYTES 40
#define QUOTA_MAX     1000000

struct principals_reading {
    struct reading *reading;
    struct document *document;
    struct principal *principals;
    size_t count;
    size_t *first_child, *next_sibling; /* of units, by number + 1; 0: none */
};

static struct arena *arena_of(struct principals_reading *in)
{
    return &in->reading->policy->arena;
}

/* --- credentials --- */

static const char *check_z85(const char *text, size_t size_bytes)
{
    static const char alphabet[] =
        "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";
    if (size_bytes != Z85_KEY_BYTES)
        return "not 40 characters long";
    return strspn(text, alphabet) < Z85_KEY_BYTES ? "not in Z85's alphabet" : NULL;
}

/* One credential names one principal only: the first keeps it. */
static void add_credential(struct principals_reading *in, yaml_node_t *node, struct principal *principal,
                           const char *credential)
{
    struct policy *policy = in->reading->policy;
    const struct principal *first = policy_credential(policy, credential);
    if (first != NULL) {
        node_fault(in->document, node, "the credential '%s' is also that of '%s' (line %zu); it can be one's only",
                   credential, first->name, first->origin.line);
        return;
    }
    const char **larger = ARENA_NEW(arena_of(in), const char *, principal->credential_count + 1);
    if (principal->credential_count > 0)
        memcpy(larger, principal->credentials, principal->credential_count * sizeof(*larger));
    larger[principal->credential_count++] = credential;
    principal->credentials = larger;
    textmap_put(&policy->credential_map, credential, principal);
}

static void add_key(struct principals_reading *in, yaml_node_t *node, struct principal *principal, const char *text,
                    size_t size_bytes, const char *where)
{
    const char *wrong = check_z85(text, size_bytes);
    if (wrong != NULL)
        node_fault(in->document, node, "%s: the key is %s; write the public key that 'bihuan keys' shows", where,
                   wrong);
    else
        add_credential(in, node, principal, arena_printf(arena_of(in), "curve:%.40s", text));
}

static void read_keys(struct principals_reading *in, yaml_node_t *list, struct principal *principal)
{
    for (size_t i = 0; i < node_items(list); i++) {
        yaml_node_t *item = node_item(in->document, list, i);
        const char *text = node_text(in->document, item, "a key", NAME_MAX_BYTES);
        if (text != NULL)
            add_key(in, item, principal, text, strlen(text), principal->name);
    }
}

/* 0, -ENOENT, or another failure that is a fault already. */
static int read_key_file(struct principals_reading *in, yaml_node_t *node, struct principal *principal,
                         const char *name)
{
    const struct file *file;
    int result = files_read(in->reading->files, name, &file);
    if (result == -EINVAL)
        node_fault(in->document, node, "'%s' leads out of the city's folder, or holds a blank", name);
    else if (result != 0 && result != -ENOENT)
        node_fault(in->document, node, "cannot read '%s': %s", name, strerror(-result));
    if (result == 0)
        add_key(in, node, principal, file->text, strcspn(file->text, " \t\r\n"), name);
    return result;
}

static void read_key_files(struct principals_reading *in, yaml_node_t *list, struct principal *principal)
{
    for (size_t i = 0; i < node_items(list); i++) {
        yaml_node_t *item = node_item(in->document, list, i);
        const char *name = node_text(in->document, item, "a key file", NAME_MAX_BYTES);
        if (name != NULL && read_key_file(in, item, principal, name) == -ENOENT)
            node_fault(in->document, item, "no such key file: '%s'; make it with 'bihuan keys'", name);
    }
}

static void read_uids(struct principals_reading *in, yaml_node_t *list, struct principal *principal)
{
    for (size_t i = 0; i < node_items(list); i++) {
        yaml_node_t *item = node_item(in->document, list, i);
        long uid;
        if (node_number(in->document, item, "a uid", 0, 4294967294L, &uid))
            add_credential(in, item, principal, arena_printf(arena_of(in), "uid:%ld", uid));
    }
}

static void read_credentials(struct principals_reading *in, yaml_node_t *node, yaml_node_t *const *fields,
                             struct principal *principal)
{
    bool plain = false;
    if (fields[KEYS] != NULL)
        read_keys(in, fields[KEYS], principal);
    if (fields[KEY_FILES] != NULL)
        read_key_files(in, fields[KEY_FILES], principal);
    if (fields[UIDS] != NULL)
        read_uids(in, fields[UIDS], principal);
    if (fields[PLAIN] != NULL && node_flag(in->document, fields[PLAIN], &plain) && plain)
        add_credential(in, fields[PLAIN], principal, "plain:");
    if (in->reading->keys_folder != NULL) /* a principal may have no key there: it cannot connect by one, that is all */
        read_key_file(in, node, principal,
                      arena_printf(in->reading->scratch, "%s/%s.pub", in->reading->keys_folder, principal->name));
}

/* --- what it may use --- */

static unsigned read_roles(struct principals_reading *in, yaml_node_t *list)
{
#define ROLE_TEXT(v, N, n) #n,
    static const char *const known[] = {ROLES(ROLE_TEXT) "all"};
    unsigned roles = 0;
    if (node_is(list, "all"))
        return ALL_ROLES;
    for (size_t i = 0; i < node_items(list); i++) {
        yaml_node_t *item = node_item(in->document, list, i);
        const char *name = node_text(in->document, item, "a role", CODE_MAX_BYTES);
        enum principal_role role = name != NULL ? role_of(name) : 0;
        if (name != NULL && role == 0)
            node_fault_unknown(in->document, item, "role", name, known, sizeof(known) / sizeof(*known));
        roles |= (unsigned)role;
    }
    return roles;
}

static void index_sub_units(struct principals_reading *in)
{
    const struct policy *policy = in->reading->policy;
    in->first_child = ARENA_NEW(in->reading->scratch, size_t, policy->unit_count);
    in->next_sibling = ARENA_NEW(in->reading->scratch, size_t, policy->unit_count);
    for (size_t i = policy->unit_count; i-- > 0;) {
        if (policy->units[i].parent == NULL)
            continue;
        size_t parent = (size_t)(policy->units[i].parent - policy->units);
        in->next_sibling[i] = in->first_child[parent];
        in->first_child[parent] = i + 1;
    }
}

/* The unit and all below it: a department speaks for its sub-units. Returns how many; units may be NULL to count. */
static size_t with_sub_units(struct principals_reading *in, const struct unit *unit, const struct unit **units)
{
    const struct policy *policy = in->reading->policy;
    size_t count = 1;
    if (units != NULL)
        units[0] = unit;
    for (size_t child = in->first_child[unit - policy->units]; child != 0; child = in->next_sibling[child - 1])
        count += with_sub_units(in, &policy->units[child - 1], units != NULL ? units + count : NULL);
    return count;
}

static void give_units(struct principals_reading *in, const struct unit *const *given, size_t n,
                       struct principal *principal)
{
    size_t count = 0;
    for (size_t i = 0; i < n; i++)
        count += with_sub_units(in, given[i], NULL);
    const struct unit **units = ARENA_NEW(arena_of(in), const struct unit *, count);
    for (size_t i = 0; i < n; i++)
        principal->unit_count += with_sub_units(in, given[i], units + principal->unit_count);
    principal->units = units;
}

static const struct unit **all_units(struct reading *reading)
{
    struct policy *policy = reading->policy;
    const struct unit **units = ARENA_NEW(&policy->arena, const struct unit *, policy->unit_count);
    for (size_t i = 0; i < policy->unit_count; i++)
        units[i] = &policy->units[i];
    return units;
}

static void read_its_units(struct principals_reading *in, yaml_node_t *list, struct principal *principal)
{
    if (node_is(list, "all")) {
        principal->units = all_units(in->reading);
        principal->unit_count = in->reading->policy->unit_count;
        principal->every_unit = true;
        return;
    }
    size_t n = 0;
    const struct unit **given = ARENA_NEW(in->reading->scratch, const struct unit *, node_items(list));
    for (size_t i = 0; i < node_items(list); i++) {
        given[n] = named_unit(in->reading, in->document, node_item(in->document, list, i));
        n += given[n] != NULL;
    }
    give_units(in, given, n, principal);
}

static void read_scope(struct principals_reading *in, yaml_node_t *types, yaml_node_t *areas,
                       struct principal *principal)
{
    const struct type **of_types = ARENA_NEW(arena_of(in), const struct type *, types != NULL ? node_items(types) : 0);
    for (size_t i = 0; types != NULL && i < node_items(types); i++) {
        const struct type *type = named_type(in->reading, in->document, node_item(in->document, types, i));
        if (type != NULL)
            of_types[principal->type_count++] = type;
    }
    const struct area **of_areas = ARENA_NEW(arena_of(in), const struct area *, areas != NULL ? node_items(areas) : 0);
    for (size_t i = 0; areas != NULL && i < node_items(areas); i++) {
        const struct area *area = named_area(in->reading, in->document, node_item(in->document, areas, i));
        if (area != NULL)
            of_areas[principal->area_count++] = area;
    }
    principal->types = of_types;
    principal->areas = of_areas;
}

/* --- one principal, or one for each unit --- */

static struct principal *add_principal(struct principals_reading *in, yaml_node_t *node, const char *name)
{
    const struct principal *first = policy_principal(in->reading->policy, name);
    if (strcmp(name, "broker") == 0) {
        node_fault(in->document, node, "'broker' is what the broker calls itself; take another name");
        return NULL;
    }
    if (first != NULL) {
        fault_twice(in->document, node, "principal", name, &first->origin);
        return NULL;
    }
    struct principal *principal = &in->principals[in->count++];
    *principal = (struct principal){.name = name, .origin = origin_of(in->document, node)};
    textmap_put(&in->reading->policy->principal_map, name, principal);
    return principal;
}

/* `callback: false`: a source such as a camera, behind which nobody waits to be called. */
static void read_callback(struct principals_reading *in, yaml_node_t *field, struct principal *principal)
{
    bool callback = true;
    if (field != NULL)
        node_flag(in->document, field, &callback);
    principal->no_callback = !callback;
}

/* "100/s", "6000/m", "1000/h": as many at once as a second's worth, at least one. */
static bool parse_quota(const char *text, struct quota *quota)
{
    static const struct {
        const char *per;
        int64_t us;
    } pers[] = {{"/s", 1000000}, {"/m", 60 * 1000000LL}, {"/h", 3600 * 1000000LL}};
    char *rest = NULL;
    long long n = *text >= '1' && *text <= '9' ? strtoll(text, &rest, 10) : 0;
    for (size_t i = 0; n > 0 && n <= QUOTA_MAX && i < sizeof(pers) / sizeof(*pers); i++) {
        if (strcmp(rest, pers[i].per) != 0)
            continue;
        quota->interval_us = pers[i].us / n > 0 ? pers[i].us / n : 1;
        quota->burst = quota->interval_us < 1000000 ? (uint32_t)(1000000 / quota->interval_us) : 1;
        return true;
    }
    return false;
}

static void read_quota(struct principals_reading *in, yaml_node_t *field, struct principal *principal)
{
    const char *text = node_text(in->document, field, "a quota", CODE_MAX_BYTES);
    if (text != NULL && !parse_quota(text, &principal->quota))
        node_fault(in->document, field, "'%s' is no quota; write 100/s, 600/m or 1000/h (at most 1000000)", text);
}

static void read_notices_flag(struct principals_reading *in, yaml_node_t *field, struct principal *principal)
{
    node_flag(in->document, field, &principal->notices);
    if (principal->notices && (principal->roles & (PRINCIPAL_SOURCE | PRINCIPAL_INTAKE)) == 0)
        node_fault(in->document, field, "notices are for whoever reports: '%s' has neither the role source nor intake",
                   principal->name);
}

static void read_common(struct principals_reading *in, yaml_node_t *node, yaml_node_t *const *fields,
                        struct principal *principal)
{
    principal->roles = fields[ROLES_FIELD] != NULL ? read_roles(in, fields[ROLES_FIELD]) : 0;
    if (fields[ROLES_FIELD] == NULL)
        node_fault(in->document, node, "principal '%s' needs its roles: 'roles: source'", principal->name);
    read_scope(in, fields[TYPES], fields[AREAS], principal);
    if (fields[PANIC] != NULL)
        node_flag(in->document, fields[PANIC], &principal->panic);
    if (fields[EXERCISE] != NULL)
        node_flag(in->document, fields[EXERCISE], &principal->exercise);
    read_callback(in, fields[CALLBACK], principal);
    if (fields[QUOTA] != NULL)
        read_quota(in, fields[QUOTA], principal);
    if (fields[NOTICES] != NULL)
        read_notices_flag(in, fields[NOTICES], principal);
    if (fields[REVOKED] != NULL)
        node_flag(in->document, fields[REVOKED], &principal->revoked);
    read_credentials(in, node, fields, principal);
}

static void read_one(struct principals_reading *in, yaml_node_t *node, yaml_node_t *const *fields)
{
    const char *name = read_code(in->reading, in->document, fields[NAME], "a principal's name", "/{}");
    struct principal *principal = name != NULL ? add_principal(in, node, name) : NULL;
    if (principal == NULL)
        return;
    if (fields[UNITS] != NULL)
        read_its_units(in, fields[UNITS], principal);
    read_common(in, node, fields, principal);
    if ((principal->roles & PRINCIPAL_DEPARTMENT) != 0 && fields[UNITS] == NULL)
        node_fault(in->document, node, "department '%s' needs its units: 'units: [cg]' or 'units: all'", name);
}

/* `each: unit`: a department principal for every unit, its name made from the unit's id. */
static void read_each(struct principals_reading *in, yaml_node_t *node, yaml_node_t *const *fields)
{
    const struct policy *policy = in->reading->policy;
    const char *name = read_code(in->reading, in->document, fields[NAME], "a principal's name", "/");
    const char *hole = name != NULL ? strstr(name, "{id}") : NULL;
    if (!node_is(fields[EACH], "unit"))
        node_fault(in->document, fields[EACH], "principals are made for 'each: unit'");
    if (fields[UNITS] != NULL || fields[KEYS] != NULL || fields[KEY_FILES] != NULL || fields[UIDS] != NULL)
        node_fault(in->document, node, "'each' gives every principal its own unit; its key comes from keys_folder");
    if (name != NULL && hole == NULL)
        node_fault(in->document, fields[NAME], "the name of 'each' needs the unit's id in it: \"dept-{id}\"");
    for (size_t i = 0; hole != NULL && i < policy->unit_count; i++) {
        const struct unit *unit = &policy->units[i];
        if (unit->retired)
            continue;
        const char *own = arena_printf(arena_of(in), "%.*s%s%s", (int)(hole - name), name, unit->id, hole + 4);
        if (strlen(own) > CODE_MAX_BYTES)
            node_fault(in->document, fields[NAME], "'%s' is too long; at most %d bytes with the id", own,
                       CODE_MAX_BYTES);
        struct principal *principal = add_principal(in, node, own);
        if (principal == NULL)
            continue;
        give_units(in, &unit, 1, principal);
        read_common(in, node, fields, principal);
    }
}

static void read_principal(struct principals_reading *in, yaml_node_t *node)
{
    yaml_node_t *fields[FIELDS];
    if (!node_fields(in->document, node, "a principal", keys, FIELDS, fields))
        return;
    if (fields[NAME] == NULL)
        node_fault(in->document, node, "a principal needs a name: {name: camera-1, roles: source}");
    else if (fields[EACH] != NULL)
        read_each(in, node, fields);
    else
        read_one(in, node, fields);
}

/* Without principals.yaml: one person who is everything, for a trial over plain loopback or as root over ipc. */
static void default_principal(struct reading *reading)
{
    struct policy *policy = reading->policy;
    static const char *const credentials[] = {"plain:", "uid:0"};
    struct principal *local = ARENA_NEW(&policy->arena, struct principal, 1);
    *local = (struct principal){.name = "local",
                                .roles = ALL_ROLES,
                                .credentials = credentials,
                                .credential_count = 2,
                                .units = all_units(reading),
                                .unit_count = policy->unit_count,
                                .every_unit = true,
                                .panic = true,
                                .exercise = true,
                                .origin = {"(built in)", 0, 0}};
    policy->principals = local;
    policy->principal_count = 1;
}

void read_principals(struct reading *reading, struct document *document)
{
    static const char *const root_keys[] = {"principals"};
    struct principals_reading in = {.reading = reading, .document = document};
    if (document == NULL) {
        default_principal(reading);
        return;
    }
    yaml_node_t *field, *list = root_field(document, root_keys, 1, &field);
    if (list == NULL || !node_is_list(document, list, "principals"))
        return;
    size_t capacity = 0;
    for (size_t i = 0; i < node_items(list); i++) {
        bool each = node_find(document, node_item(document, list, i), "each") != NULL;
        capacity += each ? reading->policy->unit_count : 1;
    }
    in.principals = ARENA_NEW(&reading->policy->arena, struct principal, capacity);
    index_sub_units(&in);
    for (size_t i = 0; i < node_items(list); i++)
        read_principal(&in, node_item(document, list, i));
    reading->policy->principals = in.principals;
    reading->policy->principal_count = in.count;
}
