"""The demo as `serve` starts it, which can be killed and started again, and its workspace."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from contextlib import contextmanager

from bot.cli.phone import Line
from tests.live.processes import ROOT, free_port, python, wait_until_ready

EMAIL = "demo@clinic.example"
ACCOUNT = "AC" + "1" * 32
TOKEN = "7" * 32
NUMBER = "+15005550006"


class DemoClinic:
    """A real server over one instance folder; its address stays the same across restarts."""

    def __init__(self, folder):
        self.folder = folder
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.process = None
        self.password = ""
        self._starts = 0

    def start(self):
        self._starts += 1
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        account = {"TWILIO_ACCOUNT_SID": ACCOUNT, "TWILIO_AUTH_TOKEN": TOKEN}
        instance = {"INSTANCE_PATH": str(self.folder / "instance"), "PORT": str(self.port)}
        env = {**kept, **account, **instance, "DEMO": "1", "TWILIO_API_URL": "http://127.0.0.1:9"}
        log = self.folder / f"serve-{self._starts}.log"
        with log.open("wb") as output:
            command = python("-m", "flask", "--app", "wsgi", "serve")
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=env, stdout=output, stderr=output
            )
        wait_until_ready(self.address, self.process, log)
        self.password = re.search(r"password: (\S+)", log.read_text())[1]

    def phone(self, number):
        """A patient's phone; `send` gives the texts that come back."""
        return Line(self.address, self.address, ACCOUNT, TOKEN, number, NUMBER)

    def stop(self):
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(timeout=90)


@contextmanager
def running_clinic(folder):
    clinic = DemoClinic(folder)
    clinic.start()
    try:
        yield clinic
    finally:
        clinic.stop()


class Workspace:
    """A clinician at the workspace, in a browser of their own."""

    def __init__(self, context, clinic):
        self.page = context.new_page()
        self.page.goto(f"{clinic.address}/clinic/login")
        self.page.locator("#email").fill(EMAIL)
        self.page.locator("#password").fill(clinic.password)
        self.page.get_by_role("button", name="Log in").click()
        self.page.wait_for_url("**/clinic/")

    def open_with(self, clinic, words):
        """Open the consult request whose conversation has these words."""
        self.page.goto(f"{clinic.address}/clinic/")
        links = self.page.locator("main a[href*='/clinic/consults/']")
        for address in [link.get_attribute("href") for link in links.all()]:
            self.page.goto(clinic.address + address)
            if words in self.page.locator("main").inner_text():
                return
        raise AssertionError(f"no consult request says: {words}")

    def press(self, name):
        self.page.get_by_role("button", name=name).first.click()
        self.page.wait_for_load_state()
