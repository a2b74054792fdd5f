/* kept_model.h: the model of exclusion: who is connected, what it knows of each report, and that nothing anybody is sent
 * names one that is kept from them. kept_do.h says things, kept_hold.h looks afterwards. */
#ifndef SIM_KEPT_MODEL_H
#define SIM_KEPT_MODEL_H

#include "schemas/ident.h"
#include "schemas/record.h"
#include "tests/sim/kept_say.h"

#define KEPT_CASES_MAX 14
#define KEPT_TOLD_MAX  20
#define KEPT_TASKS_MAX 32
#define KEPT_MINUTE_MS 60000

/* An incident as the model knows it. */
struct kept_case {
    uint64_t id;
    char text[IDENT_TEXT_BYTES];
    char about[KEPT_ABOUT_BYTES];
    enum nature nature;
    bool sealed;
    struct {
        int unit;
        bool whistled;
    } tasks[KEPT_TASKS_MAX]; /* by number: whose each is, by the trail */
};

/* What was published into it: none of it may be read by those it is kept from. */
struct kept_told {
    size_t of;
    char event[16], marker[16];
};

struct kept_actor {
    int principal, unit; /* unit: of a worker */
    char endpoint;
    char worker[16];
};

struct kept_model {
    struct world w;
    struct city files;
    struct arena arena, step;
    struct kept_city city, tried;
    struct kept_actor actors[ACTORS_MAX];
    size_t actor_count;
    struct kept_case cases[KEPT_CASES_MAX];
    struct kept_from from[KEPT_CASES_MAX];
    size_t case_count;
    struct kept_told told[KEPT_TOLD_MAX];
    size_t told_count;
    unsigned published;
    struct message said; /* the command of this step, and its answer */
    size_t sayer;
    struct message answer;
    void (*follow)(struct kept_model *); /* what the answer means: known before anybody's mail is looked at */
    uint64_t tag, seen;
    uint64_t survivor;        /* of the last merge: more are excluded from it soon */
    bool prying;              /* whoever asks now may learn nothing of one incident */
    bool revoking;            /* what they had may be taken from them in this step */
    kept_set listed_by_chief; /* bit i: the i-th case */
    char fault[9600];
};

/* What was accepted of a report that is kept from somebody, and refused for it, over all seeds. */
extern struct kept_done {
    unsigned acts[ACT_END], words[WORD_END], acts_refused[ACT_END], words_refused[WORD_END];
    unsigned reloads, crashes, passed_over, reports;
} kept_done;

/* The first fault stands. */
__attribute__((format(printf, 2, 3))) void kept_fail(struct kept_model *, const char *format, ...);
int kept_any(struct kept_model *, size_t n);
static inline bool kept_in(kept_set set, int i)
{
    return i >= 0 && (set >> i & 1u);
}

/* --- reports --- */
struct kept_case *kept_case_of(struct kept_model *, uint64_t id);
/* Beyond CASES_MAX of them nothing is remembered: nobody speaks of it. */
void kept_open_case(struct kept_model *, const struct event *, uint64_t id);
bool kept_is_kept(const struct kept_case *);
struct kept_from kept_from_of(const struct kept_model *, const struct kept_case *);
/* After every answer: it may have changed who may know what. */
void kept_reckon(struct kept_model *);
bool kept_ended(enum incident_state);
bool kept_names_all(const char *within, const char *about);
bool kept_alike(const struct kept_case *, const struct kept_case *);

/* --- people --- */
void kept_cast(struct kept_model *);
void kept_connect(struct kept_model *, size_t at);
void kept_subscribe(struct kept_model *, size_t at, const char *cursor);
const char *kept_name_of(const struct kept_model *, const struct kept_actor *);
size_t kept_seat_of(const struct kept_model *, int principal);
const char *kept_any_person(struct kept_model *);

/* --- turns --- */
void kept_send(struct kept_model *, size_t at, struct message *);
void kept_turn(struct kept_model *);
/* Everything due happens; nothing is silent for long. */
void kept_pass(struct kept_model *, int64_t span_ms);
/* Says it, and waits for what comes of it: follow, where it is accepted. */
void kept_tell(struct kept_model *, size_t at, struct message *, void (*follow)(struct kept_model *));

#endif
