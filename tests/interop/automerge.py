"""Just enough of Automerge's binary format (automerge.org/automerge-binary-format-spec) to read a frozen document:
one uncompressed change that puts strings, numbers, booleans and bytes into maps and lists and replaces nothing."""

import hashlib

MAGIC = bytes.fromhex("856f4a83")


class Rejected(Exception):
    """Not a frozen document."""


class Bytes:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, length):
        if length > len(self.data) - self.at:
            raise Rejected("cut short")
        self.at += length
        return self.data[self.at - length : self.at]

    def done(self):
        return self.at == len(self.data)

    def leb(self, signed=False):
        value = shift = 0
        while True:
            byte = self.take(1)[0]
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                break
            if shift > 63:
                raise Rejected("number too long")
        return value - (1 << shift) if signed and byte & 0x40 else value

    def string(self):
        return self.take(self.leb()).decode("utf-8")


def runs(column, value, limit=50_000):
    """Run-length encoded rows; None where there is no value."""
    column, rows = Bytes(column), []
    while not column.done():
        run = column.leb(signed=True)
        count = abs(run) if run else column.leb()
        if len(rows) + count > limit:
            raise Rejected("too many operations")
        if run > 0:
            rows += [value(column)] * run
        elif run == 0:
            rows += [None] * count
        else:
            rows += [value(column) for _ in range(count)]
    return rows


def deltas(column):
    total, rows = 0, []
    for step in runs(column, lambda c: c.leb(signed=True)):
        total += step or 0
        rows.append(None if step is None else total)
    return rows


def booleans(column, limit=50_000):
    column, rows, state = Bytes(column), [], False
    while not column.done():
        count = column.leb()
        if len(rows) + count > limit:
            raise Rejected("too many operations")
        rows += [state] * count
        state = not state
    return rows


def scalar(meta, data):
    kind, raw = meta & 15, data.take(meta >> 4)
    if kind in (0, 1, 2) and not raw:
        return {0: None, 1: False, 2: True}[kind]
    if kind in (3, 4):
        return Bytes(raw).leb(signed=kind == 4)
    if kind == 6:
        return raw.decode("utf-8")
    if kind == 7:
        return raw
    raise Rejected("a value that is not used here")


def frozen_fields(payload, actor):
    """The fields of the document's root that are scalars; nested ones are walked over."""
    head = Bytes(payload)
    if head.take(4) != MAGIC:
        raise Rejected("magic bytes")
    checksum = head.take(4)
    rest = head.data[head.at :]
    if head.take(1) != b"\x01":
        raise Rejected("not an uncompressed change")
    body = Bytes(head.take(head.leb()))
    if not head.done():
        raise Rejected("more than one chunk")
    if hashlib.sha256(rest).digest()[:4] != checksum:
        raise Rejected("checksum")
    if body.leb() != 0:
        raise Rejected("depends on other changes")
    if body.take(body.leb()) != actor:
        raise Rejected("another actor")
    seq, start = body.leb(), body.leb()
    body.leb(signed=True)  # time, in milliseconds
    if (seq, start, body.leb(), body.leb()) != (1, 1, 0, 0):
        raise Rejected("not a first change of one actor without a message")
    layout = [(body.leb(), body.leb()) for _ in range(body.leb())]
    columns = {spec: body.take(length) for spec, length in layout}
    if not body.done() or any(spec & 8 for spec in columns):
        raise Rejected("bytes after the end, or a compressed column")
    try:
        return operations(columns)
    except (UnicodeDecodeError, IndexError):
        raise Rejected("malformed") from None


def operations(columns):
    number = lambda c: c.leb()
    actions = runs(columns.get(66, b""), number)
    rows = len(actions)
    column = lambda spec, read: (read(columns.get(spec, b"")) + [None] * rows)[:rows]
    objects = column(2, lambda c: runs(c, number))  # counter of the object written into; None is the root
    keys = column(21, lambda c: runs(c, lambda b: b.string()))
    metas = column(86, lambda c: runs(c, number))
    replaced = column(112, lambda c: runs(c, number))
    if any(replaced):
        raise Rejected("a frozen document replaces nothing")
    values, fields = Bytes(columns.get(87, b"")), {}
    for action, parent, key, meta in zip(actions, objects, keys, metas):
        if action not in (0, 1, 2):
            raise Rejected("an action that is not used here")
        value = scalar(meta or 0, values)
        if parent is None and action == 1:
            if key in fields:
                raise Rejected("a hidden value")
            fields[key] = value
    if not values.done():
        raise Rejected("values do not fill their column")
    return fields
