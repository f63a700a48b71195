"""The types of docs/protocol.md §2–§8 as shapes, and the limits on their length."""

from cbor import Malformed, Version, boolean, byte, decode, fixed, many, option, raw, sint, struct, text, uint, variants

KIB, MIB = 1024, 1024 * 1024
ID16, ID32, SIG = fixed(16), fixed(32), fixed(64)

installation = struct(("device", ID32), ("nonce", ID16))
device_keys = struct(("signing", ID32), ("kem", fixed(1216)))


def among(what, numbers):
    """A bare number with a meaning."""

    def check(value):
        if type(value) is not int or value not in numbers:
            raise Malformed(f"not a {what}")
        return value

    return check


claim = variants(
    device=[("person", ID16), ("keys", device_keys)],
    team=[("team", ID16), ("persons", many(ID16, 1024))],
    revoked=[("device", ID32)],
    standing=[("person", ID16), ("standing", among("standing", range(3)))],
    directory=[("head", ID32)],
    recovery=[("keys", device_keys)],
    authority=[("key", ID32), ("holders", SIG), ("own", SIG)],
    sheets=[("keys", device_keys), ("older", fixed(48)), ("holders", SIG), ("own", SIG)],
    wipe=[("device", ID32), ("wish", among("wish", range(2)))],
)
signed = struct(("body", raw), ("signature", SIG))
authority = struct(("municipality", ID16), ("key", ID32))
statement = struct(("version", uint), ("municipality", ID16), ("serial", uint), ("claim", claim))
team_facts = struct(("team", ID16), ("name", text), ("kind", text), ("phone", option(text)))
person_facts = struct(("person", ID16), ("name", text), ("profession", text), ("team", ID16))
retention = struct(("kind", byte), ("months", uint))
sharing = struct(("from", many(text, 64)), ("to", many(text, 64)), ("kinds", many(byte, 64)), ("basis", text))
policy = struct(("retention", many(retention, 64)), ("sharing", option(many(sharing, 256))))
directory = struct(
    ("version", uint),
    ("municipality", ID16),
    ("serial", uint),
    ("name", text),
    ("teams", many(team_facts, 4096)),
    ("people", many(person_facts, 32768)),
    ("policy", option(policy)),
)
enrolment = struct(
    ("authority", authority),
    ("relay", text),
    ("certificate", signed),
    ("statements", many(signed, 8192)),
    ("directory", signed),
)
member = variants(device=[("id", ID32)], person=[("id", ID16)], team=[("id", ID16)])
subject = variants(person=[("id", ID16)], team=[("id", ID16)], municipality=[], shared=[])
rights = among("right", range(3))
cut = struct(("installation", installation), ("counter", uint), ("chunk", ID32))
change = variants(
    add=[("member", member), ("rights", rights), ("until", option(uint))],
    remove=[("member", member), ("cuts", many(cut, 512))],
    cut_off=[("device", ID32), ("cuts", many(cut, 512))],
    void=[("entry", ID32)],
    erase=[("chunks", many(cut, 512))],
    hold=[],
    lift=[],
    agree=[("entry", ID32)],
)
new_epoch = struct(
    ("root_commitment", ID32),
    ("kem", option(fixed(1216))),
    ("history", many(raw, 2)),
    ("leads_to", option(ID32)),
)
wrap_hash = struct(("member", member), ("epoch", option(ID32)), ("hash", ID32))
entry_public = struct(
    ("version", uint),
    ("circle", option(ID32)),
    ("parents", many(ID32, 2)),
    ("subject", subject),
    ("nonce", ID16),
    ("device", ID32),
    ("changes", many(change, 512)),
    ("epoch", option(new_epoch)),
    ("wraps", many(wrap_hash, 512)),
    ("vouchers", many(signed, 512)),
    ("sealed", option(ID32)),
)
entry = struct(("public", raw), ("signature", SIG), ("sealed", option(raw)))
batch_common = struct(
    ("version", uint),
    ("nonce", ID16),
    ("device", ID32),
    ("leaves", uint),
    ("changes", many(change, 512)),
    ("wraps", many(wrap_hash, 512)),
    ("vouchers", many(signed, 512)),
    ("leaves_too", option(boolean)),
)
leaf = struct(("circle", ID32), ("head", ID32), ("root", fixed(48)))
batch = struct(("common", raw), ("signature", SIG), ("leaves", many(raw, 4096)))
leaf_entry = struct(("common", raw), ("signature", SIG), ("leaf", raw), ("at", uint), ("path", many(ID32, 12)))
purpose = variants(line=[("child", ID16)], case=[("child", ID16)], draft=[], anonymous=[], log=[])
goes_on = variants(**{"from": [("circles", many(ID32, 16))], "in": [("circle", ID32)]})
sealed_part = struct(
    ("purpose", option(purpose)), ("reason", option(text)), ("at", option(sint)), ("goes_on", option(goes_on))
)
recovery_act = variants(
    own=[("person", ID16)],
    forsaken=[("left", ID16), ("to", ID16), ("after", uint)],
    push=[("entries", many(ID32, 512))],
)
span = struct(("from", uint), ("to", uint))
refusal = struct(("counter", uint), ("code", byte))
chunk_header = struct(
    ("version", uint),
    ("circle", ID32),
    ("head", ID32),
    ("installation", installation),
    ("counter", uint),
    ("previous", ID32),
    ("key_commitment", ID32),
    ("replaces", option(span)),
    ("refused", many(refusal, 16)),
)
chunk = struct(("header", raw), ("ciphertext", raw), ("signature", SIG))
key_box = struct(("epoch", ID32), ("sealed", fixed(48)))
record_header = struct(
    ("version", uint), ("kind", byte), ("author", ID16), ("installation", installation), ("recorded_at", sint)
)
record = struct(("header", raw), ("nonce", ID16), ("payload", raw), ("signature", SIG))
carried = struct(("record", ID32), ("author", ID16))
update_header = struct(
    ("version", uint),
    ("kind", byte),
    ("founder", ID16),
    ("nonce", ID16),
    ("author", ID16),
    ("installation", installation),
    ("recorded_at", sint),
    ("heads", many(ID32)),
    ("carried", option(carried)),
)
update = struct(("header", raw), ("changes", many(raw, 1024)), ("signature", SIG))
seen = struct(("installation", installation), ("counter", uint), ("chunk", ID32), ("read", many(span, 4096)))
unopened = struct(("installation", installation), ("counter", uint))
receipt = struct(
    ("seen", many(seen, 16384)), ("unreadable", many(unopened, 1024)), ("waiting", many(unopened, 1024))
)
item = variants(frozen=[("record", record)], update=[("update", update)], receipt=[("receipt", receipt)])
summary = struct(
    ("record", ID32), ("kind", byte), ("child", option(ID16)), ("occurred_at", sint), ("headline", text)
)
body = struct(("item", item), ("summary", option(summary)), ("directory", ID32), ("basis", option(text)))

wrap = struct(("member", member), ("bytes", raw))
supplied = struct(("supplier", ID32), ("key", key_box))
past_of = struct(("circle", ID32), ("after", uint))
answered = struct(("next", uint), ("more", boolean))
push_item = variants(
    entry=[("entry", raw), ("wraps", many(wrap, 512)), ("stamp", option(ID32))],
    chunk=[("chunk", raw), ("key", key_box)],
    box=[("chunk", ID32), ("key", key_box)],
    statement=[("statement", signed)],
    batch=[("batch", raw), ("wraps", many(wrap, 512))],
)
feed_item = variants(
    entry=[("entry", raw), ("wraps", many(wrap, 512)), ("stamp", ID32)],
    chunk=[("chunk", raw), ("boxes", many(supplied, 9)), ("received_at", uint)],
    box=[("chunk", ID32), ("key", supplied)],
    granted=[("circle", ID32)],
    statement=[("statement", signed)],
)
refused_code = among("reason", range(1, 15))
stamped = struct(("entry", ID32), ("stamp", ID32))
refused_leaf = struct(("at", uint), ("reason", refused_code))
pushed = variants(
    stored=[],
    duplicate=[],
    refused=[("reason", refused_code), ("counter", option(uint)), ("head", option(ID32))],
    batch=[("refused", many(refused_leaf, 4096))],
)
token = fixed(24)
reached = struct(("installation", installation), ("counter", uint), ("chunk", ID32))
frontier = struct(("circle", ID32), ("entries", many(ID32)), ("reached", many(reached, 16384)))
directory_order = struct(
    ("version", uint),
    ("municipality", ID16),
    ("serial", uint),
    ("head", ID32),
    ("kind", among("kind of part", range(2))),
    ("length", uint),
    ("hash", ID32),
)
wipe_receipt = struct(("certificate", signed), ("body", raw), ("signature", SIG))
received_receipt = struct(("receipt", wipe_receipt), ("received_at", uint))
directory_wrap = struct(("device", ID32), ("bytes", raw))
DIRECTORY_SEALED = 2 * MIB + 64 * KIB + 16
PAGE_MAX = 5632 * KIB

# name: (shape, most bytes, carries a version)
TYPES = {
    "authority": (authority, 64, False),
    "statement": (statement, 64 * KIB, True),
    "signed statement": (signed, 64 * KIB + 128, False),
    "directory": (directory, 2 * MIB, True),
    "signed directory": (signed, 2 * MIB + 128, False),
    "enrolment": (enrolment, 4 * MIB, False),
    "control entry": (entry_public, 800 * KIB, True),
    "signed control entry": (entry, 816 * KIB + 128, False),
    "common part of a batch": (batch_common, 32 * KIB, True),
    "leaf of a batch": (leaf, 128, False),
    "batch": (batch, 32 * KIB + 4096 * 131 + 128, False),
    "entry of a batch": (leaf_entry, 32 * KIB + 128 + 12 * 34 + 128, False),
    "sealed part": (sealed_part, 16 * KIB, False),
    "chunk header": (chunk_header, 1024, True),
    "chunk": (chunk, 2 * MIB, False),
    "record header": (record_header, 512, True),
    "record": (record, 2 * MIB, False),
    "update header": (update_header, 64 * KIB, True),
    "update": (update, 2 * MIB, False),
    "body": (body, 8 * MIB, False),
    "challenge": (struct(("challenge", raw)), 128 * KIB, False),
    "session request": (
        struct(("version", uint), ("certificate", signed), ("challenge", raw), ("signature", SIG)),
        128 * KIB,
        True,
    ),
    "session answer": (struct(("token", text), ("expires", uint), ("now", uint)), 128 * KIB, False),
    "push request": (struct(("version", uint), ("items", many(push_item, 2048))), 8 * MIB, True),
    "push answer": (
        struct(("results", many(pushed, 2048)), ("token", token), ("stamps", many(stamped, 2048))),
        256 * KIB,
        False,
    ),
    "page": (struct(("items", many(feed_item, 4096)), ("next", token), ("more", boolean)), PAGE_MAX, False),
    "frontier request": (struct(("circles", many(ID32, 512))), 128 * KIB, False),
    "frontier answer": (struct(("circles", many(frontier, 512))), PAGE_MAX, False),
    "backlog request": (struct(("circles", many(past_of, 512))), 128 * KIB, False),
    "backlog": (struct(("items", many(feed_item, 4096)), ("answered", many(answered, 512))), PAGE_MAX, False),
    "claim request": (struct(("code", text), ("authority", authority)), 128 * KIB, False),
    "key box": (key_box, 128, False),
    "directory order": (directory_order, 160, True),
    "part of a directory": (struct(("order", signed), ("part", raw)), DIRECTORY_SEALED + 256, False),
    "wraps of a directory": (struct(("wraps", many(directory_wrap, 1024))), 1024 * 1344, False),
    "directory answer": (struct(("sealed", raw), ("wrap", raw)), DIRECTORY_SEALED + 1280 + 64, False),
    "recovery order": (
        struct(("version", uint), ("municipality", ID16), ("expires", uint), ("act", recovery_act)),
        40 * 512 + 128,
        True,
    ),
    "signed recovery order": (signed, 40 * 512 + 256, False),
    "wipe word": (struct(("statements", many(signed, 256))), 512 * KIB, False),
    "wipe receipt": (
        struct(
            ("version", uint), ("municipality", ID16), ("device", ID32), ("serial", uint), ("at", sint), ("unsent", option(uint))
        ),
        128,
        True,
    ),
    "signed wipe receipt": (wipe_receipt, 4 * KIB, False),
    "wipe order": (
        struct(("version", uint), ("municipality", ID16), ("expires", uint), ("devices", many(ID32, 256))),
        40 * 256 + 128,
        True,
    ),
    "signed wipe order": (signed, 40 * 256 + 256, False),
    "wipe receipts": (struct(("receipts", many(received_receipt, 256))), 256 * (4 * KIB + 16) + 16, False),
}


def parse(name, data):
    """Reads one value of this type; Malformed or Version otherwise."""
    shape, limit, versioned = TYPES[name]
    if len(data) > limit:
        raise Malformed("too long")
    if versioned and len(data) >= 2 and 0x80 <= data[0] < 0x98 and data[1] < 24 and data[1] != 1:
        raise Version(f"{name}: version {data[1]}")
    return shape(decode(data))
