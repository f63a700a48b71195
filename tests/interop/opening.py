"""From what a reader is given to the words of the note: docs/protocol.md §3, §4 and §8."""

import zlib

import automerge
import wire
from cbor import encode
from keys import Device, Kem, Refused, check_signature, derive, labelled, open_once, parse, sound


# §3: statements, entries, circles


class Vouched:
    """What the authority says."""

    def __init__(self, authority):
        self.authority = parse("authority", authority, "authority")
        self.devices, self.serials = {}, {}

    def learn(self, statement):
        key, signature = self.authority["key"], statement["signature"]
        check_signature(b"statement", key, signature, "statement signature", statement["body"])
        body = parse("statement", statement["body"], "statement")
        if body["municipality"] != self.authority["municipality"]:
            raise Refused("other municipality")
        kind, claim = body["claim"]
        if kind == "device":
            keys = claim["keys"]
            if not sound(keys["signing"]):
                raise Refused("statement malformed")
            device, serial = labelled(b"device", keys["signing"], keys["kem"]), body["serial"]
            if device not in self.devices or self.serials[device] < serial:
                self.devices[device] = (claim["person"], keys["signing"])
                self.serials[device] = serial
        elif claim["persons"] != sorted(set(claim["persons"])):
            raise Refused("statement malformed")

    def device(self, device):
        if device not in self.devices:
            raise Refused("unknown device")
        return self.devices[device]


NUMBERS = {
    "subject": {"person": 0, "team": 1, "municipality": 2, "shared": 3},
    "member": {"device": 0, "person": 1, "team": 2},
}


def variant(kind, value):
    """Back to the form that is encoded."""
    name, fields = value
    return [NUMBERS[kind][name], list(fields.values())]


class Entry:
    def __init__(self, data):
        entry = parse("signed control entry", data, "entry")
        self.public = public = parse("control entry", entry["public"], "entry")
        founding = public["circle"] is None
        keyed = public["subject"][0] in ("person", "team")
        epoch = public["epoch"]
        hashed = None if entry["sealed"] is None else labelled(b"sealed-part", entry["sealed"])
        wrong = (
            founding != (public["parents"] == [])
            or (founding and epoch is None)
            or (epoch is not None and (epoch["kem"] is not None) != keyed)
            or (epoch is not None and len(epoch["history"]) != len(public["parents"]))
            or hashed != public["sealed"]
        )
        if wrong:
            raise Refused("entry malformed")
        self.signature, self.body, self.sealed = entry["signature"], entry["public"], entry["sealed"]
        self.id = labelled(b"entry-id", self.body, self.signature)
        self.circle = public["circle"] or self.id
        subject = variant("subject", public["subject"])
        self.binding = labelled(
            b"epoch-binding",
            encode([public["circle"], public["parents"], subject, public["nonce"], public["device"]]),
        )

    def verified(self, vouched):
        """The signer, once vouchers and signature are verified."""
        for voucher in self.public["vouchers"]:
            vouched.learn(voucher)
        person, key = vouched.device(self.public["device"])
        check_signature(b"entry", key, self.signature, "entry signature", self.body)
        return person

    def founds(self, vouched):
        """Members and rights, if this entry founds a circle by the rules of §3.3."""
        signer = self.verified(vouched)
        if self.public["circle"] is not None:
            raise Refused("entry malformed")
        kind, subject = self.public["subject"]
        members = {}
        for what, change in self.public["changes"]:
            if what != "add":
                raise Refused("not allowed")
            level, member = change["member"]
            if (kind, level) == ("person", "device"):
                if vouched.devices.get(member["id"], (None,))[0] != subject["id"]:
                    raise Refused("not vouched")
            elif kind != "shared" or level == "device":
                raise Refused("not allowed")
            members[(level, member["id"])] = change["rights"]
        held = [members.get(("device", self.public["device"])), members.get(("person", signer))]
        rights = max((right for right in held if right is not None), default=None)
        if kind == "person":
            allowed = subject["id"] == signer and rights is not None
        else:
            allowed = rights is not None and rights >= 1
        if not allowed:
            raise Refused("not allowed")
        return members

    def removes(self, line, members, vouched):
        """Members left and cuts, if this entry removes persons from the circle that `line` founded."""
        signer = self.verified(vouched)
        if self.public["parents"] != [line.id] or self.public["subject"] != line.public["subject"]:
            raise Refused("entry malformed")
        if members.get(("person", signer)) != 2:
            raise Refused("not allowed")
        members, cuts = dict(members), {}
        for what, change in self.public["changes"]:
            level, member = change["member"]
            if what != "remove" or (level, member["id"]) not in members:
                raise Refused("not allowed")
            for cut in change["cuts"]:
                device = cut["installation"]["device"]
                if device not in vouched.devices:
                    raise Refused("not vouched")
                if vouched.devices[device][0] != member["id"]:
                    raise Refused("not allowed")
                cuts[(device, cut["installation"]["nonce"])] = (cut["counter"], cut["chunk"])
            del members[(level, member["id"])]
        return members, cuts

    def renews(self, before, members, vouched):
        """True if this entry draws a new key, on the head `before`, for those who stayed."""
        signer = self.verified(vouched)
        if self.public["parents"] != [before.id] or self.public["changes"] or self.public["epoch"] is None:
            raise Refused("entry malformed")
        if members.get(("person", signer), 0) < 1:
            raise Refused("not allowed")
        return sorted((wrap["member"][0], wrap["member"][1]["id"]) for wrap in self.public["wraps"]) == sorted(members)

    def root_before(self, root):
        """The root of the epoch before, which this entry's holders can open."""
        key = derive(root, b"history", self.binding)
        return open_once(key, self.public["epoch"]["history"][0], self.binding, "history")

    def root(self, wrap, kem, member, binding=None):
        hashed = labelled(b"wrap", wrap)
        if not any(listed["member"] == member and listed["hash"] == hashed for listed in self.public["wraps"]):
            raise Refused("wrap not listed")
        return kem.unwrap(wrap, binding or self.binding, variant("member", member))

    def committed(self, root):
        if labelled(b"root", root) != self.public["epoch"]["root_commitment"]:
            raise Refused("root commitment")
        return root

    def opened(self, root):
        plain = open_once(derive(root, b"entry", self.binding), self.sealed, self.binding, "sealed part")
        return parse("sealed part", plain, "sealed part")


# §4: chunks and boxes


class Chunk:
    def __init__(self, data):
        self.parts = parse("chunk", data, "chunk")
        self.header = header = parse("chunk header", self.parts["header"], "chunk")
        self.id = labelled(b"chunk-id", data)
        first = header["counter"] - len(header["refused"])
        span = header["replaces"]
        wrong = (
            not 1 <= header["counter"] <= 2**64 - 2
            or (span is not None and not 1 <= span["from"] <= span["to"] < header["counter"])
            or len(header["refused"]) > 16
            or first < 1
            or [refusal["counter"] for refusal in header["refused"]] != list(range(first, header["counter"]))
        )
        if wrong:
            raise Refused("chunk malformed")

    def opened(self, box, circle, members, vouched, roots, after):
        header, parts = self.header, self.parts
        if header["circle"] != circle.circle:
            raise Refused("other circle")
        person, key = vouched.device(header["installation"]["device"])
        if header["head"] != circle.id:
            raise Refused("unknown head")
        if members.get(("person", person), 0) < 1:
            raise Refused("not a member")
        left, cuts = after
        if left.get(("person", person), 0) < 1:
            installation = header["installation"]
            counter, chunk = cuts.get((installation["device"], installation["nonce"]), (0, None))
            if header["counter"] > counter or (header["counter"] == counter and self.id != chunk):
                raise Refused("beyond cut")
        length = len(parts["header"]).to_bytes(4, "big")
        check_signature(
            b"chunk", key, parts["signature"], "chunk signature", length, parts["header"], parts["ciphertext"]
        )
        box = parse("key box", box, "box")
        if box["epoch"] not in roots:
            raise Refused("unknown epoch")
        box_key = derive(derive(roots[box["epoch"]], b"epoch"), b"box")
        content_key = open_once(derive(box_key, b"chunk", self.id), box["sealed"], self.id, "no box")
        if labelled(b"content-key", content_key) != header["key_commitment"]:
            raise Refused("no box")
        padded = open_once(content_key, parts["ciphertext"], parts["header"], "seal")
        body = parse("body", unpadded(padded), "body")
        summary = body["summary"]
        if summary is not None and len(summary["headline"].encode()) > 120:
            raise Refused("summary")
        if (body["item"][0] == "receipt") != (header["installation"]["nonce"][15] & 1 == 1):
            raise Refused("wrong chain")
        return body


def padded_length(length):
    length = max(length, 256)
    exponent = length.bit_length() - 1
    mask = (1 << (exponent - exponent.bit_length())) - 1
    return (length + mask) & ~mask


def unpadded(data):
    length = int.from_bytes(data[:4], "big")
    content, zeros = data[4 : 4 + length], data[4 + length :]
    if len(data) < 5 or length < 1 or len(content) != length or any(zeros) or len(data) != padded_length(4 + length):
        raise Refused("padding")
    form, content = content[0], content[1:]
    if form == 0:
        return content
    if form != 1:
        raise Refused("padding")
    inflater = zlib.decompressobj(wbits=-15)
    try:
        plain = inflater.decompress(content, 8 * 1024 * 1024 + 1)
    except zlib.error:
        raise Refused("inflate") from None
    if not inflater.eof or inflater.unused_data or len(plain) > 8 * 1024 * 1024:
        raise Refused("inflate")
    return plain


# §8: records


def note(body, vouched):
    """The id of the observation and its text, once author, signature, summary and document are verified."""
    kind, item = body["item"]
    if kind != "frozen":
        raise Refused("not an observation")
    record = item["record"]
    header = parse("record header", record["header"], "record")
    person, key = vouched.device(header["installation"]["device"])
    if person != header["author"]:
        raise Refused("other author")
    message = encode([record["header"], record["nonce"], record["payload"]])
    check_signature(b"record", key, record["signature"], "record signature", message)
    record_id = labelled(b"record-id", message)
    summary = body["summary"]
    if summary is None or (summary["record"], summary["kind"]) != (record_id, header["kind"]):
        raise Refused("summary")
    try:
        fields = automerge.frozen_fields(record["payload"], actor(header["installation"]))
    except automerge.Rejected:
        raise Refused("document") from None
    return record_id, fields["seen_heard"]


def actor(installation):
    return labelled(b"actor", installation["device"], installation["nonce"])[:16]


# The whole way


def read(given, seeds):
    """Everything from the device's seeds to the words; what was met on the way."""
    unhex = lambda value: [unhex(item) for item in value] if isinstance(value, list) else bytes.fromhex(value)
    given = {name: unhex(value) for name, value in given.items()}
    vouched = Vouched(given["authority"])
    for statement in given["statements"]:
        vouched.learn(parse("signed statement", statement, "statement"))
    directory = parse("signed directory", given["directory"], "directory")
    key, signature = vouched.authority["key"], directory["signature"]
    check_signature(b"directory", key, signature, "directory signature", directory["body"])
    if parse("directory", directory["body"], "directory")["municipality"] != vouched.authority["municipality"]:
        raise Refused("other municipality")

    device = Device(seeds)
    person, _ = vouched.device(device.id)
    circle = Entry(given["person_entry"])
    circle.founds(vouched)
    root = circle.committed(circle.root(given["person_wrap"], device.kem, ("device", {"id": device.id})))
    kem = Kem(derive(root, b"kem"))
    if circle.public["epoch"]["kem"] != kem.public:
        raise Refused("kem key")
    Entry(given["author_entry"]).founds(vouched)
    line = Entry(given["line_entry"])
    members = line.founds(vouched)
    line_root = line.committed(line.root(given["line_wrap"], kem, ("person", {"id": person})))
    purpose = line.opened(line_root)["purpose"] if line.sealed is not None else None

    after = (members, {})
    for later in map(Entry, given["later"]):
        if later.circle == line.circle:
            after = later.removes(line, members, vouched)

    chunk = Chunk(given["chunk"])
    body = chunk.opened(given["box"], line, members, vouched, {line.id: line_root}, after)
    record_id, text = note(body, vouched)
    return {
        "municipality": vouched.authority["municipality"],
        "reader": person,
        "reader_device": device.id,
        "author_device": chunk.header["installation"]["device"],
        "author_actor": actor(chunk.header["installation"]),
        "author": vouched.device(chunk.header["installation"]["device"])[0],
        "directory_head": labelled(b"directory-id", directory["body"]),
        "person_circle": circle.circle,
        "line": line.circle,
        "line_binding": line.binding,
        "child": purpose[1]["child"] if purpose else b"",
        "chunk": chunk.id,
        "record": record_id,
        "text": text.encode(),
    }, (vouched, circle, line, members, line_root, after)


def read_more(given, secrets):
    """The receipt, and the root as the second device gets it."""
    _, (vouched, circle, line, members, line_root, after) = read(given, secrets["reader"])
    receipt = Chunk(bytes.fromhex(given["receipt"]))
    body = receipt.opened(bytes.fromhex(given["receipt_box"]), line, members, vouched, {line.id: line_root}, after)
    assert body["item"][0] == "receipt" and body["summary"] is None
    seen = body["item"][1]["receipt"]["seen"][0]
    assert seen["chunk"] == Chunk(bytes.fromhex(given["chunk"])).id and seen["read"] == [{"from": 1, "to": 1}]

    second = Device(secrets["second"])
    entry = Entry(bytes.fromhex(given["second_entry"]))
    assert entry.circle == circle.circle and entry.public["parents"] == [circle.id]
    entry.verified(vouched)
    wrap = bytes.fromhex(given["second_wrap"])
    # Bound to the epoch whose root it holds, which an earlier entry began.
    root = circle.committed(entry.root(wrap, second.kem, ("device", {"id": second.id}), circle.binding))
    assert root.hex() == secrets["reader_root"]
    assert entry.opened(root)["reason"] == "Ny telefon"

    # Whoever has only the newest key of the line reads its past.
    removal, renewal = Entry(bytes.fromhex(given["removal"])), Entry(bytes.fromhex(given["renewal"]))
    left, _ = removal.removes(line, members, vouched)
    assert renewal.renews(removal, left, vouched)
    person, _ = vouched.device(Device(secrets["reader"]).id)
    kem = Kem(derive(root, b"kem"))
    newest = renewal.committed(renewal.root(bytes.fromhex(given["renewal_wrap"]), kem, ("person", {"id": person})))
    assert newest.hex() == secrets["renewed_root"]
    assert renewal.opened(newest)["reason"] == "Asta er rejst"
    before = line.committed(renewal.root_before(newest))
    Chunk(bytes.fromhex(given["chunk"])).opened(
        bytes.fromhex(given["box"]), line, members, vouched, {line.id: before}, after
    )
