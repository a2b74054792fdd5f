/* fields.h: which key of a scenario means which field of what is sent or looked at. Every noun is a table in fields.c;
 * a field that the protocol gains is one more row there. */
#ifndef SIM_FIELDS_H
#define SIM_FIELDS_H

#include "schemas/wire.h"

struct play;

enum field_kind {
    FIELD_TEXT = 1,
    FIELD_NUMBER,   /* int */
    FIELD_COUNT,    /* uint32_t */
    FIELD_BIG,      /* uint64_t */
    FIELD_YES,      /* bool, true; takes no value */
    FIELD_NO,       /* bool, false; takes no value */
    FIELD_TIME,     /* int64_t of a date and a time of day */
    FIELD_SPAN,     /* int64_t of a duration */
    FIELD_EVENT,    /* uint64_t, an incident by the name of its event */
    FIELD_UNITS,    /* struct act: several in one word, "police,water" */
    FIELD_COPIES,   /* struct explanation: to whom copies go, those that do not with their reason */
    FIELD_SUB_UNIT, /* struct task: the unit it was handed on to */
    FIELD_PART,     /* what its plan calls it */
    FIELD_HELD,     /* whether it waits to start with others; takes no value */
    FIELD_UNHELD,
    FIELD_POINT, /* struct place: latitude, longitude, system */
    FIELD_BYTES, /* struct bytes of a text */
    FIELD_NAMES, /* from here on: enumerations by their names; also understood without the key */
};

struct field {
    const char *key;
    int kind;
    size_t offset;
};

struct fields {
    const char *noun; /* in complaints: "an incident" */
    const struct field *list;
    size_t count;
};

/* An incident's head with what few have beside it. */
struct whole_head {
    struct incident head;
    struct incident_more more;
    struct ending ending;
    struct oversight oversight;
    struct claim claim;
};

/* A question, and the event that an explanation imagines. */
struct imagined {
    struct message message;
    struct event event;
};

extern const struct fields publish_fields, word_fields, act_fields, query_fields; /* of struct message */
extern const struct fields incident_fields;                                       /* of struct whole_head */
extern const struct fields task_fields, clock_fields;                             /* of the structs of these names */
extern const struct fields side_fields;                                           /* rows beside incidents */
extern const struct fields ask_fields;
extern const struct fields overview_fields, explanation_fields, reports_fields, told_fields;

/* A record of the trail, with what it points to beside it. */
struct seen {
    struct record record;
    struct rung rung;
    struct ask ask; /* the first that it changes */
    struct sample sample;
    uint32_t drawn;
    uint64_t incident, into, again;
};
extern const struct fields record_fields;

/* Words not yet understood. */
struct words {
    const char **at;
    size_t left;
};
const char *words_next(struct words *); /* NULL at the end */

/* Reads all words that are left into out; bit i of the result: field i was said. Complaints go to the play. */
uint64_t fields_read(struct play *, const struct fields *, struct words *, void *out);
/* The first field said that differs, or NULL. */
const struct field *fields_differ(struct play *, const struct fields *, uint64_t said, const void *a, const void *b);
/* A field's value, as a scenario would write it, in the play's arena of the step. */
const char *field_text(struct play *, const struct field *, const void *from);

#endif
