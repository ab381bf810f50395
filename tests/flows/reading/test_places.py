"""Where a patient is: states in all their names, other countries, and no guessing from cities."""

from __future__ import annotations

import pytest

from bot.core.errors import DefinitionError
from bot.flows.reading import Ambiguous, Understood
from bot.flows.reading.places import load_places, places
from tests.flows.reading.sample import PLACE, read, reason_of, value_of

STATES = {
    "AL": "Alabama", "AK": "Alaska", "AZ": "Arizona", "AR": "Arkansas", "CA": "California",
    "CO": "Colorado", "CT": "Connecticut", "DE": "Delaware", "FL": "Florida", "GA": "Georgia",
    "HI": "Hawaii", "ID": "Idaho", "IL": "Illinois", "IN": "Indiana", "IA": "Iowa", "KS": "Kansas",
    "KY": "Kentucky", "LA": "Louisiana", "ME": "Maine", "MD": "Maryland", "MA": "Massachusetts",
    "MI": "Michigan", "MN": "Minnesota", "MS": "Mississippi", "MO": "Missouri", "MT": "Montana",
    "NE": "Nebraska", "NV": "Nevada", "NH": "New Hampshire", "NJ": "New Jersey",
    "NM": "New Mexico",
    "NY": "New York", "NC": "North Carolina", "ND": "North Dakota", "OH": "Ohio", "OK": "Oklahoma",
    "OR": "Oregon", "PA": "Pennsylvania", "RI": "Rhode Island", "SC": "South Carolina",
    "SD": "South Dakota", "TN": "Tennessee", "TX": "Texas", "UT": "Utah", "VT": "Vermont",
    "VA": "Virginia", "WA": "Washington State", "WV": "West Virginia", "WI": "Wisconsin",
    "WY": "Wyoming", "DC": "District of Columbia", "PR": "Puerto Rico", "GU": "Guam",
    "VI": "US Virgin Islands", "AS": "American Samoa", "MP": "Northern Mariana Islands",
}  # fmt: skip
ALSO_WORDS = {"OK", "HI", "IN", "AS", "OR", "ME", "LA"}


@pytest.mark.parametrize(("short", "name"), STATES.items())
def test_every_state_and_territory_is_read_by_name(short, name):
    for text in (
        name,
        name.upper(),
        name.lower(),
        f"{name}.",
        f"I live in {name}",
        f"vivo en {name}",
    ):
        reading = read(PLACE, text)
        assert isinstance(reading, Understood), (text, reading)
        assert reading.value == f"US-{short}"
        assert reading.parts == {"country": "US"}


@pytest.mark.parametrize("short", sorted(STATES.keys() - ALSO_WORDS))
def test_every_abbreviation_in_capitals_is_read(short):
    assert value_of(PLACE, short) == f"US-{short}"
    assert value_of(PLACE, f"Springfield, {short}") == f"US-{short}"


@pytest.mark.parametrize("short", sorted(STATES.keys() - {"LA", "AS"}))
def test_a_city_with_the_abbreviation_in_capitals_is_read(short):
    assert value_of(PLACE, f"Springfield {short}") == f"US-{short}"


@pytest.mark.parametrize("name", sorted(set(STATES.values()) - {"Guam", "Utah", "Ohio", "Iowa"}))
def test_one_slip_in_a_states_name_gives_that_state_or_none(name):
    right = value_of(PLACE, name)
    for at in range(1, len(name)):
        dropped = name[:at] + name[at + 1 :]
        found = value_of(PLACE, dropped)
        assert found in (right, None, "Ambiguous"), (dropped, found)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("ca", "US-CA"), ("Calif.", "US-CA"), ("cali", "US-CA"), ("tx", "US-TX"), ("fla", "US-FL"),
        ("Austin, TX", "US-TX"), ("austin tx", "US-TX"), ("Austin Texas", "US-TX"),
        ("Portland, Oregon", "US-OR"), ("Portland OR", "US-OR"), ("Kansas City, MO", "US-MO"),
        ("Los Angeles, CA", "US-CA"), ("LA, California", "US-CA"), ("Beverly Hills CA 90210",
        "US-CA"),
        ("Minneapolis, MN, USA", "US-MN"), ("I'm in Florida right now", "US-FL"),
        ("currently in Ohio", "US-OH"), ("the state of Maine", "US-ME"), ("NYC", "US-NY"),
        ("New York City", "US-NY"), ("new york, ny", "US-NY"), ("Nueva York", "US-NY"),
        ("Washington DC", "US-DC"), ("Washington, D.C.", "US-DC"), ("D.C.", "US-DC"),
        ("washington state", "US-WA"), ("Seattle WA", "US-WA"), ("West Virginia", "US-WV"),
        ("virginia occidental", "US-WV"), ("carolina del norte", "US-NC"), ("N. Carolina",
        "US-NC"),
        ("dakota del sur", "US-SD"), ("Nuevo México", "US-NM"), ("new mexico", "US-NM"),
        ("Tejas", "US-TX"), ("Luisiana", "US-LA"), ("Pensilvania", "US-PA"), ("Misuri", "US-MO"),
        ("Hawái", "US-HI"), ("Hawai'i", "US-HI"), ("estoy en Texas", "US-TX"), ("Texas, USA",
        "US-TX"),
        ("Pensylvania", "US-PA"), ("Michagin", "US-MI"), ("Massachussets", "US-MA"),
        ("Conneticut", "US-CT"), ("Tennesee", "US-TN"), ("Missisippi", "US-MS"), ("Flordia",
        "US-FL"),
        ("Californai", "US-CA"), ("Arkansa", "US-AR"), ("Illinios", "US-IL"), ("Lousiana",
        "US-LA"),
        ("Puerto rico", "US-PR"), ("Georgia", "US-GA"), ("California?", "US-CA"),
        ("Rode Island", "US-RI"),
        ("Mexico", "MX"), ("México", "MX"), ("Tijuana, Mexico", "MX"), ("Baja California", "MX"),
        ("Canada", "CA"), ("Toronto, Canada", "CA"), ("UK", "GB"), ("England", "GB"), ("Spain",
        "ES"),
        ("España", "ES"), ("I'm in Germany", "DE"), ("vivo en Colombia", "CO"), ("India", "IN"),
        ("United Kingdom", "GB"), ("Perú", "PE"), ("República Dominicana", "DO"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("language", ["en", "es"])
def test_a_place_is_read_from_the_end_of_what_is_said(text, code, language):
    reading = read(PLACE, text, language)
    assert isinstance(reading, Understood), reading
    assert reading.value == code
    assert reading.parts == {"country": code.split("-")[0]}


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("LA", {"US-CA", "US-LA"}), ("I live in LA", {"US-CA", "US-LA"}), ("L.A.", {"US-CA",
        "US-LA"}),
        ("Washington", {"US-WA", "US-DC"}), ("Kansas City", {"US-MO", "US-KS"}),
        ("Carolina", {"US-NC", "US-SC"}), ("the Dakotas", {"US-SD", "US-ND"}),
        ("Texas or Florida", {"US-TX", "US-FL"}), ("Washington, Oregon", None),
        ("moved from Texas to Florida", {"US-TX", "US-FL"}), ("Kansas and Missouri", {"US-KS",
        "US-MO"}),
    ],
)  # fmt: skip
def test_a_name_of_two_places_is_asked_back(text, codes):
    reading = read(PLACE, text)
    if codes is None:
        assert not isinstance(reading, Understood)
    else:
        assert isinstance(reading, Ambiguous), reading
        assert {one.value for one in reading.readings} == codes


@pytest.mark.parametrize(
    "text",
    [
        "ok", "OK", "hi", "HI", "oh", "me", "ME", "in", "IN", "or", "OR", "as", "no", "yes",
        "la casa",
        "here", "home", "Portland", "Springfield", "Los Angeles", "Chicago", "Houston", "Miami",
        "Virginia Beach", "not Texas", "I don't live in Ohio", "USA", "United States", "90210",
        "12345", "my house", "the city", "portland or", "augusta me", "Texas Florida Ohio", "²",
        "🙂",
        "somewhere", "aquí", "en casa", "x", "Earth", "Europe", "Iowa City", "Texas Roadhouse",
        "t", "usa usa", "Nevada City", "Michigan Avenue", "so", "va", "my ma", "ill", "miss",
    ],
)  # fmt: skip
def test_a_place_that_is_not_named_is_not_inferred(text):
    assert reason_of(PLACE, text) == "unknown_place"


@pytest.mark.parametrize("text", ["idk", "not sure", "no sé", "maybe Texas", "it depends"])
def test_not_knowing_the_place_is_a_hedge(text):
    assert read(PLACE, text).hedged


def test_the_file_knows_fifty_states_the_district_and_five_territories():
    codes = {code for found in places().codes.values() for code in found if code.startswith("US-")}
    assert codes == {f"US-{short}" for short in STATES}


def test_a_name_that_two_places_claim_is_refused(tmp_path):
    file = tmp_path / "places.yaml"
    file.write_text(
        "version: '1'\nhome_country: US\neither: []\nalso_words: []\nnever_alone: []\n"
        "states:\n  US-GA: {names: [Georgia], short: [GA]}\ncountries:\n  GE: [Georgia]\n"
    )
    with pytest.raises(DefinitionError, match="georgia already names another place"):
        load_places(file)
