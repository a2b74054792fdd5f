"""Cities of any number of rules and polygons, for the routes that are measured without a broker."""

import json
import os
import shutil

STREETS, COMMUNITIES = 10, 100  # of each street; grids below them are the polygons
TYPES = 100                     # a hundredth of the rules each, by area
SIDE = 1.0                      # degrees of the square that the polygons fill


def write(folder, rules, polygons):
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)

    def file(name, *lines):
        with open(os.path.join(folder, name), "w", encoding="utf-8") as out:
            out.write("\n".join(lines) + "\n")

    grids = max(1, polygons // (STREETS * COMMUNITIES))
    streets = [f"620899{street:03}" for street in range(1, STREETS + 1)]
    communities = [f"{street}{community:03}" for street in streets for community in range(1, COMMUNITIES + 1)]
    file("city.yaml", "name: measured", "city: 620899")
    file("clocks.yaml", "profiles:", "  ordinary: {dispatch: 1h, respond: 2d, feedback: 7d, resolve: 10d}")
    file("types.yaml", "types:", "  - {code: 1, name: all, clocks: ordinary}",
         *(f"  - {{code: 1.{number}, name: t{number}}}" for number in range(1, TYPES + 1)))
    file("areas.yaml", "posts: {district: d, street: s, community: c, grid: g}",
         "polygons: [{file: grids.json, property: code}]", "areas:", "  - {code: 620899, name: measured}",
         *(f"  - {{code: {code}}}" for code in streets), *(f"  - {{code: {code}, grids: {grids}}}" for code in communities))
    file("units.yaml", "units:", *(f"  - {{id: u{number}, name: unit {number}}}" for number in range(100)))
    # One for each type and the whole city, then for its streets and communities, until there are so many.
    areas = [None, *streets, *communities]
    file("routes.yaml", "routes:", *(
        f"  - {{type: 1.{number % TYPES + 1}, {f'area: {areas[number // TYPES]}, ' if number >= TYPES else ''}to: u{number % 100}}}"
        for number in range(rules)))
    across = 1
    while across * across < polygons:
        across += 1
    step = SIDE / across
    codes = [f"{community}{grid:03}" for community in communities for grid in range(1, grids + 1)]
    with open(os.path.join(folder, "grids.json"), "w", encoding="utf-8") as out:
        json.dump({"type": "FeatureCollection", "features": [square(code, 106 + number % across * step,
                                                                    35 + number // across * step, step)
                                                             for number, code in enumerate(codes)]}, out)


def square(code, west, south, step):
    corners = [[west, south], [west + step, south], [west + step, south + step], [west, south + step], [west, south]]
    return {"type": "Feature", "properties": {"code": code}, "geometry": {"type": "Polygon", "coordinates": [corners]}}
