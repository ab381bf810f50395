"""Signed webhooks in bulk, and a load generator that costs little of the machine it shares.

wrk sends them where it is installed. Without it a small generator of our own does; it takes part
of the same cores, which pulls every ratio towards 1, and the report says so.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import json
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode, urlsplit

GROUP = 40
"""Patients who are in the middle of the screening at once; more than there are connections."""

WRK_SCRIPT = """
local n = 0
local bodies, signatures = {}, {}
local file = io.open(os.getenv("REQUESTS_FILE"), "r")
for line in file:lines() do
  local tab = line:find("\\t")
  signatures[#signatures + 1] = line:sub(1, tab - 1)
  bodies[#bodies + 1] = line:sub(tab + 1)
end
file:close()
local path = os.getenv("REQUESTS_PATH")
request = function()
  n = n + 1
  if n > #bodies then n = 1 end
  return wrk.format("POST", path, {
    ["Content-Type"] = "application/x-www-form-urlencoded",
    ["X-Twilio-Signature"] = signatures[n]}, bodies[n])
end
done = function(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format(
    '\\n{"requests": %d, "seconds": %f, "p50": %f, "p99": %f, "errors": %d}\\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3,
    latency:percentile(99) / 1e3,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
"""


@dataclass(frozen=True)
class Load:
    """What came back under load: `p50` and `p99` in milliseconds."""

    requests: int
    seconds: float
    p50: float
    p99: float
    errors: int

    @property
    def per_second(self) -> float:
        return self.requests / self.seconds


def signed(url: str, token: str, fields: dict[str, str]) -> tuple[str, str]:
    """Return (signature, form body) as Twilio sends them."""
    text = url + "".join(k + v for k, v in sorted(fields.items()))
    mac = hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()
    return base64.b64encode(mac).decode(), urlencode(fields)


def conversations(
    script: Sequence[str], *, groups: int, account: str, clinic: str, first: int = 0
) -> Iterator[dict[str, str]]:
    """Yield form fields: patients go through the script side by side, GROUP of them at a time."""
    for start in range(first, first + groups * GROUP, GROUP):
        for turn, text in enumerate(script):
            for patient in range(start, start + GROUP):
                yield {
                    "MessageSid": f"SM{patient:016x}{turn:016x}",
                    "AccountSid": account,
                    "From": f"+1213{patient:07d}",
                    "To": clinic,
                    "Body": text,
                    "NumMedia": "0",
                }


def send(
    url: str, requests: Sequence[tuple[str, str]], *, seconds: int, connections: int = 16
) -> Load:
    """Send the requests in order over `connections` connections for so many seconds."""
    if shutil.which("wrk"):
        return _by_wrk(url, requests, seconds, connections)
    return _by_threads(url, requests, seconds, connections)


def generator_name() -> str:
    return "wrk" if shutil.which("wrk") else "own threads (sharing the cores: ratios lean to 1)"


def _by_wrk(url: str, requests: Sequence[tuple[str, str]], seconds: int, connections: int) -> Load:
    parts = urlsplit(url)
    with tempfile.TemporaryDirectory() as folder:
        file, script = Path(folder, "requests"), Path(folder, "wrk.lua")
        file.write_text("".join(f"{s}\t{b}\n" for s, b in requests))
        script.write_text(WRK_SCRIPT)
        command = [
            "wrk",
            "-t1",
            f"-c{connections}",
            f"-d{seconds}s",
            "--timeout",
            "30s",
            "-s",
            script,
        ]
        out = subprocess.run(
            [*map(str, command), f"{parts.scheme}://{parts.netloc}"],
            env={"REQUESTS_FILE": str(file), "REQUESTS_PATH": parts.path, "PATH": "/usr/bin:/bin"},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    return Load(**json.loads(out.strip().splitlines()[-1]))


def _by_threads(
    url: str, requests: Sequence[tuple[str, str]], limit: int, connections: int
) -> Load:
    parts, waiting, lock = urlsplit(url), iter(requests), threading.Lock()
    times: list[float] = []
    errors, until = 0, time.perf_counter() + limit

    def work() -> None:
        nonlocal errors
        while True:
            with lock:
                item = next(waiting, None)
            if item is None or time.perf_counter() > until:
                return
            began = time.perf_counter()
            client = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=30)
            headers = {
                "Content-Type": "application/x-www-form-urlencoded",
                "X-Twilio-Signature": item[0],
            }
            client.request("POST", parts.path, item[1], headers)
            failed = client.getresponse().status != 200
            client.close()
            with lock:
                times.append(time.perf_counter() - began)
                errors += failed

    began = time.perf_counter()
    threads = [threading.Thread(target=work) for _ in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - began
    times.sort()
    p50, p99 = (times[int(len(times) * share)] * 1e3 for share in (0.5, 0.99))
    return Load(len(times), seconds, p50, p99, errors)
