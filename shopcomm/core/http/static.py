"""Static files under names that carry their content's hash, compressed once."""

from collections.abc import Iterable, Iterator

from whitenoise.storage import CompressedManifestStaticFilesStorage


class ManifestStaticStorage(CompressedManifestStaticFilesStorage):
    """Also rewrites the imports between ES modules, so that a browser never mixes two versions."""

    support_js_module_import_aggregation = True

    def compress_files(self, paths: Iterable[str]) -> Iterator[tuple[str, str]]:
        """Compress what pages ask for, which is never the plain name, and nothing a second time: best compression of
        megabytes takes longer than everything else at a start."""
        asked = set(self.hashed_files.values()).intersection(paths)
        yield from super().compress_files({name for name in asked if not self.exists(f"{name}.gz")})
