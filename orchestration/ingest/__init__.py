"""Ingest: deliveries in landing → typed, pseudonymised Parquet in the lake.

Belongs here: source profiles, reading, refusing, the registry of deliveries. Does not: Dagster, dbt, or
anything that a number means to the business.
"""

from orchestration.ingest.entities import ENTITIES
from orchestration.ingest.landing import SettledDelivery, settled_deliveries
from orchestration.ingest.pipeline import IngestResult, SkippedDelivery, ingest
from orchestration.ingest.registry import Delivery, FileRecord, load_deliveries

__all__ = [
    "ENTITIES",
    "Delivery",
    "FileRecord",
    "IngestResult",
    "SettledDelivery",
    "SkippedDelivery",
    "ingest",
    "load_deliveries",
    "settled_deliveries",
]
