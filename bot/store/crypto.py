"""Encryption of single fields, and the keyed hash by which an address is looked up.

A stored field is `version(1) | key id(4) | nonce(12) | ciphertext and tag`, AES-256-GCM with the
column's name (`table.column`) as associated data, so that a value copied into another column does
not decrypt. The key id says which key of the ring it needs: the newest encrypts, all decrypt, and
`reseal` moves a value to the newest. The nonce is random; a key must be rotated well before 2**32
values (NIST SP 800-38D, section 8.3).
"""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from bot.core.errors import PorchlightError, SettingsError

KEY_BYTES = 32
_VERSION = b"\x01"
_KEY_ID_BYTES = 4
_NONCE_AT = 1 + _KEY_ID_BYTES
_NONCE_BYTES = 12
_BODY_AT = _NONCE_AT + _NONCE_BYTES
_TAG_BYTES = 16


class UnreadableField(PorchlightError):
    """A stored field cannot be decrypted: damaged, of another column, or its key is gone."""

    def __init__(self, column: str, problem: str) -> None:
        """Name the column and the problem, never the value."""
        super().__init__(f"{column}: {problem}")
        self.column = column


class KeyRing:
    """AES-256 keys, newest first. The newest encrypts; any of them decrypts its own values."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        """Take 32-byte keys, newest first; raises SettingsError on none, a wrong size, a twin."""
        if not keys:
            raise SettingsError(["FIELD_KEYS"], "at least one key is needed")
        if any(len(key) != KEY_BYTES for key in keys):
            raise SettingsError(["FIELD_KEYS"], f"every key must be {KEY_BYTES} bytes long")
        self._ciphers = {_key_id(key): AESGCM(key) for key in keys}
        if len(self._ciphers) != len(keys):
            raise SettingsError(["FIELD_KEYS"], "the same key is listed twice")
        self._newest_prefix = _VERSION + _key_id(keys[0])
        self._newest = self._ciphers[_key_id(keys[0])]

    def __repr__(self) -> str:
        return f"KeyRing({len(self._ciphers)} keys)"

    def seal(self, column: str, plain: bytes) -> bytes:
        """Return `plain` encrypted for `column` (`table.column`): 33 bytes longer."""
        nonce = os.urandom(_NONCE_BYTES)
        return self._newest_prefix + nonce + self._newest.encrypt(nonce, plain, column.encode())

    def unseal(self, column: str, blob: bytes) -> bytes:
        """Return what was sealed; raises UnreadableField if it was not sealed for `column`."""
        if len(blob) < _BODY_AT + _TAG_BYTES or blob[:1] != _VERSION:
            raise UnreadableField(column, "not an encrypted value")
        cipher = self._ciphers.get(blob[1:_NONCE_AT])
        if cipher is None:
            raise UnreadableField(column, "its key is not in FIELD_KEYS")
        try:
            return cipher.decrypt(blob[_NONCE_AT:_BODY_AT], blob[_BODY_AT:], column.encode())
        except InvalidTag:
            raise UnreadableField(column, "damaged, or sealed for another column") from None

    def is_newest(self, blob: bytes) -> bool:
        """Whether the value needs no re-encryption."""
        return blob.startswith(self._newest_prefix)

    def reseal(self, column: str, blob: bytes) -> bytes:
        """Return the value under the newest key; the same bytes if it already is."""
        return blob if self.is_newest(blob) else self.seal(column, self.unseal(column, blob))


class AddressHash:
    """Keyed hash of a patient's address: finds a patient without storing the address readably.

    It is keyed apart from the fields, since it must stay the same while field keys rotate, and
    it covers clinic and channel, so that one person's rows at two clinics cannot be joined.
    """

    def __init__(self, key: bytes) -> None:
        """Take a secret of at least 32 bytes; raises SettingsError when it is shorter."""
        if len(key) < KEY_BYTES:
            raise SettingsError(["ADDRESS_HASH_KEY"], f"must be {KEY_BYTES} bytes or longer")
        derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"porchlight address hash")
        self._key = derived.derive(key)

    def __repr__(self) -> str:
        return "AddressHash()"

    def of(self, clinic_id: str, channel: str, address: str) -> bytes:
        """Return the 32-byte HMAC-SHA-256 that stands for this address."""
        text = f"{clinic_id}\n{channel}\n{address}".encode("utf-8", "surrogatepass")
        return hmac.digest(self._key, text, "sha256")


def token_hash(token: str) -> str:
    """Return the SHA-256, in hex, under which a random token is stored."""
    return hashlib.sha256(token.encode()).hexdigest()


def _key_id(key: bytes) -> bytes:
    return hashlib.sha256(b"porchlight key id" + key).digest()[:_KEY_ID_BYTES]
