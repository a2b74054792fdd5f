#include "broker/config/nearest.h"

#include <string.h>

#define LENGTH_MAX 48 /* longer names are compared by their beginning */
#define SEARCH_MAX 5000

static size_t least(size_t a, size_t b, size_t c)
{
    size_t d = a < b ? a : b;
    return d < c ? d : c;
}

/* Levenshtein's distance in bytes, one row at a time. */
static size_t distance(const char *a, const char *b)
{
    size_t row[LENGTH_MAX + 1], b_bytes = strnlen(b, LENGTH_MAX);
    for (size_t j = 0; j <= b_bytes; j++)
        row[j] = j;
    for (size_t i = 0; i < LENGTH_MAX && a[i] != '\0'; i++) {
        size_t diagonal = row[0];
        row[0] = i + 1;
        for (size_t j = 0; j < b_bytes; j++) {
            size_t above = row[j + 1];
            row[j + 1] = least(row[j] + 1, above + 1, diagonal + (a[i] != b[j]));
            diagonal = above;
        }
    }
    return row[b_bytes];
}

struct choice {
    const char *name;
    size_t distance;
};

static void consider(struct choice *best, const char *text, const char *name)
{
    size_t d = distance(text, name);
    if (d < best->distance)
        *best = (struct choice){name, d};
}

static struct choice no_choice(const char *text)
{
    return (struct choice){NULL, strnlen(text, LENGTH_MAX) / 3 + 2};
}

const char *nearest(const char *text, const char *const *known, size_t n)
{
    struct choice best = no_choice(text);
    for (size_t i = 0; i < n; i++)
        consider(&best, text, known[i]);
    return best.name;
}

const char *nearest_key(const char *text, const struct textmap *known)
{
    struct choice best = no_choice(text);
    const char *key;
    void *value;
    for (size_t cursor = 0; known->count <= SEARCH_MAX && textmap_next(known, &cursor, &key, &value);)
        consider(&best, text, key);
    return best.name;
}
