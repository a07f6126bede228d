"""Reading an address out of what somebody wrote in a chat or pasted. Pure; nothing is changed by what it finds.

Every character of the text ends up in one field: what belongs to no part of the address stands in `rest` and `signs`.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from orders.reading.characters import to_half_width, to_simplified
from orders.reading.marks import CHANGE, labels_in, postcode_in
from orders.reading.phones import FoundPhone, phone_in_region, phones_in
from orders.reading.receivers import (
    LIKELY,
    Piece,
    glued_to_street,
    is_place,
    is_surname,
    is_talk,
    likeness_to_name,
)
from orders.reading.regions import TAKEN, Region, Search, end_of_repetition, region_in

__all__ = ["CHANGE", "LONGEST", "ReadAddress", "read_address", "read_receiver"]
LONGEST = 400
# A receiver with an address is a dozen pieces. A text of more than these is something else, and is left as it is.
MOST_PIECES = 32
_BREAK = re.compile(r"(?:[\s,，。;；|!！?？:：\0]|(?<![A-Za-z0-9])/|/(?![A-Za-z0-9]))+")
# Eight digits of Hong Kong and Macau, a mobile number of Taiwan.
PHONE_ABROAD = re.compile(r"[2-9]\d{7}|0?9\d{8}")
_ONE_WORD = re.compile(r"[A-Za-z.'’-]+")
# At the end of a street: 可以吗, 谢谢.
_TAIL = re.compile(r"(?:可以|行不?行?|好|对)?[吗吧啊哦呢呀嘛么哈]+$|(?:谢谢|麻烦)[^\d]{0,12}$|哪?里?多久.*$")
# Behind a name: 王芳收, 王芳（收）.
_FOR_WHOM = re.compile(r"[（(]?收[)）]?$")
_REMARK = re.compile(r"[（(][^()（）]*[)）]?$")
_EMPTY = re.compile(r"[(（\[【]\s*[)）\]】]|[(（\[【]\s*$")
_TRIM = "。.:：()（）[]【】 -—_~*\"'“”"


@dataclass(frozen=True)
class ReadAddress:
    """What was found; what is missing is empty. `code` is of the division (GB/T 2260).

    `region` is the division as it was written, `signs` are labels, country code and postcode, `rest` is everything else.
    `sure` is False when the text names another place as well.
    """

    name: str
    phone: str
    province: str
    city: str
    district: str
    street: str
    code: str
    region: str = ""
    signs: str = ""
    rest: str = ""
    sure: bool = True

    @property
    def reachable_phone(self) -> str:
        """The phone as it can be dialled from China: those of Hong Kong, Macau and Taiwan with their country's code."""
        prefix = {"81": "+852", "82": "+853", "71": "+886"}.get(self.code[:2])
        at_home = prefix and not self.phone.startswith("+") and PHONE_ABROAD.fullmatch(self.phone)
        return f"{prefix}{self.phone.removeprefix('0')}" if at_home else self.phone

    @property
    def is_complete(self) -> bool:
        """Whether a parcel could be sent there, without a doubt where that is."""
        return bool(self.province and self.city and self.street and self.sure)


def read_address(text: str) -> ReadAddress | None:
    """The address in a text, or None when it names no place for certain."""
    read = read_receiver(text)
    return read if read.province else None


def read_receiver(text: str) -> ReadAddress:
    """What a text says of a receiver, also when it names no place: then the division and its code are empty."""
    return _Reading(text).read()


class _Reading:
    """One text being read. Each character gets one owner: a field of the address."""

    def __init__(self, text: str) -> None:
        self.text = to_half_width(text)
        self.plain = to_simplified(self.text[:LONGEST])
        self.owners = ["rest"] * len(self.text)
        self.phone = ""
        # Where the words behind a label begin: its kind by place.
        self.labelled: dict[int, str] = {}

    def read(self) -> ReadAddress:
        phones = phones_in(self.plain)
        for each in phones:
            self._take_phone(each)
        self._take_labels()
        region = self._take_region()
        if region and not self.phone and (phone := phone_in_region(self.plain, region.division.code)):
            self._take_phone(phone)
        if region and (postcode := postcode_in(self.plain, region.end)):
            self._own(*postcode, "signs")
        self._share_out(self._pieces(), region)
        return self._result(region)

    def _own(self, start: int, end: int, owner: str, *, taken: bool = True) -> None:
        signs, owned = self.plain[start:end], self.owners[start:end]
        self.owners[start:end] = [
            mine if sign == TAKEN else owner for sign, mine in zip(signs, owned, strict=True)
        ]
        if taken:
            self.plain = self.plain[:start] + TAKEN * (end - start) + self.plain[end:]

    def _take_phone(self, phone: FoundPhone) -> None:
        if self.phone:
            # A second number is told apart from the street, and kept.
            self._own(phone.start, phone.end, "rest")
            return
        self.phone = phone.number
        self._own(phone.prefix, phone.start, "signs")
        self._own(phone.start, phone.end, "phone")
        if match := re.search(r"\d{3,6}$", phone.number[11:]):
            # Marketplaces repeat the extension behind the name and the street: 张三[3921].
            for each in re.finditer(rf"[\[【(]{match[0]}[\]】)]", self.plain):
                self._own(each.start(), each.end(), "signs")

    def _take_labels(self) -> None:
        for start, end, follows in labels_in(self.plain):
            self._own(start, end, "signs")
            if follows:
                self.labelled[end] = follows

    def _take_region(self) -> Region | None:
        search = Search(self.plain)
        region = region_in(search)
        if region is None:
            return None
        self._own(region.start, region.end, "region")
        for piece in self._pieces():
            if piece.start >= region.end:
                search.text = self.plain
                end = end_of_repetition(search, piece.start, region.division)
                self._own(piece.start, end, "region")
        return region

    def _pieces(self) -> list[Piece]:
        """What nothing has taken yet, run by run; nothing of a text that is too many pieces."""
        spans: list[tuple[int, int]] = []
        place = 0
        while place < len(self.plain):
            gap = _BREAK.match(self.plain, place)
            if gap:
                place = gap.end()
                continue
            match = _BREAK.search(self.plain, place)
            end = match.start() if match else len(self.plain)
            if spans and self._is_one_name(spans[-1], (place, end)):
                place = spans.pop()[0]
            spans.append((place, end))
            place = end
            if len(spans) > MOST_PIECES:
                return []
        return [self._piece(start, end) for start, end in spans]

    def _piece(self, start: int, end: int) -> Piece:
        after = self.plain[end:].lstrip(" \t,，:：")[:1]
        before = self.plain[:start].rstrip(" \t,，:：")
        beside = after == TAKEN and self._owner_after(end) == "phone"
        beside = beside or (before.endswith(TAKEN) and self.owners[len(before) - 1] == "phone")
        return Piece(self.plain[start:end], start, end, beside)

    def _owner_after(self, place: int) -> str:
        while place < len(self.plain) and self.plain[place] in " \t,，:：":
            place += 1
        while place < len(self.plain) and self.plain[place] == TAKEN and self.owners[place] == "signs":
            place += 1
        return self.owners[place] if place < len(self.plain) else ""

    def _is_one_name(self, left: tuple[int, int], right: tuple[int, int]) -> bool:
        """Peter Chan is one piece, and so is 张 三."""
        if self.plain[left[1] : right[0]] != " ":
            return False
        one, two = self.plain[slice(*left)], self.plain[slice(*right)]
        if len(one) == len(two) == 1:
            return is_surname(one) and not two.isascii() and not is_place(two)
        return bool(_ONE_WORD.fullmatch(one.replace(" ", "")) and _ONE_WORD.fullmatch(two)) and len(two) > 1

    def _share_out(self, pieces: list[Piece], region: Region | None) -> None:
        """Name and street from the pieces; what is neither stays where it is, in the rest."""
        name = self._labelled(pieces) or self._likeliest(pieces, region)
        if name:
            pieces = self._without_name(pieces, name)
        behind = [each for each in pieces if region is None or each.start >= region.end]
        street = self._street_of(behind)
        if not any(is_place(each.text) for each in street):
            ahead = self._street_of(pieces[: len(pieces) - len(behind)], first=False)
            street = ahead or street
        for piece in street:
            end = piece.start + len(_without_tail(piece.text))
            self._own(piece.start, end or piece.end, "street", taken=False)

    def _labelled(self, pieces: Iterable[Piece]) -> Piece | None:
        return next((each for each in pieces if self.labelled.get(each.start) == "name"), None)

    def _likeliest(self, pieces: list[Piece], region: Region | None) -> Piece | None:
        first = next((each for each in pieces if region and each.start >= region.end), None)
        others = any(is_place(each.text) for each in pieces if each is not first)
        ranked = []
        for piece in pieces:
            worth = likeness_to_name(piece)
            # What stands right behind the division is the street, unless another piece is and this one is a person.
            if worth and (piece is not first or (worth >= LIKELY and others)):
                ranked.append((worth, piece.start, piece))
        best = max(ranked, default=None, key=lambda each: (each[0], each[1]))
        if best and best[0] >= LIKELY:
            return best[2]
        glued = next((each for each in pieces if each.beside_phone and glued_to_street(each.text)), None)
        if glued:
            return Piece(glued.text, glued.end - len(glued_to_street(glued.text)), glued.end, True)
        return best[2] if best else None

    def _without_name(self, pieces: list[Piece], name: Piece) -> list[Piece]:
        """Give the name its characters; what stood before it in its piece remains one."""
        end = name.end
        if (match := _FOR_WHOM.search(self.plain, name.start, name.end)) and match.start() - name.start > 1:
            end = match.start()
            self._own(end, name.end, "signs")
        elif match := _REMARK.search(self.plain, name.start, name.end):
            end = match.start() if match.start() > name.start else end
        self._own(name.start, end, "name")
        left = []
        for each in pieces:
            if each.start < name.start < each.end:
                left.append(self._piece(each.start, name.start))
            elif each.start != name.start:
                left.append(each)
        return left

    def _street_of(self, pieces: list[Piece], *, first: bool = True) -> list[Piece]:
        """From the first to the last piece of a street. The first piece behind a division is of it, if it is no talk."""
        marked = [
            place
            for place, each in enumerate(pieces)
            if not is_talk(_without_tail(each.text))
            and (is_place(each.text) or (first and place == 0) or self.labelled.get(each.start) == "place")
        ]
        return pieces[min(marked) : max(marked) + 1] if marked else []

    def _result(self, region: Region | None) -> ReadAddress:
        division = region.division if region else None
        said = self._said()
        return ReadAddress(
            name=said["name"].strip(_TRIM),
            phone=self.phone,
            province=division.province if division else "",
            city=division.city if division else "",
            district=region.district if region else "",
            street=_EMPTY.sub("", said["street"]).strip(" -—_·,，"),
            code=division.code if division else "",
            region=said["region"],
            signs=said["signs"],
            rest=said["rest"],
            sure=region is not None and region.sure,
        )

    def _said(self) -> defaultdict[str, str]:
        """What each owner has, with a blank where something else stood between."""
        pieces: defaultdict[str, list[str]] = defaultdict(list)
        place = 0
        for owner, run in groupby(self.owners):
            end = place + len(list(run))
            pieces[owner].append(_BREAK.sub(" ", self.text[place:end]))
            place = end
        said: defaultdict[str, str] = defaultdict(str)
        for owner, each in pieces.items():
            said[owner] = " ".join(" ".join(each).split())
        return said


def _without_tail(piece: str) -> str:
    """A piece of a street without what is said behind it: …18栋吧, …3楼可以吗."""
    return piece[: len(_TAIL.sub("", piece))]
