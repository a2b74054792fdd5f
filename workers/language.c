#include "workers/language.h"

#include <libintl.h>
#include <limits.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A fresh machine has no zh_CN locale generated; with older C libraries its words still work through LANGUAGE when
 * messages are set to C.UTF-8. */
static void set_locale(void)
{
    const char *wanted = getenv("LC_ALL");
    if (!wanted || !*wanted)
        wanted = getenv("LC_MESSAGES");
    if (!wanted || !*wanted)
        wanted = getenv("LANG");
    if (!setlocale(LC_CTYPE, "") || MB_CUR_MAX == 1)
        setlocale(LC_CTYPE, "C.UTF-8");
    if (!setlocale(LC_MESSAGES, "") && setlocale(LC_MESSAGES, "C.UTF-8") && wanted)
        setenv("LANGUAGE", wanted, 0);
}

/* Beside the program in a build, below its prefix when installed (wherever that is), else where it was built for. */
static const char *find_words(char path[PATH_MAX])
{
    static const char *const places[] = {"locale", "../share/locale"};
    char self[PATH_MAX];
    ssize_t size = readlink("/proc/self/exe", self, sizeof(self) - 1);
    char *slash = size > 0 ? memrchr(self, '/', (size_t)size) : NULL;
    for (size_t i = 0; slash && i < sizeof(places) / sizeof(places[0]); i++) {
        char words[PATH_MAX + 64];
        snprintf(path, PATH_MAX, "%.*s/%s", (int)(slash - self), self, places[i]);
        snprintf(words, sizeof(words), "%s/zh_CN/LC_MESSAGES/bihuan.mo", path);
        if (access(words, R_OK) == 0)
            return path;
    }
    return BIHUAN_LOCALEDIR;
}

void language_begin(void)
{
    char path[PATH_MAX];
    set_locale();
    bindtextdomain("bihuan", find_words(path));
    bind_textdomain_codeset("bihuan", "UTF-8");
    textdomain("bihuan");
}
