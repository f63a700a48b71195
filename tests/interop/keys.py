"""Hashing, signatures and keys: docs/protocol.md §1 and §6."""

import hashlib

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hashes, hpke
from cryptography.hazmat.primitives.asymmetric import ed25519, mlkem, x25519
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

import wire
from cbor import Malformed, Version, encode


class Refused(Exception):
    """Named as in docs/protocol.md §4.6."""


# §1: hashing and signing under labels


def prefix(label):
    label = b"tvaers/1/" + label
    return bytes([len(label)]) + label


def labelled(label, *parts):
    return hashlib.sha256(prefix(label) + b"".join(parts)).digest()


def check_signature(label, key, signature, reason, *parts):
    try:
        ed25519.Ed25519PublicKey.from_public_bytes(key).verify(signature, prefix(label) + b"".join(parts))
    except (InvalidSignature, ValueError):
        raise Refused(reason) from None


SMALL_ORDER = {
    bytes.fromhex("0100000000000000000000000000000000000000000000000000000000000000"),
    bytes.fromhex("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
    bytes(32),
    bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
    bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"),
}


def sound(key):
    """True for an Ed25519 key in canonical form that is not of small order."""
    y = key[:31] + bytes([key[31] & 0x7F])
    return int.from_bytes(y, "little") < 2**255 - 19 and y not in SMALL_ORDER


def parse(kind, data, what):
    try:
        return wire.parse(kind, data)
    except Version:
        raise Refused("version") from None
    except Malformed:
        raise Refused(f"{what} malformed") from None


# §6: keys


def derive(secret, label, context=b""):
    info = bytes([len(label)]) + label + context
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=b"tvaers/1", info=info).derive(secret)


def open_once(key, data, associated, reason):
    try:
        return AESGCM(key).decrypt(bytes(12), data, associated)
    except InvalidTag:
        raise Refused(reason) from None


class Kem:
    """An X-Wing key from its 32-byte seed."""

    def __init__(self, seed):
        expanded = hashlib.shake_256(seed).digest(96)
        pq = mlkem.MLKEM768PrivateKey.from_seed_bytes(expanded[:64])
        classic = x25519.X25519PrivateKey.from_private_bytes(expanded[64:])
        self.key = hpke.MLKEM768X25519PrivateKey(pq, classic)
        self.public = pq.public_key().public_bytes_raw() + classic.public_key().public_bytes_raw()

    def unwrap(self, wrap, binding, member):
        suite = hpke.Suite(hpke.KEM.MLKEM768_X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM)
        info = b"tvaers/1/wrap" + binding + encode(member)
        try:
            root = suite.decrypt(wrap, self.key, info=info)
        except Exception:
            raise Refused("wrap") from None
        if len(root) != 32:
            raise Refused("wrap")
        return root


class Device:
    def __init__(self, seeds):
        self.signing = ed25519.Ed25519PrivateKey.from_private_bytes(bytes.fromhex(seeds["signing"]))
        self.kem = Kem(bytes.fromhex(seeds["kem"]))
        self.id = labelled(b"device", self.signing.public_key().public_bytes_raw(), self.kem.public)
