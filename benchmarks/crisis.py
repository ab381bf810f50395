"""Speed of the crisis detector: per message, on hostile texts, growth with length, loading.

Times are the process's own (CPU) time, so that a busy machine does not blur them. A plain `re`
alternation of a short phrase list runs beside it for scale.
"""

from __future__ import annotations

import base64
import json
import random
import re
import time
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

from bot.rules.crisis import load_detector
from bot.rules.crisis.load import self_check

_TEXTS = Path(__file__).resolve().parent.parent / "tests" / "rules" / "crisis"
_NAIVE = re.compile(
    r"kill myself|want to die|end my life|suicid\w*|better off dead|no reason to live|hurt myself|"
    r"self[- ]harm|cut myself|overdose|end it all|don'?t want to live|wish i was dead|"
    r"quiero morir|matarme|quitarme la vida|no quiero vivir",
    re.IGNORECASE,
)
_ORDINARY = (
    "Hi, can I move my appointment to Thursday afternoon? My sister will drive me home after.",
    "I have been feeling down most days and my sleep is bad, is that something you treat",
    "yes",
    "ok thank you so much, see you then!",
    "Does my insurance cover the second infusion or do I pay up front and get reimbursed later?",
    "more than half the days",
    "hola, quisiera saber si puedo comer antes del tratamiento",
    "I lost my job in March and it has been hard to keep up with the bills, but my wife helps",
)
_WORDS = "kill die suicide pills gun hang rope jump blood knife chest choke hit matarme morir"
_HOSTILE = {
    "letters": "a",
    "spelled out": "k i l l ",
    "negated again and again": "i do not want to die ",
    "negado una y otra vez": "no quiero morir ni matarme ",
    "past again and again": "years ago i tried to kill myself and he used to hit me. ",
    "every word an anchor, two languages": "kill morir suicide pastillas gun matarme not no ",
    "many hits of many rules": "i want to die, i took all my pills, he hits me, chest pain. ",
    "marks": ".!?;",
    "bidi overrides": "\u202eflesym llik ",
    "base64": base64.b64encode(b"i want to die now").decode().rstrip("=") + " ",
    "combining marks": "k\u0301\u0302\u0303i\u0301\u0302l\u0300l\u0301 ",
    "emoji": "💊🔫😂🙂",
    "misspelled stems": "suicde sucidal overdse unalve mysef killng matrme ",
    "mixed scripts": "kіll mуself я хочу умереть 死にたい أريد ",
    "ligatures": "ﷺ",
    "run together, to no end": "iiiiwanttotototototototototodix ",
}


def _stretched(piece: str, length: int = 1600) -> str:
    return (piece * (length // len(piece) + 1))[:length]


def _never_twice(length: int, seed: int) -> str:
    """Return anchors in an order of their own: no automaton has seen it before."""
    chosen = random.Random(seed).choices(_WORDS.split(), k=length // 4)
    return " ".join(chosen)[:length]


def _measure(work: Callable[[], object], repeats: int) -> list[float]:
    """Return the CPU microseconds of each repetition, sorted."""
    times = []
    for _ in range(repeats):
        begun = time.process_time_ns()
        work()
        times.append((time.process_time_ns() - begun) / 1000)
    return sorted(times)


def _percentiles(screen: Callable[[str], object], texts: Iterable[str]) -> tuple[float, float]:
    times = sorted(_measure(partial(screen, text), 1)[0] for text in texts)
    return times[len(times) // 2], times[int(len(times) * 0.99)]


def _rows(name: str) -> list[dict[str, str]]:
    return [*map(json.loads, (_TEXTS / name).read_text(encoding="utf-8").splitlines())]


def _development_texts() -> list[str]:
    return [row["text"] for row in _rows("dev.jsonl")]


def _clinic_texts() -> list[str]:
    """Return what patients write to a clinic, in no order."""
    texts = [row["text"] for row in _rows("written.jsonl") if row["category"] == "clinic"]
    random.Random(1).shuffle(texts)
    return texts


def run() -> list[tuple[str, str]]:
    """Return rows of (what was measured, figure)."""
    begun = time.process_time_ns()
    detector = load_detector()
    rows = [("loading", f"{(time.process_time_ns() - begun) / 1e6:.0f} ms")]
    begun = time.process_time_ns()
    self_check(detector)
    rows.append(("every rule's proof", f"{(time.process_time_ns() - begun) / 1e6:.0f} ms"))
    ordinary, telling = list(_ORDINARY) * 250, _development_texts()
    for text in {*ordinary, *telling}:
        detector.screen(text)
    for name, texts in (("ordinary message", ordinary), ("development text", telling)):
        middle, high = _percentiles(detector.screen, texts)
        naive_middle, naive_high = _percentiles(_NAIVE.search, texts)
        rows.append((f"{name}, p50", f"{middle:.1f} us ({middle / naive_middle:.1f} x naive)"))
        rows.append((f"{name}, p99", f"{high:.1f} us ({high / naive_high:.1f} x naive)"))
    clinic = _clinic_texts()
    half = len(clinic) // 2
    for name, texts in (("the first read", clinic[:half]), ("later ones", clinic[half:])):
        middle, high = _percentiles(detector.screen, texts)
        rows.append((f"new message, {name}", f"p50 {middle:.1f} us, p99 {high:.0f} us"))
    hostile = {name: _stretched(piece) for name, piece in _HOSTILE.items()}
    hostile["unknown words"] = " ".join(f"zq{number}x" for number in range(260))
    hostile["anchors in a new order"] = _never_twice(1600, seed=1)
    for name, text in hostile.items():
        first = _measure(partial(detector.screen, text), 1)[0]
        settled = _measure(partial(detector.screen, text), 9)[4]
        rows.append((f"hostile 1,600: {name}", f"{settled:.0f} us (first time {first:.0f} us)"))
    for length in (1_000, 10_000, 100_000):
        text = _stretched("i do not want to die but the pills are here ", length)
        settled = _measure(partial(detector.screen, text), 3)[1]
        rows.append((f"{length:,} characters", f"{settled / 1000:.2f} ms"))
    return rows


if __name__ == "__main__":
    for name, figure in run():
        print(f"{name:42} {figure}")
