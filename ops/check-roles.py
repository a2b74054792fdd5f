"""Holds the tables of roles in docs/ROLES.md and docs/ROLES.zh-CN.md against the code's: which role may do which act and say
which word. `--write` puts the code's table into both."""

import re
import sys

PAGES = ("docs/ROLES.md", "docs/ROLES.zh-CN.md")
BEGIN, END = "<!-- roles: begin -->", "<!-- roles: end -->"
HEADS = {PAGES[0]: "verb", PAGES[1]: "动词"}


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def listed(name):
    """NAME → name of one of the lists of types.h."""
    body = re.search(r"#define %s\(X\)(.*?)\n\n" % name, read("schemas/types.h"), re.S).group(1)
    return {upper: lower for upper, lower in re.findall(r"X\(\w+, (\w+), (\w+)\)", body)}


def rights():
    """RIGHT → the roles that have it."""
    body = re.search(r"#define RIGHTS\(X\)(.*?)\n\n", read("broker/core/right.h"), re.S).group(1)
    body = re.sub(r"/\*.*?\*/|\\", "", body)
    return {name: set(re.findall(r"PRINCIPAL_(\w+)", roles)) for name, roles in re.findall(r"X\((\w+),([^)]*)\)", body)}


def needed():
    """ACT → the right it needs."""
    acts = dict(re.findall(r"\[ACT_(\w+)\]\s*=\s*\{[^{}]*?RIGHT_(\w+)", read("broker/core/incident.c")))
    acts.update(re.findall(r"\{ACT_(\w+),[^{}]*?RIGHT_(\w+)", read("broker/core/aside.c")))
    return acts


# What the command line calls a question, where that is not its own name.
VERBS = {"LIST": "ls"}


def questions():
    """(verbs, rights of which one is needed) of everything that can be asked, as broker/query.c and broker/notice.c say."""
    query, notice = read("broker/query.c"), read("broker/notice.c")
    body = re.search(r"static bool may_ask\(.*?\n}\n", query, re.S).group(0)
    every, whole, own = re.search(r"right_has\(who, RIGHT_(\w+)\).*?whole \? RIGHT_(\w+) : RIGHT_(\w+)", body, re.S).groups()
    kinds = re.search(r"#define QUERIES\(X\)(.*?)\n\n?#", read("schemas/wire.h"), re.S).group(1)
    kinds = {upper: VERBS.get(upper, lower) for upper, lower in re.findall(r"X\(\w+, (\w+), (\w+)\)", kinds)}
    wholes = set(re.findall(r"QUERY_(\w+)", body))
    yield [verb for kind, verb in kinds.items() if kind not in wholes], (every, own)
    yield [verb for kind, verb in kinds.items() if kind in wholes], (every, whole)
    yield ["tail"], re.findall(r"RIGHT_(\w+)", re.search(r"MESSAGE_SUBSCRIBE:\s*return (.*?);", query, re.S).group(1))
    yield ["status"], re.findall(r"RIGHT_(\w+)", re.search(r"MESSAGE_STATUS:\s*return (.*?);", query, re.S).group(1))
    yield ["notices"], [re.search(r"RIGHT_(\w+)\) && who->notices", notice).group(1)]


def rows():
    """(what, roles that may) of everything that can be done."""
    has, needs, acts = rights(), needed(), listed("ACTS")
    for act in sorted(set(acts) - set(needs)):
        sys.exit(f"ops/check-roles.py: no right is known for the act {act}")
    yield "`publish`", has["PUBLISH"]
    for act, name in acts.items():
        roles = set(has[needs[act]]) | has.get({"VERIFY": "VERIFY_OWN", "DECIDE": "REVIEW"}.get(act), set())
        yield f"`{name}`", roles
    for name in listed("WORDS").values():
        yield f"`{name}` *", has["WORK"] | (has["ON_BEHALF"] if name != "give_back" else set())
    for verbs, may in questions():
        yield " ".join(f"`{verb}`" for verb in verbs), set().union(*(has[right] for right in may))
    yield "`reload` `backup`", has["OPERATE"]


def table(page):
    roles = listed("ROLES")
    lines = [f"| {HEADS[page]} | " + " | ".join(roles.values()) + " |", "| --- |" + " :-: |" * len(roles)]
    for what, may in rows():
        lines.append(f"| {what} | " + " | ".join("●" if role in may else "" for role in roles) + " |")
    return "\n".join(line.replace("|  |", "| |").replace("|  |", "| |") for line in lines)


def main():
    wrong = 0
    for page in PAGES:
        text = read(page)
        before, rest = text.split(BEGIN + "\n\n", 1)
        stands, after = rest.split("\n\n" + END, 1)
        if "--write" in sys.argv:
            with open(page, "w", encoding="utf-8") as file:
                file.write(before + BEGIN + "\n\n" + table(page) + "\n\n" + END + after)
        elif stands != table(page):
            differing = [line for line in table(page).splitlines() if line not in stands.splitlines()]
            print(f"{page}: the code says otherwise; 'python3 ops/check-roles.py --write' puts it right: "
                  + "; ".join(differing[:3]))
            wrong += 1
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
