"""Clocks that are set, stopped and moved over the edges of calendars, under a broker whose own clocks run on: by the broker's time
no rung is early, none is missed, none comes twice, and every step of the wall is on record and on the log."""

import concurrent.futures
import datetime
import random
import unittest

from clocks import Watch
from rig import JOBS, SEED, choose, figure, tap

MINUTE, HOUR, YEAR = 60, 3600, 365 * 86400
STEPS = [4 * MINUTE, HOUR, YEAR, -4 * MINUTE, -HOUR, -YEAR]
WALKS = choose(2, 40)
WALK_ACTS = choose(8, 16)

# The city's hours by its own clocks, eight hours from Greenwich; free from New Year's Day on.
ZONE = datetime.timezone(datetime.timedelta(hours=8))
OPEN = ((8, 12), (14, 18))
FREE = {datetime.date(2027, 1, day) for day in (1, 2, 3)}


def natural(at, seconds):
    return at + seconds


def working(at, seconds):
    """The first instant at which so much working time has passed."""
    day = datetime.datetime.fromtimestamp(at, ZONE).date()
    while True:
        midnight = datetime.datetime.combine(day, datetime.time(), ZONE).timestamp()
        for opens, closes in OPEN if day.weekday() < 5 and day not in FREE else ():
            begins, ends = max(at, midnight + opens * HOUR), midnight + closes * HOUR
            if ends - begins >= seconds:
                return begins + seconds
            seconds -= max(0, ends - begins)
        day += datetime.timedelta(days=1)


def rungs(limit_s, measure=natural):
    """Warnings at 0.5 and 0.8 of the limit, breach, one a second later, of the street, and one more, of the district."""
    def due(at):
        breach = measure(at, limit_s)
        return [measure(at, limit_s * 0.5), measure(at, limit_s * 0.8), breach, breach + 1, breach + 2]
    return due


LIMITS = {"5": {"respond": rungs(1), "handle": rungs(2), "feedback": rungs(2), "resolve": rungs(3)},
          "9": {"respond": rungs(2 * HOUR, working), "handle": rungs(26 * HOUR), "feedback": rungs(2 * HOUR, working),
                "resolve": rungs(12 * HOUR, working)}}


def watch(name, **options):
    """A city in which nobody works at night, and a worker of fire who takes his time before he signs."""
    city = Watch(name, options.pop("limits", LIMITS), **options)
    city.edit("clocks.yaml", "seconds: {respond: 1s, handle: 2s, feedback: 3s, dispatch: 1s, resolve: 4s}",
              "seconds: {respond: 1s, handle: 2s, feedback: 2s, dispatch: 1s, resolve: 3s}\n"
              "  office: {respond: 2wh, handle: 26h, feedback: 2wh, dispatch: 1h, resolve: 12wh}\n"
              "  slow: {respond: 30d, handle: 30d, feedback: 30d, dispatch: 30d, resolve: 30d}")
    city.edit("ladders.yaml", "step: budget", "step: 1s")
    city.edit("types.yaml", "types:", "types:\n  - {code: 9, name: 工作时间, clocks: office}\n"
              "  - {code: 10, name: 慢, clocks: slow}")
    city.edit("routes.yaml", "routes:", "routes:\n  - {type: 9, to: night}\n  - {type: 10, to: fire}")
    city.edit("city.yaml", "lease: 2s", "lease: 60s")
    with open(city.path("city/calendars.yaml"), "w", encoding="utf-8") as file:
        file.write("calendars:\n  office:\n    hours: [08:00-12:00, 14:00-18:00]\n"
                   "    holidays: [2027-01-01..2027-01-03]\n    known_until: 2027-12-31\n")
    return city


class Holder:
    """A worker who holds a task that it has not signed for, whatever is done to the clocks; no lease ends for that."""

    def __init__(self, city):
        self.city, self.sign = city, city.path("sign")
        city.worker("fire", "sh", "-c", f"until [ -e {self.sign} ]; do sleep 0.1; done; echo respond; echo feedback resolved")
        self.incident = city.send("10")["incident"]
        city.await_record(self.incident, "offered")

    def end(self):
        """How many leases ended."""
        open(self.sign, "w", encoding="ascii").close()
        self.city.await_record(self.incident, "closed")
        return sum(record["kind"] == "lease_ended" for record, _ in list(self.city.heard.values()))


def live(name, acts, **options):
    """A city that goes through it, and what its oracle says."""
    with watch(name, **options) as city:
        city.begin()
        holder = Holder(city)
        acts(city)
        city.await_rungs()
        leases = holder.end()
        city.stop()
        kept = city.verify()
        wrong, told = city.judge()
        wrong["leases_ended"], wrong["store_faults"] = leases, int(kept.exit != 0)
        return {"events": len(city.sent), "rungs": len(city.rungs()), "steps": len(city.steps), **wrong}, told


# --- what is done to the clocks ---

def step_and_back(seconds):
    def acts(city):
        city.send("5")
        city.set_wall(seconds)
        city.send("5")
        city.doze(1.2)
        city.set_wall(-seconds)
        city.send("5")
    return acts


def leap_second(city):
    """23:59:60: the wall says 23:59:59 twice."""
    city.send("5")
    city.doze(2)
    city.set_wall(-1, noticed=False)
    city.send("5")


def suspends(city):
    """The machine sleeps for long, and often: what became due meanwhile fires when it wakes."""
    city.send("5")
    city.clocks.suspend(2 * HOUR)
    city.send("5")
    for _ in range(5):
        city.doze(0.1)
        city.clocks.suspend(0.7)
    city.send("5")


def over_the_edge(city):
    """Whatever is due in the next days is waited for, from a second and a half before."""
    event = city.send("9")
    for due_at in sorted(due_at for due in LIMITS["9"].values() for due_at in due(event["at"])):
        now_at = event["at"] + city.clocks.boot_s() - event["to"]
        if due_at - now_at > 1.5:
            city.clocks.suspend(due_at - now_at - 1.5)
            city.send("10")
        city.await_rungs_until(due_at)


def restarts(city):
    """Steps that were seen before the broker died, and such as nobody saw."""
    city.send("5")
    city.set_wall(HOUR)
    city.lose()
    city.send("5")
    city.lose(lambda: city.clocks.step(-YEAR))  # its battery is empty
    city.send("5")
    city.await_step(-YEAR)
    city.set_wall(YEAR)
    city.send("5")
    city.lose(lambda: city.clocks.step(HOUR))  # nobody can know
    city.send("5")
    city.lose(lambda: city.clocks.step(-4 * MINUTE))
    city.send("5")


def walk(seed):
    """Any of all this."""
    def acts(city):
        dice = random.Random(seed)
        for _ in range(WALK_ACTS):
            city.send("5")
            act = dice.randrange(6)
            if act < 3:
                city.set_wall(dice.choice(STEPS) * dice.uniform(0.5, 1))
            elif act < 5:
                city.clocks.suspend(dice.choice((1, MINUTE, 2 * HOUR)) * dice.random())
            else:
                city.lose()
            city.doze(dice.uniform(0, 0.6))
    return acts


def utc(*when):
    return datetime.datetime(*when, tzinfo=datetime.timezone.utc)


class Clocks(unittest.TestCase):
    def hold(self, row, *lives):
        """All of them, some at a time."""
        sums, told = {}, []
        with concurrent.futures.ThreadPoolExecutor(2 * JOBS) as pool:
            for counts, wrong in pool.map(lambda life: live(*life[:2], **(life[2] if len(life) > 2 else {})), lives):
                told += wrong
                for name, count in counts.items():
                    sums[name] = sums.get(name, 0) + count
        bad = sum(count for name, count in sums.items() if name not in ("events", "rungs", "steps"))
        self.assertTrue(figure(row, bad == 0 and sums["rungs"] > 0, lives=len(lives), **sums), "\n".join([str(sums), *told[:20]]))

    def test_the_wall_is_set_and_set_back(self):
        self.hold("clocks: steps", *((f"step{seconds}", step_and_back(seconds)) for seconds in STEPS))

    def test_a_leap_second_and_suspends(self):
        self.hold("clocks: leap, suspend", ("leap", leap_second, {"wall": utc(2026, 12, 31, 23, 59, 57)}), ("suspend", suspends))

    def test_over_the_end_of_a_year_and_of_summer_time(self):
        """The machine's zone is another than the city's."""
        self.hold("clocks: year end, DST", ("year", over_the_edge, {"wall": utc(2026, 12, 31, 15, 59, 57)}),
                  ("autumn", over_the_edge, {"wall": utc(2026, 10, 31, 12), "zone": "America/New_York"}),
                  ("spring", over_the_edge, {"wall": utc(2027, 3, 27, 12), "zone": "Europe/Berlin"}))

    def test_restarts_between_steps(self):
        self.hold("clocks: restarts", ("restarts", restarts))

    def test_any_of_it(self):
        self.hold("clocks: walks", *((f"walk{n}", walk(SEED * 1000 + n)) for n in range(WALKS)))

    def test_a_broker_with_nothing_to_do_notices_too(self):
        with Watch("idle", {}) as city:
            city.start()
            city.await_quiet()
            city.set_wall(HOUR)
            city.listen()
            city.await_step(HOUR)
            off = [line for line in city.http("/metrics")[1].splitlines() if line.startswith("bihuan_wall_off_seconds")]
            self.assertAlmostEqual(float(off[0].split()[1]), HOUR, delta=1)
            city.stop()

    def test_an_operator_accepts_the_wall(self):
        """Ahead it is taken at once; behind, the broker's time is slewed to it and never goes back."""
        for seconds in (HOUR, -HOUR):
            with watch(f"accept{seconds}") as city:
                city.begin()
                first = city.send("10")
                city.set_wall(seconds)
                city.kill()
                city.flags.append("--accept-wall")
                city.start()
                second = city.send("10")
                self.assertGreater(second["at"], first["at"])
                if seconds > 0:
                    self.assertLess(abs(second["at"] - city.clocks.wall_s()), MINUTE)
                city.clocks.suspend(21 * HOUR)
                self.assertLess(abs(city.send("10")["at"] - city.clocks.wall_s()), MINUTE)
                self.assertEqual(city.http("/metrics")[1].split("\nbihuan_wall_off_seconds ")[1].split()[0], "0")
                city.stop()


if __name__ == "__main__":
    tap.main()
