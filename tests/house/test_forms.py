"""Forms work before the scripts that take them over are there: none of them loses what was written into its address."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FORM = re.compile(r"<form\b[^>]*>", re.DOTALL)
# Asks something and changes nothing: what it holds belongs into the address.
QUESTIONS = ("data-search", "data-filter", "data-scan", 'role="search"', "returnscan", "noprint")
# Parts that a script fetches and puts into the page: without it they are not there.
FETCHED = ("messaging/cards/",)


def forms() -> list[tuple[str, str]]:
    """The opening tag of every form, by template."""
    found = []
    for path in sorted((ROOT / "templates").rglob("*.html")):
        name = str(path.relative_to(ROOT / "templates"))
        found += [(name, " ".join(each.split())) for each in FORM.findall(path.read_text())]
    return found


def test_every_form_that_changes_data_has_method_post() -> None:
    careless = [
        (name, form)
        for name, form in forms()
        if 'method="post"' not in form
        and 'method="dialog"' not in form
        and not any(each in form for each in QUESTIONS)
        and not name.startswith(FETCHED)
    ]
    assert careless == []


def test_only_the_dialog_of_a_waiting_message_closes_itself_by_method_dialog() -> None:
    assert {name for name, form in forms() if 'method="dialog"' in form} == {
        "messaging/_waiting_dialogs.html"
    }


def test_every_field_of_a_posted_form_has_a_name() -> None:
    for name in ("messaging/_composer_customer.html",):
        text = (ROOT / "templates" / name).read_text()
        assert re.search(r"<textarea\b[^>]*\bname=\"body\"", text, re.DOTALL), name
