"""Holds what help and pages say against what there is: every word a unit can say, every act, every verb of the command line and
each of its options. The argument: where bihuan and bihuan-worker are."""

import os
import re
import subprocess
import sys

# Not by `say`: a lease is the worker's own, an ask is a verb. Not by a worker's command: it asks by the library.
NOT_BY_SAY = {"give_back", "ask"}
NOT_BY_WORKER = {"ask"}
# Acts whose verb is another word than their own.
VERB_OF = {"duty_done": "duty", "list_area": "level", "delist_area": "level", "commit_exercise": "commit",
           "seek_identity": "identity", "grant_identity": "identity", "open_identity": "identity"}
COMMON = {"broker", "json", "key-file", "person", "server-key", "timeout", "utc", "help", "usage", "request", "version"}

faults = []


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def listed(name):
    body = re.search(r"#define %s\(X\)(.*?)\n\n" % name, read("schemas/types.h"), re.S).group(1)
    return re.findall(r"X\(\w+, \w+, (\w+)\)", body)


def help_of(program, *words):
    command = [os.path.join(sys.argv[1], program), *words]
    environment = dict(os.environ, LANGUAGE="en", LC_ALL="C.UTF-8")
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=True).stdout


def sections(page):
    """Heading → its text, of the third level."""
    return dict(re.findall(r"^### (\S+)\n(.*?)(?=^##|\Z)", page, re.S | re.M))


def holds(text, name):
    return re.search(r"(?<![\w-])%s(?![\w-])" % re.escape(name), text)


def want(what, names, text, where):
    for name in names:
        if not holds(text, name):
            faults.append(f"{where} does not name the {what} {name}")


def check_words(pages):
    words, protocol = listed("WORDS"), read("schemas/PROTOCOL.md")
    said = [word for word in words if word not in NOT_BY_SAY]
    want("word", said, help_of("bihuan", "say", "--help"), "bihuan say --help")
    want("word", said, pages.get("say", ""), "docs/CLI.md, say")
    want("word", [word for word in words if word not in NOT_BY_WORKER], help_of("bihuan-worker", "--help"),
         "bihuan-worker --help")
    for word in words:
        if f"| `{word}` |" not in protocol:
            faults.append(f"schemas/PROTOCOL.md has no row of the word {word}")


def check_acts(verbs):
    for act in listed("ACTS"):
        if VERB_OF.get(act, act.replace("_", "-")) not in verbs:
            faults.append(f"cli/main.c has no verb for the act {act}")
        if not re.search(r"`%s`" % act, read("schemas/PROTOCOL.md")):
            faults.append(f"schemas/PROTOCOL.md does not name the act {act}")


def check_verbs(verbs, pages):
    for verb in verbs:
        if verb not in pages:
            faults.append(f"docs/CLI.md has no section ### {verb}")
    for page in pages:
        if page not in verbs:
            faults.append(f"docs/CLI.md has a section ### {page}, which is no verb")
    for verb in verbs:
        options = re.findall(r"^ +(?:-\w, )?--([\w-]+)", help_of("bihuan", verb, "--help"), re.M)
        want("option", [f"--{option}" for option in options if option not in COMMON], pages.get(verb, ""),
             f"docs/CLI.md, {verb},")


def main():
    pages = sections(read("docs/CLI.md"))
    verbs = re.findall(r'^    \{"([\w-]+)", verb_', read("cli/main.c"), re.M)
    check_words(pages)
    check_acts(verbs)
    check_verbs(verbs, pages)
    for fault in faults:
        print(fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
