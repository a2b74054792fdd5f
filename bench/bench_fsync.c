/* bench_fsync: what the disk itself gives: 4 KiB appended and flushed with fdatasync, one at a time.
 *   bench_fsync FILE SECONDS */
#include "bench/measure.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    if (argc != 3)
        return fprintf(stderr, "usage: %s FILE SECONDS\n", argv[0]), 2;
    int fd = open(argv[1], O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
    if (fd < 0)
        return perror(argv[1]), 1;
    static char page[4096];
    struct measure m;
    measure_begin(&m, 1, strtod(argv[2], NULL));
    while (measure_room(&m)) {
        measure_sent(&m);
        if (write(fd, page, sizeof(page)) != sizeof(page) || fdatasync(fd) != 0)
            return perror(argv[1]), 1;
        measure_answered(&m);
    }
    measure_print(&m, "fdatasync");
    close(fd);
    unlink(argv[1]);
    return 0;
}
