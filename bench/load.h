/* load.h: what every system under load is to the load generator. Each bench/load_*.c fills one `struct peer` and is linked
 * with load.c into a program of its own. */
#ifndef BENCH_LOAD_H
#define BENCH_LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <zmq.h>

#define BODY_BYTES     512
#define IN_FLIGHT_MAX  131072u /* a power of two: requests are told apart by their number modulo this */
#define LOAD_ITEMS_MAX 4       /* descriptors that one publisher waits for */

struct load_options {
    const char *address;
    const char *what;            /* "publish", "loop", or what else the peer knows */
    unsigned publishers, window; /* window: in flight altogether, at least one for each publisher */
    double seconds, warm;        /* warm: so many before it counts */
    double rate;                 /* open loop, starts a second; 0: closed loop */
    const char *curve;           /* open loop: a file with the rate of each second */
    uint64_t count;              /* at most so many */
    const char *type, *area, *unit;
    unsigned workers, slow; /* of a loop: connections that work; of these so many take half a second for each task */
    uint64_t from, to;      /* numbers of incidents */
    bool timeline;          /* also each second by itself */
};
extern struct load_options load_options;

struct peer {
    const char *name;
    /* Publisher `index` of load_options.publishers. Never NULL: what cannot be done ends in load_fail. */
    void *(*open)(unsigned index);
    /* What to wait for; how many. */
    size_t (*items)(void *, zmq_pollitem_t items[LOAD_ITEMS_MAX]);
    /* Starts request `number`; it may wait in a buffer until flush. */
    void (*start)(void *, uint64_t number);
    void (*flush)(void *);
    /* Takes what has come, without waiting; whether there was anything. */
    bool (*take)(void *);
    void (*close)(void *);
};
extern const struct peer peer;

/* The request's first step is durable. */
void load_receipt(uint64_t number);
/* The whole of it is done, and its place in the window free. */
void load_done(uint64_t number);
/* It was refused for now, and has been sent again. */
void load_refused(void);
/* Whether nothing more is to be started: what remains is to be finished. */
bool load_ending(void);
_Noreturn void load_fail(const char *what, const char *why);

/* An event of real shape as JSON of BODY_BYTES, its number in it. Valid until the next call. */
const char *load_body(uint64_t number);
/* Its number again. */
uint64_t load_number(const char *body, size_t size);
/* A connected TCP or (with a '/') unix socket that does not wait, of "HOST:PORT" or a path. */
int load_connect(const char *address);

#endif
