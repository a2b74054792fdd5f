#!/usr/bin/env python3
"""Makes a city out of one stormy day's 911 calls of Montgomery County: every title is a type below EMS, Fire or Traffic,
every township an area, and in it every place that was called from one of its own, so that calls fold by type and place.

Usage: make_pa911.py DATA-FOLDER CITY-FOLDER; writes rows.tsv into the city's folder, in the order of the calls: id, type,
area, time (milliseconds since 1970; the file's times are the county's, five hours behind)."""

from datetime import datetime, timedelta, timezone

from city import arguments, rows, text

COUNTY = "42"
EST = timezone(timedelta(hours=-5))
WINDOW = "30m"
RAISE = "{at: 3, severity: 2, clocks: urgent}"


def instant_ms(written):
    return int(datetime.strptime(written, "%Y-%m-%d %H:%M:%S").replace(tzinfo=EST).timestamp()) * 1000


def type_codes(table):
    titles = sorted({row["title"] for row in table})
    heads = sorted({title.split(":")[0] for title in titles})
    codes = {head: str(heads.index(head) + 1) for head in heads}
    for head in heads:
        below = [title for title in titles if title.split(":")[0] == head]
        codes |= {title: f"{codes[head]}.{number:02}" for number, title in enumerate(below, start=1)}
    return codes


def area_codes(table):
    """A place is a township and a point within it."""
    codes = {}
    for township in sorted({row["twp"] for row in table}):
        codes[township] = f"{COUNTY}{len(codes) + 1:03}"
    for row in table:
        place = row["twp"], row["lat"], row["lng"]
        codes.setdefault(place, f"{codes[row['twp']]}{len(codes) + 1:04}")
    return codes


def main():
    data, folder = arguments()
    table = sorted(rows(data, "samples/pa911_burstday_2016-01-23_887.csv"), key=lambda row: row["timeStamp"])
    types, areas = type_codes(table), area_codes(table)
    folder.write("city.yaml", ["name: Montgomery County", f'city: "{COUNTY}"', "journal: 620802", 'utc_offset: "-05:00"',
                               "levels:", "  - {name: county, title: County, digits: 2}",
                               "  - {name: township, title: Township, digits: 5}", "  - {name: spot, title: Spot, digits: 9}"])
    folder.write("areas.yaml", ["areas:", f'  - {{code: "{COUNTY}", name: Montgomery County}}'] +
                 [f"  - {{code: {text(code)}, name: {text(name if isinstance(name, str) else ' '.join(name))}}}"
                  for name, code in areas.items()])
    folder.write("clocks.yaml", ["profiles:", "  ordinary: {dispatch: 1h, respond: 1h, resolve: 1d}",
                                 "  urgent: {dispatch: 1h, respond: 1m, resolve: 1h}"])
    folder.write("types.yaml", ["types:"] + [f"  - {{code: {text(code)}, name: {text(name)}, clocks: ordinary}}"
                                             for name, code in types.items()])
    folder.write("units.yaml", ["units:", "  - {id: county, name: County}"])
    folder.write("routes.yaml", ["routes:", "  - {to: county}"])
    folder.write("principals.yaml", ["principals:", "  - {name: callers, roles: source}"])
    folder.write("folds.yaml", ["folds:"] + [f"  - {{type: {text(code)}, window: {WINDOW}, place: spot, raise: [{RAISE}]}}"
                                             for code in types.values() if "." not in code])
    folder.write("rows.tsv", ("\t".join((f"call-{number}", types[row["title"]], areas[row["twp"], row["lat"], row["lng"]],
                                         str(instant_ms(row["timeStamp"])))) for number, row in enumerate(table, start=1)))


if __name__ == "__main__":
    main()
