"""What is asked to be erased, agreed to and held, as a reader finds it: docs/protocol.md §3.6."""

from keys import parse
from log import Entry, Log
from vouched import Vouched


def erasures(given):
    """What the line comes to after each of its entries."""
    _, found = followed(given)
    return found


def reason(given):
    """Why the first entry asks."""
    (asking, *_), _ = followed(given)
    return asking.opened(bytes.fromhex(given["root"]))["reason"]


def followed(given):
    vouched = Vouched(bytes.fromhex(given["authority"]))
    for statement in given["statements"]:
        vouched.learn(parse("signed statement", bytes.fromhex(statement), "statement"))
    author, reader, second = (Entry(bytes.fromhex(data)) for data in given["circles"])
    Log(author, vouched)
    Log(reader, vouched).append(second, vouched)
    log = Log(Entry(bytes.fromhex(given["line"])), vouched)
    entries, found = [Entry(bytes.fromhex(data)) for data in given["entries"]], [come_to(log)]
    for entry in entries:
        log.append(entry, vouched)
        found.append(come_to(log))
    return entries, found


def come_to(log):
    erased = [
        {"device": device.hex(), "counter": counter, "chunk": chunk.hex()} for (device, _), counter, chunk in sorted(log.erased)
    ]
    return {"asked": sorted(entry.hex() for entry in log.asked), "erased": erased, "held": log.on_hold}
