"""Make `.venv` and install what a file of requirements names: `python3 installing.py FILE [OPTION of pip]…`.

Runs on Python alone, before any package is there, and is therefore started by its path.
"""

import ensurepip
import os
import subprocess
import sys
import sysconfig
import tempfile
import venv
import zipfile
from pathlib import Path

ENVIRONMENT = Path(".venv")
# Most of pip's time goes into the index's pages, one package after the other. More at once would only wait for a core.
SIDE_BY_SIDE = min(2, os.cpu_count() or 1)
# The file names every package there is, so there is nothing to resolve, and none depends on the order.
OPTIONS = ("--quiet", "--no-deps", "--require-hashes")


def make_environment(folder: Path) -> None:
    """Make a virtual environment with pip, unless there is one; what an interrupted start left is made anew."""
    python = folder / "bin/python"
    if (
        python.exists()
        and subprocess.run([str(python), "-c", "import pip"], capture_output=True).returncode == 0
    ):
        return
    wheel = pip_wheel()
    venv.create(folder, with_pip=wheel is None, symlinks=True)
    if wheel:
        # A wheel is installed by unpacking it (PEP 427). Python's own way compiles all of pip, too, which takes seconds.
        base = {"base": str(folder), "platbase": str(folder)}
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(sysconfig.get_path("purelib", "venv", base))


def pip_wheel() -> Path | None:
    """The wheel of pip that Python, or its distribution, brings along; None where it is nowhere known."""
    places = [Path(ensurepip.__file__).parent / "_bundled", sysconfig.get_config_var("WHEEL_PKG_DIR")]
    found = [wheel for place in places if place for wheel in sorted(Path(place).glob("pip-*.whl"))]
    return found[0] if found else None


def shares_of(requirements: str, count: int) -> list[str]:
    """A file of requirements dealt out into so many of about the same size, each package with its hashes."""
    blocks: list[list[str]] = []
    for line in requirements.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        if line[0].isspace():
            blocks[-1].append(line)
        else:
            blocks.append([line])
    return [
        "\n".join(line for block in blocks[place::count] for line in block) + "\n" for place in range(count)
    ]


def install_packages(python: Path, requirements: Path, options: list[str]) -> int:
    """Install all that a file names, several packages at once. Returns 0, or the exit code of a pip that failed."""
    with tempfile.TemporaryDirectory(prefix="shopcomm-") as folder:
        running = []
        for place, share in enumerate(shares_of(requirements.read_text(), SIDE_BY_SIDE)):
            path = Path(folder) / f"requirements-{place}.txt"
            path.write_text(share)
            command = [str(python), "-m", "pip", "install", *OPTIONS, *options, "-r", str(path)]
            running.append(subprocess.Popen(command))
        return max(abs(process.wait()) for process in running)


if __name__ == "__main__":
    make_environment(ENVIRONMENT)
    sys.exit(install_packages(ENVIRONMENT / "bin/python", Path(sys.argv[1]), sys.argv[2:]))
