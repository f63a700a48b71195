#!/usr/bin/env python3
"""Pictures of the desk, to be looked at by a person.

    cargo run --release -- demo             (prints a link that works once, for a minute)
    desk/tests/pictures.py LINK DIRECTORY

Opens the link in a headless Chromium, goes through the pages at 1280 and 390 pixels, light and dark, and at 640 pixels
(which is what 1280 is at 200 % zoom), and writes PNG files. Ends with 1 if a page scrolls sideways, breaks its content
security policy, or skips a heading. Needs Python and Chromium, nothing else: it talks to the browser over a pipe.
"""

import base64
import json
import os
import subprocess
import sys
import tempfile

CHROMIUM = os.environ.get("CHROMIUM", "chromium")


class Browser:
    def __init__(self, profile):
        to_read, self.to_write = os.pipe()
        self.from_read, from_write = os.pipe()

        def descriptors():
            # Chromium reads commands on 3 and answers on 4.
            kept_read, kept_write = os.dup(to_read), os.dup(from_write)
            os.dup2(kept_read, 3)
            os.dup2(kept_write, 4)

        self.process = subprocess.Popen(
            [CHROMIUM, "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run",
             f"--user-data-dir={profile}", "--remote-debugging-pipe", "about:blank"],
            preexec_fn=descriptors, close_fds=False, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        self.number, self.rest, self.events, self.session = 0, b"", [], None
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Audits"):
            self.call(f"{domain}.enable")

    def call(self, method, **params):
        self.number += 1
        message = {"id": self.number, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.to_write, json.dumps(message).encode() + b"\0")
        while True:
            answer = self.receive()
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]
            self.events.append(answer)

    def receive(self):
        while b"\0" not in self.rest:
            part = os.read(self.from_read, 1 << 20)
            if not part:
                raise RuntimeError("the browser has ended")
            self.rest += part
        message, self.rest = self.rest.split(b"\0", 1)
        return json.loads(message)

    def until(self, method):
        while True:
            for at, event in enumerate(self.events):
                if event.get("method") == method:
                    del self.events[: at + 1]
                    return
            self.events.append(self.receive())

    def go(self, address):
        self.events.clear()
        self.call("Page.navigate", url=address)
        self.until("Page.loadEventFired")
        self.run("document.fonts.ready.then(() => true)")

    def run(self, script):
        answer = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        return answer["result"].get("value")

    def press(self, script):
        self.events.clear()
        self.run(script)
        self.until("Page.loadEventFired")

    def dress(self, width, theme):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False)
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": theme}])

    def picture(self, path):
        size = self.call("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "height": min(size["height"], 2600), "scale": 1}
        data = self.call("Page.captureScreenshot", clip=clip, captureBeyondViewport=True)["data"]
        with open(path, "wb") as file:
            file.write(base64.b64decode(data))


SIDEWAYS = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
HEADINGS = "[...document.querySelectorAll('h1,h2,h3,h4')].map(h => +h.tagName[1])"
WIDEST = """[...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > innerWidth + 1)
    .slice(0, 3).map(e => e.tagName + '.' + e.className)"""


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    link, directory = sys.argv[1:]
    os.makedirs(directory, exist_ok=True)
    base = "/".join(link.split("/")[:3])
    wrong = []
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        browser = Browser(profile)
        browser.go(link)
        browser.go(base + "/?lang=da")
        # A real browser sends a form: this is where a wrong rule about origins would show.
        if browser.run("!!document.querySelector('.unread form button')"):
            browser.press("document.querySelector('.unread form button').click()")
            if not browser.run("location.pathname.startsWith('/registrering/')"):
                wrong.append("opening a record by its button does not lead to it")
        first = lambda selector: browser.run(f"document.querySelector('{selector}')?.getAttribute('href')")
        browser.go(base + "/")
        pages = {"idag": "/", "barn": first(".children a"), "soeg": "/soeg", "lagt-til-side": "/lagt-til-side", "apparater": "/apparater",
                 "registrering": first("a[href^=\"/registrering/\"]")}
        # What the child's page leads to; some of it is for whoever coordinates the child.
        browser.go(base + pages["barn"])
        for name in ("sletning", "videregivelser"):
            pages[name] = first(f"a[href^=\"/{name}/\"]")
        for name in ("overdrag", "vikar", "fra-nu-af", "adgang"):
            path = first(f"a[href^=\"/{name}/\"]")
            if path is not None:
                pages[name] = path
        for name, path in pages.items():
            if path is None:
                wrong.append(f"{name}: nothing to show")
                continue
            for width, theme in ((1280, "light"), (1280, "dark"), (390, "light"), (390, "dark"), (640, "light")):
                browser.dress(width, theme)
                browser.go(base + path)
                place = f"{name}-{width}-{theme}"
                for event in browser.events:
                    if event.get("method") in ("Audits.issueAdded", "Log.entryAdded"):
                        wrong.append(f"{place}: {json.dumps(event['params'])[:400]}")
                if browser.run(SIDEWAYS):
                    wrong.append(f"{place}: scrolls sideways, {browser.run(WIDEST)}")
                levels = browser.run(HEADINGS)
                if levels[:1] != [1] or any(b > a + 1 for a, b in zip(levels, levels[1:])):
                    wrong.append(f"{place}: headings {levels}")
                browser.picture(os.path.join(directory, place + ".png"))
        browser.process.terminate()
        browser.process.wait()
    for line in wrong:
        print(line)
    sys.exit(1 if wrong else 0)


main()
