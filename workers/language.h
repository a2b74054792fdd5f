/* language.h: the user's language for the programs (bihuan, bihuan-worker), installed anywhere or run from a build. */
#ifndef WORKERS_LANGUAGE_H
#define WORKERS_LANGUAGE_H

/* Sets the locale for characters and messages (numbers stay as in C) and finds the words. Before anything is said. */
void language_begin(void);

#endif
