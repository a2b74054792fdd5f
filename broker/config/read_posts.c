#include <string.h>

#include "broker/config/reading.h"

/* posts.yaml: who stands on ladders, and to whom incidents can be charged, with dated holders and deputies (A/B 岗). */

enum { ID, TITLE, AREA, UNIT, HOLDERS, DEPUTY, FIELDS };
static const char *const keys[FIELDS] = {"id", "title", "area", "unit", "holders", "deputy"};

#define HOLDERS_MAX 64 /* of one post, one after the other */

struct posts_reading {
    struct reading *reading;
    struct document *document;
    struct post *posts;
    size_t count;
};

/* --- who holds it, by date --- */

static bool read_holder(struct posts_reading *in, yaml_node_t *node, struct holder *holder)
{
    static const char *const holder_keys[] = {"name", "from", "to"};
    yaml_node_t *fields[3];
    int offset = in->reading->policy->utc_offset_minutes;
    holder->name = "";
    if (!node_is_mapping(node)) {
        holder->name = read_person(in->reading, in->document, node);
        return true;
    }
    if (!node_fields(in->document, node, "a holder", holder_keys, 3, fields))
        return false;
    holder->name = read_person(in->reading, in->document, fields[0]);
    if (fields[1] != NULL)
        node_date(in->document, fields[1], offset, &holder->from_ms);
    if (fields[2] != NULL && node_date(in->document, fields[2], offset, &holder->to_ms) &&
        holder->to_ms <= holder->from_ms)
        node_fault(in->document, fields[2], "'to' is the first day that it is somebody else's, and not after 'from'");
    return true;
}

/* One after the other; a time between two in which nobody has it is written down, or a deputy's. */
static void check_succession(struct posts_reading *in, yaml_node_t *node, const struct holder *before,
                             const struct holder *holder, bool gaps)
{
    if (before->to_ms == 0)
        node_fault(in->document, node,
                   "'%s' before it holds the post with no end; write the day it is handed over as 'to'", before->name);
    else if (holder->from_ms < before->to_ms)
        node_fault(in->document, node, "'%s' holds the post still when '%s' begins; two persons, two posts",
                   before->name, holder->name);
    else if (holder->from_ms > before->to_ms && !gaps)
        node_fault(
            in->document, node,
            "nobody holds the post between '%s' and '%s'; name a deputy, or write the vacancy down: {from: …, to: …}",
            before->name, holder->name);
}

static struct holder *read_holders(struct posts_reading *in, yaml_node_t *list, bool gaps, size_t *out)
{
    size_t count = list != NULL ? node_items(list) : 0;
    if (count > HOLDERS_MAX) {
        node_fault(in->document, list, "at most %d persons one after the other; drop the oldest", HOLDERS_MAX);
        return NULL;
    }
    struct holder *holders = ARENA_NEW(&in->reading->policy->arena, struct holder, count);
    for (size_t i = 0; i < count; i++) {
        yaml_node_t *node = node_item(in->document, list, i);
        if (!read_holder(in, node, &holders[i]))
            return NULL;
        if (i > 0)
            check_succession(in, node, &holders[i - 1], &holders[i], gaps);
    }
    *out = count;
    return holders;
}

/* --- where it stands --- */

/* The first post of an area or a unit stands on its ladder; others can be charged. */
static void take_seat(struct post *post)
{
    struct area *area = (struct area *)post->area;
    struct unit *unit = (struct unit *)post->unit;
    if (area != NULL && area->seat == NULL)
        area->seat = post;
    if (unit != NULL && unit->seat == NULL)
        unit->seat = post;
}

static struct post *add_post(struct posts_reading *in, yaml_node_t *node, const char *id, const char *title)
{
    struct policy *policy = in->reading->policy;
    const struct post *first = textmap_get(&policy->post_map, id);
    if (first != NULL)
        fault_twice(in->document, node, "post", id, &first->origin);
    struct post *post = &in->posts[in->count++];
    *post = (struct post){.id = id, .title = title, .origin = origin_of(in->document, node)};
    textmap_put(&policy->post_map, id, post);
    return post;
}

static void read_one(struct posts_reading *in, yaml_node_t *node)
{
    yaml_node_t *fields[FIELDS];
    if (!node_fields(in->document, node, "a post", keys, FIELDS, fields))
        return;
    const char *id = fields[ID] != NULL ? read_code(in->reading, in->document, fields[ID], "a post's id", "") : NULL;
    if (fields[ID] == NULL)
        node_fault(in->document, node, "a post needs an id: {id: 东街道书记, area: 620802001, holders: 王五}");
    if (id == NULL)
        return;
    if ((fields[AREA] != NULL) == (fields[UNIT] != NULL)) {
        node_fault(in->document, node, "a post stands at one area or in one unit: {id: %s, area: 620802001}", id);
        return;
    }
    struct post *post =
        add_post(in, node, id, read_name(in->reading, in->document, fields[TITLE], "a post's title", id));
    if (fields[AREA] != NULL)
        post->area = named_area(in->reading, in->document, fields[AREA]);
    else
        post->unit = named_unit(in->reading, in->document, fields[UNIT]);
    post->deputies = read_holders(in, fields[DEPUTY], true, &post->deputy_count);
    post->holders = read_holders(in, fields[HOLDERS], post->deputy_count > 0, &post->holder_count);
    take_seat(post);
}

void read_posts(struct reading *reading, struct document *document)
{
    static const char *const root_keys[] = {"posts"};
    struct posts_reading in = {.reading = reading, .document = document};
    yaml_node_t *field, *list = document != NULL ? root_field(document, root_keys, 1, &field) : NULL;
    if (list == NULL || !node_is_list(document, list, "posts"))
        return;
    in.posts = ARENA_NEW(&reading->policy->arena, struct post, node_items(list));
    for (size_t i = 0; i < node_items(list); i++)
        read_one(&in, node_item(document, list, i));
    reading->policy->posts = in.posts;
    reading->policy->post_count = in.count;
}
