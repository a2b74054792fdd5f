/* document.h: one YAML file as nodes. Every question that a node answers wrongly becomes a fault with its line. */
#ifndef CONFIG_DOCUMENT_H
#define CONFIG_DOCUMENT_H

#include <stdbool.h>
#include <stdint.h>
#include <yaml.h>

#include "broker/base/fault.h"

struct document {
    const char *file;
    struct faults *faults;
    yaml_document_t nodes;
};

/* 0; or -EINVAL when it is not YAML, not UTF-8, has anchors, aliases, tags or more than one document (with faults). */
int document_load(struct document *, const char *file, const void *text, size_t size_bytes, struct faults *);
void document_release(struct document *);
yaml_node_t *document_root(struct document *);

/* A fault at the node (NULL: at the file). Returns -EINVAL. */
int node_fault(const struct document *, const yaml_node_t *, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* "unknown WHAT 'text'; did you mean 'x'?", or one of all n when none is near. */
void node_fault_unknown(const struct document *, const yaml_node_t *, const char *what, const char *text,
                        const char *const *known, size_t n);
size_t node_line(const yaml_node_t *);
size_t node_column(const yaml_node_t *);

/* The values of a mapping by keys[0 … n-1]; absent ones are NULL. Unknown and repeated keys are faults (and the rest
 * is still filled). False when the node is no mapping; `what` names the thing in that fault. */
bool node_fields(struct document *, yaml_node_t *, const char *what, const char *const *keys, size_t n,
                 yaml_node_t **fields);
/* The pairs of a mapping whose keys are names; false with a fault when it is none or a name repeats. */
bool node_names(struct document *, yaml_node_t *, const char *what);
size_t node_pairs(const yaml_node_t *);
yaml_node_t *node_key(struct document *, const yaml_node_t *, size_t i);
yaml_node_t *node_value(struct document *, const yaml_node_t *, size_t i);

/* The value of one key, without any check; NULL when absent or the node is no mapping. */
yaml_node_t *node_find(struct document *, const yaml_node_t *, const char *key);

/* A list, or one thing that stands for a list of one. */
size_t node_items(const yaml_node_t *);
yaml_node_t *node_item(struct document *, yaml_node_t *, size_t i);
/* False with a fault when the node is no list. */
bool node_is_list(struct document *, yaml_node_t *, const char *what);
bool node_is_mapping(const yaml_node_t *);

/* A scalar's text, borrowed; NULL with a fault when it is none, empty, or longer than max_bytes. */
const char *node_text(const struct document *, const yaml_node_t *, const char *what, size_t max_bytes);
/* The same, for what may be "". */
const char *node_text_or_empty(const struct document *, const yaml_node_t *, const char *what, size_t max_bytes);
/* Whether a scalar is this text. */
bool node_is(const yaml_node_t *, const char *text);
/* Below: true and *out, or false with a fault. */
bool node_flag(const struct document *, const yaml_node_t *, bool *out);
bool node_number(const struct document *, const yaml_node_t *, const char *what, long min, long max, long *out);
bool node_fraction(const struct document *, const yaml_node_t *, double *out); /* above 0, below 1 */
bool node_duration(const struct document *, const yaml_node_t *, int64_t *ms); /* 90s, 5m, 2h, 7d, 1h30m */
bool node_date(const struct document *, const yaml_node_t *, int utc_offset_minutes, int64_t *ms); /* midnight there */
/* A date at the head of a text, as days since 1970-01-01: what follows it, or NULL when there is none. */
const char *text_day(const char *, int64_t *day);
bool node_utc_offset(const struct document *, const yaml_node_t *, int *minutes); /* "+08:00" */

#endif
