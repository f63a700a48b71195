"""Control entries and what a log of them comes to, as a reader judges it: docs/protocol.md §3."""

from cbor import encode
from keys import Refused, check_signature, derive, labelled, open_once, parse

READ, WRITE, MANAGE = range(3)
ERASURES = ("erase", "hold", "lift", "agree")
FOREVER = 1 << 64
# Under each parent's purpose one root before it is sealed.
PURPOSES = (b"history", b"other history")
NUMBERS = {
    "subject": {"person": 0, "team": 1, "municipality": 2, "shared": 3},
    "member": {"device": 0, "person": 1, "team": 2},
}


def variant(kind, value):
    """Back to the form that is encoded."""
    name, fields = value
    return [NUMBERS[kind][name], list(fields.values())]


class Entry:
    """An entry that travels alone (§3.2)."""

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
            or (epoch is not None and epoch["leads_to"] is not None and len(public["parents"]) != 1)
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

    def verify(self, key):
        check_signature(b"entry", key, self.signature, "entry signature", self.body)

    def unwrapped(self, wrap, kem, member, binding=None):
        """What a wrap of this entry holds."""
        hashed = labelled(b"wrap", wrap)
        if not any(listed["member"] == member and listed["hash"] == hashed for listed in self.public["wraps"]):
            raise Refused("wrap not listed")
        return kem.unwrap(wrap, binding or self.binding, variant("member", member))

    def commits_to(self, root):
        return labelled(b"root", root) == self.public["epoch"]["root_commitment"]

    def committed(self, root):
        if not self.commits_to(root):
            raise Refused("root commitment")
        return root

    def opened(self, root):
        plain = open_once(derive(root, b"entry", self.binding), self.sealed, self.binding, "sealed part")
        return parse("sealed part", plain, "sealed part")


def check_listed(subject, device, person, vouched):
    """The signer is, or once was, in the circle of its person; a person's circle itself is the list."""
    if subject[0] != "person":
        vouched.lists(person, device)


class Log:
    """A circle as its entries leave it (§3.3)."""

    def __init__(self, founding, vouched):
        if founding.public["circle"] is not None:
            raise Refused("entry malformed")
        self.circle, self.subject = founding.circle, founding.public["subject"]
        self.members, self.entries, self.past = {}, [], []
        self.untils = {}  # of the members who have an end
        self.epochs, self.cuts, self.cut_off = [], {}, {}
        self.admitted = []
        # §3.6: what was asked for by whom, what is erased, whether anything may be.
        self.asked, self.erased, self.on_hold = {}, set(), False
        signer, said = self.signer(founding, vouched)
        check_listed(self.subject, founding.public["device"], signer, vouched)
        self.change(founding, said, vouched)
        kind, subject = self.subject
        least = WRITE if kind == "shared" else READ
        in_it = self.rights(self.members, founding.public["device"], signer) >= least
        if not in_it or (kind == "person" and subject["id"] != signer):
            raise Refused("not allowed")

    def append(self, entry, vouched):
        public = entry.public
        if entry.circle != self.circle or public["subject"] != self.subject:
            raise Refused("entry malformed")
        signer, said = self.signer(entry, vouched)
        check_listed(self.subject, public["device"], signer, vouched)
        if public["parents"] != [self.entries[-1].id]:
            raise Refused("entry malformed")
        held = self.rights(self.members, public["device"], signer)
        if not public["changes"] and public["epoch"] is None:
            raise Refused("not allowed")
        if any(what == "void" for what, _ in public["changes"]):
            raise Refused("not allowed")
        if held < self.needed(entry) or self.is_silenced(public["device"], vouched):
            raise Refused("not allowed")
        self.change(entry, said, vouched)

    def held(self, place):
        """What a member may do, and until when."""
        return (self.members[place], self.untils.get(place, FOREVER)) if place in self.members else None

    def needed(self, entry):
        """The rights that an entry takes."""
        same = all(what in ("cut_off", "agree") for what, _ in entry.public["changes"])
        return READ if self.subject[0] != "shared" else WRITE if same else MANAGE

    def signer(self, entry, vouched):
        """Who signed, and the newest serial by which the vouchers put anybody out; None if one of them is nobody's."""
        said, bad = 0, False
        for voucher in entry.public["vouchers"]:
            try:
                body = vouched.learn(voucher)
            except Refused:
                bad = True  # it vouches for nothing; an entry that cuts nobody off is judged without it
                continue
            kind, claim = body["claim"]
            if kind == "revoked" or (kind == "standing" and claim["standing"] != 0):
                said = max(said, body["serial"])
        person, key = vouched.device(entry.public["device"])
        entry.verify(key)
        return person, None if bad else said

    def is_cut_off(self, device, vouched):
        """Whether this log has said what counts of the device since it is out."""
        return device in self.cut_off and (vouched.out_since(device) or 0) <= self.cut_off[device]

    def is_silenced(self, device, vouched):
        return vouched.is_out(device) and self.is_cut_off(device, vouched)

    @staticmethod
    def rights(members, device, person):
        """-1 for who is no member; there are no teams in these logs."""
        return max(members.get(("device", device), -1), members.get(("person", person), -1))

    def change(self, entry, said, vouched):
        members, cuts, cut_off = dict(self.members), dict(self.cuts), dict(self.cut_off)
        if any(what in ERASURES for what, _ in entry.public["changes"]):
            self.erase(entry, vouched)
        untils = dict(self.untils)
        if said is None and any(what == "cut_off" for what, _ in entry.public["changes"]):
            raise Refused("not vouched")
        for what, change in entry.public["changes"]:
            if what == "void" or what in ERASURES:
                continue
            if what == "cut_off":
                device = change["device"]
                own = all(cut["installation"]["device"] == device for cut in change["cuts"])
                if not own or not vouched.was_out(device):
                    raise Refused("not allowed")
                cut_off[device] = said
            else:
                level, member = change["member"]
                place = (level, member["id"])
                if what == "add":
                    self.may_add(place, vouched)
                    if change["rights"] < WRITE <= members.get(place, -1):
                        raise Refused("not allowed")
                    until = change.get("until")
                    # Only in shared circles, and for nobody who has none, is there an end.
                    if until is not None and (self.subject[0] != "shared" or place in members and place not in untils):
                        raise Refused("not allowed")
                    members[place] = change["rights"]
                    untils.pop(place, None)
                    if until is not None:
                        untils[place] = until
                    self.admitted.append((place, change["rights"]))
                else:
                    self.may_remove(place, entry.public["device"], change["cuts"], vouched)
                    if members.pop(place, None) is None:
                        raise Refused("not allowed")
                    untils.pop(place, None)
            for cut in change.get("cuts", []):
                cuts[tuple(cut["installation"].values())] = (cut["counter"], cut["chunk"])
        if not members:
            raise Refused("not allowed")
        self.members, self.cuts, self.cut_off, self.untils = members, cuts, cut_off, untils
        self.entries.append(entry)
        self.past.append(members)
        if self.subject[0] == "person":
            vouched.listed |= {(self.subject[1]["id"], device) for _, device in members}
        if entry.public["epoch"] is not None:
            self.epochs.append(entry)

    def erase(self, entry, vouched):
        """§3.6: the one change of an entry that is about erasure."""
        public = entry.public
        (what, change), *others = public["changes"]
        if others or public["epoch"] is not None or public["wraps"] or self.subject[0] != "shared":
            raise Refused("not allowed")
        if what == "erase" and change["chunks"] and not self.on_hold:
            places = {(tuple(cut["installation"].values()), cut["counter"], cut["chunk"]) for cut in change["chunks"]}
            self.asked[entry.id] = (public["device"], places)
        elif what == "hold" and not self.on_hold:
            self.on_hold = True
        elif what == "lift" and self.on_hold:
            self.asked[entry.id] = (public["device"], None)
        elif what == "agree" and change["entry"] in self.asked:
            device, places = self.asked[change["entry"]]
            another = vouched.device(device)[0] != vouched.device(public["device"])[0]
            if not another or (self.on_hold and places is not None):
                raise Refused("not allowed")
            del self.asked[change["entry"]]
            self.erased |= places or set()
            self.on_hold = self.on_hold and places is not None
        else:
            raise Refused("not allowed")

    def may_add(self, place, vouched):
        kind, subject = self.subject
        level, member = place
        if (kind, level) == ("person", "device"):
            if member not in vouched.devices or vouched.device(member)[0] != subject["id"]:
                raise Refused("not vouched")
        elif kind != "shared" or level == "device":
            raise Refused("not allowed")

    def may_remove(self, place, signer, cuts, vouched):
        kind, _ = self.subject
        level, member = place
        if (kind, level) == ("person", "device") and member != signer and not vouched.was_out(member):
            raise Refused("not vouched")
        for cut in cuts:
            device = cut["installation"]["device"]
            if device not in vouched.devices:
                raise Refused("not vouched")
            if member not in (device, vouched.device(device)[0]):
                raise Refused("not allowed")

    def counts(self, header, chunk, person, vouched):
        """§4.7: refuses a chunk that does not count."""
        installation, device = header["installation"], header["installation"]["device"]
        at = next((at for at, entry in enumerate(self.entries) if entry.id == header["head"]), None)
        if at is None:
            raise Refused("unknown head")
        if self.subject[0] != "person":
            vouched.lists(person, device)
        if self.rights(self.past[at], device, person) < WRITE:
            raise Refused("not a member")
        writes, out = self.rights(self.members, device, person) >= WRITE, vouched.is_out(device)
        if writes and not out:
            return
        counter, cut = self.cuts.get(tuple(installation.values()), (0, None))
        if header["counter"] < counter or (header["counter"] == counter and chunk == cut):
            return
        raise Refused("waits for a cut" if out and writes and not self.is_cut_off(device, vouched) else "beyond cut")

    def roots(self, newest):
        """The root of every epoch that the newest one's leads to. What an epoch's history holds is of the epoch that commits to it."""
        roots, left = {}, [(self.epochs[-1], newest)]
        while left:
            entry, root = left.pop()
            roots[entry.id] = entry.committed(root)
            for history, purpose in zip(entry.public["epoch"]["history"], PURPOSES):
                # Empty if whoever made the entry held none.
                if history:
                    before = open_once(derive(root, purpose, entry.binding), history, entry.binding, "history")
                    older = [epoch for epoch in self.epochs if epoch.commits_to(before)]
                    if not older:
                        raise Refused("root commitment")
                    left += [(epoch, before) for epoch in older if epoch.id not in roots]
        return roots
