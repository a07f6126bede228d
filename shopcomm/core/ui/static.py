"""Static files under names that carry their content's hash, compressed once."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import brotli
from whitenoise.compress import Compressor
from whitenoise.storage import CompressedManifestStaticFilesStorage

from shopcomm.core.ui.assets import BUNDLE, module_bundle, stylesheet_bundle

# Of a text so long, Brotli's best takes seconds for a twelfth less. Ours are shorter: these are the manual of the API and
# the admin's libraries.
LONG = 240_000
QUICK_QUALITY = 9


class PatientCompressor(Compressor):
    """Compresses as well as can be what everybody's pages ask for, and very long files quickly."""

    @staticmethod
    def compress_brotli(data: bytes) -> bytes:
        """One file for browsers that read Brotli."""
        return bytes(
            brotli.compress(data, quality=QUICK_QUALITY) if len(data) > LONG else brotli.compress(data)
        )


class ManifestStaticStorage(CompressedManifestStaticFilesStorage):
    """Also rewrites the imports between ES modules, so that a browser never mixes two versions."""

    support_js_module_import_aggregation = True
    bundles = True

    def create_compressor(self, **options: Any) -> Compressor:
        """What WhiteNoise compresses with."""
        return PatientCompressor(**options)

    def compress_files(self, paths: Iterable[str]) -> Iterator[tuple[str, str]]:
        """Compress what pages ask for, which is never the plain name, and nothing a second time: best compression of
        megabytes takes longer than everything else at a start."""
        asked = set(self.hashed_files.values()).intersection(paths)
        yield from super().compress_files({name for name in asked if not self.exists(f"{name}.gz")})

    def post_process(self, paths: dict[str, Any], dry_run: bool = False, **options: Any) -> Iterator[Any]:
        """Put common style sheets and modules into one file each first: they are hashed and compressed like the others."""
        made = {} if dry_run else {BUNDLE: stylesheet_bundle(), **module_bundle()}
        for name, text in made.items():
            if not text:
                continue
            path = Path(self.path(name))
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
            paths[name] = (self, name)
        yield from super().post_process(paths, dry_run, **options)
        if not dry_run:
            make_world_readable(Path(self.location))


def make_world_readable(folder: Path) -> None:
    """Let every account of the machine read a folder, as the web server in front does with one of its own.

    FILE_UPLOAD_PERMISSIONS, which keeps uploads to ourselves, would hold for style sheets, too; what an earlier version
    collected is mended as well.
    """
    for place, _folders, files in os.walk(folder):
        for path, least in [(place, 0o555), *((os.path.join(place, name), 0o444) for name in files)]:
            mode = os.stat(path).st_mode & 0o7777
            if mode & least != least:
                os.chmod(path, mode | least)
