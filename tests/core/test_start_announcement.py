"""What a start says of how to get into its shop: log-ins that exist, or the code of the first page, and nothing else."""

import pytest

from shopcomm.core.embedded import opening
from shopcomm.core.embedded.binaries import EmbeddedError
from shopcomm.core.embedded.opening import CODE, LOG_INS, Folder


class Commands:
    """manage.py, answering what it is told to."""

    def __init__(self, *answers: str) -> None:
        self.answers, self.asked = list(answers), []

    def __call__(self, name: str) -> str:
        self.asked.append(name)
        return self.answers.pop(0)


@pytest.fixture(autouse=True)
def no_password(monkeypatch):
    monkeypatch.delenv("SHOPCOMM_DEMO_PASSWORD", raising=False)
    # What a start sets for its children does not outlive the test.
    monkeypatch.setattr(opening.os, "environ", dict(opening.os.environ))


def test_the_first_start_of_the_demo_tells_who_was_let_in_and_with_what(tmp_path) -> None:
    run = Commands(f"90 orders\n{LOG_INS} sales warehouse manager\n")
    said = Folder(tmp_path).open(run, 8000)

    password = opening.os.environ["SHOPCOMM_DEMO_PASSWORD"]
    assert said == [f"  sales      {password}", f"  warehouse  {password}", f"  manager    {password}"]
    assert (tmp_path / "demo_shop").exists()


def test_later_starts_tell_only_users_who_are_still_there(tmp_path, monkeypatch) -> None:
    (tmp_path / "demo_shop").touch()
    monkeypatch.setattr(opening, "still_there", lambda: ["sales"])
    run = Commands()

    assert Folder(tmp_path).open(run, 8000) == ["  sales      (unchanged since the first start)"]
    assert run.asked == []


def test_a_given_password_is_told_for_those_who_have_it(tmp_path, monkeypatch) -> None:
    (tmp_path / "demo_shop").touch()
    opening.os.environ["SHOPCOMM_DEMO_PASSWORD"] = "twelve-red-bags"
    run = Commands(f"{LOG_INS} manager\n")

    assert Folder(tmp_path).open(run, 8000) == ["  manager    twelve-red-bags"]


def test_a_shop_that_was_there_before_is_told_nothing_of_and_left_alone(tmp_path) -> None:
    """DATABASE_URL may name the database of a real shop."""
    assert Folder(tmp_path).open(Commands(""), 8000) == []
    assert not (tmp_path / "demo_shop").exists()
    assert Folder(tmp_path).is_own


def test_an_empty_shop_tells_its_address_and_code(tmp_path) -> None:
    run = Commands(f"{CODE} ABCD-EFGH-JKLM\n", "The shop has a manager: it is set up.\n")

    assert Folder(tmp_path, wants_own=True).open(run, 8123) == [
        "  your shop has no manager yet: open http://127.0.0.1:8123/setup/",
        "  and enter this code there: ABCD-EFGH-JKLM",
    ]
    # `make run` on the same folder later is that shop, without a demo in it.
    assert Folder(tmp_path).open(run, 8123) == []
    assert run.asked == ["setup_code", "setup_code"]


def test_ones_own_shop_is_not_opened_in_the_demos_folder(tmp_path) -> None:
    (tmp_path / "demo_shop").touch()

    with pytest.raises(EmbeddedError, match=r"holds the demo shop: .*SHOPCOMM_DATA=.*my-shop make shop"):
        Folder(tmp_path, wants_own=True).check()
    Folder(tmp_path).check()
