"""Who may include whom: reads every #include of the project and compares it with the rules below."""

import os
import re
import sys

# Room (longest prefix wins) → what its files may include beside their own room and the C and POSIX headers.
# A name that ends in "/" is all of that folder.
BASE = "broker/base/"
TYPES = "schemas/types.h"
IDENT = "schemas/ident.h"
TYPED = "schemas/typed.h"
WIRE = "schemas/wire.h"
RECORD = "schemas/record.h"
POLICY = "broker/core/policy.h"
CLIENT = "workers/client.h"
BIHUAN = "workers/bihuan.h"
LANGUAGE = "workers/language.h"
RULES = {
    "broker/base/": [],
    "broker/core/": [BASE, TYPES, WIRE, IDENT, TYPED],
    "broker/config/": [BASE, TYPES, POLICY, TYPED],
    "broker/place/": [BASE, TYPES, POLICY],
    "broker/store/": [BASE, TYPES, RECORD, IDENT],
    "broker/edge/": [BASE, TYPES, WIRE, IDENT],
    "broker/": ["broker/", "schemas/"],
    "schemas/": [BASE],
    "workers/": [BASE, "schemas/"],
    "cli/": [BASE, "schemas/", CLIENT, BIHUAN, LANGUAGE],
    "tests/": ["broker/", "schemas/", "workers/", "cli/"],
    "bench/": ["broker/", "schemas/", CLIENT, "workers/address.h"],
}

# Libraries belong to rooms: the header of one may be included there only.
LIBRARIES = {
    "lmdb.h": ["broker/store/", "bench/"],
    "zmq.h": ["broker/edge/", "broker/main.c", "broker/loop.c", "workers/", "cli/", "tests/", "bench/"],
    "ev.h": ["broker/loop.c", "broker/main.c"],
    "geos_c.h": ["broker/place/"],
    "yaml.h": ["broker/config/", "cli/", "workers/", "tests/"],
    "jansson.h": ["broker/place/", "cli/", "workers/", "tests/"],
    "microhttpd.h": ["broker/edge/"],
    "flatbuffers/flatbuffers.h": ["schemas/"],
    "csv.h": ["cli/"],
    "utf8proc.h": ["schemas/"],
    "xxhash.h": ["broker/store/", "broker/edge/"],
    "sodium.h": ["broker/edge/", "broker/main.c", "workers/", "cli/", "tests/", "bench/"],
    "openssl/evp.h": ["broker/base/", "schemas/", "tests/"],
    "openssl/sha.h": ["broker/base/", "schemas/", "tests/"],
    "cmocka.h": ["tests/"],
    "hiredis/hiredis.h": ["bench/"],
    "amqp.h": ["bench/"],
    "libpq-fe.h": ["bench/"],
    "time.h": ["broker/now.c", "broker/base/log.c", "broker/config/", "broker/store/", "broker/edge/", "broker/main.c",
               "broker/loop.c", "schemas/", "workers/", "cli/", "tests/", "bench/"],
}

INCLUDE = re.compile(r'^\s*#\s*include\s+(["<])([^">]+)[">]')


def room_of(path):
    return max((room for room in RULES if path.startswith(room)), key=len)


def allowed(path, included):
    room = room_of(path)
    if "/" not in included or included.startswith(room) and room != "broker/":
        return True  # its own room
    if included.endswith("_generated.h"):
        return room in ("schemas/", "tests/")
    return any(included == rule or rule.endswith("/") and included.startswith(rule) for rule in RULES[room])


def faults(path):
    with open(path, encoding="utf-8") as source:
        for number, line in enumerate(source, 1):
            found = INCLUDE.match(line)
            if not found:
                continue
            quoted, included = found.group(1) == '"', found.group(2)
            if quoted and not allowed(path, included):
                yield f"{path}:{number}: {room_of(path)} must not include {included}"
            rooms = LIBRARIES.get(included)
            if not quoted and rooms is not None and not path.startswith(tuple(rooms)):
                yield f"{path}:{number}: <{included}> belongs to {' '.join(rooms)}"


def main():
    found = []
    for top in ("broker", "schemas", "workers", "cli", "tests", "bench"):
        for folder, _, names in os.walk(top):
            for name in sorted(names):
                if name.endswith((".c", ".h", ".cpp")):
                    found += faults(os.path.join(folder, name))
    for fault in found:
        print(fault)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
