"""Batches, and a line as its successor opens it: docs/protocol.md §3.4, §4.7 and §6.1."""

from cbor import encode
from keys import Device, Refused, check_signature, derive, labelled, open_once, parse
from log import Entry, Log
from opening import Chunk, note, own_circle, taken_in


def split_at(size):
    """The largest power of two below."""
    return 1 << (size - 1).bit_length() - 1


def tree(hashes):
    if len(hashes) == 1:
        return hashes[0]
    middle = split_at(len(hashes))
    return labelled(b"node", tree(hashes[:middle]), tree(hashes[middle:]))


def path(hashes, at):
    """What stands beside the way from a leaf to the root, lowest first."""
    if len(hashes) == 1:
        return []
    left, right = hashes[: split_at(len(hashes))], hashes[split_at(len(hashes)) :]
    return path(left, at) + [tree(right)] if at < len(left) else path(right, at - len(left)) + [tree(left)]


def root_from(leaf, at, size, steps):
    """The root that a leaf and its path lead to in a tree of this size."""
    if not 0 <= at < size or (size == 1) != (steps == []):
        raise Refused("entry malformed")
    if size == 1:
        return leaf
    middle = split_at(size)
    if at < middle:
        return labelled(b"node", root_from(leaf, at, middle, steps[:-1]), steps[-1])
    return labelled(b"node", steps[-1], root_from(leaf, at - middle, size - middle, steps[:-1]))


class LeafEntry(Entry):
    """An entry of a batch."""

    def __init__(self, data):
        entry = parse("entry of a batch", data, "entry")
        common = parse("common part of a batch", entry["common"], "entry")
        leaf = parse("leaf of a batch", entry["leaf"], "entry")
        adds = [what == "add" and change["member"][0] == "person" for what, change in common["changes"]]
        if not adds or not all(adds) or common["leaves"] > 4096:
            raise Refused("entry malformed")
        self.tree = root_from(labelled(b"leaf", entry["leaf"]), entry["at"], common["leaves"], entry["path"])
        self.common, self.signature = entry["common"], entry["signature"]
        self.id, self.circle, self.sealed = labelled(b"leaf-id", data), leaf["circle"], None
        self.binding = labelled(b"batch-binding", common["nonce"], common["device"])
        self.context, self.root = leaf["circle"] + leaf["head"], leaf["root"]
        self.public = {
            "circle": leaf["circle"],
            "parents": [leaf["head"]],
            "subject": ("shared", {}),
            "epoch": None,
            **{name: common[name] for name in ("device", "changes", "wraps", "vouchers")},
        }

    def verify(self, key):
        check_signature(b"batch", key, self.signature, "entry signature", self.tree, self.common)

    def handed(self, key):
        """The circle's root, with the key of the batch."""
        return open_once(derive(key, b"hand-over", self.context), self.root, self.context, "handed root")


def any_entry(data):
    return LeafEntry(data) if data[:1] == b"\x85" else Entry(data)


def take_apart(data):
    """The entries of a batch, as its readers get them."""
    batch = parse("batch", data, "batch")
    hashes = [labelled(b"leaf", leaf) for leaf in batch["leaves"]]
    whole = lambda at: [batch["common"], batch["signature"], batch["leaves"][at], at, path(hashes, at)]
    return [encode(whole(at)) for at in range(len(hashes))]


def take_over(given, seeds):
    """Everything from the successor's seeds to the words; what was met on the way, as hexadecimal."""
    given, vouched = taken_in(given)
    device = Device(seeds)
    person, _ = vouched.device(device.id)
    _, kem = own_circle(given, device, vouched)

    for data in given["others"]:
        Log(any_entry(data), vouched)
    line = Log(any_entry(given["line_entry"]), vouched)
    for data in given["cut_off"]:
        line.append(any_entry(data), vouched)
    entry = any_entry(given["hand_over"])
    line.append(entry, vouched)
    key = entry.unwrapped(given["hand_over_wrap"], kem, ("person", {"id": person}))
    roots = line.roots(entry.handed(key))

    chunk = Chunk(given["chunk"])
    body = chunk.opened(given["box"], line, vouched, roots)
    _, text = note(body, vouched)
    assert given["hand_over"] in take_apart(given["batch"]), "the batch gives another entry"
    newest, before = line.epochs[-1], line.epochs[0]
    found = {
        "successor": person,
        "line": line.circle,
        "cut_off": newest.id,
        "hand_over": entry.id,
        "tree": entry.tree,
        "batch_binding": entry.binding,
        "batch_key": key,
        "root": roots[newest.id],
        "root_before": roots[before.id],
    }
    return {"text": text, **{name: value.hex() for name, value in found.items()}}


def unnoticed_bits(given, seeds):
    """Bytes of the handed-over entry in which a flipped bit goes unnoticed."""
    good, missed = bytes.fromhex(given["hand_over"]), []
    for at in range(len(good)):
        bent = good[:at] + bytes([good[at] ^ 1 << at % 8]) + good[at + 1 :]
        try:
            take_over({**given, "hand_over": bent.hex()}, seeds)
            missed.append(at)
        except Refused:
            pass
    return missed
