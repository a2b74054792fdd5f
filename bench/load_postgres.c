/* load_postgres: a queue table. Rows are put in by pipelined INSERTs, all that is to be sent together in one transaction;
 * a loop takes them out by DELETE … SKIP LOCKED. ADDRESS is what libpq connects to. */
#include "bench/load.h"

#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TAKE_OUT                                                                                                       \
    "DELETE FROM queue WHERE id IN (SELECT id FROM queue ORDER BY id FOR UPDATE SKIP LOCKED LIMIT 1024) RETURNING "    \
    "body"

struct publisher {
    bool loops, taking;
    PGconn *put, *work;
    size_t first, last, unsynced;
    uint64_t sent[IN_FLIGHT_MAX];                            /* numbers without an answer, in order */
    size_t groups_first, groups_last, groups[IN_FLIGHT_MAX]; /* how many of them each transaction has */
    size_t ready;                                            /* committed, and not taken out by us */
};

static PGconn *connect_to(void)
{
    PGconn *c = PQconnectdb(load_options.address);
    if (PQstatus(c) != CONNECTION_OK)
        load_fail(load_options.address, PQerrorMessage(c));
    return c;
}

static void order(PGconn *c, const char *text)
{
    PGresult *r = PQexec(c, text);
    if (PQresultStatus(r) != PGRES_COMMAND_OK)
        load_fail(text, PQerrorMessage(c));
    PQclear(r);
}

static void *open_publisher(unsigned index)
{
    struct publisher *p = calloc(1, sizeof(*p));
    if (!p)
        load_fail("memory", "none");
    p->put = connect_to();
    if (index == 0) {
        order(p->put, "SET client_min_messages = warning");
        order(p->put, "DROP TABLE IF EXISTS queue");
        order(p->put, "CREATE TABLE queue (id bigserial PRIMARY KEY, body text NOT NULL)");
    }
    PQclear(PQprepare(p->put, "put", "INSERT INTO queue (body) VALUES ($1)", 1, NULL));
    p->loops = strcmp(load_options.what, "loop") == 0;
    if (p->loops) {
        p->work = connect_to();
        PQclear(PQprepare(p->work, "out", TAKE_OUT, 0, NULL));
        PQsetnonblocking(p->work, 1);
    }
    PQsetnonblocking(p->put, 1);
    if (!PQenterPipelineMode(p->put))
        load_fail("pipeline", PQerrorMessage(p->put));
    return p;
}

static size_t items(void *self, zmq_pollitem_t out[LOAD_ITEMS_MAX])
{
    struct publisher *p = self;
    short put = (short)(ZMQ_POLLIN | (PQflush(p->put) == 1 ? ZMQ_POLLOUT : 0));
    out[0] = (zmq_pollitem_t){.fd = PQsocket(p->put), .events = put};
    if (p->loops)
        out[1] = (zmq_pollitem_t){.fd = PQsocket(p->work), .events = ZMQ_POLLIN};
    return p->loops ? 2 : 1;
}

static void start(void *self, uint64_t number)
{
    struct publisher *p = self;
    const char *values[] = {load_body(number)};
    if (!PQsendQueryPrepared(p->put, "put", 1, values, NULL, NULL, 0))
        load_fail("insert", PQerrorMessage(p->put));
    p->sent[p->last++ % IN_FLIGHT_MAX] = number;
    p->unsynced++;
}

/* A sync ends the transaction. */
static void flush(void *self)
{
    struct publisher *p = self;
    if (p->unsynced && !PQpipelineSync(p->put))
        load_fail("sync", PQerrorMessage(p->put));
    if (p->unsynced)
        p->groups[p->groups_last++ % IN_FLIGHT_MAX] = p->unsynced;
    p->unsynced = 0;
    PQflush(p->put);
    if (p->loops && !p->taking && p->ready) {
        if (!PQsendQueryPrepared(p->work, "out", 0, NULL, NULL, NULL, 0))
            load_fail("take out", PQerrorMessage(p->work));
        p->taking = true;
        PQflush(p->work);
    }
}

static void committed(struct publisher *p)
{
    for (size_t n = p->groups[p->groups_first++ % IN_FLIGHT_MAX]; n > 0; n--) {
        uint64_t number = p->sent[p->first++ % IN_FLIGHT_MAX];
        load_receipt(number);
        p->ready++;
        if (!p->loops)
            load_done(number);
    }
}

/* Each command's result is followed by a NULL; a sync's is not. */
static bool take_puts(struct publisher *p)
{
    bool any = false;
    if (!PQconsumeInput(p->put))
        load_fail("read", PQerrorMessage(p->put));
    while (p->groups_first < p->groups_last && !PQisBusy(p->put)) {
        PGresult *r = PQgetResult(p->put);
        ExecStatusType status = r ? PQresultStatus(r) : PGRES_COMMAND_OK;
        any = true;
        if (status == PGRES_PIPELINE_SYNC)
            committed(p);
        else if (status != PGRES_COMMAND_OK)
            load_fail("insert", PQerrorMessage(p->put));
        PQclear(r);
    }
    return any;
}

static bool take_work(struct publisher *p)
{
    PGresult *r;
    if (!PQconsumeInput(p->work))
        load_fail("read", PQerrorMessage(p->work));
    if (!p->taking || PQisBusy(p->work))
        return false;
    while ((r = PQgetResult(p->work))) {
        if (PQresultStatus(r) != PGRES_TUPLES_OK)
            load_fail("take out", PQerrorMessage(p->work));
        for (int i = 0; i < PQntuples(r); i++)
            load_done(load_number(PQgetvalue(r, i, 0), (size_t)PQgetlength(r, i, 0)));
        size_t taken = (size_t)PQntuples(r);
        p->ready -= taken && taken < p->ready ? taken : p->ready; /* none: others have ours */
        PQclear(r);
    }
    p->taking = false;
    return true;
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
    PQfinish(p->put);
    if (p->loops)
        PQfinish(p->work);
    free(p);
}

const struct peer peer = {.name = "postgresql",
                          .open = open_publisher,
                          .items = items,
                          .start = start,
                          .flush = flush,
                          .take = take,
                          .close = close_publisher};
