"""Recorders, stand-ins and helpers that several test files share."""

# -- files of skopt_nn.save, taken apart and forged -----------------------------

import json
import zipfile


def parts_of(path):
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def write_parts(path, parts, compression=zipfile.ZIP_STORED):
    """An archive of a dict of parts, or of pairs, in which a name may come twice."""
    pairs = parts.items() if isinstance(parts, dict) else parts
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, data in pairs:
            archive.writestr(name, data)


def manifest_of(path):
    return json.loads(parts_of(path)["manifest.json"])


def forge(path, change):
    """Rewrite the manifest of a saved file: in place, or as what ``change`` returns."""
    parts = parts_of(path)
    manifest = json.loads(parts["manifest.json"])
    manifest = change(manifest) or manifest
    write_parts(path, {**parts, "manifest.json": json.dumps(manifest)})
