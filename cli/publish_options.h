/* publish_options.h: the command line of `bihuan publish`. */
#ifndef CLI_PUBLISH_OPTIONS_H
#define CLI_PUBLISH_OPTIONS_H

#include "cli/cli.h"

struct publish_options {
    struct common common;
    const char *file; /* NULL or "-": stdin */
    const char *map;  /* column map: file is a CSV */
    const char *log;
    const char *custodian; /* whom to seal to: a public key, text or file */
    const char *reporter;  /* of the one event, to be sealed */
    size_t in_flight;
    bool quiet, progress;
    bool single;        /* one event, by options */
    struct event event; /* of explain's imagined one too */
};

/* Ends the process with CLI_USAGE on a mistake. */
void publish_options_parse(struct publish_options *, int argc, char **argv);

/* The options that describe one event (--type, --area, --lat …), for publish and explain: a child parser whose input is
 * a struct event *. */
extern const struct argp event_argp;

#endif
