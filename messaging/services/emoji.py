"""The emoji of the picker with their Chinese and English names, built once from the `emoji` package."""

from functools import cache

import emoji

EMOJI_VERSION = emoji.__version__
_FULLY_QUALIFIED = 2
# Not offered one by one: five skin tones of every hand would bury the rest.
_SKIN_TONES = frozenset("🏻🏼🏽🏾🏿")
COMMON = "😀😁😂🤣😊😉😍😘🤔😅😭😱😡👍👎👌🙏👏🤝💪🎉🌹❤️💔🔥✨👜👛👝🎒🧳💼📦🚚✈️💰🧾📷☎️✅❌❓⏰🕐📍🎁🆗"
# Where each sort of picture begins, in the order people look for them.
_ORDER = (
    (0x1F600, 0x1F64F),
    (0x1F910, 0x1F92F),
    (0x1F970, 0x1F97A),
    (0x1F440, 0x1F4FF),
    (0x1F300, 0x1F43F),
)


@cache
def emoji_table() -> dict[str, list[list[str]]]:
    """Rows of character, Chinese name, English name: the usual ones, then every one."""
    emoji.config.load_language("zh")
    rows = [
        [char, _name(data.get("zh", data["en"])), _name(data["en"])]
        for char, data in emoji.EMOJI_DATA.items()
        if data["status"] == _FULLY_QUALIFIED and not _SKIN_TONES & set(char)
    ]
    rows.sort(key=lambda row: _rank(row[0]))
    by_char = {row[0]: row for row in rows}
    common = [by_char[char] for char in _split(COMMON) if char in by_char]
    return {"common": common, "all": rows}


def _name(raw: str) -> str:
    return raw.strip(":").replace("_", " ").lower()


def _rank(char: str) -> tuple[int, str]:
    code = ord(char[0])
    place = next(
        (index for index, (low, high) in enumerate(_ORDER) if low <= code <= high),
        len(_ORDER),
    )
    return place, char


def _split(text: str) -> list[str]:
    return [found["emoji"] for found in emoji.emoji_list(text)]
