"""CBOR in the one canonical form of docs/protocol.md §2. Everything else is refused."""


class Malformed(Exception):
    """Not a value in canonical form, or not of the shape expected."""


class Version(Exception):
    """A version that this reader does not speak."""


def decode(data):
    """Exactly one value: int, bytes, str, list, bool or None."""
    value, at = _value(data, 0, 0)
    if at != len(data):
        raise Malformed("bytes after the end")
    return value


def _value(data, at, depth):
    if depth > 16 or at >= len(data):
        raise Malformed("cut short or too deep")
    major, low = data[at] >> 5, data[at] & 31
    at += 1
    if major == 7:
        simple = {20: False, 21: True, 22: None}
        if low not in simple:
            raise Malformed("simple value or float")
        return simple[low], at
    if low < 24:
        number = low
    elif low <= 27:
        size = 1 << (low - 24)
        if at + size > len(data):
            raise Malformed("cut short")
        number = int.from_bytes(data[at : at + size], "big")
        at += size
        shortest = {24: 24, 25: 1 << 8, 26: 1 << 16, 27: 1 << 32}[low]
        if number < shortest:
            raise Malformed("not the shortest form")
    else:
        raise Malformed("indefinite length")
    if major == 0:
        return number, at
    if major == 1:
        return -1 - number, at
    if major in (2, 3):
        if number > len(data) - at:
            raise Malformed("longer than the input")
        raw = data[at : at + number]
        try:
            return (bytes(raw) if major == 2 else raw.decode("utf-8")), at + number
        except UnicodeDecodeError:
            raise Malformed("not UTF-8") from None
    if major == 4:
        if number > len(data) - at:
            raise Malformed("longer than the input")
        items = []
        for _ in range(number):
            item, at = _value(data, at, depth + 1)
            items.append(item)
        return items, at
    raise Malformed("map or tag")


def _head(major, number):
    if number < 24:
        return bytes([major << 5 | number])
    for low, size in ((24, 1), (25, 2), (26, 4), (27, 8)):
        if number < 1 << (8 * size):
            return bytes([major << 5 | low]) + number.to_bytes(size, "big")
    raise ValueError("number too large")


def encode(value):
    """The canonical encoding."""
    if value is None:
        return b"\xf6"
    if isinstance(value, bool):
        return b"\xf5" if value else b"\xf4"
    if isinstance(value, int):
        return _head(0, value) if value >= 0 else _head(1, -1 - value)
    if isinstance(value, bytes):
        return _head(2, len(value)) + value
    if isinstance(value, str):
        raw = value.encode()
        return _head(3, len(raw)) + raw
    return _head(4, len(value)) + b"".join(encode(item) for item in value)


# Shapes: each is a function that checks a decoded value and returns it.


def uint(value):
    if type(value) is not int or not 0 <= value < 1 << 64:
        raise Malformed("not an unsigned number")
    return value


def byte(value):
    if uint(value) > 255:
        raise Malformed("not a byte")
    return value


def sint(value):
    if type(value) is not int or not -(1 << 63) <= value < 1 << 63:
        raise Malformed("not a signed number")
    return value


def text(value):
    if type(value) is not str:
        raise Malformed("not a text")
    return value


def boolean(value):
    if type(value) is not bool:
        raise Malformed("not a boolean")
    return value


def raw(value):
    if type(value) is not bytes:
        raise Malformed("not a byte string")
    return value


def fixed(length):
    def check(value):
        if type(value) is not bytes or len(value) != length:
            raise Malformed(f"not {length} bytes")
        return value

    return check


def option(shape):
    """A value that may be absent: null, or left out at the end of an array."""

    def check(value):
        return None if value is None else shape(value)

    check.optional = True
    return check


def many(shape, most=None):
    def check(value):
        if type(value) is not list or (most is not None and len(value) > most):
            raise Malformed("not a list, or too long")
        return [shape(item) for item in value]

    return check


def struct(*fields):
    """An array of named fields in order, as a dict."""

    def check(value):
        if type(value) is not list or len(value) > len(fields):
            raise Malformed("not the right number of fields")
        if value and value[-1] is None:
            raise Malformed("an absent value at the end is left out")
        absent = fields[len(value) :]
        if not all(getattr(shape, "optional", False) for _, shape in absent):
            raise Malformed("not the right number of fields")
        value = value + [None] * len(absent)
        return {name: shape(item) for (name, shape), item in zip(fields, value)}

    return check


def variants(**cases):
    """[number, [fields…]] as (name, dict); numbers by order of the arguments. None: a number that means nothing here."""
    names = list(cases)

    def check(value):
        if type(value) is not list or len(value) != 2 or type(value[0]) is not int or not 0 <= value[0] < len(names):
            raise Malformed("not a variant")
        name = names[value[0]]
        if cases[name] is None:
            raise Malformed("not a variant")
        return name, struct(*cases[name])(value[1])

    return check
