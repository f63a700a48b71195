"""The directory in force, from what the office brings to the relay to the names: docs/protocol.md §5.9 and §7."""

from keys import Device, Refused, check_signature, derive, labelled, open_once, parse
from log import variant
from vouched import Vouched
from opening import padded_length


def verified(data, authority):
    """The head and the content of a signed directory."""
    signed = parse("signed directory", data, "directory")
    check_signature(b"directory", authority["key"], signed["signature"], "directory signature", signed["body"])
    directory = parse("directory", signed["body"], "directory")
    if directory["municipality"] != authority["municipality"]:
        raise Refused("other municipality")
    return directory


def part(data, kind, authority):
    """What the relay takes of an upload: the order is believed before the part is."""
    upload = parse("part of a directory", data, "order")
    order = upload["order"]
    check_signature(b"directory-order", authority["key"], order["signature"], "order", order["body"])
    order = parse("directory order", order["body"], "order")
    if order["municipality"] != authority["municipality"]:
        raise Refused("order")
    right = order["kind"] == kind and order["length"] == len(upload["part"])
    if not right or order["hash"] != labelled(b"directory-part", upload["part"]):
        raise Refused("another part")
    return upload["part"]


def unpadded(data):
    length = int.from_bytes(data[:4], "big")
    content, zeros = data[4 : 4 + length], data[4 + length :]
    if len(data) < 4 or len(content) != length or any(zeros) or len(data) != padded_length(4 + length):
        raise Refused("directory seal")
    return content


def newer_names(given, seeds):
    """The head of the directory in force, and what the first unit is called in it."""
    given = {name: bytes.fromhex(value) for name, value in given.items()}
    device, vouched = Device(seeds), Vouched(given["authority"])
    authority = vouched.authority
    held = verified(given["held"], authority)
    vouched.learn(parse("signed statement", given["statement"], "statement"))
    _, head = vouched.directory

    wraps = parse("wraps of a directory", part(given["wraps"], 0, authority), "order")["wraps"]
    sealed = part(given["sealed"], 1, authority)
    own = [wrap["bytes"] for wrap in wraps if wrap["device"] == device.id]
    if not own:
        raise Refused("no wrap")
    binding = labelled(b"directory-binding", authority["municipality"], head)
    try:
        root = device.kem.unwrap(own[0], binding, variant("member", ("device", {"id": device.id})))
    except Refused:
        raise Refused("directory seal") from None
    plain = unpadded(open_once(derive(root, b"directory", binding), sealed, binding, "directory seal"))

    body = parse("signed directory", plain, "directory")["body"]
    if labelled(b"directory-id", body) != head:
        raise Refused("other directory")
    directory = verified(plain, authority)
    if directory["serial"] <= held["serial"]:
        raise Refused("directory not newer")
    if given["person"] not in [facts["person"] for facts in directory["people"]]:
        raise Refused("unknown person")
    return {"head": head.hex(), "unit": directory["teams"][0]["name"]}
