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
#include "cli/when.h"
#include "cli/words.h"
#include "schemas/ident.h"

#define ASK_MS      1000
#define FEED_KEPT   256 /* latest lines; a higher screen shows no more */
#define FEED_CREDIT 256

struct feed_line {
    enum colour colour;
    char *text;
};

struct watching {
    const struct common *common;
    struct client *command, *feed;
    struct arena shown; /* holds the overview on the screen */
    const struct overview *overview;
    uint64_t asked; /* tag of the overview under way, 0: none */
    int64_t ask_ms;
    uint32_t greetings, credit; /* of the feed */
    char cursor[256], trouble[256];
    struct feed_line lines[FEED_KEPT];
    size_t line_count; /* ever; the latest are kept */
};

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

static void take_overview(struct watching *watching)
{
    struct arena arena;
    struct message answer;
    arena_init(&arena);
    while (client_receive(watching->command, &arena, &answer)) {
        watching->asked = 0;
        if (answer.kind == MESSAGE_REFUSAL)
            snprintf(watching->trouble, sizeof(watching->trouble), "%s: %s", refusal_name(answer.refusal.code),
                     answer.refusal.reason ? answer.refusal.reason : "");
        if (answer.kind != MESSAGE_ANSWER || !answer.answer.overview)
            continue;
        /* The answer's arena is the screen's until the next answer. */
        watching->trouble[0] = '\0';
        arena_release(&watching->shown);
        watching->shown = arena;
        watching->overview = answer.answer.overview;
        arena_init(&arena);
    }
    arena_release(&arena);
}

static void keep_line(struct watching *watching, const struct record *record)
{
    char id[IDENT_TEXT_BYTES] = "", time[WHEN_TEXT_BYTES], actor[160];
    struct buffer detail = {0};
    struct arena arena;
    struct feed_line *line = &watching->lines[watching->line_count++ % FEED_KEPT];
    arena_init(&arena);
    if (record->change_count)
        ident_format(record->changes[0].incident, id);
    trail_detail(record, NULL, &detail);
    trail_actor(record, actor, sizeof(actor));
    when_text(record->at_ms, watching->common->utc, time);
    free(line->text);
    line->colour = trail_record_colour(record);
    line->text = strdup(table_safe(&arena, arena_printf(&arena, "%s  %-15s  %s  %s  %s", time, id, trail_kind(record),
                                                        actor, (const char *)detail.data)));
    arena_release(&arena);
    buffer_release(&detail);
}

static void keep_subscribed(struct watching *watching)
{
    uint32_t greetings = client_greetings(watching->feed);
    struct message message = {.kind = MESSAGE_CREDIT, .credit = {.n = FEED_CREDIT - watching->credit}};
    if (!greetings || (greetings == watching->greetings && watching->credit >= FEED_CREDIT / 2))
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
        }
        if (message.kind == MESSAGE_ENTRY) {
            snprintf(watching->cursor, sizeof(watching->cursor), "%s",
                     message.entry.cursor ? message.entry.cursor : "");
            watching->credit -= message.entry.record && watching->credit ? 1 : 0;
            if (message.entry.record)
                keep_line(watching, message.entry.record);
        }
        keep_subscribed(watching);
        arena_reset(&arena);
    }
    keep_subscribed(watching);
    arena_release(&arena);
}

/* --- drawing --- */

/* Where the next piece goes. */
struct pen {
    struct arena *arena;
    int row, column;
};

static attr_t attribute_of(enum colour colour)
{
    switch (colour) {
    case COLOUR_BOLD:
        return A_BOLD;
    case COLOUR_DIM:
        return A_DIM;
    case COLOUR_RED:
        return COLOR_PAIR(COLOUR_RED) | A_BOLD;
    case COLOUR_YELLOW:
    case COLOUR_BLUE:
    case COLOUR_GREEN:
        return COLOR_PAIR(colour);
    default:
        return A_NORMAL;
    }
}

static void put(void *arg, enum colour colour, const char *text)
{
    struct pen *pen = arg;
    if (pen->row >= LINES || pen->column >= COLS)
        return;
    char *fitting = table_cut(pen->arena, text, (size_t)(COLS - pen->column));
    attrset((int)attribute_of(colour));
    mvaddstr(pen->row, pen->column, fitting);
    attrset(A_NORMAL);
    pen->column += (int)table_width(fitting);
}

static void next_row(struct pen *pen)
{
    pen->row++;
    pen->column = 0;
}

/* "name 3  ", lit up when it is not zero. */
static void put_count(struct pen *pen, const char *name, uint32_t count, enum colour colour)
{
    put(pen, COLOUR_NONE, name);
    put(pen, count ? colour : COLOUR_DIM, arena_printf(pen->arena, " %" PRIu32, count));
    put(pen, COLOUR_NONE, "   ");
}

static void draw_title(const struct watching *watching, struct pen *pen)
{
    const struct overview *overview = watching->overview;
    const struct welcome *welcome = client_welcome(watching->command);
    char time[WHEN_TEXT_BYTES];
    put(pen, COLOUR_BOLD, _("Bihuan  "));
    if (overview) {
        put(pen, COLOUR_BOLD, when_text(overview->now_ms, watching->common->utc, time));
        put(pen, COLOUR_NONE,
            arena_printf(pen->arena, _("   accepted %" PRIu64 "   closed %" PRIu64 "   live %" PRIu64),
                         overview->accepted, overview->closed, overview->live));
    }
    if (welcome && welcome->exercise)
        put(pen, COLOUR_YELLOW, arena_printf(pen->arena, _("   EXERCISE ×%g"), welcome->speed));
    put(pen, COLOUR_DIM, _("   q: quit"));
    next_row(pen);
    const char *trouble = watching->trouble[0]                                       ? watching->trouble
                          : watching->asked && mono_ms() > watching->ask_ms + ASK_MS ? client_trouble(watching->command)
                                                                                     : "";
    put(pen, COLOUR_RED, trouble);
    next_row(pen);
}

static void draw_counts(const struct overview *overview, struct pen *pen)
{
    put(pen, COLOUR_BOLD, _("waiting for us   "));
    put_count(pen, _("unrouted"), overview->unrouted, COLOUR_RED);
    put_count(pen, _("desk"), overview->desk, COLOUR_YELLOW);
    put_count(pen, _("verifying"), overview->verifying, COLOUR_YELLOW);
    put_count(pen, _("returned"), overview->returned, COLOUR_YELLOW);
    put_count(pen, _("shelved"), overview->shelved, COLOUR_RED);
    next_row(pen);
    put(pen, COLOUR_BOLD, _("due within       "));
    put_count(pen, _("5 min"), overview->due_5, COLOUR_RED);
    put_count(pen, _("15 min"), overview->due_15, COLOUR_YELLOW);
    put_count(pen, _("60 min"), overview->due_60, COLOUR_BLUE);
    next_row(pen);
    put(pen, COLOUR_BOLD, _("overdue          "));
    put_count(pen, _("all"), overview->overdue, COLOUR_RED);
    for (uint32_t rung = 0; rung < sizeof(overview->overdue_by_rung) / sizeof(overview->overdue_by_rung[0]); rung++)
        if (overview->overdue_by_rung[rung] || rung < 4)
            put_count(pen, arena_printf(pen->arena, rung ? _("up %" PRIu32) : _("red"), rung),
                      overview->overdue_by_rung[rung], COLOUR_RED);
    next_row(pen);
    next_row(pen);
}

/* Units take at most what leaves a third of the screen to the feed. */
static void draw_units(const struct overview *overview, struct pen *pen)
{
    struct table table;
    overview_units(&table, overview);
    int most = LINES - pen->row - LINES / 3;
    for (size_t row = 0; row < table.rows && (int)row < most; row++) {
        table_walk(&table, row, put, pen);
        next_row(pen);
    }
    if ((int)table.rows > most && most > 0) {
        pen->row--;
        pen->column = 0;
        move(pen->row, 0);
        clrtoeol();
        put(pen, COLOUR_DIM, arena_printf(pen->arena, _("... and %d more units"), (int)table.rows - most + 1));
        next_row(pen);
    }
    table_release(&table);
    next_row(pen);
}

/* The latest at the bottom. */
static void draw_feed(const struct watching *watching, struct pen *pen)
{
    size_t room = pen->row < LINES ? (size_t)(LINES - pen->row) : 0;
    size_t there = watching->line_count < FEED_KEPT ? watching->line_count : FEED_KEPT;
    size_t n = there < room ? there : room;
    for (size_t i = watching->line_count - n; i < watching->line_count; i++) {
        const struct feed_line *line = &watching->lines[i % FEED_KEPT];
        put(pen, line->colour, line->text ? line->text : "");
        next_row(pen);
    }
}

static void draw(const struct watching *watching)
{
    struct arena arena;
    struct pen pen = {&arena, 0, 0};
    arena_init(&arena);
    erase();
    draw_title(watching, &pen);
    if (watching->overview) {
        draw_counts(watching->overview, &pen);
        draw_units(watching->overview, &pen);
    }
    draw_feed(watching, &pen);
    refresh();
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
        take_overview(watching);
        take_feed(watching);
        draw(watching);
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
    struct watching watching = {.common = common, .cursor = "end"};
    int code = cli_connect(common, 'C', &watching.command);
    if (!code)
        code = cli_connect(common, 'F', &watching.feed);
    arena_init(&watching.shown);
    if (!code)
        code = run(&watching);
    for (size_t i = 0; i < FEED_KEPT; i++)
        free(watching.lines[i].text);
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
