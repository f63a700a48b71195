"""Where a circle goes on, as a reader finds it: docs/protocol.md §3.7."""

from keys import Refused, labelled, parse
from log import Entry, Log
from vouched import Vouched


def goes_on(given):
    """The circle in which the line goes on, when that was said, and which record carries which on, as hexadecimal."""
    part = lambda name: bytes.fromhex(given[name])
    vouched = Vouched(part("authority"))
    for statement in given["statements"]:
        vouched.learn(parse("signed statement", bytes.fromhex(statement), "statement"))
    for data in given["circles"]:
        Log(Entry(bytes.fromhex(data)), vouched)
    line, says, following = (Entry(part(name)) for name in ("line_entry", "says", "next_entry"))
    log = Log(line, vouched)
    log.append(says, vouched)

    # Without a change of membership whoever may write could have made it.
    took_manage = any(what in ("add", "remove") for what, _ in says.public["changes"])
    began = says if says.public["epoch"] is not None else line
    root = next(root for root in map(bytes.fromhex, given["line_roots"]) if is_root(began, root))
    named = says.opened(root)["goes_on"] if took_manage else None
    founding = following.opened(following.committed(part("next_root")))
    line_is_for = line.opened(next(root for root in map(bytes.fromhex, given["line_roots"]) if is_root(line, root)))
    both = named == ("in", {"circle": following.circle}) and founding["goes_on"] is not None
    if not both or founding["goes_on"][0] != "from" or line.circle not in founding["goes_on"][1]["circles"]:
        raise Refused("not continued")
    if line_is_for["purpose"] != founding["purpose"]:
        raise Refused("not continued")

    header = parse("update header", part("update_header"), "record")
    carried = header["carried"]
    own = header["founder"] + bytes([header["kind"]]) + header["nonce"]
    return {
        "line": line.circle.hex(),
        "next": following.circle.hex(),
        "at": founding["at"],
        "record": labelled(b"living-id", own + carried["record"] + carried["author"]).hex(),
        "carries": carried["record"].hex(),
        "author": carried["author"].hex(),
    }


def is_root(entry, root):
    try:
        return entry.committed(root) == root
    except Refused:
        return False
