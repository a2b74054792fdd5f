/* load_beanstalk: beanstalkd, one fsync for each put and each delete; a reservation is not durable. A loop is put, reserve,
 * delete. ADDRESS is HOST:PORT. */
#include "bench/lines.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Numbers of requests without an answer, in order. */
struct waiting {
    size_t first, last;
    uint64_t numbers[IN_FLIGHT_MAX];
};

struct publisher {
    bool loops;
    size_t reserves; /* asked for so far: one for each job that is in */
    struct lines put, work;
    struct waiting puts, deletes;
};

static size_t sized(const char *line)
{
    unsigned long long id;
    size_t size;
    return sscanf(line, "RESERVED %llu %zu", &id, &size) == 2 ? size : 0;
}

static void *open_publisher(unsigned index)
{
    struct publisher *p = calloc(1, sizeof(*p));
    if (!p)
        load_fail("memory", "none");
    (void)index;
    lines_open(&p->put, load_options.address);
    p->loops = strcmp(load_options.what, "loop") == 0;
    if (p->loops)
        lines_open(&p->work, load_options.address);
    return p;
}

static size_t items(void *self, zmq_pollitem_t out[LOAD_ITEMS_MAX])
{
    struct publisher *p = self;
    out[0] = lines_item(&p->put);
    if (p->loops)
        out[1] = lines_item(&p->work);
    return p->loops ? 2 : 1;
}

static void start(void *self, uint64_t number)
{
    struct publisher *p = self;
    lines_say(&p->put, "put 0 0 3600 %d\r\n", BODY_BYTES);
    lines_put(&p->put, load_body(number), BODY_BYTES);
    lines_put(&p->put, "\r\n", 2);
    p->puts.numbers[p->puts.last++ % IN_FLIGHT_MAX] = number;
}

static void flush(void *self)
{
    struct publisher *p = self;
    lines_flush(&p->put);
    for (; p->loops && p->reserves < p->puts.first; p->reserves++)
        lines_say(&p->work, "reserve\r\n");
    if (p->loops)
        lines_flush(&p->work);
}

static bool take_puts(struct publisher *p)
{
    char *line, *body;
    size_t size;
    bool any = lines_read(&p->put);
    while ((line = lines_next(&p->put, NULL, &body, &size))) {
        if (strncmp(line, "INSERTED", 8) != 0)
            load_fail("put", line);
        uint64_t number = p->puts.numbers[p->puts.first++ % IN_FLIGHT_MAX];
        load_receipt(number);
        if (!p->loops)
            load_done(number);
    }
    return any;
}

static bool take_work(struct publisher *p)
{
    char *line, *body;
    size_t size;
    bool any = lines_read(&p->work);
    while ((line = lines_next(&p->work, sized, &body, &size))) {
        if (size) {
            lines_say(&p->work, "delete %llu\r\n", strtoull(line + 9, NULL, 10));
            p->deletes.numbers[p->deletes.last++ % IN_FLIGHT_MAX] = load_number(body, size);
        } else if (strncmp(line, "DELETED", 7) == 0) {
            load_done(p->deletes.numbers[p->deletes.first++ % IN_FLIGHT_MAX]);
        } else {
            load_fail("work", line);
        }
    }
    lines_flush(&p->work);
    return any;
}

static bool take(void *self)
{
    struct publisher *p = self;
    bool any = take_puts(p);
    return p->loops ? take_work(p) || any : any;
}

static void close_publisher(void *self)
{
    struct publisher *p = self;
    lines_close(&p->put);
    if (p->loops)
        lines_close(&p->work);
    free(p);
}

const struct peer peer = {.name = "beanstalkd",
                          .open = open_publisher,
                          .items = items,
                          .start = start,
                          .flush = flush,
                          .take = take,
                          .close = close_publisher};
