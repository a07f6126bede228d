"""PHP with pdo_pgsql, for the example in PHP: from npm into a folder of the test run's own, by the locked hash."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

HERE = Path(__file__).parent
PACKAGE = Path("node_modules/@libphp/amazon-linux-2-v83/native")
FETCH = ("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline")


def install_php(folder: Path) -> Path:
    """Where PHP is in this folder. Raises RuntimeError, with npm's own words, where npm cannot fetch it."""
    for name in ("package.json", "package-lock.json"):
        (folder / name).write_bytes((HERE / name).read_bytes())
    done = subprocess.run(FETCH, cwd=folder, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"npm could not fetch PHP: {done.stderr.strip()}")
    return folder / PACKAGE


def run_php(php: Path, script: Path, *arguments: str, environment: Mapping[str, str]) -> str:
    """What a script prints. Raises CalledProcessError where it fails."""
    extensions = (f"extension_dir={php / 'php/modules'}", "extension=pdo.so", "extension=pdo_pgsql.so")
    command = [str(php / "php/php"), "-n", *(part for each in extensions for part in ("-d", each))]
    found = os.environ | {"LD_LIBRARY_PATH": str(php / "lib")} | environment
    done = subprocess.run(
        [*command, str(script), *arguments], env=found, capture_output=True, text=True, timeout=60
    )
    if done.returncode:
        raise RuntimeError(done.stdout + done.stderr)
    return done.stdout
