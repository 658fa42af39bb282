"""One of several municipalities on one instance of Dagster: what tells its assets from the others'.

Belongs here: the municipality's name in asset keys. Does not: its folders, key and settings, which only its own
processes have (settings), or the tag of its runs (instance).

Dagster keeps schedules, sensors and jobs apart by code location; what happened to an asset it keeps by key alone.
Without a name nothing is renamed: the instance is this home's own.
"""

from collections.abc import Sequence

import dagster as dg


def asset_key(municipality: str | None, key: dg.AssetKey) -> dg.AssetKey:
    """The key that an asset has on the instance: the municipality's name before its own."""
    return key.with_prefix(municipality) if municipality else key


def is_asset(found: dg.AssetKey | None, key: dg.AssetKey) -> bool:
    """Whether it is this asset, whoever's."""
    return found is not None and found.path[-len(key.path) :] == key.path


def named_apart(
    municipality: str | None, assets: Sequence[dg.AssetsDefinition | dg.AssetSpec]
) -> list[dg.AssetsDefinition | dg.AssetSpec]:
    """The assets under the keys that they have on the instance, with what they wait for and their checks.

    Steps have to name the same keys when they say what they made: `Run.asset_key`.
    """
    if not municipality:
        return list(assets)
    keys = {
        key
        for asset in assets
        for key in (asset.keys if isinstance(asset, dg.AssetsDefinition) else [asset.key])
    }
    renamed = {key: asset_key(municipality, key) for key in keys}
    return [
        asset.with_attributes(asset_key_replacements=renamed)
        if isinstance(asset, dg.AssetsDefinition)
        else asset.replace_attributes(key=renamed[asset.key])
        for asset in assets
    ]
