"""Files as a manager takes them in, step by step, with the worker's part done at once."""

import csv
import io

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from shopcomm.edge.files.models import ImportRun
from shopcomm.edge.files.services.working import work_on_files

HEADS = ["货号", "品名", "颜色", "零售价"]
BAGS = [["TT-1", "托特包", "黑", "28.50"], ["TT-2", "托特包", "白", "１，２８８"]]


def as_csv(*rows: list[object], encoding: str = "utf-8-sig") -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue().encode(encoding)


def upload(client: Client, kind: str, content: bytes, name: str = "表.csv", **given: str) -> ImportRun:
    """A file, as far as a worker takes it: its columns wait for a person."""
    answer = client.post(f"/files/imports/new/{kind}/", {"file": SimpleUploadedFile(name, content), **given})
    assert answer.status_code == 302, answer.content.decode()
    work_on_files()
    return ImportRun.objects.latest("pk")


def tried(client: Client, run: ImportRun, **columns: str) -> ImportRun:
    """The same with its columns as they were guessed, but for those that are given."""
    guessed = {f"column_{found[0]}": name for name, found in run.layout["places"].items()}
    client.post(f"/files/imports/{run.pk}/columns/", guessed | columns)
    work_on_files()
    run.refresh_from_db()
    return run


def pressed(client: Client, run: ImportRun, button: str) -> ImportRun:
    client.post(f"/files/imports/{run.pk}/{button}/")
    work_on_files()
    run.refresh_from_db()
    return run


def taken_in(client: Client, kind: str, *rows: list[object], **columns: str) -> ImportRun:
    run = pressed(client, tried(client, upload(client, kind, as_csv(*rows)), **columns), "take")
    assert run.stage == ImportRun.Stage.DONE, run.detail or run.trial
    return run


def numbers(told: dict[str, int]) -> tuple[int, int, int, int]:
    return told["new"], told["changed"], told["same"], told["refused"]
