/* bihuan-worker as a process: what a command prints is what the department says. Run from the checkout's root. */
#include "fake_broker.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "schemas/ident.h"

#define WORDS_MAX     64
#define ARGUMENTS_MAX 32

/* What the fake's department has heard and is to do. Written by its thread, read when heard_words says so. */
static struct {
    int offer, offered;
    bool responded_before;  /* deliveries come as resumes */
    bool revoke_on_respond; /* taken away right after */
    enum refusal_code refuse_respond;
    const char *command; /* in place of the shell */
} plan;
static struct {
    enum word_verb verb;
    enum outcome_code outcome;
    bool auto_respond;
    char text[512], reason[64], person[64], request[80];
} words[WORDS_MAX];
static atomic_int word_count;

static struct message delivery(uint64_t number)
{
    static const struct event event = {.id = "e", .type = "0101", .text = "井盖 \"缺失\"\n第二行"};
    struct message message = {.kind = MESSAGE_TASK};
    message.task = (struct delivery){
        .incident = ident_pack(620802, number),
        .task = {.no = 1, .epoch = 4, .state = plan.responded_before ? TASK_RESPONDED : TASK_OFFERED, .unit = "u1"},
        .head = {.state = INCIDENT_OPEN, .type = "0101", .area = "620802001", .severity = 2},
        .event = &event,
        .resume = plan.responded_before};
    return message;
}

static void keep(const struct word *word)
{
    int n = word_count;
    assert_true(n < WORDS_MAX);
    words[n].verb = word->verb;
    words[n].outcome = word->outcome;
    words[n].auto_respond = word->auto_respond;
    snprintf(words[n].text, sizeof(words[n].text), "%s", word->text ? word->text : "");
    snprintf(words[n].reason, sizeof(words[n].reason), "%s", word->reason ? word->reason : "");
    snprintf(words[n].person, sizeof(words[n].person), "%s", word->person ? word->person : "");
    snprintf(words[n].request, sizeof(words[n].request), "%s", word->request);
    word_count = n + 1;
}

static int script(struct fake *fake, const struct message *in, struct message *out)
{
    int n = in->kind == MESSAGE_WORD ? 0 : fake_manners(fake, in, out);
    for (; in->kind == MESSAGE_CREDIT && fake->credit > 0 && plan.offered < plan.offer; fake->credit--)
        out[n++] = delivery((uint64_t)++plan.offered);
    if (in->kind != MESSAGE_WORD)
        return n;
    keep(&in->word);
    bool refused = in->word.verb == WORD_RESPOND && plan.refuse_respond;
    out[n++] = refused ? fake_refusal(in->tag, plan.refuse_respond, 0) : fake_receipt(in->tag, in->word.incident);
    if (plan.revoke_on_respond && in->word.verb == WORD_RESPOND) {
        out[n] = (struct message){.kind = MESSAGE_REVOKE};
        out[n++].revoke = (struct revoke){in->word.incident, in->word.task, in->word.epoch, "transferred"};
    }
    return n;
}

struct runner {
    struct fake fake;
    pid_t pid;
    char log[64], errors[64];
};

/* Starts bihuan-worker with these arguments before the command, which is `sh -c SCRIPT` or plan.command. */
static void start(struct runner *runner, const char *shell, ...)
{
    const char *binary = getenv("BIHUAN_WORKER") ? getenv("BIHUAN_WORKER") : "build/bihuan-worker";
    const char *arguments[ARGUMENTS_MAX] = {binary, "--department", "u1", "--name", "w1", "--broker"};
    int n = 6;
    va_list more;
    word_count = 0;
    fake_place(&runner->fake, "work", script);
    snprintf(runner->log, sizeof(runner->log), "%s/log", runner->fake.folder);
    snprintf(runner->errors, sizeof(runner->errors), "%s/errors", runner->fake.folder);
    fake_start(&runner->fake);
    arguments[n++] = runner->fake.base;
    va_start(more, shell);
    for (const char *argument; (argument = va_arg(more, const char *));)
        arguments[n++] = argument;
    va_end(more);
    const char *rest[] = {"--log", runner->log, "--", "sh", "-c", shell, NULL};
    if (plan.command) {
        rest[3] = plan.command;
        rest[4] = NULL;
    }
    memcpy(arguments + n, rest, sizeof(rest));
    runner->pid = fork();
    if (runner->pid == 0) {
        int fd = open(runner->errors, O_WRONLY | O_CREAT | O_APPEND, 0600);
        dup2(fd, STDERR_FILENO);
        execv(binary, (char **)arguments);
        _exit(99);
    }
}

static void await_words(int n)
{
    for (int i = 0; i < 1000 && word_count < n; i++)
        nanosleep(&(struct timespec){.tv_nsec = 10 * 1000000}, NULL);
    if (word_count < n)
        fail_msg("%d words heard, %d awaited", (int)word_count, n);
}

static int ended(struct runner *runner)
{
    int status = -1;
    for (int i = 0; i < 1000; i++) {
        if (waitpid(runner->pid, &status, WNOHANG) == runner->pid)
            return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
        nanosleep(&(struct timespec){.tv_nsec = 10 * 1000000}, NULL);
    }
    kill(runner->pid, SIGKILL);
    fail_msg("the runner did not end");
    return -1;
}

static const char *contents(const char *path)
{
    static char text[32768];
    int fd = open(path, O_RDONLY);
    ssize_t size = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);
    text[size > 0 ? size : 0] = '\0';
    if (fd >= 0)
        close(fd);
    return text;
}

static void finish(struct runner *runner)
{
    fake_stop(&runner->fake);
    unlink(runner->log);
    unlink(runner->errors);
    fake_remove(&runner->fake);
    assert_int_equal(runner->fake.heard[0], 0);
    memset(&plan, 0, sizeof(plan));
}

static int no_plan(void **state)
{
    (void)state;
    memset(&plan, 0, sizeof(plan));
    return 0;
}

static void expect(int at, enum word_verb verb, const char *text)
{
    assert_true(at < word_count);
    assert_string_equal(word_name(words[at].verb), word_name(verb));
    assert_string_equal(words[at].text, text);
}

static void what_is_printed_is_said_in_order(void **state)
{
    (void)state;
    struct runner runner;
    plan.offer = 1;
    start(&runner,
          "cat >/dev/null; echo respond; echo; echo '  arrive'; printf 'handle\\r\\n'; echo note 到了 现场;"
          "printf '{\"say\":\"feedback\",\"outcome\":\"partly\",\"text\":\"a \\\\u0022b\\\\u0022\",\"person\":\"p1\"}'",
          "--once", "1", NULL);
    assert_int_equal(ended(&runner), 0);
    assert_int_equal(word_count, 5);
    expect(0, WORD_RESPOND, "");
    assert_false(words[0].auto_respond);
    expect(1, WORD_ARRIVE, "");
    expect(2, WORD_HANDLE, "");
    expect(3, WORD_NOTE, "到了 现场");
    expect(4, WORD_FEEDBACK, "a \"b\"");
    assert_int_equal(words[4].outcome, OUTCOME_PARTLY);
    assert_string_equal(words[4].person, "p1");
    for (int i = 1; i < 5; i++)
        assert_string_not_equal(words[i].request, words[i - 1].request);
    finish(&runner);
}

static void the_task_is_on_stdin_and_in_the_environment(void **state)
{
    (void)state;
    struct runner runner;
    char id[IDENT_TEXT_BYTES], expected[256];
    plan.offer = 1;
    start(
        &runner,
        "read -r line; case $line in *'\"缺失\\\"\\n第二行'*) ;; esac;"
        "printf '%s' \"$line\" | python3 -c 'import json,sys; d=json.load(sys.stdin); assert \"井盖\" in json.dumps(d, "
        "ensure_ascii=False)' && cat | wc -c | grep -qx 0 && "
        "echo note $BIHUAN_INCIDENT/$BIHUAN_TASK/$BIHUAN_EPOCH/$BIHUAN_TYPE/$BIHUAN_AREA/$BIHUAN_UNIT/"
        "$BIHUAN_RESUME/$BIHUAN_SEVERITY/$BIHUAN_EXERCISE; echo respond; echo return not_ours 不归我管",
        "--once", "1", NULL);
    assert_int_equal(ended(&runner), 0);
    ident_format(ident_pack(620802, 1), id);
    snprintf(expected, sizeof(expected), "%s/1/4/0101/620802001/u1/0/2/0", id);
    expect(0, WORD_NOTE, expected);
    expect(2, WORD_RETURN, "不归我管");
    assert_string_equal(words[2].reason, "not_ours");
    finish(&runner);
}

static void words_are_said_as_they_are_printed(void **state)
{
    (void)state;
    struct runner runner;
    plan.offer = 1;
    start(&runner, "echo respond; exec sleep 1000", NULL);
    await_words(1);
    kill(runner.pid, SIGTERM); /* drains: the command is at work */
    kill(runner.pid, SIGTERM); /* may be one signal or two */
    nanosleep(&(struct timespec){.tv_nsec = 300 * 1000000}, NULL);
    kill(runner.pid, SIGTERM);
    assert_int_equal(ended(&runner), 0);
    expect(1, WORD_NOTE, "the command was ended by signal 15");
    assert_int_equal(word_count, 2);
    assert_non_null(strstr(contents(runner.errors), "left without feedback"));
    finish(&runner);
}

static void a_command_that_fails_before_respond_gives_back(void **state)
{
    (void)state;
    struct runner runner;
    plan.offer = 1;
    start(&runner, "echo first >&2; echo 车坏了 >&2; exit 3", "--once", "1", NULL);
    assert_int_equal(ended(&runner), 0);
    expect(0, WORD_NOTE, "the command ended with status 3: 车坏了");
    expect(1, WORD_GIVE_BACK, "the command ended with status 3");
    assert_int_equal(word_count, 2);
    finish(&runner);
    plan.offer = 1; /* the same for one that is killed, or says nothing at all */
    start(&runner, "kill -9 $$", "--once", "1", NULL);
    assert_int_equal(ended(&runner), 0);
    expect(0, WORD_NOTE, "the command was ended by signal 9");
    expect(1, WORD_GIVE_BACK, "the command was ended by signal 9");
    finish(&runner);
    plan.offer = 1;
    start(&runner, "exec /nonexistent/handler 2>/dev/null", "--once", "1", NULL);
    assert_int_equal(ended(&runner), 0);
    expect(1, WORD_GIVE_BACK, "the command ended with status 127");
    finish(&runner);
}

static void a_command_that_fails_after_respond_keeps_the_task(void **state)
{
    (void)state;
    struct runner runner;
    plan.offer = 1;
    start(&runner, "echo respond; echo handle; exit 1", "--once", "1", NULL);
    assert_int_equal(ended(&runner), 0);
    assert_int_equal(word_count, 3);
    expect(2, WORD_NOTE, "the command ended with status 1");
    assert_non_null(strstr(contents(runner.errors), "no feedback"));
    finish(&runner);
    plan.offer = 1; /* a refused respond is none */
    plan.refuse_respond = REFUSAL_FORBIDDEN;
    start(&runner, "echo respond; exit 1", "--once", "1", NULL);
    assert_int_equal(ended(&runner), 0);
    expect(2, WORD_GIVE_BACK, "the command ended with status 1");
    finish(&runner);
}

static void a_resumed_task_is_not_given_back(void **state)
{
    (void)state;
    struct runner runner;
    plan.offer = 1;
    plan.responded_before = true;
    start(&runner, "echo note resume=$BIHUAN_RESUME; exit 1", "--once", "1", "--auto-respond", NULL);
    assert_int_equal(ended(&runner), 0);
    assert_int_equal(word_count, 2); /* nor responded again */
    expect(0, WORD_NOTE, "resume=1");
    expect(1, WORD_NOTE, "the command ended with status 1");
    finish(&runner);
}

static void auto_respond_is_explicit_and_marked(void **state)
{
    (void)state;
    struct runner runner;
    plan.offer = 1;
    start(&runner, "echo feedback resolved", "--once", "1", "--auto-respond", NULL);
    assert_int_equal(ended(&runner), 0);
    expect(0, WORD_RESPOND, "");
    assert_true(words[0].auto_respond);
    expect(1, WORD_FEEDBACK, "");
    finish(&runner);
}

static void a_line_that_is_not_understood_is_named_and_passed_over(void **state)
{
    (void)state;
    struct runner runner;
    plan.offer = 1;
    start(&runner,
          "echo respond; echo dance; echo feedback; echo feedback fixed; echo return; echo note;"
          "echo '{\"say\":\"feedback\"'; echo '{\"say\":\"sing\"}'; echo '{\"text\":\"x\"}'; echo '{\"say\":1}';"
          "echo '{\"say\":\"note\",\"text\":\"x\",\"colour\":\"red\"}'; echo '{\"say\":\"note\",\"text\":5}';"
          "echo '[\"note\"]'; printf 'note \\377\\n'; printf 'note a\\000b\\n';"
          "head -c 70000 /dev/zero | tr '\\0' x; echo; echo note end; echo feedback resolved",
          "--once", "1", NULL);
    assert_int_equal(ended(&runner), 0);
    assert_int_equal(word_count, 3);
    expect(1, WORD_NOTE, "end");
    expect(2, WORD_FEEDBACK, "");
    const char *errors = contents(runner.errors);
    const char *named[] = {"\"dance\"",
                           "\"feedback\": feedback needs",
                           "no outcome \"fixed\": one of resolved, partly, ",
                           "return needs",
                           "note needs",
                           "\"sing\"",
                           "no member \"say\"",
                           "unknown member",
                           "not UTF-8",
                           "a line with a NUL",
                           "a line longer than"};
    for (size_t i = 0; i < sizeof(named) / sizeof(named[0]); i++)
        if (!strstr(errors, named[i]))
            fail_msg("%s is not named in\n%s", named[i], errors);
    finish(&runner);
}

static void a_revoked_task_stops_its_command(void **state)
{
    (void)state;
    struct runner runner;
    plan.offer = 1;
    plan.revoke_on_respond = true;
    start(&runner, "trap 'echo stopped >&2; exit 0' TERM; echo respond; sleep 1000 & wait", "--once", "1", NULL);
    assert_int_equal(ended(&runner), 0);
    assert_int_equal(word_count, 1); /* nothing more is said of it */
    assert_non_null(strstr(contents(runner.errors), "stopped"));
    assert_non_null(strstr(contents(runner.errors), "taken away: transferred"));
    finish(&runner);
}

static void several_at_once_but_not_more(void **state)
{
    (void)state;
    struct runner runner;
    char peers[] = "/tmp/bihuan-test-XXXXXX";
    long most = 0;
    plan.offer = 5;
    assert_non_null(mkdtemp(peers));
    setenv("PEERS", peers, 1);
    /* Each command counts those at work beside it, itself included. */
    start(&runner,
          "me=$(mktemp -p $PEERS); echo respond; sleep 0.3; echo note $(ls $PEERS | wc -l); rm $me;"
          "echo feedback resolved",
          "--once", "5", "--credit", "2", NULL);
    assert_int_equal(ended(&runner), 0);
    assert_int_equal(word_count, 15);
    for (int i = 0; i < 15; i++) {
        long peers_now = words[i].verb == WORD_NOTE ? strtol(words[i].text, NULL, 10) : 0;
        most = peers_now > most ? peers_now : most;
    }
    assert_int_equal(most, 2);
    assert_int_equal(rmdir(peers), 0);
    finish(&runner);
}

static void draining_gives_up_what_was_not_responded(void **state)
{
    (void)state;
    struct runner runner;
    plan.offer = 1;
    start(&runner, "echo note begun; exec sleep 1000", NULL);
    await_words(1);
    kill(runner.pid, SIGTERM);
    assert_int_equal(ended(&runner), 0); /* its command was stopped: the task is a colleague's now */
    assert_int_equal(word_count, 1);
    assert_int_equal(runner.fake.heard[MESSAGE_BYE], 2); /* drain, then leave */
    finish(&runner);
}

static void the_log_is_an_oracle(void **state)
{
    (void)state;
    struct runner runner;
    char id[IDENT_TEXT_BYTES];
    plan.offer = 1;
    start(&runner, "echo respond; echo feedback resolved", "--once", "1", NULL);
    assert_int_equal(ended(&runner), 0);
    ident_format(ident_pack(620802, 1), id);
    const char *kinds[] = {"delivery", "word", "word"};
    char *rest = (char *)contents(runner.log);
    for (int i = 0; i < 3; i++) {
        char *line = rest;
        rest = strchr(line, '\n');
        assert_non_null(rest);
        *rest++ = '\0';
        json_t *json = json_loads(line, 0, NULL);
        assert_non_null(json);
        assert_string_equal(json_string_value(json_object_get(json, "log")), kinds[i]);
        assert_string_equal(json_string_value(json_object_get(json, "incident")), id);
        assert_int_equal(json_integer_value(json_object_get(json, "epoch")), 4);
        assert_string_equal(json_string_value(json_object_get(json, "worker")), "w1");
        assert_int_equal(strlen(json_string_value(json_object_get(json, "at"))), strlen("1970-01-01T00:00:00.099Z"));
        if (i == 2) {
            assert_string_equal(json_string_value(json_object_get(json, "verb")), "feedback");
            assert_string_equal(json_string_value(json_object_get(json, "outcome")), "resolved");
            assert_int_equal(json_integer_value(json_object_get(json, "seq")), 7);
            assert_string_equal(json_string_value(json_object_get(json, "broker_at")), "1970-01-01T00:00:00.099Z");
        }
        json_decref(json);
    }
    assert_int_equal(*rest, '\0');
    finish(&runner);
}

static void a_killed_runner_takes_its_commands_along(void **state)
{
    (void)state;
    struct runner runner;
    plan.offer = 1;
    start(&runner, "echo note $$; exec sleep 1000", NULL);
    await_words(1);
    pid_t command = (pid_t)strtol(words[0].text, NULL, 10);
    assert_int_equal(kill(command, 0), 0);
    kill(runner.pid, SIGKILL);
    assert_int_equal(ended(&runner), -SIGKILL);
    for (int i = 0; i < 500 && kill(command, 0) == 0; i++) {
        nanosleep(&(struct timespec){.tv_nsec = 10 * 1000000}, NULL);
    }
    char path[64], stat[64] = "";
    snprintf(path, sizeof(path), "/proc/%ld/cmdline", (long)command);
    snprintf(stat, sizeof(stat), "%.60s", contents(path));
    assert_string_equal(stat, ""); /* gone, or waiting for its new parent to notice */
    finish(&runner);
}

static void once_takes_no_more(void **state)
{
    (void)state;
    struct runner runner;
    plan.offer = 9;
    start(&runner, "echo respond; echo feedback resolved", "--once", "3", "--credit", "2", NULL);
    assert_int_equal(ended(&runner), 0);
    assert_int_equal(word_count, 6);
    assert_int_equal(plan.offered, 3);
    assert_null(strstr(contents(runner.errors), "draining"));
    finish(&runner);
}

/* A task must not suffer from a machine that cannot run the command: no note, no giving back. */
static void a_command_that_cannot_be_run_says_nothing_of_the_task(void **state)
{
    (void)state;
    struct runner runner;
    char handler[] = "/tmp/bihuan-test-XXXXXX";
    const char text[] = "#!/nonexistent/interpreter\n";
    int fd = mkstemp(handler);
    assert_int_equal(write(fd, text, strlen(text)), (int)strlen(text));
    fchmod(fd, 0700);
    close(fd);
    plan.offer = 1;
    plan.command = handler;
    start(&runner, "", "--auto-respond", NULL);
    assert_int_equal(ended(&runner), 5);
    assert_int_equal(word_count, 0);
    assert_int_equal(runner.fake.heard[MESSAGE_BYE], 2); /* drain, then leave */
    assert_non_null(strstr(contents(runner.errors), "cannot start /tmp/bihuan-test-"));
    finish(&runner);
    unlink(handler);
}

static void await_error(const struct runner *runner, const char *text)
{
    for (int i = 0; i < 1000 && !strstr(contents(runner->errors), text); i++)
        nanosleep(&(struct timespec){.tv_nsec = 10 * 1000000}, NULL);
    if (!strstr(contents(runner->errors), text))
        fail_msg("\"%s\" is not said", text);
}

static void a_second_signal_ends_it_though_the_broker_is_gone(void **state)
{
    (void)state;
    struct runner runner;
    plan.offer = 1;
    start(&runner, "trap '' TERM; echo respond; sleep 1; echo feedback resolved; sleep 1000", NULL);
    await_words(1);
    fake_stop(&runner.fake);
    await_error(&runner, "cannot be reached; trying again");
    kill(runner.pid, SIGTERM);
    await_error(&runner, "waiting for 1 running");
    kill(runner.pid, SIGTERM);
    assert_int_equal(ended(&runner), 3);
    const char *errors = contents(runner.errors);
    assert_non_null(strstr(errors, "connected to the broker as w1"));
    assert_non_null(strstr(errors, "\"feedback\" was not acknowledged"));
    assert_non_null(strstr(errors, "left without feedback"));
    assert_null(strstr(strstr(errors, "trying again") + 1, "trying again")); /* said once */
    fake_start(&runner.fake);
    finish(&runner);
}

static int run_with(const char *arguments)
{
    char command[256];
    const char *binary = getenv("BIHUAN_WORKER") ? getenv("BIHUAN_WORKER") : "build/bihuan-worker";
    snprintf(command, sizeof(command), "%s %s >/dev/null 2>&1", binary, arguments);
    int status = system(command);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void wrong_use_is_refused(void **state)
{
    (void)state;
    assert_int_equal(run_with("--help"), 0);
    assert_int_equal(run_with(""), 2);
    assert_int_equal(run_with("-- true"), 2);
    assert_int_equal(run_with("--department u1"), 2);
    assert_int_equal(run_with("--department u1 --credit 0 -- true"), 2);
    assert_int_equal(run_with("--department u1 --credit -1 -- true"), 2);
    assert_int_equal(run_with("--department u1 --credit 5000 -- true"), 2);
    assert_int_equal(run_with("--department u1 --once x -- true"), 2);
    assert_int_equal(run_with("--department u1 --broker udp://x -- true"), 5);
    assert_int_equal(run_with("--department u1 --broker tcp://192.0.2.1:6201 -- true"), 5);
    assert_int_equal(run_with("--department u1 --log /nonexistent/log -- true"), 5);
    assert_int_equal(run_with("--department u1 -- /etc/passwd"), 5);
    assert_int_equal(run_with("--department u1 -- /tmp"), 5);
    assert_int_equal(run_with("--department u1 -- ''"), 5);
    assert_int_equal(run_with("--department u1 -- no-such-command"), 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(what_is_printed_is_said_in_order, no_plan),
        cmocka_unit_test_setup(the_task_is_on_stdin_and_in_the_environment, no_plan),
        cmocka_unit_test_setup(words_are_said_as_they_are_printed, no_plan),
        cmocka_unit_test_setup(a_command_that_fails_before_respond_gives_back, no_plan),
        cmocka_unit_test_setup(a_command_that_fails_after_respond_keeps_the_task, no_plan),
        cmocka_unit_test_setup(a_resumed_task_is_not_given_back, no_plan),
        cmocka_unit_test_setup(auto_respond_is_explicit_and_marked, no_plan),
        cmocka_unit_test_setup(a_line_that_is_not_understood_is_named_and_passed_over, no_plan),
        cmocka_unit_test_setup(a_revoked_task_stops_its_command, no_plan),
        cmocka_unit_test_setup(several_at_once_but_not_more, no_plan),
        cmocka_unit_test_setup(draining_gives_up_what_was_not_responded, no_plan),
        cmocka_unit_test_setup(the_log_is_an_oracle, no_plan),
        cmocka_unit_test_setup(a_killed_runner_takes_its_commands_along, no_plan),
        cmocka_unit_test_setup(once_takes_no_more, no_plan),
        cmocka_unit_test_setup(a_command_that_cannot_be_run_says_nothing_of_the_task, no_plan),
        cmocka_unit_test_setup(a_second_signal_ends_it_though_the_broker_is_gone, no_plan),
        cmocka_unit_test_setup(wrong_use_is_refused, no_plan),
    };
    unsetenv("BIHUAN_BROKER");
    unsetenv("BIHUAN_SERVER_KEY");
    unsetenv("BIHUAN_KEY_FILE");
    setenv("LC_ALL", "C.UTF-8", 1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
