"""What a file is, by a few of its bytes; the name only tells apart what looks alike."""

import struct

import pytest

from messaging.services.file_kinds import kind_of_file
from tests.messaging.pictures import archive

FILM = struct.pack(">I4s4sI", 24, b"ftyp", b"isom", 0x200) + b"isomiso2" + b"\0" * 40
VOICE = FILM.replace(b"isom", b"M4A ", 1)


@pytest.mark.parametrize(
    ("content", "name", "ending", "mime"),
    [
        (FILM, "VID_1.mp4", "mp4", "video/mp4"),
        (FILM.replace(b"isom", b"qt  ", 1), "IMG_2.MOV", "mov", "video/quicktime"),
        (VOICE, "录音.m4a", "m4a", "audio/mp4"),
        (FILM, "录音.m4a", "m4a", "audio/mp4"),
        (b"ID3\x04" + b"\0" * 40, "a.mp3", "mp3", "audio/mpeg"),
        (b"\xff\xfb\x90\x64" + b"\0" * 40, "a.mp3", "mp3", "audio/mpeg"),
        (b"#!AMR\n" + b"\x3c" * 40, "a.amr", "amr", "audio/amr"),
        (b"OggS\0\x02" + b"\0" * 40, "a.ogg", "ogg", "audio/ogg"),
        (b"RIFF\x24\0\0\0WAVEfmt " + b"\0" * 40, "a.wav", "wav", "audio/wav"),
        ("货号,数量\nDJX-20,3\n".encode(), "清单.csv", "csv", "text/csv"),
        ("货号,数量\nDJX-20,3\n".encode("gb18030"), "清单.csv", "csv", "text/csv"),
        ("货号\t数量\n".encode("utf-16"), "清单.txt", "txt", "text/plain"),
        ("请发顺丰".encode(), "备注.txt", "txt", "text/plain"),
        ("请发顺丰".encode(), "备注", "txt", "text/plain"),
        (archive("[Content_Types].xml", "ppt/presentation.xml"), "a", "pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
    ],
)  # fmt: skip
def test_video_audio_and_spreadsheets_are_recognised_by_content(
    content: bytes, name: str, ending: str, mime: str
) -> None:
    kind = kind_of_file(content, name)

    assert kind is not None
    assert (kind.ending, kind.mime) == (ending, mime)


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"<html><script>alert(1)</script>", "a.txt"),
        (b"\xef\xbb\xbf \n<svg onload='alert(1)'/>", "a.csv"),
        ("<!doctype html>".encode("utf-16"), "a.txt"),
        (b"#!/bin/sh\nrm -rf /", "a.txt"),
        (b"plain words", "a.html"),
        (b"plain words", "a.js"),
        (b"a\0b", "a.txt"),
        (b"\x81", "a.txt"),
        (b"MZ\x90\0" + b"\0" * 40, "a.mp4"),
        (FILM.replace(b"isom", b"xxxx", 1), "a.mp4"),
        (b"PK\x03\x04 and no end", "a.zip"),
        (b"\xff\xfb", "a.mp3"),
        (b"\xff\xff\xff\xff", "a.mp3"),
    ],
)
def test_executable_and_unknown_files_are_refused(content: bytes, name: str) -> None:
    assert kind_of_file(content, name) is None
