"""Two heads of one log, as a reader unites them: docs/protocol.md §3.5."""

import copy

from keys import Refused, derive, open_once, parse
from log import FOREVER, MANAGE, READ, Entry, Log
from vouched import Vouched

PURPOSES = (b"history", b"other history")


def united(given):
    """What each entry that unites two heads comes to, as hexadecimal."""
    vouched = Vouched(bytes.fromhex(given["authority"]))
    for statement in given["statements"]:
        vouched.learn(parse("signed statement", bytes.fromhex(statement), "statement"))
    for data in given["circles"]:
        Log(Entry(bytes.fromhex(data)), vouched)
    pool = {entry.id: entry for entry in map(Entry, map(bytes.fromhex, given["entries"]))}
    return [come_to(pool, Entry(bytes.fromhex(merge["entry"])), bytes.fromhex(merge["root"]), vouched) for merge in given["merges"]]


def come_to(pool, entry, root, vouched):
    log = merged(pool, entry, vouched)
    members = {member.hex(): rights for (_, member), rights in sorted(log.members.items())}
    opened = {epoch.hex(): secret.hex() for epoch, secret in sorted(roots(log, root).items())}
    return {"members": members, "entries": [known.id.hex() for known in log.entries], "roots": opened}


def roots(log, newest):
    """The roots of all epochs that the newest one's leads to."""
    epochs, found = {entry.id: entry for entry in log.epochs}, {}
    open_now = [(log.epochs[-1].id, newest)]
    while open_now:
        epoch, root = open_now.pop()
        entry = epochs[epoch]
        found[epoch] = entry.committed(root)
        for before, history, purpose in zip(log.before[epoch], entry.public["epoch"]["history"], PURPOSES):
            # Whoever made the entry did not hold this one.
            if history:
                open_now.append((before, open_once(derive(root, purpose, entry.binding), history, entry.binding, "history")))
    return found


def history(pool, tip):
    """An entry and all before it."""
    found, left = set(), [tip]
    while left:
        one = left.pop()
        if one not in found:
            if one not in pool:
                raise Refused("entry malformed")
            found.add(one)
            left += pool[one].public["parents"]
    return found


def at(pool, tip, vouched, skip=frozenset(), behind=frozenset()):
    """The log at an entry, along its first parents. What is behind a cut-off is to be signed, and no more."""
    line, one = [], tip
    while one is not None:
        line.append(pool[one])
        one = next(iter(pool[one].public["parents"]), None)
    log = Log(line.pop(), vouched)
    for entry in reversed(line):
        if len(entry.public["parents"]) == 2:
            log = merged(pool, entry, vouched, skip)
        elif entry.id in behind:
            log.signer(entry, vouched)
            pass_over(log, entry)
        elif entry.id in skip:
            pass_over(log, entry)
        else:
            try:
                log.append(entry, vouched)
            except Refused:
                if not skip:
                    raise
                pass_over(log, entry)
    return log


def pass_over(log, entry):
    """It is in, and changes nobody's place. Its key was in force on its branch all the same."""
    if entry.public["epoch"] is not None:
        log.before[entry.id] = [log.epochs[-1].id]
        log.epochs.append(entry)
    log.entries.append(entry)
    log.past.append(log.members)


def merged(pool, entry, vouched, skip=frozenset()):
    public = entry.public
    person, said = Log.signer(None, entry, vouched)
    if public["subject"][0] != "person":
        vouched.lists(person, public["device"])
    heads = public["parents"]
    pasts = [history(pool, head) for head in heads]
    common = pasts[0] & pasts[1]
    inner = {parent for one in common for parent in pool[one].public["parents"]}
    tips = common - inner
    if len(tips) != 1 or common & set(heads):
        raise Refused("entry malformed")
    base = at(pool, tips.pop(), vouched, skip)
    # Who was cut off before the two parted has no say in either.
    behind = {one for one in pasts[0] ^ pasts[1] if base.is_silenced(pool[one].public["device"], vouched)}
    sides = [at(pool, head, vouched, skip, behind) for head in heads]
    declared = {change["entry"] for what, change in public["changes"] if what == "void"}
    if declared != void(pool, base, sides, [past - common for past in pasts], declared, vouched):
        raise Refused("not allowed")
    sides = [at(pool, head, vouched, frozenset(skip | declared)) for head in heads]
    log = join(base, *sides)
    kinds = {what for what, _ in public["changes"]}
    held = [side.rights(side.members, public["device"], person) for side in [*sides, log]]
    if public["epoch"] is None or not kinds <= {"void", "cut_off"} or min(held) < READ:
        raise Refused("not allowed")
    if log.is_silenced(public["device"], vouched):
        raise Refused("not allowed")
    log.change(entry, said, vouched)
    log.before[entry.id] = [side.epochs[-1].id for side in sides]
    return log


def void(pool, base, sides, only, declared, vouched):
    """The entries of one branch whose signer could not make them at the other's head."""

    def against(side, other):
        return {one for one in only[side] if not could_make(pool[one], base, other, declared, vouched)}

    heads = [side.entries[-1].id for side in sides]
    accused = [against(0, sides[1]), against(1, sides[0])]
    certain = [
        against(0, at(pool, heads[1], vouched, frozenset(accused[1]))),
        against(1, at(pool, heads[0], vouched, frozenset(accused[0]))),
    ]
    mutual = [accused[0] - certain[0], accused[1] - certain[1]]
    lost = set()
    if all(mutual):
        ranks = [min(seniority(pool[one], base, vouched) for one in side) for side in mutual]
        lost = mutual[1] if ranks[0] <= ranks[1] else mutual[0]
    return certain[0] | certain[1] | lost


def could_make(entry, base, other, declared, vouched):
    if len(entry.public["parents"]) > 1:
        return True
    device = entry.public["device"]
    person, _ = vouched.device(device)
    rights = other.rights(other.members, device, person)
    # Who is back by now was cut off then, if that is what the entry says.
    since = other.cut_off.get(device, 0) > base.cut_off.get(device, 0)
    cut_off = (since and entry.id in declared) or (vouched.is_out(device) and other.is_cut_off(device, vouched))
    return rights >= other.needed(entry) and not cut_off


def seniority(entry, base, vouched):
    device = entry.public["device"]
    person, _ = vouched.device(device)
    named = [(at, rights) for at, (place, rights) in enumerate(base.admitted) if place in (("device", device), ("person", person))]
    first = lambda least: next((at for at, rights in named if rights >= least), len(base.admitted))
    return (first(MANAGE), first(READ), device)


def join(base, first, second):
    """Both branches in one log: the first, then what only the second has."""
    log = copy.copy(first)
    log.entries, log.past, log.epochs = list(first.entries), list(first.past), list(first.epochs)
    log.admitted = list(first.admitted)
    known = {entry.id for entry in log.entries}
    for entry, members in zip(second.entries, second.past):
        if entry.id not in known:
            log.entries.append(entry)
            log.past.append(members)
    begun = {entry.id for entry in log.epochs}
    log.epochs += [entry for entry in second.epochs if entry.id not in begun]
    log.before = {**second.before, **first.before}
    log.members, log.untils = {}, {}
    for member in {**first.members, **second.members}:
        was, one, other = (side.held(member) for side in (base, first, second))
        both = None if None in (one, other) else tuple(map(min, one, other))
        held = other if one == was else one if other == was else both
        if held is not None:
            log.members[member] = held[0]
            if held[1] != FOREVER:
                log.untils[member] = held[1]
    if not log.members:
        raise Refused("not allowed")
    log.cuts = dict(first.cuts)
    for installation, cut in second.cuts.items():
        if installation not in log.cuts or log.cuts[installation][0] < cut[0]:
            log.cuts[installation] = cut
    log.erased, log.on_hold = first.erased | second.erased, first.on_hold or second.on_hold
    log.asked = {
        entry: asked
        for entry, asked in {**first.asked, **second.asked}.items()
        if all(entry in side.asked or entry not in {one.id for one in side.entries} for side in (first, second))
    }
    log.cut_off = {
        device: max(side.cut_off.get(device, 0) for side in (first, second))
        for device in {**first.cut_off, **second.cut_off}
    }
    return log
