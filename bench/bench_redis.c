/* bench_redis: XADD over one connection with so many in flight; the peer that bench_publish is compared with.
 *   bench_redis UNIX-SOCKET WINDOW SECONDS BODY-BYTES */
#include "bench/measure.h"

#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv)
{
    if (argc != 5)
        return fprintf(stderr, "usage: %s UNIX-SOCKET WINDOW SECONDS BODY-BYTES\n", argv[0]), 2;
    redisContext *redis = redisConnectUnix(argv[1]);
    if (!redis || redis->err)
        return fprintf(stderr, "%s: %s\n", argv[1], redis ? redis->errstr : "no memory"), 1;
    size_t size = strtoul(argv[4], NULL, 10);
    char *body = malloc(size);
    if (!body)
        abort();
    memset(body, 'x', size);
    struct measure m;
    measure_begin(&m, strtoul(argv[2], NULL, 10), strtod(argv[3], NULL));
    while (!measure_over(&m)) {
        while (measure_room(&m)) {
            redisAppendCommand(redis, "XADD events * body %b", body, size);
            measure_sent(&m);
        }
        redisReply *reply;
        if (m.answered == m.sent)
            continue;
        if (redisGetReply(redis, (void **)&reply) != REDIS_OK || reply->type == REDIS_REPLY_ERROR)
            return fprintf(stderr, "redis: %s\n", redis->err ? redis->errstr : reply->str), 1;
        freeReplyObject(reply);
        measure_answered(&m);
    }
    measure_print(&m, "redis");
    free(body);
    redisFree(redis);
    return 0;
}
