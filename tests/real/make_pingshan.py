#!/usr/bin/env python3
"""Makes a city out of the 2,000 rows of Pingshan (2018): areas by official code, types by their three ids, units with
dated names, and a route table by type and community.

A rule is a type's default, the unit that most of its rows went to; streets and communities where most went elsewhere
are its exceptions. Usage: make_pingshan.py DATA-FOLDER CITY-FOLDER; the column map is pingshan.map.yaml beside this."""

from collections import defaultdict
from datetime import date, timedelta

from city import arguments, majority, rows, text

DISTRICT = "440310"
LEVELS = ("EVENT_TYPE", "MAIN_TYPE", "SUB_TYPE")


def type_code(row, depth=3):
    return ".".join(row[f"{level}_ID"] for level in LEVELS[:depth])


def areas(table):
    names = {DISTRICT: "坪山区"}
    for row in table:
        names[row["street_code"]] = row["STREET_NAME"]
        names[row["community_code"]] = row["COMMUNITY_NAME"]
    return ["areas:"] + [f"  - {{code: {text(code)}, name: {text(names[code])}}}" for code in sorted(names)]


def types(table):
    names = {}
    for row in table:
        for depth, level in enumerate(LEVELS, start=1):
            names[type_code(row, depth)] = row[f"{level}_NAME"]
    lines = ["types:"]
    for code in sorted(names):
        clocks = "" if "." in code else ", clocks: ordinary"
        lines.append(f"  - {{code: {text(code)}, name: {text(names[code])}{clocks}}}")
    return lines


def dated_names(seen):
    """Names in the order in which they were first seen; each holds until the next begins, a day apart at least."""
    names, begin = [], None
    for name, first in sorted(seen.items(), key=lambda item: item[1]):
        begin = first if begin is None or first > begin else begin + timedelta(days=1)
        names.append((name, begin))
    if len(names) == 1:
        return [f"    name: {text(names[0][0])}"]
    lines = ["    names:"]
    for i, (name, begin) in enumerate(names):
        since = f", from: {begin}" if i > 0 else ""
        until = f", to: {names[i + 1][1]}" if i + 1 < len(names) else ""
        lines.append(f"      - {{name: {text(name)}{since}{until}}}")
    return lines


def units(table):
    seen = defaultdict(dict)
    for row in sorted(table, key=lambda r: r["CREATE_TIME"]):
        if row["DISPOSE_UNIT_ID"]:
            day = date.fromisoformat(row["CREATE_TIME"][:10])
            seen[row["DISPOSE_UNIT_ID"]].setdefault(row["DISPOSE_UNIT_NAME"], day)
    lines = ["units:"]
    for unit in sorted(seen, key=int):
        lines += [f"  - id: {text(unit)}"] + dated_names(seen[unit])
    return lines


def exceptions(of_type, default):
    """Streets, then communities within them, where most rows went elsewhere than the rule above says."""
    found = []
    for street in sorted({row["street_code"] for row in of_type}):
        in_street = [row for row in of_type if row["street_code"] == street]
        unit = majority(row["DISPOSE_UNIT_ID"] for row in in_street)
        if unit != default:
            found.append((street, unit))
        for community in sorted({row["community_code"] for row in in_street}):
            own = majority(row["DISPOSE_UNIT_ID"] for row in in_street if row["community_code"] == community)
            if own != unit:
                found.append((community, own))
    return found


def routes(table):
    by_type = defaultdict(list)
    for row in table:
        if row["DISPOSE_UNIT_ID"]:
            by_type[type_code(row)].append(row)
    lines = ["routes:"]
    for code, of_type in sorted(by_type.items()):
        default = majority(row["DISPOSE_UNIT_ID"] for row in of_type)
        lines += [f"  - type: {text(code)}", f"    to: {text(default)}"]
        found = exceptions(of_type, default)
        if found:
            lines.append("    except:")
            lines += [f"      - {{area: {text(area)}, to: {text(unit)}}}" for area, unit in found]
    return lines


def main():
    data, folder = arguments()
    table = rows(data, "samples/pingshan_dev_2000.csv")
    folder.write("city.yaml", ["name: 坪山区", f"city: {DISTRICT}"])
    folder.write("areas.yaml", areas(table))
    folder.write("types.yaml", types(table))
    folder.write("units.yaml", units(table))
    folder.write("routes.yaml", routes(table))
    folder.write_trial()
    folder.write_expected((row["REC_ID"], type_code(row), row["community_code"], row["DISPOSE_UNIT_ID"],
                           row["community_code"]) for row in table)


if __name__ == "__main__":
    main()
