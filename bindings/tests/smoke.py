"""The generated Python bindings: opens a store, writes a note, reads it back after the night."""

import json
import os
import secrets
import subprocess
import tempfile

import tvaers

TEXT = "Sad under bordet med rygsækken på 🎒"


def enrolment(device_keys: bytes) -> bytes:
    """What the authority would hand this device."""
    facts = {
        "relay": "http://127.0.0.1:1",
        "teams": [{"name": "Solsikken", "kind": "dagtilbud"}],
        "people": [{"name": "Åse Ærø", "profession": "pædagog", "team": 0, "devices": [device_keys.hex()]}],
    }
    program = os.environ["TVAERS_TEST_AUTHORITY_BIN"]
    answer = subprocess.run([program], input=json.dumps(facts), capture_output=True, text=True, check=True).stdout
    return bytes.fromhex(json.loads(answer)["people"][0]["enrolments"][0])


def refused(kind, call, *arguments):
    try:
        call(*arguments)
    except kind:
        return
    raise AssertionError(f"{kind} was not raised")


class Vault(tvaers.KeyVault):
    def __init__(self, key: bytes):
        self.key = key

    def store_key(self) -> bytes:
        return self.key


def main() -> None:
    with tempfile.TemporaryDirectory() as directory:
        key = secrets.token_bytes(32)
        phone = tvaers.Phone.open(directory + "/store", key)
        refused(tvaers.TvaersError.NotEnrolled, phone.inbox, 1)
        refused(tvaers.TvaersError.EnrolmentRefused, phone.enrol, b"no enrolment")
        phone.enrol(enrolment(phone.device_keys()))
        child = tvaers.ChildFacts(
            id=tvaers.new_child_id(), given_name="Prøve", family_name="Ødegård", birth_date="2021-03-01"
        )
        now = tvaers.Occurred(at=tvaers.system_now(), offset_minutes=60, precision=tvaers.Precision.MINUTE)
        text = tvaers.ObservationText(seen_heard=TEXT)
        note = phone.write_observation(child, now, text, [])
        phone.lock()
        refused(tvaers.TvaersError.WrongKey, tvaers.Phone.open, directory + "/store", secrets.token_bytes(32))
        again = tvaers.Phone.unlock(directory + "/store", Vault(key))
        assert again.view(note).said == tvaers.Said.OBSERVATION(text)
        assert again.view(note).about == child
        assert again.own_records(10)[0].delivery == tvaers.Delivery.ON_THIS_DEVICE(stuck=None)
        again.lock()
    print("python: a note was written and read back")


if __name__ == "__main__":
    main()
