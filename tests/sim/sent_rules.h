/* sent_rules.h: random types, owners, plans and rules for a random city (kept_city.h), and the model's own answer to where an
 * event belongs: read rule by rule out of docs/CONFIGURATION.md and DOMAIN's "Routing", with nothing of the broker's. */
#ifndef SIM_SENT_RULES_H
#define SIM_SENT_RULES_H

#include "tests/sim/kept_city.h"

#define SENT_TYPES      14
#define SENT_RULES      18
#define SENT_LIST_MAX   4
#define SENT_EXCEPT_MAX 3
#define SENT_OWNERS     5
#define SENT_PLANS      2
#define SENT_UNKNOWN    (-2) /* a type or area that no file names */

struct sent_type {
    int parent, severity; /* KEPT_NONE; 0: that of the parent */
    bool retired;
    int successor; /* KEPT_NONE */
    char code[48];
};

enum sent_kind { SENT_TO_UNIT, SENT_TO_LEVEL, SENT_TO_LOCAL, SENT_TO_OWNER, SENT_TO_DESK };
struct sent_recipient {
    enum sent_kind kind;
    int unit; /* to a unit; to a level: of such a kind, at such an area */
    int level_of, of_kind;
};
struct sent_list {
    struct sent_recipient of[SENT_LIST_MAX];
    int count;
};

struct sent_exception {
    kept_set areas;
    bool elsewhere; /* else it only says where the rule does not hold */
    struct sent_list to, assist;
    bool says_assist;
    enum verifier verify; /* 0: what the rule says */
};

struct sent_rule {
    kept_set types, areas; /* none: any */
    unsigned natures, severities;
    struct sent_list to, assist;
    int plan; /* instead of both; KEPT_NONE */
    enum verifier verify;
    bool confirm;
    struct sent_exception except[SENT_EXCEPT_MAX];
    int except_count;
};

struct sent_rules {
    struct sent_type types[SENT_TYPES];
    struct sent_rule rules[SENT_RULES];
    struct sent_list plans[SENT_PLANS][SENT_LIST_MAX]; /* of each task */
    struct sent_list fallback;                         /* tried in order */
    int owners[SENT_OWNERS];                           /* units; KEPT_NONE: there is no such line */
    bool on_one_line;                                  /* how the rules are written */
};

void sent_draw(struct sent_rules *, const struct kept_city *, struct chance *);
/* Another day. */
void sent_change(struct sent_rules *, struct kept_city *, struct chance *);
void sent_write(const struct sent_rules *, const struct kept_city *, struct city *);

/* What is asked about. */
struct sent_event {
    int type, area;   /* KEPT_NONE: none said; SENT_UNKNOWN */
    bool off_the_map; /* without an area, for a point that is in none */
    enum nature nature;
    int severity; /* 0: its type's */
    bool sealed;
    const char *object; /* NULL */
    char about[KEPT_ABOUT_BYTES];
};
void sent_draw_event(const struct sent_rules *, const struct kept_city *, struct chance *, struct sent_event *);
extern const char *const sent_objects[], *const sent_owner_keys[SENT_OWNERS];

/* --- where it belongs (sent_where.c) --- */
#define SENT_ASSISTS_MAX 8
struct sent_to {
    enum incident_state state; /* confirming, desk, unrouted, open; 0: it is refused */
    enum unrouted_reason unrouted;
    int lead, assists[SENT_ASSISTS_MAX], assist_count;
    enum verifier verify;
};
struct sent_to sent_where(const struct sent_rules *, const struct kept_city *, const struct sent_event *);
/* The same for what was looked at first, and is now confirmed. */
struct sent_to sent_confirmed(const struct sent_rules *, const struct kept_city *, const struct sent_event *);
/* Whether the city as it is now takes it up; then it is of the type and area that these are now. */
bool sent_settle(const struct sent_rules *, const struct kept_city *, struct sent_event *);
/* A unit's tasks after a reload: its successor's, but for whom a report is about. */
void sent_reload(const struct kept_city *, const struct sent_event *, struct sent_to *);
/* Who one recipient of a list is, for this event; KEPT_NONE: nobody. */
int sent_meant_by(const struct sent_rules *, const struct kept_city *, const struct sent_recipient *,
                  const struct sent_event *);
int sent_type_now(const struct sent_rules *, int type);

#endif
