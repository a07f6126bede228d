"""Compile the translations (`.po` to `.mo`) without gettext's programs, which a bare machine lacks."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent.parent


def compile_catalogues(root: Path = ROOT) -> int:
    """Compile every catalogue that is newer than its compiled form. Returns how many."""
    compiled = 0
    for source in root.glob("locale/*/LC_MESSAGES/*.po"):
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime >= source.stat().st_mtime:
            continue
        # Most starts have nothing to compile and do without it.
        from babel.messages.mofile import write_mo
        from babel.messages.pofile import read_po

        with source.open("rb") as lines, target.open("wb") as out:
            write_mo(out, read_po(lines))
        compiled += 1
    return compiled


if __name__ == "__main__":
    compile_catalogues()
