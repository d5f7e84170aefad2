"""A real browser opens what a mail became, and a server on the loopback hears whether anything ran or called home.

Each piece of HTML is opened as a document, put into a page
by `innerHTML` and taken out and put in again, clicked, focused, hovered over and submitted.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread
from typing import Any

CANARY = "canary.test"
"""Another host than the page's own, which leads to the same server."""
SECONDS = 240
"""For all pages together; a quiet machine takes half a minute."""
NAMES = ("chromium", "chromium-browser", "google-chrome")
PACKAGE = "chromium"
MINUTES = 10
"""For the package, at most."""
UNASKED = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-proxy-server"),
    f"--host-resolver-rules=MAP {CANARY} 127.0.0.1, EXCLUDE 127.0.0.1",
)


def installed() -> str:
    """The browser's path; empty when there is none."""
    return next(filter(None, map(shutil.which, NAMES)), "")


def install(apt_get: str = "apt-get") -> str:
    """Debian's package, for whoever may install it; why there is no browser after that, empty when there is one.

    It says so on stderr, and what was not there before stays: a package, and no setting of ours.
    """
    if installed():
        return ""
    tool = shutil.which(apt_get)
    if tool is None:
        return "no Chromium is installed, and there is no apt-get to install Debian's with"
    if os.geteuid() != 0:
        return "no Chromium is installed: `apt-get install chromium` needs root"
    print("no Chromium is installed: getting Debian's package", file=sys.stderr)
    for command in (("update",), ("install", "--yes", "--no-install-recommends", PACKAGE)):
        try:
            subprocess.run(
                [tool, "--quiet", *command], env=UNASKED, stdout=sys.stderr, timeout=MINUTES * 60, check=False
            )
        except subprocess.TimeoutExpired:
            break
    return "" if installed() else "no Chromium is installed, and Debian's package could not be had"


@dataclass(frozen=True)
class Page:
    body: str
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Request:
    path: str
    cookie: str


@dataclass
class Heard:
    """What the browser asked for beyond the pages that it was given."""

    requests: list[Request] = field(default_factory=list)

    def under(self, *prefixes: str) -> set[str]:
        """What follows one of these in a path, up to the query."""
        return {
            each.path.removeprefix(prefix).partition("?")[0]
            for each in self.requests
            for prefix in prefixes
            if each.path.startswith(prefix)
        }


class _Handler(BaseHTTPRequestHandler):
    def __init__(self, pages: Callable[[str, str], Page | None], heard: Heard, done: Event, *args: Any) -> None:
        self.pages, self.heard, self.done = pages, heard, done
        super().__init__(*args)

    def do_GET(self) -> None:
        if self.path == "/done":
            self.done.set()
        page = self.pages(self.path, self.headers["Host"].rpartition(":")[2])
        if page is None:
            self.heard.requests.append(Request(self.path, self.headers.get("Cookie", "")))
        body = (page.body if page else "").encode("utf-8", "surrogatepass")
        self.send_response(200)
        for name, value in {"Content-Type": "text/html; charset=utf-8", **(page.headers if page else {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET  # noqa: N815 - as the base class wants it

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Says nothing."""


@contextmanager
def _served(pages: Callable[[str, str], Page | None], heard: Heard, done: Event) -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, pages, heard, done))
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def opened(pages: Callable[[str, str], Page | None]) -> Heard:
    """Opens `/`; `pages` answers paths (with the port it is asked at), and what it does not know is heard.

    Raises TimeoutError when the page does not ask for `/done`.
    """
    heard, done = Heard(), Event()
    with _served(pages, heard, done) as port, TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        browser = subprocess.Popen(
            [installed(), *FLAGS, f"--user-data-dir={Path(profile)}", f"http://127.0.0.1:{port}/"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            if not done.wait(SECONDS):
                raise TimeoutError(f"the browser was not done within {SECONDS} seconds")
        finally:
            browser.terminate()
            browser.wait(30)
    return heard


# ---- the pages of an attack ------------------------------------------------------------------------------------------

DOCUMENT = (
    "<!doctype html><meta charset=utf-8><title>x</title><body><div id=mail>{html}</div><p id=after>it's after</p>"
)
PUT_IN = (
    "<!doctype html><meta charset=utf-8><title>x</title><body><div id=mail></div><div id=again></div><div id=parsed></div>"
    "<p id=after>it's after</p><script>const html = {html};"
    "document.getElementById('mail').innerHTML = html;"
    "document.getElementById('again').innerHTML = document.getElementById('mail').innerHTML;"
    "document.getElementById('parsed').innerHTML ="
    " new DOMParser().parseFromString(html, 'text/html').body.innerHTML</script>"
)


def as_document(html: str) -> Page:
    return Page(DOCUMENT.replace("{html}", html))


def put_in(html: str) -> Page:
    """By `innerHTML`: as it is, as it is after that once more, and as a parser without scripting hands it on."""
    return Page(PUT_IN.replace("{html}", json.dumps(html).replace("<", "\\u003c")))


RUNNER = """<!doctype html><meta charset=utf-8><title>x</title><body><script>
const frames = FRAMES, SETTLE = 60, AT_ONCE = 16, WEB = /^(https?|mailto|tel):/i
const wait = ms => new Promise(done => setTimeout(done, ms))
const tell = (frame, what) => fetch(`/told/${frame}/${what}`)

function use(win, doc) {
  for (const each of doc.querySelectorAll('*')) {
    for (const kind of ['pointerenter', 'pointerover', 'mouseover', 'mouseenter'])
      each.dispatchEvent(new win.PointerEvent(kind, {bubbles: true}))
    if (each.localName !== 'form' && !WEB.test(each.href || '')) {
      each.focus?.()
      if (each.localName !== 'iframe') each.dispatchEvent(new win.MouseEvent('click', {bubbles: true, cancelable: true}))
    }
  }
  for (const form of doc.querySelectorAll('form')) win.HTMLFormElement.prototype.requestSubmit.call(form)
}

function look(frame, win, doc) {
  const after = doc.getElementById('after')
  if (!after || after.parentNode !== doc.body || after.innerHTML !== "it's after") tell(frame, 'swallowed')
  if (win.trusted !== undefined || doc.trusted !== undefined) tell(frame, 'clobbered')
  for (const each of doc.querySelectorAll('div *'))
    if (win.getComputedStyle(each).position !== 'static') return tell(frame, 'covered')
}

async function open(frame) {
  const element = document.createElement('iframe')
  element.src = `/frame/${frame}`
  const loaded = new Promise(done => element.onload = done)
  document.body.append(element)
  await Promise.race([loaded, wait(5000)])
  const within = act => { try { return act(element.contentWindow, element.contentDocument) } catch (error) {} }
  await within((win, doc) => look(frame, win, doc))
  await wait(SETTLE)
  within(use)
  await wait(SETTLE)
  element.remove()
}

async function all() {
  const waiting = [...frames]
  const worker = async () => { while (waiting.length) await open(waiting.shift()) }
  await Promise.all(Array.from({length: AT_ONCE}, worker))
  await wait(500)
  fetch('/done')
}
all()
</script>"""


def frames_opened(frames: dict[str, Callable[[str], Page]]) -> Heard:
    """Each frame by its name; it makes its page from the canary's host and port."""

    def pages(path: str, port: str) -> Page | None:
        if path == "/":
            return Page(RUNNER.replace("FRAMES", json.dumps(list(frames))))
        made = frames.get(path.removeprefix("/frame/"))
        if made:
            return made(f"{CANARY}:{port}")
        return Page("") if path in ("/favicon.ico", "/done") else None

    return opened(pages)
