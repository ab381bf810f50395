"""A desk that takes turns by hand on the database under test."""

import pytest

from tests.store.turns import Desk


@pytest.fixture
def desk(engine, keyring, address_hash, clock, new_id):
    return Desk(engine, keyring, address_hash, clock, new_id)
