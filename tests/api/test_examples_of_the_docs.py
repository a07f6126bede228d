"""Each example of docs/api.md is run against the real server, and its answer is the one that is written there."""

import json
import os
import re
import shlex
import subprocess
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.core.management import call_command

from orders.models import Variant
from tests.factories import VariantFactory

pytestmark = pytest.mark.django_db(transaction=True)
PAGE = Path(__file__).parents[2] / "docs/api.md"
BLOCK = re.compile(r"^```(http|bash)\n(.*?)^```", re.MULTILINE | re.DOTALL)
CALL = re.compile(
    r"^(?P<method>[A-Z]+) (?P<path>\S+)\n(?P<body>.*?)^→ (?P<status>\d+) (?P<answer>.*?)(?=\n\n|\Z)",
    re.MULTILINE | re.DOTALL,
)
ANYTHING = "…"


def examples(kind: str) -> Iterator[str]:
    for found in BLOCK.finditer(PAGE.read_text()):
        if found[1] == kind:
            yield found[2].rstrip()


@pytest.fixture
def goods(transactional_db: None) -> Variant:
    return VariantFactory(sku="LX20-BK", price="268.00", on_hand=500)


def matches(told: Any, written: Any) -> bool:
    """Whether an answer is as it is written; what is not written may be anything."""
    if written == ANYTHING:
        return told is not None
    if isinstance(written, dict):
        return isinstance(told, dict) and all(
            name in told and matches(told[name], each) for name, each in written.items()
        )
    if isinstance(written, list):
        return len(told) == len(written) and all(map(matches, told, written))
    return bool(told == written)


def test_every_call_of_the_docs_is_answered_as_they_say(live, goods, api_key) -> None:
    seen: dict[str, Any] = {}
    calls = [call for block in examples("http") for call in CALL.finditer(block)]
    headers = {"Authorization": f"Bearer {api_key}"}
    with httpx.Client(base_url=f"{live.url}/api/v1/", headers=headers, trust_env=False) as client:
        for call in calls:
            written = {name: fill(text, seen) for name, text in call.groupdict().items()}
            body = json.loads(written["body"]) if written["body"].strip() else None
            answer = client.request(written["method"], written["path"], json=body)

            assert answer.status_code == int(written["status"]), (call[0], answer.text)
            assert matches(answer.json(), json.loads(written["answer"])), (call[0], answer.text)
            seen |= {name: value for name, value in answer.json().items() if isinstance(value, str | int)}
    assert len(calls) >= 15
    # None is passed over because it is written otherwise.
    assert len(calls) == sum(block.count("→ ") for block in examples("http"))


def fill(text: str, seen: dict[str, Any]) -> str:
    """A text with what earlier answers said in the place of `{number}`, `{id}` and `{conversation}`."""
    return re.sub(r"\{(number|id|conversation)\}", lambda found: str(seen[found[1]]), text)


def test_the_commands_of_the_docs_make_a_key_that_opens_the_api(live) -> None:
    key, told = "", ""
    for line in "\n".join(examples("bash")).splitlines():
        if line.startswith("python manage.py "):
            said = StringIO()
            call_command(*shlex.split(line)[2:], stdout=said)
            key = said.getvalue().split()[-1]
        else:
            line = line.replace("$KEY", key).replace("https://shop.example.com", live.url)
            command = [*shlex.split(line), "--silent", "--noproxy", "*"]
            told = subprocess.run(
                command, capture_output=True, text=True, check=True, env=dict(os.environ)
            ).stdout
    assert json.loads(told) == {"next": None, "previous": None, "results": []}
