"""Two heads of one log, as a reader unites them: docs/protocol.md §3.5."""

import copy

from keys import Refused, parse
from log import FOREVER, MANAGE, READ, Entry, Log, check_listed
from vouched import Vouched


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
    opened = {epoch.hex(): secret.hex() for epoch, secret in sorted(log.roots(root).items())}
    return {"members": members, "entries": [known.id.hex() for known in log.entries], "roots": opened}


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


def at(pool, tip, vouched, skip=frozenset(), behind=frozenset(), lost=None):
    """The log at an entry, along its first parents. What is behind a cut-off is to be signed, and no more. `lost` gets what nobody may
    make here any more, where something is passed over."""
    line, one = [], tip
    while one is not None:
        line.append(pool[one])
        one = next(iter(pool[one].public["parents"]), None)
    log = Log(line.pop(), vouched)
    for entry in reversed(line):
        if len(entry.public["parents"]) == 2:
            log = merged(pool, entry, vouched, skip)
        elif lost is not None and entry.id not in skip and not may_make(entry, log, log.members, vouched):
            lost.add(entry.id)
            pass_over(log, entry)
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
        log.epochs.append(entry)
    log.entries.append(entry)
    log.past.append(log.members)


def merged(pool, entry, vouched, skip=frozenset()):
    public = entry.public
    person, said = Log.signer(None, entry, vouched)
    check_listed(public["subject"], public["device"], person, vouched)
    heads = public["parents"]
    tips, only = parting(pool, heads)
    if set(tips) & set(heads):
        raise Refused("entry malformed")
    base = parted(pool, tips, only, vouched, skip)
    # Who was cut off before the two parted has no say in either.
    behind = {one for one in only[0] | only[1] if base.is_silenced(pool[one].public["device"], vouched)}
    sides = [at(pool, head, vouched, skip, behind) for head in heads]
    listed = declared(entry)
    if listed != void(pool, base, sides, only, listed, vouched):
        raise Refused("not allowed")
    sides = [at(pool, head, vouched, frozenset(skip | listed)) for head in heads]
    log = join(base, *sides)
    kinds = {what for what, _ in public["changes"]}
    held = [side.rights(side.members, public["device"], person) for side in [*sides, log]]
    if public["epoch"] is None or not kinds <= {"void", "cut_off"} or min(held) < READ:
        raise Refused("not allowed")
    if log.is_silenced(public["device"], vouched):
        raise Refused("not allowed")
    log.change(entry, said, vouched)
    return log


def parting(pool, heads):
    """The last entries that two branches have in common, and what only one of them has."""
    pasts = [history(pool, head) for head in heads]
    common = pasts[0] & pasts[1]
    inner = {parent for one in common for parent in pool[one].public["parents"]}
    return sorted(common - inner), [past - common for past in pasts]


def parted(pool, tips, only, vouched, skip):
    """The log where two branches part: of two that met crosswise, what their last two common entries come to."""
    if len(tips) == 1:
        return at(pool, tips[0], vouched, skip)
    if len(tips) > 2:
        raise Refused("entry malformed")
    said = set().union(*(declared(pool[one]) for one in only[0] | only[1]))
    before, apart = parting(pool, tips)
    skip_too = frozenset(skip | (said & (apart[0] | apart[1])))
    return join(parted(pool, before, apart, vouched, skip), *(at(pool, tip, vouched, skip_too) for tip in tips))


def declared(entry):
    """What an entry says is void."""
    return {change["entry"] for what, change in entry.public["changes"] if what == "void"}


def void(pool, base, sides, only, listed, vouched):
    """The entries of one branch whose signer could not make them by what the other comes to."""

    def against(side, other):
        return {one for one in only[side] if not could_make(pool[one], base, sides[side], other, listed, vouched)}

    def without(side, skip):
        lost = set()
        return at(pool, sides[side].entries[-1].id, vouched, frozenset(skip), lost=lost), lost

    accused = [against(0, sides[1]), against(1, sides[0])]
    certain = [against(0, without(1, accused[1])[0]), against(1, without(0, accused[0])[0])]
    mutual = [accused[0] - certain[0], accused[1] - certain[1]]
    lost = set()
    if all(mutual):
        ranks = [min(seniority(pool[one], base, vouched) for one in side) for side in mutual]
        lost = mutual[1] if ranks[0] <= ranks[1] else mutual[0]
    found = certain[0] | certain[1] | lost
    # Nor does anything come of those whom only such entries had let in.
    return found.union(*(without(side, found)[1] & only[side] for side in (0, 1)))


def may_make(entry, log, members, vouched):
    person, _ = vouched.device(entry.public["device"])
    return log.rights(members, entry.public["device"], person) >= log.needed(entry)


def could_make(entry, base, own, other, listed, vouched):
    if len(entry.public["parents"]) > 1:
        return True
    device = entry.public["device"]
    # Of the signer: by the branch's own members before it, and by the other's.
    before = own.past[next(at for at, known in enumerate(own.entries) if known.id == entry.public["parents"][0])]
    # Who is back by now was cut off then, if that is what the entry says.
    since = other.cut_off.get(device, 0) > base.cut_off.get(device, 0)
    cut_off = (since and entry.id in listed) or (vouched.is_out(device) and other.is_cut_off(device, vouched))
    return may_make(entry, other, both(base.members, before, other.members, min), vouched) and not cut_off


def both(base, first, second, lesser):
    """Who is in by two branches: what one of them has changed stands, and of two changes the lesser."""
    found = {}
    for member in {**first, **second}:
        was, one, other = (side.get(member) for side in (base, first, second))
        held = other if one == was else one if other == was else None if None in (one, other) else lesser(one, other)
        if held is not None:
            found[member] = held
    return found


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
    held = ({member: side.held(member) for member in side.members} for side in (base, first, second))
    now = both(*held, lambda one, other: tuple(map(min, one, other)))
    log.members = {member: rights for member, (rights, _) in now.items()}
    log.untils = {member: until for member, (_, until) in now.items() if until != FOREVER}
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
