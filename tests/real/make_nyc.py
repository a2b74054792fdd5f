#!/usr/bin/env python3
"""Makes a city out of the 3,070 rows of New York's 311 (January 2020): boroughs from polygons, with digits for codes as
a city outside China would give them; types by Type, units by Agency, a route table by Type.

Usage: make_nyc.py DATA-FOLDER CITY-FOLDER; writes the column map as nyc.map.yaml into the city's folder, because the
types' codes are made here."""

import os
import shutil
from collections import defaultdict

from city import arguments, majority, rows, text

CITY = "36"
BOROUGHS = {"Manhattan": "3601", "Bronx": "3602", "Brooklyn": "3603", "Queens": "3604", "Staten Island": "3605"}
POLYGONS = "nyc_boroughs.geojson"


def city():
    return [
        "name: New York City",
        f'city: "{CITY}"',
        "journal: 360000",
        'utc_offset: "-05:00"',
        "levels:",
        "  - {name: city, title: City, digits: 2}",
        "  - {name: borough, title: Borough, digits: 4}",
    ]


def areas():
    codes = ", ".join(f"{text(name)}: {text(code)}" for name, code in BOROUGHS.items())
    lines = ["areas:", f'  - {{code: "{CITY}", name: New York City}}']
    lines += [f"  - {{code: {text(code)}, name: {text(name)}}}" for name, code in BOROUGHS.items()]
    return lines + ["polygons:", f"  - {{file: {POLYGONS}, property: BoroName, codes: {{{codes}}}}}"]


def column_map(codes):
    lines = [
        'time_zone: "-05:00"',
        'time_format: "%Y-%m-%dT%H:%M:%S"',
        "columns:",
        '  id: "{Key}"',
        '  observed: "{Created}"',
        '  latitude: "{Latitude}"',
        '  longitude: "{Longitude}"',
        "  system: wgs84",
        "  nature: complaint",
        "  severity: 4",
        '  address: "{Zip}"',
        '  text: "{Type} {LocType}"',
        "  type:",
        "    column: Type",
        "    values:",
    ]
    return lines + [f"      {text(name)}: {text(code)}" for name, code in codes.items()]


def routes(table, codes):
    agencies = defaultdict(list)
    for row in table:
        agencies[row["Type"]].append(row["Agency"])
    return ["routes:"] + [f"  - {{type: {text(code)}, to: {text(majority(agencies[name]))}}}"
                          for name, code in codes.items()]


def main():
    data, folder = arguments()
    table = rows(data, "samples/nyc311_dev_3070.csv")
    codes = {name: str(number) for number, name in enumerate(sorted({row["Type"] for row in table}), start=1)}
    agencies = sorted({row["Agency"] for row in table})
    shutil.copyfile(os.path.join(data, "geo", POLYGONS), os.path.join(folder.path, POLYGONS))
    folder.write("city.yaml", city())
    folder.write("areas.yaml", areas())
    folder.write("types.yaml", ["types:"] + [f"  - {{code: {text(code)}, name: {text(name)}, clocks: ordinary}}"
                                             for name, code in codes.items()])
    folder.write("units.yaml", ["units:"] + [f"  - {{id: {text(agency)}, name: {text(agency)}}}" for agency in agencies])
    folder.write("routes.yaml", routes(table, codes))
    folder.write_trial()
    folder.write("nyc.map.yaml", column_map(codes))
    boroughs = {name.upper(): code for name, code in BOROUGHS.items()}
    folder.write_expected((row["Key"], codes[row["Type"]], f"{row['Latitude']},{row['Longitude']}", row["Agency"],
                           boroughs.get(row["Borough"], "")) for row in table)


if __name__ == "__main__":
    main()
