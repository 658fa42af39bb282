"""Publications of no more than a manifest, for tests of which ones stay."""

from datetime import UTC, date, datetime, timedelta

from orchestration.publish import store
from orchestration.publish.manifest import FILE_NAME, DeliveryEntry, Gate, Manifest
from orchestration.settings import Settings


def add(
    settings: Settings, as_of: str, hour: int = 0, forgotten: int = 0, source: str = "bos"
) -> store.Publication:
    """A publication as of a date, built so many hours into a made-up day, of one delivery of the same date."""
    day = date.fromisoformat(as_of)
    built_at = datetime(2023, 1, 1, tzinfo=UTC) + timedelta(hours=hour)
    name = store.publication_id(day, built_at)
    manifest = Manifest(
        id=name,
        as_of=day,
        previous_as_of=None,
        built_at=built_at,
        run_id="run",
        kobling_version="0",
        git_commit=None,
        key_fingerprint="f",
        gate=Gate(result="passed", expectations=1, dbt_tests=1, critical=0, warnings=[]),
        deliveries=[
            DeliveryEntry(source=source, extract_date=day, profile="p", status="loaded", forgotten=forgotten)
        ],
        tables=[],
        files=[],
    )
    folder = settings.published_path / name
    folder.mkdir(parents=True)
    (folder / FILE_NAME).write_text(manifest.model_dump_json())
    return store.switch(settings)


def names(settings: Settings) -> list[str]:
    """As-of dates of what is there, in order of building; the current one with a star."""
    found = sorted(store.list_publications(settings), key=lambda publication: publication.manifest.built_at)
    return [f"{publication.manifest.as_of}{'*' * publication.is_current}" for publication in found]
