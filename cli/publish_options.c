#include "cli/publish_options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/when.h"

enum {
    KEY_CSV = 0x2000,
    KEY_MAP,
    KEY_LOG,
    KEY_IN_FLIGHT,
    KEY_QUIET,
    KEY_ID,
    KEY_TEXT,
    KEY_ADDRESS,
    KEY_OBSERVED,
    KEY_PANIC,
    KEY_SOURCE_REF,
    KEY_REPORTER,
    KEY_CUSTODIAN,
    KEY_TYPE = 0x3000,
    KEY_AREA,
    KEY_SEVERITY,
    KEY_NATURE,
    KEY_LAT,
    KEY_LON,
    KEY_SYSTEM,
    KEY_OBJECT,
    KEY_ABOUT,
    KEY_SEALED,
    KEY_EXERCISE
};

/* --- one event --- */

static const struct argp_option event_options[] = {
    {NULL, 0, NULL, 0, N_("One event:"), 10},
    {"type", KEY_TYPE, N_("CODE"), 0, N_("type code"), 10},
    {"area", KEY_AREA, N_("CODE"), 0, N_("area code"), 10},
    {"severity", KEY_SEVERITY, "1-4", 0, N_("1 gravest to 4 ordinary (the type's own)"), 10},
    {"nature", KEY_NATURE, N_("NATURE"), 0, N_("help, complaint, report, consult, suggest, praise"), 10},
    {"object", KEY_OBJECT, N_("CODE"), 0, N_("code of the thing it is about: a manhole, a lamp"), 10},
    {"about", KEY_ABOUT, N_("UNIT"), 0, N_("whom it is about: units, or areas for the posts there; several in quotes"),
     10},
    {"exercise", KEY_EXERCISE, NULL, 0, N_("an exercise: marked so to its end, never in figures"), 10},
    {"sealed", KEY_SEALED, NULL, 0, N_("kept from whom it is about, as a report is"), 10},
    {"lat", KEY_LAT, N_("DEGREES"), 0, N_("latitude of a point"), 10},
    {"lon", KEY_LON, N_("DEGREES"), 0, N_("longitude of a point"), 10},
    {"system", KEY_SYSTEM, N_("SYSTEM"), 0, N_("its coordinates: wgs84, gcj02, bd09, cgcs2000"), 10},
    {0},
};

static double degrees_of(struct argp_state *state, const char *text, const char *option, double limit)
{
    char *end;
    double value = strtod(text, &end);
    if (end == text || *end || !(value >= -limit && value <= limit))
        argp_error(state, _("--%s: \"%s\" is not a number of degrees"), option, text);
    return value;
}

enum { SEEN_LAT = 1, SEEN_LON = 2 };

static void end_of_event(struct argp_state *state, struct place *place, int seen)
{
    place->has_point = seen == (SEEN_LAT | SEEN_LON);
    if (seen && !place->has_point)
        argp_error(state, _("a point needs --lat, --lon and --system"));
    if (place->has_point && !place->system)
        argp_error(state,
                   _("--system: which coordinates? wgs84, gcj02, bd09 and cgcs2000 differ by hundreds of metres"));
}

static error_t parse_event(int key, char *value, struct argp_state *state)
{
    struct event *event = state->input;
    intptr_t seen = (intptr_t)state->hook;
    switch (key) {
    case KEY_TYPE:
        event->type = value;
        return 0;
    case KEY_AREA:
        event->place.area = value;
        return 0;
    case KEY_OBJECT:
        event->object = value;
        return 0;
    case KEY_ABOUT:
        event->about = value;
        return 0;
    case KEY_SEALED:
        event->sealed = true;
        return 0;
    case KEY_EXERCISE:
        event->exercise = true;
        return 0;
    case KEY_SEVERITY:
        event->severity = (int)cli_number(state, value, "severity", 1, 4);
        return 0;
    case KEY_NATURE:
        event->nature = nature_of(value);
        if (!event->nature)
            argp_error(state, _("--nature: \"%s\": not help, complaint, report, consult, suggest or praise"), value);
        return 0;
    case KEY_LAT:
        event->place.latitude = degrees_of(state, value, "lat", 90);
        state->hook = (void *)(seen | SEEN_LAT);
        return 0;
    case KEY_LON:
        event->place.longitude = degrees_of(state, value, "lon", 180);
        state->hook = (void *)(seen | SEEN_LON);
        return 0;
    case KEY_SYSTEM:
        event->place.system = coordinates_of(value);
        if (!event->place.system)
            argp_error(state, _("--system: \"%s\": not wgs84, gcj02, bd09 or cgcs2000"), value);
        return 0;
    case ARGP_KEY_END:
        end_of_event(state, &event->place, (int)seen);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

const struct argp event_argp = {event_options, parse_event, NULL, NULL, NULL, NULL, NULL};

/* --- publish --- */

static const struct argp_option options[] = {
    {"csv", KEY_CSV, N_("FILE"), 0, N_("read a CSV; needs --map"), 0},
    {"map", KEY_MAP, N_("MAP.yaml"), 0, N_("column map of the CSV"), 0},
    {"in-flight", KEY_IN_FLIGHT, N_("N"), 0, N_("so many unanswered at once (256)"), 0},
    {"log", KEY_LOG, N_("FILE"), 0, N_("append each receipt as JSON, on disk before it is shown"), 0},
    {"quiet", KEY_QUIET, NULL, 0, N_("do not print receipts (--json prints them all the same)"), 0},
    {"custodian", KEY_CUSTODIAN, N_("KEY"), 0,
     N_("public key, text or file, that who reported is sealed to ($BIHUAN_CUSTODIAN)"), 0},
    {"id", KEY_ID, N_("ID"), 0, N_("one event: this source's own id of it; a repeat gets the first receipt"), 11},
    {"text", KEY_TEXT, N_("TEXT"), 0, N_("what happened"), 11},
    {"address", KEY_ADDRESS, N_("TEXT"), 0, N_("where, in words"), 11},
    {"observed", KEY_OBSERVED, N_("TIME"), 0, N_("when it was seen"), 11},
    {"source-ref", KEY_SOURCE_REF, N_("ID"), 0, N_("device or channel behind the source"), 11},
    {"reporter-file", KEY_REPORTER, N_("FILE"), 0,
     N_("its first line is who reported: leaves this machine sealed to --custodian only; mode 0600, or - for stdin"),
     11},
    {"panic", KEY_PANIC, NULL, 0, N_("by the panic lane"), 11},
    {0},
};

static void end_of_options(struct argp_state *state, struct publish_options *options_)
{
    const struct event *event = &options_->event;
    options_->single = event->id || event->type;
    if (options_->single && options_->file)
        argp_error(state, _("one event by options, or a file: not both"));
    if (options_->single && !(event->id && event->type))
        argp_error(state, _("one event needs --id and --type"));
}

static error_t parse(int key, char *value, struct argp_state *state)
{
    struct publish_options *wanted = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        cli_children(state, &wanted->common, 1);
        state->child_inputs[1] = &wanted->event;
        return 0;
    case ARGP_KEY_ARG:
    case KEY_CSV:
        if (wanted->file)
            argp_error(state, _("one file at a time"));
        wanted->file = value;
        state->hook = key == KEY_CSV ? state : NULL;
        return 0;
    case KEY_MAP:
        wanted->map = value;
        return 0;
    case KEY_LOG:
        wanted->log = value;
        return 0;
    case KEY_IN_FLIGHT:
        wanted->in_flight = (size_t)cli_number(state, value, "in-flight", 1, CLIENT_UNANSWERED_MAX / 2);
        return 0;
    case KEY_QUIET:
        wanted->quiet = true;
        return 0;
    case KEY_ID:
        wanted->event.id = value;
        return 0;
    case KEY_TEXT:
        wanted->event.text = value;
        return 0;
    case KEY_ADDRESS:
        wanted->event.place.address = value;
        return 0;
    case KEY_SOURCE_REF:
        wanted->event.source_ref = value;
        return 0;
    case KEY_REPORTER:
        wanted->reporter = cli_secret(state, value);
        return 0;
    case KEY_CUSTODIAN:
        wanted->custodian = value;
        return 0;
    case KEY_PANIC:
        wanted->event.panic = true;
        return 0;
    case KEY_OBSERVED:
        if (when_parse(value, &wanted->event.observed_ms) != 0 || wanted->event.observed_ms <= 0)
            argp_error(state, _("--%s: \"%s\" is not a time like \"2026-09-30 17:50\""), "observed", value);
        return 0;
    case ARGP_KEY_END:
        if (!state->hook != !wanted->map)
            argp_error(state, _("--csv and --map go together"));
        end_of_options(state, wanted);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

void publish_options_parse(struct publish_options *wanted, int argc, char **argv)
{
    static const struct argp_child children[] = {COMMON_CHILD, {&event_argp, 0, NULL, 10}, {0}};
    static const struct argp argp = {
        options,
        parse,
        N_("[FILE]"),
        N_("Publishes events: JSON Lines from FILE or stdin, a CSV through a column map, or one event by options. Each "
           "line that is not accepted is named with its number and field; the rest goes on."),
        children,
        NULL,
        NULL};
    memset(wanted, 0, sizeof(*wanted));
    wanted->in_flight = 256;
    wanted->progress = isatty(STDERR_FILENO);
    cli_parse(&argp, argc, argv, wanted);
}
