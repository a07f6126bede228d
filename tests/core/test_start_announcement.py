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


def test_the_first_demo_start_prints_the_log_ins_with_their_password(tmp_path) -> None:
    run = Commands(f"90 orders\n{LOG_INS} sales warehouse manager\n")
    said = Folder(tmp_path).open(run, 8000)

    password = opening.os.environ["SHOPCOMM_DEMO_PASSWORD"]
    assert said == [f"  sales      {password}", f"  warehouse  {password}", f"  manager    {password}"]
    assert (tmp_path / "demo_shop").exists()


def test_later_starts_print_only_log_ins_that_still_exist(tmp_path, monkeypatch) -> None:
    (tmp_path / "demo_shop").touch()
    monkeypatch.setattr(opening, "remaining_demo_users", lambda: ["sales"])
    run = Commands()

    assert Folder(tmp_path).open(run, 8000) == ["  sales      (unchanged since the first start)"]
    assert run.asked == []


def test_a_password_from_the_environment_is_printed_for_the_users_who_have_it(tmp_path, monkeypatch) -> None:
    (tmp_path / "demo_shop").touch()
    opening.os.environ["SHOPCOMM_DEMO_PASSWORD"] = "twelve-red-bags"
    run = Commands(f"{LOG_INS} manager\n")

    assert Folder(tmp_path).open(run, 8000) == ["  manager    twelve-red-bags"]


def test_a_start_on_an_existing_database_prints_no_log_ins_and_marks_nothing(tmp_path) -> None:
    """DATABASE_URL may name the database of a real shop."""
    assert Folder(tmp_path).open(Commands(""), 8000) == []
    assert not (tmp_path / "demo_shop").exists()
    assert Folder(tmp_path).is_own


def test_the_start_of_an_empty_shop_prints_its_url_and_setup_code(tmp_path) -> None:
    run = Commands(f"{CODE} ABCD-EFGH-JKLM\n", "The shop has a manager: it is set up.\n")

    assert Folder(tmp_path, wants_own=True).open(run, 8123) == [
        "  your shop has no manager yet: open http://127.0.0.1:8123/setup/",
        "  and enter this code there: ABCD-EFGH-JKLM",
    ]
    # `make run` on the same folder later is that shop, without a demo in it.
    assert Folder(tmp_path).open(run, 8123) == []
    assert run.asked == ["setup_code", "setup_code"]


def test_an_own_shop_does_not_start_in_the_demos_data_folder(tmp_path) -> None:
    (tmp_path / "demo_shop").touch()

    with pytest.raises(EmbeddedError, match=r"holds the demo shop: .*SHOPCOMM_DATA=.*my-shop make shop"):
        Folder(tmp_path, wants_own=True).check()
    Folder(tmp_path).check()
