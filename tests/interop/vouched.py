"""What the authority says, as a reader believes it: docs/protocol.md §3.1."""

from itertools import takewhile

from keys import Refused, check_signature, labelled, parse, sound


class Vouched:
    """What the authority says (§3.1)."""

    def __init__(self, authority):
        self.authority = parse("authority", authority, "authority")
        self.devices, self.charters, self.standings = {}, {}, {}
        self.revoked, self.listed, self.directory = {}, set(), (0, None)
        # Per device every wish that was heard of, by serial.
        self.wishes = {}
        # Keys with the serial after which each counts: the authority's, and the recovery key's with its id.
        self.keys, self.recoveries = [(0, self.authority["key"])], []

    def key(self):
        return self.keys[-1][1]

    def signer(self, statement):
        """Which of the authority's keys has signed."""
        for at, (_, key) in enumerate(self.keys):
            try:
                check_signature(b"statement", key, statement["signature"], "statement signature", statement["body"])
                return at
            except Refused:
                pass
        raise Refused("statement signature")

    def learn(self, statement):
        signer = self.signer(statement)
        body = parse("statement", statement["body"], "statement")
        if body["municipality"] != self.authority["municipality"]:
            raise Refused("other municipality")
        if signer != sum(1 for since, _ in self.keys[1:] if since < body["serial"]):
            raise Refused("superseded")
        kind, claim = body["claim"]
        if kind == "authority":
            self.follow(body["serial"], claim)
            return body
        if kind == "sheets":
            self.renew(body["serial"], claim)
            return body
        if kind == "device":
            keys = claim["keys"]
            if not sound(keys["signing"]):
                raise Refused("statement malformed")
            device = labelled(b"device", keys["signing"], keys["kem"])
            newest(self.devices, device, body["serial"], (claim["person"], keys["signing"]))
        elif kind == "team":
            if claim["persons"] != sorted(set(claim["persons"])):
                raise Refused("statement malformed")
            newest(self.charters, claim["team"], body["serial"], claim["persons"])
        elif kind == "revoked":
            self.revoked[claim["device"]] = min(body["serial"], self.revoked.get(claim["device"], body["serial"]))
        elif kind == "recovery":
            keys = claim["keys"]
            recovery = labelled(b"device", keys["signing"], keys["kem"])
            founded = labelled(b"municipality", self.authority["key"], recovery)[:16]
            if not sound(keys["signing"]) or founded != body["municipality"]:
                raise Refused("statement malformed")
            if not self.recoveries:
                self.recoveries.append((0, recovery, keys["signing"]))
        elif kind == "directory":
            self.directory = max(self.directory, (body["serial"], claim["head"]))
        elif kind == "wipe":
            self.wishes.setdefault(claim["device"], {})[body["serial"]] = claim["wish"]
        else:
            self.standings.setdefault(claim["person"], {})[body["serial"]] = claim["standing"]
        return body

    def holders(self, serial):
        """The recovery key that was in force before this serial: its place."""
        before = [at for at, (since, _, _) in enumerate(self.recoveries) if since < serial]
        if not before:
            raise Refused("succession")
        return before[-1]

    def follow(self, serial, claim):
        """The authority's key is followed by another one."""
        new = claim["key"]
        if (serial, new) in self.keys[1:]:
            return
        if not sound(new):
            raise Refused("statement malformed")
        if serial <= self.keys[-1][0] or new in [key for _, key in self.keys]:
            raise Refused("succession")
        step = bytes([1]) + self.authority["municipality"] + serial.to_bytes(8, "big") + self.key() + new
        _, _, witness = self.recoveries[self.holders(serial)]
        check_signature(b"succession", witness, claim["holders"], "succession", step)
        check_signature(b"succession", new, claim["own"], "statement signature", step)
        self.keys.append((serial, new))
        self.recoveries = [known for known in self.recoveries if known[0] <= serial]
        for known in (self.devices, self.charters):
            for subject in [subject for subject, (stated, _) in known.items() if stated > serial]:
                del known[subject]
        self.revoked = {device: stated for device, stated in self.revoked.items() if stated <= serial}
        for device, said in self.wishes.items():
            self.wishes[device] = {stated: wish for stated, wish in said.items() if stated <= serial}
        for person, said in self.standings.items():
            self.standings[person] = {stated: standing for stated, standing in said.items() if stated <= serial}
        if self.directory[0] > serial:
            self.directory = (0, None)

    def renew(self, serial, claim):
        """The recovery key is followed by another one."""
        keys = claim["keys"]
        if not sound(keys["signing"]):
            raise Refused("statement malformed")
        new = labelled(b"device", keys["signing"], keys["kem"])
        if (serial, new) in [known[:2] for known in self.recoveries]:
            return
        at = self.holders(serial)
        if at != len(self.recoveries) - 1 or new in [known for _, known, _ in self.recoveries]:
            raise Refused("succession")
        _, old, witness = self.recoveries[at]
        step = bytes([2]) + self.authority["municipality"] + serial.to_bytes(8, "big") + old + new + claim["older"]
        check_signature(b"succession", witness, claim["holders"], "succession", step)
        check_signature(b"succession", keys["signing"], claim["own"], "statement signature", step)
        self.recoveries.append((serial, new, keys["signing"]))

    def device(self, device):
        """Its person and its verification key."""
        if device not in self.devices:
            raise Refused("unknown device")
        return self.devices[device][1]

    def lists(self, person, device):
        """Whether the person's circle lists the device or once did: a certificate alone makes nobody's device."""
        if (person, device) not in self.listed:
            raise Refused("unknown device")

    def erases(self, device):
        """The serial of the word by which a device erases itself; None if it does not."""
        said = self.wishes.get(device)
        if not said or device not in self.revoked or said[max(said)] != 1:
            return None
        return max(said)

    def said_of(self, device):
        """Standings of the device's person, newest first."""
        _, (person, _) = self.devices.get(device, (0, (None, None)))
        return sorted(self.standings.get(person, {}).items(), reverse=True)

    def out_since(self, device):
        """The serial since which the device has been out without a break."""
        absent = [serial for serial, _ in takewhile(lambda said: said[1] != 0, self.said_of(device))]
        revoked = [self.revoked[device]] if device in self.revoked else []
        return min(absent + revoked, default=None)

    def is_out(self, device):
        return self.out_since(device) is not None

    def was_out(self, device):
        return self.is_out(device) or any(standing != 0 for _, standing in self.said_of(device))


def newest(known, subject, serial, value):
    if subject not in known or known[subject][0] < serial:
        known[subject] = (serial, value)
