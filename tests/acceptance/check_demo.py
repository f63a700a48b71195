#!/usr/bin/env python3
"""Judges a finished replay from its files alone: check_demo.py SCENARIO DIR OUTCOME.json EXIT_STATUS

It shares no code with what it judges: the reading rules of the scenarios are written down here a second time. DIR is what
`tvaers demo --keep` leaves, OUTCOME.json what it printed. The last line is "N passed, M failed".
"""

import json
import os
import subprocess
import sys
from collections import Counter, defaultdict
from pathlib import Path

# What becomes no record.
ACTS = {"handover", "device_lost", "leaves"}
LINE = {"observation", "assessment", "amendment", "voice", "reply"}
CASE = {"concern", "meeting", "analysis", "intervention", "measure", "consent", "notification"}
ANSWERS = ("of", "to", "intervention")
# Not in an export: what a device did, and not what was written.
OF_THE_REPLAY = {"id", "device", "offline", "device_clock"}


class Scenario:
    """Who coordinates, and who is to read what, from the scenario alone."""

    def __init__(self, data):
        self.people = {person["id"]: person for person in data["people"]}
        self.units = {unit["id"]: unit for unit in data["units"]}
        self.children = {child["id"]: child for child in data["children"]}
        self.events = {event["id"]: event for event in data["events"]}
        self.at = {event: number for number, event in enumerate(self.events)}
        self.out = self._out()
        self.terms = {child: self._terms(child) for child in self.children}
        self.coordinator = {child: terms[-1][0] if terms else None for child, terms in self.terms.items()}
        self.citers = self._citers()
        self.members, self.writers = self._members(False), self._members(True)

    def of_unit(self, unit):
        ids = sorted(self.people)
        return [p for p in ids if self.people[p]["unit"] == unit and self.people[p]["profession"] != "it"]

    def is_social_worker(self, person):
        return person is not None and self.people[person]["profession"] == "socialrådgiver"

    def recipient(self, addressee):
        """The one person who receives what is raised to a person or a unit."""
        if addressee in self.people:
            return addressee
        people = self.of_unit(addressee)
        return next(filter(self.is_social_worker, people), people[0] if people else None)

    def _out(self):
        """Devices that are lost or whose person has left, and since which event."""
        out = {}
        for event in self.events.values():
            if event["kind"] == "device_lost":
                out.setdefault((event["person"], event["device"]), self.at[event["id"]])
            if event["kind"] == "leaves":
                for number in range(1, self.people[event["person"]]["devices"] + 1):
                    out.setdefault((event["person"], number), self.at[event["id"]])
        return out

    def has_device(self, person):
        return any((person, number) not in self.out for number in range(1, self.people[person]["devices"] + 1))

    def never_left(self, event):
        """Written without a network on a device that had none until it was lost, or its person left."""
        device = (event["by"], event["device"])
        if device not in self.out or not event["offline"]:
            return False
        later = [e for e in self.events.values() if (e["by"], e["device"]) == device and self.at[e["id"]] > self.at[event["id"]]]
        return all(e["offline"] for e in later)

    def _terms(self, child):
        """Who coordinates, and since which event."""
        about = [event for event in self.events.values() if event.get("child") == child]
        hand_overs = [(event["to"], self.at[event["id"]]) for event in about if event["kind"] == "handover"]
        before = [event for event in about if not hand_overs or self.at[event["id"]] < hand_overs[0][1]]
        first = self._first(before)
        return ([(first, 0)] if first else []) + hand_overs

    def _first(self, about):
        concerns = []
        families = [unit for unit in sorted(self.units) if self.units[unit]["kind"] == "familieafdeling"]
        for event in about:
            candidate = None
            if event["kind"] == "concern":
                concerns.append(event)
                candidate = self.recipient(event["recipient"])
            elif event["kind"] == "notification" and families:
                candidate = self.recipient(families[0])
            elif event["kind"] in ("analysis", "intervention"):
                candidate = event["by"]
            if self.is_social_worker(candidate):
                return candidate
        return self.recipient(concerns[0]["recipient"]) if concerns else None

    @staticmethod
    def cites(event):
        if event["kind"] == "handover":
            return []
        return [event[field] for field in ANSWERS if field in event] + list(event.get("observations") or [])

    def _citers(self):
        citers = defaultdict(set)
        for event in self.events.values():
            for cited in self.cites(event):
                if self.events[cited]["by"] != event["by"]:
                    citers[cited].add(event["by"])
        return citers

    def _members(self, writers):
        """Who has a role in each case; with `writers`, also whoever has written anything in it: they may read on, and need not."""
        members = defaultdict(set)
        for event in self.events.values():
            child, kind = event.get("child"), event["kind"]
            if not child:
                continue
            case = members[child]
            if kind in CASE and not (kind == "meeting" and event["basis"] == "anonym"):
                case.update([event["by"]] if writers or kind in ("concern", "notification", "measure") else [])
                case.update(event.get("attendees") or [])
                case.update([event.get("responsible"), event.get("by_whom")])
            if kind == "concern":
                case.add(self.recipient(event["recipient"]))
        return {child: case & set(self.people) for child, case in members.items()}

    def readers(self, event, members=None):
        readers = {event["by"]} | self.citers[event["id"]]
        readers |= {self.events[event[field]]["by"] for field in ANSWERS if field in event}
        child = event.get("child")
        coordinator = self.coordinator.get(child)
        if event["kind"] == "meeting" and event["basis"] == "anonym":
            readers |= set(event["attendees"]) & set(self.people)
            return readers | (set(self.of_unit(self.people[coordinator]["unit"])) if coordinator else set())
        if coordinator:
            readers.add(coordinator)
        if event["kind"] in CASE:
            readers |= (members or self.members).get(child, set())
        if event["kind"] == "concern" and event["recipient"] in self.units:
            readers |= set(self.of_unit(event["recipient"]))
        return readers

    def due(self, person):
        """What a person must have in the end. Who has no device left has what had come by then."""
        if not self.has_device(person):
            return set()
        sent = (e for e in self.events.values() if e["kind"] not in ACTS and not self.never_left(e))
        return {event["id"] for event in sent if person in self.readers(event)}

    def allowed(self, person):
        """What a person may have: that, what came while they coordinated or still had a device, and their own."""
        allowed = set()
        since = [self.out.get((person, n), len(self.at)) for n in range(1, self.people[person]["devices"] + 1)]
        for event in self.events.values():
            at, terms = self.at[event["id"]], self.terms.get(event.get("child"), [])
            over = {who for (who, _), (_, until) in zip(terms, terms[1:]) if until <= at}
            held = {who for who, _ in terms} - over
            if event["kind"] not in ACTS and at <= max(since) and person in self.readers(event, self.writers) | held:
                if event["by"] == person or not self.never_left(event):
                    allowed.add(event["id"])
        return allowed


class Tally:
    def __init__(self):
        self.passed = self.failed = 0

    def check(self, name, problems):
        """One check; it holds if there are no problems."""
        if problems:
            self.failed += 1
            print(f"FAILED {name}: {len(problems)} times, first {problems[:3]}")
        else:
            self.passed += 1
            print(f"ok     {name}")


def strings(value):
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        value = list(value.values())
    return [text for item in value for text in strings(item)] if isinstance(value, list) else []


def names(scenario):
    out = {person["name"] for person in scenario.people.values()}
    for child in scenario.children.values():
        out.add(f"{child['given_name']} {child['family_name']}")
        out.update(guardian["name"] for guardian in child.get("guardians") or [])
    return sorted(name for name in out if len(name.encode()) >= 6)


def ten_sentences(scenario):
    """Ten, spread over the whole scenario; whole lines of at least forty bytes."""
    texts = [text for event in scenario.events.values() if event["kind"] not in ACTS for text in strings(event)]
    lines = [line.strip() for text in texts for line in text.split("\n")]
    long = list(dict.fromkeys(line for line in lines if len(line.encode()) >= 40 and "\0" not in line))
    return long[:: max(1, len(long) // 10)][:10]


def grep(patterns, *dirs):
    """Files in which any of these strings stands, asked of grep."""
    found = subprocess.run(
        ["grep", "-raFl", "-f", "-", "--", *map(str, dirs)],
        input="\n".join(patterns).encode(),
        capture_output=True,
        env={**os.environ, "LC_ALL": "C"},
        check=False,
    )
    if found.returncode > 1:
        raise SystemExit(found.stderr.decode())
    return found.stdout.decode().splitlines()


def check_outcome(tally, scenario, outcome, status):
    events = outcome["events"]
    applied = Counter(event["kind"] for event in scenario.events.values() if event["kind"] not in ACTS)
    unsent = sum(map(scenario.never_left, (e for e in scenario.events.values() if e["kind"] not in ACTS)))
    tally.check("the demo ended well", [] if status == 0 else [status])
    tally.check("nothing was lost", [] if outcome["lost"] == 0 else [outcome["lost"]])
    tally.check("everybody agrees", [] if outcome["converged"] is True else ["converged is not true"])
    hits = outcome["plaintext_hits"]
    tally.check("no plaintext by its own count", [where for where in ("relay", "devices") if hits[where] != 0])
    tally.check("nothing was refused", [refusal["id"] for refusal in events["refused"]])
    tally.check("every event was applied", [] if events["applied"] == len(scenario.events) else [events])
    tally.check("records of every kind", sorted(set(applied.items()) ^ set(outcome["records"].items())))
    acknowledged = sum(applied.values()) - unsent
    tally.check("every record that left its device was acknowledged", [] if outcome["acknowledged"] == acknowledged else [outcome])
    held = outcome["relay"]
    tally.check("the relay holds chunks for all", [] if held["chunks"] >= outcome["acknowledged"] and held["bytes"] else [held])


def check_at_rest(tally, scenario, folder):
    relay, devices, export = (folder / part for part in ("relay", "devices", "export"))
    stores = sum(1 for store in devices.iterdir() if any(file.stat().st_size for file in store.iterdir()))
    expected = sum(person["devices"] for person in scenario.people.values())
    tally.check("every device has left a store", [] if stores == expected else [stores])
    tally.check("no full name at rest", grep(names(scenario), relay, devices))
    tally.check("none of ten sentences at rest", grep(ten_sentences(scenario), relay, devices))
    # The search itself can find something: the exports are in the clear, JSON escapes aside.
    plain = [text for text in ten_sentences(scenario) if json.dumps(text, ensure_ascii=False) == f'"{text}"']
    tally.check("the same search finds them in the exports", [text for text in plain if not grep([text], export)])
    headers = [store for store in devices.glob("*/store.db") if store.read_bytes()[:15] == b"SQLite format 3"]
    tally.check("no store is a plain database", headers)


def check_exports(tally, scenario, folder):
    twice, over, under, altered, of_coordinator = [], [], [], [], 0
    for person in scenario.people:
        items = json.loads((folder / "export" / f"{person}.json").read_text())
        held = Counter(item["event"] for item in items)
        twice += [(person, event) for event, count in held.items() if count > 1]
        due = scenario.due(person)
        over += [(person, event) for event in sorted(set(held) - scenario.allowed(person))]
        under += [(person, event) for event in sorted(due - set(held))]
        of_coordinator += sum(scenario.coordinator.get(scenario.events[event].get("child")) == person for event in due)
        for item in items:
            event = scenario.events.get(item["event"])
            if event is None or said(event) != said(item):
                altered.append((person, item["event"]))
    tally.check("everybody who is to read a record has it", under)
    tally.check("nobody else has it", over)
    tally.check("nobody has it twice", twice)
    tally.check("every record says what was written, word for word", altered)
    tally.check("coordinators had something to read", [] if of_coordinator else ["nothing"])


def check_out(tally, scenario, folder):
    """What a device that is lost, or whose person has left, holds is from before."""
    files = {path.stem: json.loads(path.read_text()) for path in (folder / "export" / "out").glob("*.json")}
    out = {f"{person}-{number}": since for (person, number), since in scenario.out.items()}
    tally.check("every device that is out has its export", sorted(set(out) ^ set(files)))
    later = [(name, item["event"]) for name in out for item in files.get(name, []) if scenario.at[item["event"]] > out[name]]
    tally.check("a device that is out holds nothing of what was written since", later)
    tally.check("and something from before", [] if any(files.values()) or not out else ["nothing"])


def said(item):
    """What an event or an export says: absent and null are the same, and an anonymous meeting names no child."""
    anonymous = item["kind"] == "meeting" and item["basis"] == "anonym"
    without = OF_THE_REPLAY | {"event"} | ({"child"} if anonymous else set())
    return {field: value for field, value in item.items() if field not in without and value is not None}


def main(scenario, folder, outcome, status):
    scenario, folder = Scenario(json.loads(Path(scenario).read_text())), Path(folder)
    outcome, tally = json.loads(Path(outcome).read_text()), Tally()
    check_outcome(tally, scenario, outcome, int(status))
    check_at_rest(tally, scenario, folder)
    check_exports(tally, scenario, folder)
    check_out(tally, scenario, folder)
    print(f"{tally.passed} passed, {tally.failed} failed")
    return 1 if tally.failed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
