"""Style sheets and scripts as they are made ready at a start."""

import brotli
import pytest
from django.conf import settings as shop
from django.core.management import call_command
from whitenoise.compress import Compressor

from shopcomm.core.ui.assets import module_bundle, stylesheet_bundle
from shopcomm.core.ui.static import LONG, PatientCompressor


@pytest.fixture
def collect(tmp_path, settings, monkeypatch):
    """Collects a folder of sources and answers what was compressed for it."""
    sources = tmp_path / "sources"
    sources.mkdir()
    settings.STATICFILES_DIRS, settings.STATIC_ROOT = [sources], tmp_path / "served"
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    ours = {"BACKEND": "shopcomm.core.ui.static.ManifestStaticStorage"}
    settings.STORAGES = settings.STORAGES | {"staticfiles": ours}
    compressed: list[str] = []
    compress = Compressor.compress

    def watched(self, path: str) -> list[str]:
        compressed.append(path.rpartition("/")[2])
        return compress(self, path)

    monkeypatch.setattr(Compressor, "compress", watched)

    def run(**files: str) -> list[str]:
        for name, text in files.items():
            (sources / f"{name}.js").write_text(text)
        compressed.clear()
        call_command("collectstatic", interactive=False, verbosity=0)
        return sorted(name.split(".")[0] for name in compressed)

    return run


def test_only_changed_static_files_are_compressed_again(collect) -> None:
    assert collect(one="export const a = 1;\n" * 200, two="export const b = 2;\n" * 200) == ["one", "two"]
    assert collect() == []
    assert collect(two="export const b = 3;\n" * 200) == ["two"]


def test_collected_static_files_are_world_readable_although_uploads_are_not(collect, settings) -> None:
    """Also what a version collected that shut it; FILE_UPLOAD_PERMISSIONS keeps uploads to the shop."""
    assert settings.FILE_UPLOAD_PERMISSIONS == 0o640
    collect(one="export const a = 1;\n" * 200)
    for path in settings.STATIC_ROOT.rglob("*"):
        path.chmod(0o700 if path.is_dir() else 0o640)

    collect(two="export const b = 1;\n" * 200)

    modes = {path.stat().st_mode & 0o777 for path in settings.STATIC_ROOT.rglob("*") if path.is_file()}
    assert modes == {0o644}
    assert settings.STATIC_ROOT.stat().st_mode & 0o005 == 0o005


def test_all_files_of_ours_are_compressed_as_well_as_can_be() -> None:
    """Only those that packages bring are so long that the best takes seconds."""
    texts = [
        path.read_bytes()
        for path in (shop.BASE_DIR / "static").rglob("*.*")
        if path.suffix in (".js", ".css")
    ]
    texts += [text.encode() for text in (stylesheet_bundle(), *module_bundle().values())]
    longest = max(texts, key=len)

    assert len(longest) <= LONG
    assert PatientCompressor.compress_brotli(longest) == brotli.compress(longest)


def test_a_very_long_file_is_compressed_quickly() -> None:
    text = b"".join(b"export const n%d = %d;\n" % (place, place * place) for place in range(9_000))

    assert len(text) > LONG
    assert brotli.decompress(quick := PatientCompressor.compress_brotli(text)) == text
    assert quick == brotli.compress(text, quality=9)
