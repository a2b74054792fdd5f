/* bihuan watch: the live screen of the command centre: what waits for us, unsigned by department, due and overdue, and
 * the feed. Without a terminal it is one plain overview. */
#include <errno.h>
#include <inttypes.h>
#include <ncurses.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "cli/overview.h"
#include "cli/trail.h"
#include "cli/verbs.h"
#include "cli/watch.h"
#include "cli/when.h"
#include "schemas/ident.h"

#define ASK_MS       1000
#define ASK_CASES_MS 5000 /* a list is a walk over what is live: less often */
#define FEED_CREDIT  256

static volatile sig_atomic_t resized, ended;

static void take_signal(int signal)
{
    if (signal == SIGWINCH)
        resized = 1;
    else
        ended = 1;
}

static int64_t mono_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* --- hearing --- */

static void ask_overview(struct watching *watching)
{
    const struct message ask = {.kind = MESSAGE_QUERY, .query = {.kind = QUERY_OVERVIEW}};
    if (watching->asked || mono_ms() < watching->ask_ms)
        return;
    watching->asked = client_send(watching->command, &ask);
    watching->ask_ms = mono_ms() + ASK_MS;
}

static void ask_cases(struct watching *watching)
{
    static const struct query queries[CASES_END] = {
        [CASES_OVERDUE] = {.kind = QUERY_LIST, .overdue = true, .live_only = true, .limit = CASES_MAX},
        [CASES_UNROUTED] = {.kind = QUERY_LIST, .state = INCIDENT_UNROUTED, .live_only = true, .limit = CASES_MAX},
        [CASES_DESK] = {.kind = QUERY_LIST, .state = INCIDENT_DESK, .live_only = true, .limit = CASES_MAX},
        [CASES_VERIFYING] = {.kind = QUERY_LIST, .state = INCIDENT_VERIFYING, .live_only = true, .limit = CASES_MAX},
    };
    const struct overview *overview = watching->overview;
    if (!overview || mono_ms() < watching->ask_cases_ms)
        return;
    const uint32_t there[CASES_END] = {overview->overdue, overview->unrouted, overview->desk, overview->verifying};
    watching->ask_cases_ms = mono_ms() + ASK_CASES_MS;
    for (size_t i = 0; i < CASES_END; i++) {
        const struct message ask = {.kind = MESSAGE_QUERY, .query = queries[i]};
        if (!there[i])
            watching->cases[i].count = 0;
        else if (!watching->cases[i].asked)
            watching->cases[i].asked = client_send(watching->command, &ask);
    }
}

/* The feed begins with the latest that is there. */
static void begin_feed(struct watching *watching)
{
    uint64_t records = watching->overview->records;
    if (!*watching->cursor)
        snprintf(watching->cursor, sizeof(watching->cursor), "%" PRIu64, records > FEED_KEPT ? records - FEED_KEPT : 0);
}

/* What holds an answer on the screen takes its arena, until the next answer. */
static void keep_arena(struct arena *kept, struct arena *arena)
{
    arena_release(kept);
    *kept = *arena;
    arena_init(arena);
}

static void take_answer(struct watching *watching, struct arena *arena, const struct message *answer)
{
    if (answer->tag == watching->asked || answer->tag == 0)
        watching->asked = 0;
    if (answer->kind == MESSAGE_REFUSAL)
        snprintf(watching->refused, sizeof(watching->refused), "%s: %s", refusal_name(answer->refusal.code),
                 answer->refusal.reason ? answer->refusal.reason : "");
    if (answer->kind == MESSAGE_ANSWER && answer->answer.overview) {
        watching->refused[0] = '\0';
        watching->overview = answer->answer.overview;
        keep_arena(&watching->shown, arena);
        begin_feed(watching);
        return;
    }
    for (size_t i = 0; i < CASES_END; i++) {
        struct cases *cases = &watching->cases[i];
        if (!cases->asked || answer->tag != cases->asked)
            continue;
        cases->asked = 0;
        cases->rows = answer->kind == MESSAGE_ANSWER ? answer->answer.rows : NULL;
        cases->count = answer->kind == MESSAGE_ANSWER ? answer->answer.row_count : 0;
        keep_arena(&cases->arena, arena);
        return;
    }
}

static void take_answers(struct watching *watching)
{
    struct arena arena;
    struct message answer;
    arena_init(&arena);
    while (client_receive(watching->command, &arena, &answer))
        take_answer(watching, &arena, &answer);
    arena_release(&arena);
}

/* Within a second or two of silence it is said. */
static void find_trouble(struct watching *watching)
{
    bool silent = watching->asked && mono_ms() >= watching->ask_ms;
    if (watching->refused[0])
        snprintf(watching->trouble, sizeof(watching->trouble), "%s", watching->refused);
    else if (silent)
        cli_trouble(watching->common, watching->command, watching->trouble, sizeof(watching->trouble));
    else
        watching->trouble[0] = '\0';
}

/* Text and what it lacks of the width, and a gap. */
static void add_padded(struct buffer *out, const char *text, size_t width)
{
    size_t is = table_width(text);
    buffer_printf(out, "%s%*s", text, (int)(is < width ? width - is : 0) + 2, "");
}

static void keep_line(struct watching *watching, const struct record *record)
{
    char id[IDENT_TEXT_BYTES] = "", time[WHEN_TEXT_BYTES], actor[160];
    struct buffer line = {0}, detail = {0};
    struct arena arena;
    struct feed_line *kept = &watching->lines[watching->line_count++ % FEED_KEPT];
    arena_init(&arena);
    if (record->change_count)
        ident_format(record->changes[0].incident, id);
    trail_detail(record, NULL, watching->common->utc, &detail);
    trail_actor(record, actor, sizeof(actor));
    when_text(record->at_ms, watching->common->utc, time);
    add_padded(&line, strlen(time) > 11 ? time + 11 : time, 8); /* the date is in the title */
    add_padded(&line, id, 15);
    add_padded(&line, trail_kind(record), 11);
    add_padded(&line, table_safe(&arena, actor), 16);
    buffer_append(&line, detail.data, detail.size);
    free(kept->text);
    kept->colour = trail_record_colour(record);
    kept->text = strdup(table_safe(&arena, (const char *)line.data));
    arena_release(&arena);
    buffer_release(&detail);
    buffer_release(&line);
}

static void keep_subscribed(struct watching *watching)
{
    uint32_t greetings = client_greetings(watching->feed);
    struct message message = {.kind = MESSAGE_CREDIT, .credit = {.n = FEED_CREDIT - watching->credit}};
    if (!*watching->cursor || !greetings || (greetings == watching->greetings && watching->credit >= FEED_CREDIT / 2))
        return;
    if (greetings != watching->greetings) {
        message = (struct message){.kind = MESSAGE_SUBSCRIBE};
        message.subscribe.cursor = watching->cursor;
        message.subscribe.credit = FEED_CREDIT;
    }
    watching->greetings = greetings;
    watching->credit = FEED_CREDIT;
    client_send(watching->feed, &message);
}

static void take_feed(struct watching *watching)
{
    struct arena arena;
    struct message message;
    arena_init(&arena);
    while (client_receive(watching->feed, &arena, &message)) {
        if (message.kind == MESSAGE_REFUSAL && message.refusal.code == REFUSAL_BAD_CURSOR) {
            snprintf(watching->cursor, sizeof(watching->cursor), "end"); /* another store: from now on */
            watching->greetings = 0;
            watching->seq = 0;
        }
        if (message.kind == MESSAGE_ENTRY) {
            snprintf(watching->cursor, sizeof(watching->cursor), "%s",
                     message.entry.cursor ? message.entry.cursor : "");
            watching->credit -= message.entry.record && watching->credit ? 1 : 0;
            if (message.entry.record && message.entry.record->seq > watching->seq) {
                watching->seq = message.entry.record->seq;
                watching->last_ms = message.entry.record->at_ms;
                keep_line(watching, message.entry.record);
            }
        }
        keep_subscribed(watching);
        arena_reset(&arena);
    }
    keep_subscribed(watching);
    arena_release(&arena);
}

/* --- the terminal --- */

static void resize(void)
{
    struct winsize size;
    resized = 0;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row && size.ws_col)
        resizeterm(size.ws_row, size.ws_col);
    clearok(curscr, TRUE);
}

static bool open_screen(void)
{
    SCREEN *screen = newterm(NULL, stdout, stdin);
    if (!screen)
        return false;
    cbreak();
    noecho();
    curs_set(0);
    nodelay(stdscr, TRUE);
    keypad(stdscr, TRUE);
    if (has_colors() && !getenv("NO_COLOR") && start_color() == OK) {
        use_default_colors();
        init_pair(COLOUR_RED, COLOR_RED, -1);
        init_pair(COLOUR_YELLOW, COLOR_YELLOW, -1);
        init_pair(COLOUR_BLUE, COLOR_BLUE, -1);
        init_pair(COLOUR_GREEN, COLOR_GREEN, -1);
    }
    return true;
}

static bool quit_pressed(void)
{
    for (int key = getch(); key != ERR; key = getch())
        if (key == 'q' || key == 'Q')
            return true;
    return false;
}

/* Signals come only while waiting, so that none is missed between looking and waiting. */
static void catch_signals(sigset_t *while_waiting)
{
    struct sigaction action = {.sa_handler = take_signal};
    sigset_t ours;
    sigemptyset(&ours);
    const int signals[] = {SIGWINCH, SIGINT, SIGTERM, SIGHUP};
    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
        sigaction(signals[i], &action, NULL);
        sigaddset(&ours, signals[i]);
    }
    sigprocmask(SIG_BLOCK, &ours, while_waiting);
}

static void await(struct watching *watching, const sigset_t *while_waiting)
{
    struct pollfd wakes[] = {{.fd = STDIN_FILENO, .events = POLLIN},
                             {.fd = client_fd(watching->command), .events = POLLIN},
                             {.fd = client_fd(watching->feed), .events = POLLIN}};
    int command_ms = client_tend(watching->command), feed_ms = client_tend(watching->feed);
    int64_t wait_ms = watching->asked ? ASK_MS : watching->ask_ms - mono_ms();
    wait_ms = command_ms < wait_ms ? command_ms : wait_ms;
    wait_ms = feed_ms < wait_ms ? feed_ms : wait_ms;
    if (wait_ms < 0 || client_wait(watching->command, 0) || client_wait(watching->feed, 0))
        wait_ms = 0;
    const struct timespec timeout = {wait_ms / 1000, wait_ms % 1000 * 1000000};
    if (ppoll(wakes, 3, &timeout, while_waiting) > 0 && (wakes[0].revents & (POLLHUP | POLLERR)))
        ended = 1; /* the terminal is gone */
}

static int run(struct watching *watching)
{
    sigset_t while_waiting;
    if (!open_screen()) {
        cli_fail(_("the terminal \"%s\" is not known here"), getenv("TERM"));
        return CLI_LOCAL;
    }
    catch_signals(&while_waiting);
    while (!ended && !quit_pressed()) {
        if (resized)
            resize();
        ask_overview(watching);
        ask_cases(watching);
        take_answers(watching);
        take_feed(watching);
        find_trouble(watching);
        watch_draw(watching);
        await(watching, &while_waiting);
    }
    endwin();
    return CLI_DONE;
}

static error_t parse(int key, char *value, struct argp_state *state)
{
    (void)value;
    if (key != ARGP_KEY_INIT)
        return ARGP_ERR_UNKNOWN;
    cli_children(state, state->input, 1);
    return 0;
}

static int watch(const struct common *common)
{
    struct watching watching = {.common = common};
    int code = cli_connect_early(common, 'C', &watching.command);
    if (!code)
        code = cli_connect_early(common, 'F', &watching.feed);
    arena_init(&watching.shown);
    for (size_t i = 0; i < CASES_END; i++)
        arena_init(&watching.cases[i].arena);
    if (!code)
        code = run(&watching);
    for (size_t i = 0; i < FEED_KEPT; i++)
        free(watching.lines[i].text);
    for (size_t i = 0; i < CASES_END; i++)
        arena_release(&watching.cases[i].arena);
    arena_release(&watching.shown);
    client_close(watching.command);
    client_close(watching.feed);
    return code;
}

int verb_watch(int argc, char **argv)
{
    static const struct argp_child children[] = {COMMON_CHILD, {0}};
    static const struct argp argp = {
        NULL,
        parse,
        NULL,
        N_("The live screen of the command centre; q quits. Without a terminal, or with --json, "
           "one overview."),
        children,
        NULL,
        NULL};
    struct common common = {0};
    cli_parse(&argp, argc, argv, &common);
    const char *terminal = getenv("TERM");
    if (common.json || !isatty(STDOUT_FILENO) || !isatty(STDIN_FILENO) || !terminal || !*terminal)
        return overview_print(&common);
    return watch(&common);
}
