/* play.h: one scenario being played: virtual time over the real turn.c, a cast of sources, workers and centre people
 * who speak the protocol and repeat what was not answered, and a broker that dies where the run says. */
#ifndef SIM_PLAY_H
#define SIM_PLAY_H

#include "tests/sim/cast.h"
#include "tests/sim/city.h"
#include "tests/sim/fields.h"
#include "tests/sim/script.h"
#include "tests/sim/world.h"

/* What is done to the broker at one line of a run. */
enum injection {
    INJECT_NOTHING,
    INJECT_REPEAT,  /* after every line all that was accepted so far is said again */
    INJECT_BEFORE,  /* it dies before the line; then all that was accepted is said again */
    INJECT_LOST,    /* it dies at the line's first commit, which is lost */
    INJECT_UNKNOWN, /* the same, but it was on disk and nobody was told */
};

/* Something asked of the broker, and what it said. */
struct question {
    struct line *line;
    struct seat *seat;
    struct message message;
    bool answered;         /* or nothing is to be waited for */
    struct message answer; /* kind 0: none came */
    const char *event;     /* publish: the name it goes by */
    bool follows;          /* it goes with the question before it, whose answer counts */
    bool repeated;         /* the broker died on the way: it was said again */
};

#define QUESTIONS_MAX 16

/* What was accepted, and the receipt that every repeat must get. */
struct promise {
    struct seat *seat;
    struct message message;
    struct receipt receipt;
};

#define PROMISES_MAX 500
#define NAMED_MAX    500

struct play {
    struct world world;
    struct script *script;
    struct line *line; /* being played */
    struct city city;
    struct cast cast;
    struct arena arena; /* of the whole play */
    struct arena step;  /* of the line being played */
    struct named {
        const char *event;
        uint64_t incident;
    } named[NAMED_MAX];
    size_t named_count;
    struct question questions[QUESTIONS_MAX];
    size_t question_count;
    struct promise promises[PROMISES_MAX];
    size_t promise_count;
    uint64_t tag;
    enum injection injection;
    const struct line *inject_at;
    char run[60];  /* in complaints: what is done to the broker */
    bool loud;     /* tells what happens */
    uint64_t told; /* records told so far */
    char fault[2000];
};

/* The first complaint counts. */
__attribute__((format(printf, 2, 3))) void play_fail(struct play *, const char *format, ...);
void play_broke(struct play *); /* the broker did not come up */
/* One turn, with the heartbeats of those who live; then everybody hears what it said. */
void play_turn(struct play *);
void play_pass_until(struct play *, int64_t until_ms);
/* Takes the broker up again after `down`; everybody connects anew. */
bool play_start(struct play *);
/* Asks in the next turn; converses until everything is answered, as clients do. */
struct question *play_ask(struct play *, struct seat *, const struct message *);
void play_converse(struct play *);
/* All that was accepted is said again, and must get its first receipt. */
void play_claim_all(struct play *);

/* An incident by the name of its event, with a complaint and 0 when there is none; and back. */
uint64_t play_incident(struct play *, const char *event);
bool play_knows(struct play *, const char *event);
void play_name(struct play *, const char *event, uint64_t incident);
const char *play_event(struct play *, uint64_t incident);
bool play_row(struct play *, uint64_t incident, struct row *);
/* A date, and a time of day where one is said; or "never". */
bool play_time(struct play *, struct words *, int64_t *ms);
const char *play_time_text(struct play *, int64_t ms);

/* A sentence of the language: words as they stand, CAPITALS for any one word, "..." for what follows. */
enum sentence_kind {
    LOOKS, /* changes nothing: no crash is injected here */
    DOES,
    ASKS, /* and is answered */
};
struct sentence {
    const char *form;
    void (*play)(struct play *, const char *const *any, struct words *rest);
    enum sentence_kind kind;
};
#define ANY_MAX 4
extern const struct sentence doing[], expecting[]; /* steps.c, expect.c; a NULL form ends them */

/* Holds the answer against what the line expects of it; at a start it is the broker's fault or NULL (expect.c). */
void expect_answer(struct play *, const struct question *);
void expect_start(struct play *, const char *refused);

#endif
