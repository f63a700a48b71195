"""By which word a revoked device erases itself, and which receipts count: docs/protocol.md §3.1, §5.11."""

from keys import Refused, check_signature, labelled, parse
from vouched import Vouched


def erased(given):
    """The word's serial and what the receipt says."""
    vouched = Vouched(bytes.fromhex(given["authority"]))
    for statement in given["statements"]:
        vouched.learn(parse("signed statement", bytes.fromhex(statement), "statement"))
    device = bytes.fromhex(given["device"])
    serial = vouched.erases(device)
    if serial is None:
        raise Refused("not asked")
    signed = parse("signed wipe receipt", bytes.fromhex(given["receipt"]), "receipt")
    kind, claim = vouched.learn(signed["certificate"])["claim"]
    if kind != "device":
        raise Refused("receipt malformed")
    keys = claim["keys"]
    check_signature(b"wipe-receipt", keys["signing"], signed["signature"], "receipt signature", signed["body"])
    receipt = parse("wipe receipt", signed["body"], "receipt")
    if receipt["municipality"] != vouched.authority["municipality"]:
        raise Refused("other municipality")
    if receipt["device"] != labelled(b"device", keys["signing"], keys["kem"]):
        raise Refused("receipt signature")
    if (receipt["device"], receipt["serial"]) != (device, serial):
        raise Refused("receipt of another word")
    return {"serial": serial, "at": receipt["at"], "unsent": receipt["unsent"]}
