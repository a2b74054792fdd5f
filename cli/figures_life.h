/* figures_life.h: incidents' lives as figures are counted from them, folded record by record: what is now, and what a later
 * state would no longer show. Pure: records in, structs out, and the same records give the same lives.
 *
 * All lists are newest first. Texts and structs live as long as the struct lives. */
#ifndef CLI_FIGURES_LIFE_H
#define CLI_FIGURES_LIFE_H

#include "broker/base/arena.h"
#include "broker/base/map.h"
#include "schemas/types.h"

/* A task given to a unit. Given to another unit, the same task is another dispatch. */
struct dispatch {
    struct dispatch *next;
    uint32_t task;
    enum task_role role;
    enum task_state state; /* of the task, as long as it is this dispatch */
    const char *unit;
    int64_t at_ms;
    bool whistled; /* called to report on site */
    bool returned; /* the unit said that it was not theirs; then it went to another unit, or came back to this one: */
    bool upheld, refused;
    bool undone; /* taken back at once: as if it had never been */
};

/* A clock from a start to its verdict, or to where its task was given away. */
struct run {
    struct run *next;
    const struct dispatch *dispatch; /* whose; NULL: the centre's */
    enum clock_kind kind;
    uint32_t task;
    enum clock_state state;
    uint32_t ups;    /* rungs above the breach that have fired */
    int64_t used_ms; /* of the budget, when it was stopped */
    int64_t started_ms, due_ms, stopped_ms;
    bool exempt; /* late, and an appeal against that was granted */
};

struct closing {
    struct closing *next;
    int64_t at_ms, lasted_ms; /* since receipt */
    enum outcome_code outcome;
    bool on_site, reopened;
    bool consultation, at_desk; /* 咨询; 直接解答: explained without a unit */
};

struct verification {
    struct verification *next;
    const struct dispatch *dispatch; /* whose work was verified */
    int64_t at_ms;
    bool passed;
};

/* One more report of it, folded into the incident. */
struct fold {
    struct fold *next;
    int64_t at_ms;
    const char *source;
};

/* What the reporter said. */
struct callback {
    struct callback *next;
    int64_t at_ms;
    enum satisfaction satisfaction;
    bool solved;
    bool unreasonable; /* not solved, and two people found that it is not to be */
};

/* 不合理诉求: what one proposed, decided by another. */
struct finding {
    struct finding *next;
    int64_t at_ms;
    bool unreasonable;
};

/* 申诉: against a late verdict. */
struct appeal {
    struct appeal *next;
    const struct dispatch *dispatch; /* whose task was late; NULL: the incident was, and its lead answers for it */
    uint32_t no;
    int64_t at_ms;
    bool granted;
};

/* 催办, 督办: somebody pressed. */
struct pressing {
    struct pressing *next;
    int64_t at_ms;
    bool supervised; /* else urged */
};

/* A rung above the breach. */
struct escalation {
    struct escalation *next;
    const struct dispatch *dispatch;
    int64_t at_ms;
    uint32_t height; /* 1: the first above the breach */
};

/* A duty's period that is over. */
struct duty_period {
    struct dispatch of; /* whose: the unit */
    int64_t lasted_ms;
    uint32_t done, total; /* targets */
};

struct life {
    struct life *next; /* the one opened after it */
    enum record_kind
        noted; /* an event that was only recorded, or told, or a duty's period: no incident, and nothing of one but where it is from */
    int64_t noted_ms;
    const struct duty_period *duty; /* NULL: it is none */
    enum incident_state state;
    bool exercise, unrouted, repeated; /* unrouted: when it was received; repeated: an earlier one was named */
    const char *type, *area, *source;  /* area: the responsible one */
    int64_t received_ms;
    bool went_up, came_down; /* 上报, 下派: at least once */
    struct fold *folds;
    struct dispatch *dispatches;
    struct run *runs;
    struct closing *closings;
    struct verification *verifications;
    struct callback *callbacks;
    struct appeal *appeals;
    struct finding *findings;
    struct escalation *escalations;
    struct pressing *pressings;
    bool extended; /* 延期 was granted, of it or of a task of it */
};

struct lives {
    struct arena arena;
    struct intern names;
    struct map by_id;
    struct life *first, *last;
    uint64_t records, last_seq; /* taken; of the last one */
};

void lives_init(struct lives *);
void lives_release(struct lives *);
/* Records come in the order of their sequence. */
void lives_take(struct lives *, const struct record *);

/* The lead's dispatch that counts: of the newest lead task not withdrawn or returned, else of the newest; NULL: none. */
const struct dispatch *life_lead(const struct life *);
/* The run whose deadline is the incident's: of resolve or, without it, of the lead's feedback; NULL: it has none. */
const struct run *life_deadline(const struct life *);

#endif
