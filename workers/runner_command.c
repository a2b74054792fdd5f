#include "workers/runner.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "broker/base/panic.h"

extern char **environ;

/* --- whether it can be run --- */

static int check_file(const char *path)
{
    struct stat file;
    if (stat(path, &file) != 0)
        return errno;
    if (S_ISDIR(file.st_mode))
        return EISDIR;
    return access(path, X_OK) == 0 ? 0 : errno;
}

/* As execvp: a name without a slash is looked for along the path, and one that may not be run is passed over. */
int command_check(const char *command)
{
    char path[4096];
    const char *folders = getenv("PATH");
    int worst = ENOENT;
    if (strchr(command, '/'))
        return check_file(command);
    for (const char *folder = folders ? folders : "/bin:/usr/bin"; *command && folder;) {
        const char *end = strchrnul(folder, ':');
        snprintf(path, sizeof(path), "%.*s/%s", end > folder ? (int)(end - folder) : 1, end > folder ? folder : ".",
                 command);
        int error = check_file(path);
        if (!error)
            return 0;
        if (error == EACCES)
            worst = error;
        folder = *end ? end + 1 : NULL;
    }
    return worst;
}

/* --- running it --- */

/* Its stdin is a file in memory: it ends where the task ends, and nobody has to wait for a slow reader. */
static int task_file(const char *json)
{
    size_t size = strlen(json);
    int fd = memfd_create("task", MFD_CLOEXEC);
    if (fd < 0)
        return -1;
    if (write(fd, json, size) != (ssize_t)size || write(fd, "\n", 1) != 1 || lseek(fd, 0, SEEK_SET) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

#define VARIABLES 9

/* The environment of the command: the task's and ours. */
static char **environment_of(const struct bh_task *task, char *strings[VARIABLES])
{
    size_t count = 0;
    int made = 0;
    while (environ[count])
        count++;
    made += asprintf(&strings[0], "BIHUAN_INCIDENT=%s", task->incident) < 0;
    made += asprintf(&strings[1], "BIHUAN_TASK=%u", task->task) < 0;
    made += asprintf(&strings[2], "BIHUAN_EPOCH=%u", task->epoch) < 0;
    made += asprintf(&strings[3], "BIHUAN_TYPE=%s", task->type) < 0;
    made += asprintf(&strings[4], "BIHUAN_AREA=%s", task->area) < 0;
    made += asprintf(&strings[5], "BIHUAN_UNIT=%s", task->unit) < 0;
    made += asprintf(&strings[6], "BIHUAN_RESUME=%d", task->resume) < 0;
    made += asprintf(&strings[7], "BIHUAN_SEVERITY=%d", task->severity) < 0;
    made += asprintf(&strings[8], "BIHUAN_EXERCISE=%d", task->exercise) < 0;
    char **all = calloc(count + VARIABLES + 1, sizeof(*all));
    ASSERT(all && made == 0);
    memcpy(all, strings, VARIABLES * sizeof(*all)); /* first: the first of a name counts */
    memcpy(all + VARIABLES, environ, count * sizeof(*all));
    return all;
}

/* In the child. A process group of its own, so that a revoked task stops whatever the command has started; and its end
 * when ours comes unforeseen: by then a colleague has the task. Only calls that are safe after fork. told gets the errno
 * of a command that cannot be run, and is closed by one that can. */
_Noreturn static void become(char *const *command, const int fds[3], char **environment, pid_t parent, int told)
{
    sigset_t none;
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent)
        _exit(EXIT_FAILURE);
    for (int fd = 0; fd < 3; fd++)
        dup2(fds[fd], fd);
    signal(SIGPIPE, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    execvpe(command[0], command, environment);
    int error = errno;
    _exit(write(told, &error, sizeof(error)) == sizeof(error) ? 127 : EXIT_FAILURE);
}

/* What the child of spawn tells: 0 when it has become the command. */
static int told_by(int fd)
{
    int error = 0;
    while (read(fd, &error, sizeof(error)) < 0 && errno == EINTR)
        ;
    return error;
}

/* -1 with errno, also when the command cannot be run. */
static pid_t spawn(char *const *command, const struct bh_task *task, const int fds[3])
{
    char *strings[VARIABLES];
    int told[2];
    if (pipe2(told, O_CLOEXEC) != 0)
        return -1;
    char **environment = environment_of(task, strings);
    pid_t parent = getpid();
    pid_t pid = fork();
    if (pid == 0)
        become(command, fds, environment, parent, told[1]);
    int error = pid < 0 ? errno : 0;
    close(told[1]);
    if (!error && (error = told_by(told[0])))
        waitpid(pid, NULL, 0);
    close(told[0]);
    for (int i = 0; i < VARIABLES; i++)
        free(strings[i]);
    free(environment);
    errno = error;
    return error ? -1 : pid;
}

int command_start(char *const *command, const struct bh_task *task, pid_t *pid, int *out_fd, int *err_fd)
{
    int out[2] = {-1, -1}, err[2] = {-1, -1};
    int in = task_file(task->json);
    bool ready = in >= 0 && pipe2(out, O_CLOEXEC) == 0 && pipe2(err, O_CLOEXEC) == 0;
    pid_t child = ready ? spawn(command, task, (int[]){in, out[1], err[1]}) : -1;
    int error = child < 0 ? errno : 0;
    if (!error) {
        *pid = child;
        *out_fd = out[0];
        *err_fd = err[0];
        fcntl(out[0], F_SETFL, O_NONBLOCK);
        fcntl(err[0], F_SETFL, O_NONBLOCK);
        out[0] = err[0] = -1;
    }
    int ours[] = {in, out[0], out[1], err[0], err[1]};
    for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
        if (ours[i] >= 0)
            close(ours[i]);
    return error;
}
