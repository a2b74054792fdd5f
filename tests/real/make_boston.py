#!/usr/bin/env python3
"""Makes a city out of the 2,913 rows of Boston's 311 (second half of 2011): departments are units, and every limit that a
department has (target less open) is a type of its own under the department's.

Usage: make_boston.py DATA-FOLDER CITY-FOLDER; writes rows.tsv into the city's folder: id, type, department, open, target,
closed (milliseconds since 1970, 0 where the row has none), verdict. The file's times are Boston's, so that an hour is
missing in March and there twice in November; no row has a time within either."""

from datetime import datetime
from zoneinfo import ZoneInfo

from city import arguments, rows, text

ZONE = ZoneInfo("America/New_York")
CITY = "25"
TEN_YEARS_S = 3660 * 24 * 3600  # the longest limit that a configuration takes


def instant_ms(written):
    if not written:
        return 0
    naive = datetime.strptime(written, "%Y-%m-%d %H:%M:%S")
    early, late = (naive.replace(tzinfo=ZONE, fold=fold).timestamp() for fold in (0, 1))
    if early != late:
        raise ValueError(f"{written} is no one instant")
    return int(early) * 1000


def limit_s(row):
    """Of the row; 0: none."""
    return (instant_ms(row["target_dt"]) - instant_ms(row["open_dt"])) // 1000 if row["target_dt"] else 0


def types(limits):
    """A department's own type is what has no limit: dispatching it is."""
    lines = ["types:"]
    for number, (department, own) in enumerate(limits.items(), start=1):
        lines.append(f"  - {{code: {text(str(number))}, name: {text(department)}, clocks: {{dispatch: 1h}}}}")
        lines += [f"  - {{code: {text(f'{number}.{at}')}, name: {text(f'{department} {limit} s')}, "
                  f"clocks: {{resolve: {min(limit, TEN_YEARS_S)}s}}}}" for at, limit in enumerate(own, start=1)]
    return lines


def main():
    data, folder = arguments()
    table = rows(data, "samples/boston311_dev_2900.csv")
    departments = sorted({row["department"] for row in table})
    limits = {department: sorted({limit_s(row) for row in table if row["department"] == department} - {0})
              for department in departments}
    codes = {(department, limit): f"{number}.{at}" for number, department in enumerate(departments, start=1)
             for at, limit in enumerate(limits[department], start=1)}
    codes |= {(department, 0): str(number) for number, department in enumerate(departments, start=1)}
    folder.write("city.yaml", ["name: Boston", f'city: "{CITY}"', "journal: 620802", 'utc_offset: "-05:00"', "levels:",
                               "  - {name: city, title: City, digits: 2}"])
    folder.write("areas.yaml", ["areas:", f'  - {{code: "{CITY}", name: Boston, post: Mayor}}'])
    folder.write("clocks.yaml", ["profiles:", "  ordinary: {dispatch: 1h}"])
    folder.write("types.yaml", types(limits))
    folder.write("units.yaml", ["units:"] + [f"  - {{id: {text(name)}, name: {text(name)}}}" for name in departments])
    folder.write("routes.yaml", ["routes:"] + [f"  - {{type: {text(str(number))}, to: {text(name)}}}"
                                               for number, name in enumerate(departments, start=1)])
    folder.write("principals.yaml", ["principals:", "  - {name: residents, roles: source}",
                                     "  - {name: centre, roles: dispatcher}"])
    folder.write("rows.tsv", ("\t".join((
        row["case_enquiry_id"], codes[row["department"], limit_s(row)], row["department"],
        *(str(instant_ms(row[name])) for name in ("open_dt", "target_dt", "closed_dt")), row["ontime"])) for row in table))


if __name__ == "__main__":
    main()
