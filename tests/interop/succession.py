"""Which keys of a municipality are in force, by what was stated: docs/protocol.md §3.1."""

from keys import Device, Refused, derive, open_once, parse
from vouched import Vouched


def signed(statement):
    return parse("signed statement", bytes.fromhex(statement), "statement")


def in_force(given):
    """The authority's key, the recovery key's id, and who has left."""
    vouched = Vouched(bytes.fromhex(given["authority"]))
    for statement in given["statements"]:
        vouched.learn(signed(statement))
    left = sorted(person.hex() for person, said in vouched.standings.items() if said[max(said)] == 2)
    return {"authority": vouched.key().hex(), "recovery": vouched.recoveries[-1][1].hex(), "left": left}


def older_sheets(given, secrets):
    """True if the new sheets' seed opens what was stated of the seed before, and the old one opens nothing."""
    vouched = Vouched(bytes.fromhex(given["authority"]))
    claims = [vouched.learn(signed(statement))["claim"] for statement in given["statements"]]
    older = next(claim["older"] for kind, claim in claims if kind == "sheets")
    new, before = bytes.fromhex(secrets["sheets"]), bytes.fromhex(secrets["sheets_before"])
    municipality = vouched.authority["municipality"]
    opened = open_once(derive(new, b"recovery-older", municipality), older, municipality, "older")
    try:
        open_once(derive(before, b"recovery-older", municipality), older, municipality, "older")
        return False
    except Refused:
        pass
    # Both seeds give the keys that were stated.
    ids = [Device({"signing": derive(seed, b"recovery-signing").hex(), "kem": seed.hex()}).id for seed in (before, new)]
    return opened == before and ids == [key for _, key, _ in vouched.recoveries]
