"""The pseudonym key of a lake: which one it was made with, told by a fingerprint and never by the key.

Belongs here: fingerprint and refusal. Does not: another key for an old lake (orchestration/privacy/rotation).
"""

import hmac
from collections.abc import Iterable

from orchestration.errors import ConfigurationError
from orchestration.ingest.registry import Delivery, load_deliveries
from orchestration.settings import Settings


def key_fingerprint(key: bytes) -> str:
    """Tells keys apart without telling the key: 12 hex digits."""
    return hmac.digest(key, b"kobling key fingerprint", "sha256").hex()[:12]


def is_key_of(records: Iterable[Delivery], key: bytes) -> bool:
    """Whether everything that these deliveries have in the lake was made with the key."""
    fingerprint = key_fingerprint(key)
    return all(record.key_fingerprint == fingerprint for record in records if record.status != "refused")


def require_key_of_lake(settings: Settings) -> bytes:
    """The key, where the lake is empty or was made with it: with another, one person would count as two.

    Raises:
        ConfigurationError: no key, or another one.
    """
    key = settings.require_key()
    if not is_key_of(load_deliveries(settings.lake_path), key):
        raise ConfigurationError(
            "KOBLING_PSEUDONYM_KEY is not the key that the lake was made with; set that one, "
            "or ingest everything again under this one with `kobling rotate-key`"
        )
    return key
