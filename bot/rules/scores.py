"""What the published questionnaires say: totals with their bands, and the ASQ's result.

What must stay true:
- No total from part of the items. A skipped, unclear or unasked item leaves the total None, the
  band "incomplete" and the item listed as missing. (`bot.core.instruments.total` knows the items
  that an instrument itself leaves out and counts as 0.)
- An instrument of which nothing was asked has no score at all.
- In the suicide screen an answer that cannot be told from a yes counts as yes, and a refusal is
  never a no.

Thresholds and their sources stand in `definitions/scores.yaml`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import msgspec

from bot.core.answers import Answer, AnswerStatus, Value
from bot.core.decisions import Score
from bot.core.errors import DefinitionError, IncompleteAnswers
from bot.core.instruments import Instrument, total
from bot.rules.definition_file import read_struct

DEFAULT_PATH = Path(__file__).parent / "definitions" / "scores.yaml"
INCOMPLETE = "incomplete"
NOT_ASKED = "not-asked"


class AsqResult(StrEnum):
    """The four results of the ASQ. Source: NIMH ASQ toolkit, adult pathway."""

    NEGATIVE = "negative"
    NON_ACUTE = "non-acute-positive"
    ACUTE = "acute-positive"
    REFUSED = "refused"


class Band(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`band` holds for totals up to and including `up_to` points."""

    up_to: int
    band: str


Bands = tuple[Band, ...]


class BandsWhere(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Other bands for patients whose answer `symbol` equals `equals`."""

    symbol: str
    equals: str
    bands: Bands


class ScoreEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How one instrument's total is read."""

    source: str
    bands: Bands
    where: tuple[BandsWhere, ...] = ()


class ScreenEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How an unsummed screen is read; see `asq_result`."""

    source: str
    any_of: tuple[str, ...]
    acute: str
    yes_code: str
    no_code: str


class ScoresFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`scores.yaml` as written."""

    version: str
    instruments: dict[str, ScoreEntry]
    screens: dict[str, ScreenEntry]


@dataclass(frozen=True, slots=True)
class Scorers:
    """Checked scoring rules by instrument id."""

    version: str
    sums: Mapping[str, ScoreEntry]
    screens: Mapping[str, ScreenEntry]


def load_scorers(path: Path = DEFAULT_PATH) -> Scorers:
    """Read and check the scoring rules; raises DefinitionError with the path to the fault."""
    return build_scorers(read_struct(path.read_bytes(), ScoresFile, path.name))


def build_scorers(file: ScoresFile) -> Scorers:
    """Return checked scoring rules; raises DefinitionError."""
    for name, entry in file.instruments.items():
        path = f"instruments.{name}"
        _refuse_disorder(entry.bands, f"{path}.bands")
        for index, other in enumerate(entry.where):
            _refuse_disorder(other.bands, f"{path}.where[{index}].bands")
            if other.bands[-1].up_to != entry.bands[-1].up_to:
                raise DefinitionError(f"{path}.where[{index}].bands", "another highest total")
    return Scorers(file.version, file.instruments, file.screens)


def _refuse_disorder(bands: Bands, path: str) -> None:
    limits = [band.up_to for band in bands]
    if not limits or limits != sorted(set(limits)) or limits[0] < 0:
        raise DefinitionError(path, "bands must rise, without gaps, from 0")


def score_all(
    scorers: Scorers,
    instruments: Iterable[Instrument],
    *,
    answers: Mapping[str, Answer],
    values: Mapping[str, Value],
) -> tuple[Score, ...]:
    """Return the score of each instrument of which at least one item was asked.

    `answers` by link_id; `values` are what is known of all of them. Raises DefinitionError when a
    summed instrument has no bands.
    """
    return tuple(
        _score(scorers, instrument, answers, values)
        for instrument in instruments
        if any(item.link_id in answers for item in instrument.items)
    )


def _score(
    scorers: Scorers,
    instrument: Instrument,
    answers: Mapping[str, Answer],
    values: Mapping[str, Value],
) -> Score:
    if (screen := scorers.screens.get(instrument.id)) is not None:
        return _screen_score(instrument.id, screen, answers)
    if (entry := scorers.sums.get(instrument.id)) is None:
        raise DefinitionError(f"instruments.{instrument.id}", "no bands for this instrument")
    bands = _bands_for(entry, values)
    maximum = bands[-1].up_to
    try:
        points = total(instrument, answers)
    except IncompleteAnswers as error:
        return Score(instrument.id, None, maximum, INCOMPLETE, error.missing)
    return Score(instrument.id, points, maximum, _band_of(points, bands))


def _bands_for(entry: ScoreEntry, values: Mapping[str, Value]) -> Bands:
    for other in entry.where:
        if values.get(other.symbol) == other.equals:
            return other.bands
    return entry.bands


def _band_of(points: int, bands: Bands) -> str:
    return next(band.band for band in bands if points <= band.up_to)


def asq_result(screen: ScreenEntry, answers: Mapping[str, Answer]) -> AsqResult | None:
    """Return the screen's result, or None while nothing was asked that could decide it.

    Source: NIMH ASQ toolkit. Negative: every first item is a plain no. Positive: any yes, and any
    answer too unclear to be told from a yes; then acute unless the last item is a plain no, so
    that silence counts as acute (proposal). A refused item is not by itself positive: refused.
    """
    first = [_heard(answers.get(link_id), screen) for link_id in screen.any_of]
    last = _heard(answers.get(screen.acute), screen)
    if last is _Heard.YES or (_Heard.YES in first and last is not _Heard.NO):
        return AsqResult.ACUTE
    if _Heard.YES in first:
        return AsqResult.NON_ACUTE
    if all(heard is _Heard.NO for heard in first):
        return AsqResult.NEGATIVE
    return AsqResult.REFUSED if _Heard.DECLINED in (*first, last) else None


class _Heard(StrEnum):
    YES = "yes"
    NO = "no"
    DECLINED = "declined"
    NOTHING = "nothing"


def _heard(answer: Answer | None, screen: ScreenEntry) -> _Heard:
    """Return what an item's answer counts as; unclear counts as yes."""
    if answer is None:
        return _Heard.NOTHING
    if answer.status is AnswerStatus.SKIPPED:
        return _Heard.DECLINED
    plain_no = answer.status is AnswerStatus.ANSWERED and answer.value == screen.no_code
    return _Heard.NO if plain_no else _Heard.YES


def _screen_score(name: str, screen: ScreenEntry, answers: Mapping[str, Answer]) -> Score:
    result = asq_result(screen, answers)
    wanted = screen.any_of if result is AsqResult.NEGATIVE else (*screen.any_of, screen.acute)
    missing = tuple(
        link_id
        for link_id in wanted
        if link_id not in answers or answers[link_id].status is not AnswerStatus.ANSWERED
    )
    return Score(name, None, 0, result.value if result else NOT_ASKED, missing)
