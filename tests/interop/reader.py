"""An independent reader of Tværs, written from docs/protocol.md: opens the frozen vectors from a device's seeds.

Usage: reader.py FOLDER_OF_VECTORS. Exit code 1 if anything is not as the vectors say.
"""

import json
import sys
from pathlib import Path

import wire
from cbor import Malformed, Version, decode, encode
from continued import goes_on
from directory import newer_names
from erasure import erasures, reason
from keys import Refused
from handed_over import take_over, unnoticed_bits
from heads import united
from opening import Chunk, note, read, read_more
from succession import in_force, older_sheets
from wipe import erased


class Tally:
    def __init__(self):
        self.passed = self.failed = 0

    def check(self, name, expected, act):
        try:
            got = act()
        except Refused as refused:
            got = f"refused: {refused}"
        except (Malformed, Version) as error:
            got = f"malformed: {error}"
        except Exception as error:  # a crash is a miss, not an end
            got = f"crashed: {error!r}"
        if got == expected:
            self.passed += 1
        else:
            self.failed += 1
            print(f"MISS {name}: expected {expected!r}, got {got!r}")


def decoded(kind, data):
    """True if the bytes are the one encoding of a value of this type."""
    try:
        wire.parse(kind, data)
    except Malformed:
        return "refused"
    except Version:
        return "version"
    return encode(decode(data)) == data


def unnoticed(given, state):
    """Bytes of the chunk and its box in which a flipped bit goes unnoticed."""
    vouched, _, line, root = state
    missed = []
    for name in ("chunk", "box"):
        good = bytes.fromhex(given[name])
        for at in range(len(good)):
            parts = {"chunk": bytes.fromhex(given["chunk"]), "box": bytes.fromhex(given["box"])}
            parts[name] = good[:at] + bytes([good[at] ^ 1 << at % 8]) + good[at + 1 :]
            try:
                body = Chunk(parts["chunk"]).opened(parts["box"], line, vouched, {line.circle: root})
                note(body, vouched)
                missed.append((name, at))
            except Refused:
                pass
    return missed


def main(folder):
    load = lambda name: json.loads((Path(folder) / name).read_text())
    world, tally = load("world.json"), Tally()
    for case in load("wire.json"):
        tally.check(case["name"], True, lambda: decoded(case["type"], bytes.fromhex(case["hex"])))
    for case in load("malformed.json"):
        expected = "version" if case["error"] == "version" else "refused"
        tally.check(case["name"], expected, lambda: decoded(case["type"], bytes.fromhex(case["hex"])))
    seeds = world["secrets"]["reader"]
    try:
        met, state = read(world["given"], seeds)
    except Refused as refused:
        print(f"MISS the note does not open: {refused}")
        print(f"{tally.passed} passed, {tally.failed + 1} failed")
        return 1
    for name, value in met.items():
        found = value.decode() if name == "text" else value.hex()
        tally.check(f"found {name}", world["found"][name], lambda: found)
    tally.check("receipt and second device", None, lambda: read_more(world["given"], world["secrets"]))
    left = {**world["given"], "later": [world["given"]["removal"]]}
    tally.check("the author has left", met, lambda: read(left, seeds)[0])
    for case in load("tampered.json"):
        tally.check(case["name"], f"refused: {case['reason']}", lambda: read({**world["given"], **case["set"]}, seeds))
    tally.check("a flipped bit at every byte", [], lambda: unnoticed(world["given"], state))
    later = load("hand_over.json")
    successor = later["secrets"]["successor"]
    expected = {**later["found"], **{name: later["secrets"][name] for name in ("batch_key", "root", "root_before")}}
    tally.check("what was handed over", expected, lambda: take_over(later["given"], successor))
    for case in later["tampered"]:
        given = {**later["given"], **case["set"]}
        tally.check(case["name"], f"refused: {case['reason']}", lambda: take_over(given, successor))
    tally.check("a flipped bit of a batch's entry", [], lambda: unnoticed_bits(later["given"], successor))
    names = load("directory.json")
    tally.check("the directory in force", names["found"], lambda: newer_names(names["given"], names["secrets"]))
    for case in names["tampered"]:
        given = {**names["given"], **case["set"]}
        tally.check(case["name"], f"refused: {case['reason']}", lambda: newer_names(given, names["secrets"]))
    for file, name in (("heads.json", "two heads"), ("behind.json", "two heads, one of them behind a cut-off")):
        heads = load(file)
        tally.check(name, heads["found"], lambda: united(heads["given"]))
        for case in heads["tampered"]:
            given = {**heads["given"], **case["set"]}
            tally.check(case["name"], f"refused: {case['reason']}", lambda: united(given))
    gone = load("erasure.json")
    tally.check("erasure", gone["found"], lambda: erasures(gone["given"]))
    tally.check("why it was gone", gone["reason"], lambda: reason(gone["given"]))
    for case in gone["tampered"]:
        given = {**gone["given"], **case["set"]}
        tally.check(case["name"], f"refused: {case['reason']}", lambda: erasures(given))
    on = load("continued.json")
    tally.check("where a circle goes on", on["found"], lambda: goes_on(on["given"]))
    for case in on["tampered"]:
        given = {**on["given"], **case["set"]}
        tally.check(case["name"], f"refused: {case['reason']}", lambda: goes_on(given))
    for case in on["malformed"]:
        tally.check(case["name"], "refused", lambda: decoded(case["type"], bytes.fromhex(case["hex"])))
    keys = load("succession.json")
    tally.check("the keys in force", keys["found"], lambda: in_force(keys["given"]))
    tally.check("what new sheets open", True, lambda: older_sheets(keys["given"], keys["secrets"]))
    for case in keys["tampered"]:
        given = {**keys["given"], **case["set"]}
        tally.check(case["name"], f"refused: {case['reason']}", lambda: in_force(given))
    wipe = load("wipe.json")
    tally.check("a device is erased", wipe["found"], lambda: erased(wipe["given"]))
    for case in wipe["tampered"]:
        given = {**wipe["given"], **case["set"]}
        tally.check(case["name"], f"refused: {case['reason']}", lambda: erased(given))
    print(met["text"].decode())
    print(f"{tally.passed} passed, {tally.failed} failed")
    return 1 if tally.failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
