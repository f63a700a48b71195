"""The generated Python bindings: opens a store, writes a note, reads it back after the night."""

import contextlib
import json
import os
import secrets
import socket
import subprocess
import tempfile
import urllib.request

import tvaers

TEXT = "Sad under bordet med rygsækken på 🎒"


def authority(relay: str, device_keys: bytes) -> tuple[str, bytes, list[bytes]]:
    """The authority's public half, what it would hand this device, and what would erase it."""
    facts = {
        "relay": relay,
        "teams": [{"name": "Solsikken", "kind": "dagtilbud"}],
        "people": [{"name": "Åse Ærø", "profession": "pædagog", "team": 0, "devices": [device_keys.hex()]}],
    }
    program = os.environ["TVAERS_TEST_AUTHORITY_BIN"]
    said = subprocess.run([program], input=json.dumps(facts), capture_output=True, text=True, check=True).stdout
    answer = json.loads(said)
    person = answer["people"][0]
    erasure = [bytes.fromhex(statement) for statement in person["erasures"][0]]
    return answer["authority"], bytes.fromhex(person["enrolments"][0]), erasure


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@contextlib.contextmanager
def relay(port: int, directory: str, authority: str):
    """A relay in a process of its own, for as long as this lasts."""
    command = [os.environ["TVAERS_RELAY_BIN"], "--listen", f"127.0.0.1:{port}", "--data", directory]
    running = subprocess.Popen([*command, "--authority", authority], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        assert running.stdout is not None and running.stdout.readline()
        yield
    finally:
        running.terminate()
        running.wait()


def state(url: str, statement: bytes) -> None:
    """The authority tells the relay."""
    headers = {"content-type": "application/cbor"}
    with urllib.request.urlopen(urllib.request.Request(url + "/v1/statement", statement, headers)) as answer:
        assert answer.status == 200


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

    def forget_key(self) -> None:
        self.key = b""


def erased(phone: tvaers.Phone, vault: Vault, directory: str) -> None:
    """The municipality has had the phone erased: it says so, has forgotten its key, and has told the municipality."""
    refused(tvaers.TvaersError.Erased, phone.sync_once)
    refused(tvaers.TvaersError.Erased, phone.inbox, 1)
    said = phone.erased()
    assert said.unsent == 1 and said.told is not None and vault.key == b""
    assert sorted(os.listdir(directory + "/store")) == ["store.erased", "store.lock"]
    phone.lock()
    again = tvaers.Phone.unlock(directory + "/store", vault)
    assert again.erased() == said
    assert again.sync_once().failed is None
    again.begin_again()
    refused(tvaers.TvaersError.Locked, again.inbox, 1)
    fresh = tvaers.Phone.open(directory + "/store", secrets.token_bytes(32))
    assert not fresh.is_enrolled()
    fresh.lock()


def main() -> None:
    with tempfile.TemporaryDirectory() as directory:
        key = secrets.token_bytes(32)
        phone = tvaers.Phone.open(directory + "/store", key)
        refused(tvaers.TvaersError.NotEnrolled, phone.inbox, 1)
        refused(tvaers.TvaersError.EnrolmentRefused, phone.enrol, b"no enrolment")
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        trusted, enrolment, erasure = authority(url, phone.device_keys())
        phone.enrol(enrolment)
        child = tvaers.ChildFacts(
            id=tvaers.new_child_id(), given_name="Prøve", family_name="Ødegård", birth_date="2021-03-01"
        )
        now = tvaers.Occurred(at=tvaers.system_now(), offset_minutes=60, precision=tvaers.Precision.MINUTE)
        text = tvaers.ObservationText(seen_heard=TEXT)
        note = phone.write_observation(child, now, text, [])
        phone.lock()
        refused(tvaers.TvaersError.WrongKey, tvaers.Phone.open, directory + "/store", secrets.token_bytes(32))
        vault = Vault(key)
        again = tvaers.Phone.unlock(directory + "/store", vault)
        assert again.view(note).said == tvaers.Said.OBSERVATION(text)
        assert again.view(note).about == child
        assert again.own_records(10)[0].delivery == tvaers.Delivery.ON_THIS_DEVICE(stuck=None)
        assert again.erased() is None
        with relay(port, directory + "/relay", trusted):
            for statement in erasure:
                state(url, statement)
            erased(again, vault, directory)
    print("python: a note was written and read back, and erased at the municipality's word")


if __name__ == "__main__":
    main()
