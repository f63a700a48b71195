"""From what a reader is given to the words of the note: docs/protocol.md §4 and §8."""

import zlib

import automerge
from cbor import encode
from keys import Device, Kem, Refused, check_signature, derive, labelled, open_once, parse
from log import Entry, Log
from vouched import Vouched


# §4: chunks and boxes


class Chunk:
    def __init__(self, data):
        self.parts = parse("chunk", data, "chunk")
        self.header = header = parse("chunk header", self.parts["header"], "chunk")
        self.id = labelled(b"chunk-id", data)
        first = header["counter"] - len(header["refused"])
        span = header["replaces"]
        wrong = (
            not 1 <= header["counter"] <= 2**63 - 2
            or (span is not None and not 1 <= span["from"] <= span["to"] < header["counter"])
            or len(header["refused"]) > 16
            or first < 1
            or [refusal["counter"] for refusal in header["refused"]] != list(range(first, header["counter"]))
        )
        if wrong:
            raise Refused("chunk malformed")

    def opened(self, box, log, vouched, roots):
        """The body, if the writer may still be believed and a box opens."""
        header, parts = self.header, self.parts
        if header["circle"] != log.circle:
            raise Refused("other circle")
        person, key = vouched.device(header["installation"]["device"])
        log.counts(header, self.id, person, vouched)
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
        if body["basis"] is not None and len(body["basis"].encode()) > 160:
            raise Refused("basis")
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
    vouched.lists(person, header["installation"]["device"])
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


def taken_in(given):
    """What is given, as bytes, and what its statements come to."""
    unhex = lambda value: [unhex(item) for item in value] if isinstance(value, list) else bytes.fromhex(value)
    given = {name: unhex(value) for name, value in given.items()}
    vouched = Vouched(given["authority"])
    for statement in given["statements"]:
        vouched.learn(parse("signed statement", statement, "statement"))
    return given, vouched


def read(given, seeds):
    """Everything from the device's seeds to the words; what was met on the way."""
    given, vouched = taken_in(given)
    directory = parse("signed directory", given["directory"], "directory")
    key, signature = vouched.authority["key"], directory["signature"]
    check_signature(b"directory", key, signature, "directory signature", directory["body"])
    if parse("directory", directory["body"], "directory")["municipality"] != vouched.authority["municipality"]:
        raise Refused("other municipality")

    device = Device(seeds)
    person, _ = vouched.device(device.id)
    circle, kem = own_circle(given, device, vouched)
    for name in ("author_entry", "stranger_entry"):
        Log(Entry(given[name]), vouched)
    line = Log(Entry(given["line_entry"]), vouched)
    founding = line.entries[0]
    line_root = founding.committed(founding.unwrapped(given["line_wrap"], kem, ("person", {"id": person})))
    purpose = founding.opened(line_root)["purpose"] if founding.sealed is not None else None
    for later in map(Entry, given["later"]):
        # What builds on a line that was made anew, is of another circle.
        if later.circle == line.circle:
            line.append(later, vouched)

    chunk = Chunk(given["chunk"])
    body = chunk.opened(given["box"], line, vouched, {founding.id: line_root})
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
        "line_binding": founding.binding,
        "child": purpose[1]["child"] if purpose else b"",
        "chunk": chunk.id,
        "record": record_id,
        "text": text.encode(),
    }, (vouched, circle, line, line_root)


def own_circle(given, device, vouched):
    """The log of the reader's own circle, and the key that others wrap to."""
    circle = Log(Entry(given["person_entry"]), vouched)
    founding = circle.entries[0]
    root = founding.committed(founding.unwrapped(given["person_wrap"], device.kem, ("device", {"id": device.id})))
    kem = Kem(derive(root, b"kem"))
    if founding.public["epoch"]["kem"] != kem.public:
        raise Refused("kem key")
    return circle, kem


def read_more(given, secrets):
    """The receipt, the root as the second device gets it, and the past as whoever has the newest key reads it."""
    _, (vouched, circle, line, line_root) = read(given, secrets["reader"])
    founding, chunk = line.entries[0], Chunk(bytes.fromhex(given["chunk"]))
    receipt = Chunk(bytes.fromhex(given["receipt"]))
    body = receipt.opened(bytes.fromhex(given["receipt_box"]), line, vouched, {founding.id: line_root})
    assert body["item"][0] == "receipt" and body["summary"] is None
    seen = body["item"][1]["receipt"]["seen"][0]
    assert seen["chunk"] == chunk.id and seen["read"] == [{"from": 1, "to": 1}]

    second, own = Device(secrets["second"]), circle.entries[0]
    entry = Entry(bytes.fromhex(given["second_entry"]))
    circle.append(entry, vouched)
    # Bound to the epoch whose root it holds, which an earlier entry began.
    wrap = bytes.fromhex(given["second_wrap"])
    root = own.committed(entry.unwrapped(wrap, second.kem, ("device", {"id": second.id}), own.binding))
    assert root.hex() == secrets["reader_root"]
    assert entry.opened(root)["reason"] == "Ny telefon"

    removal, renewal = Entry(bytes.fromhex(given["removal"])), Entry(bytes.fromhex(given["renewal"]))
    line.append(removal, vouched)
    line.append(renewal, vouched)
    assert {(kind, member["id"]) for kind, member in (wrap["member"] for wrap in renewal.public["wraps"])} == set(
        line.members
    )
    person, _ = vouched.device(Device(secrets["reader"]).id)
    kem = Kem(derive(root, b"kem"))
    newest = renewal.committed(renewal.unwrapped(bytes.fromhex(given["renewal_wrap"]), kem, ("person", {"id": person})))
    assert newest.hex() == secrets["renewed_root"]
    assert renewal.opened(newest)["reason"] == "Asta er rejst"
    chunk.opened(bytes.fromhex(given["box"]), line, vouched, line.roots(newest))
