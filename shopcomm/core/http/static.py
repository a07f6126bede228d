"""Static files under names that carry their content's hash, compressed once."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.contrib.staticfiles import finders
from whitenoise.storage import CompressedManifestStaticFilesStorage

from shopcomm.core.http.assets import BUNDLE, common_stylesheets


class ManifestStaticStorage(CompressedManifestStaticFilesStorage):
    """Also rewrites the imports between ES modules, so that a browser never mixes two versions."""

    support_js_module_import_aggregation = True
    bundles = True

    def compress_files(self, paths: Iterable[str]) -> Iterator[tuple[str, str]]:
        """Compress what pages ask for, which is never the plain name, and nothing a second time: best compression of
        megabytes takes longer than everything else at a start."""
        asked = set(self.hashed_files.values()).intersection(paths)
        yield from super().compress_files({name for name in asked if not self.exists(f"{name}.gz")})

    def post_process(self, paths: dict[str, Any], dry_run: bool = False, **options: Any) -> Iterator[Any]:
        """Put the common style sheets into one file first: it is hashed and compressed like the others."""
        parts = [finders.find(path) for path in common_stylesheets()]
        found = [Path(part) for part in parts if isinstance(part, str)]
        if found and not dry_run:
            Path(self.path(BUNDLE)).write_text("\n".join(part.read_text() for part in found))
            paths[BUNDLE] = (self, BUNDLE)
        yield from super().post_process(paths, dry_run, **options)
