"""The province, city and county that a text names: the hierarchy decides, and what is not certain is not taken.

A chain is what is written one behind the other, from the higher to the lower: 广东省 广州市 越秀区. Each further name must stand
below the one before it, so 上海南京东路 ends at 上海, and 马鞍山市和县 is not 鞍山.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from orders.reading.divisions import (
    CITY,
    DISTRICT,
    PROVINCE,
    WORDS,
    Division,
    Named,
    counties_by_city,
    meanings_by_name,
    name_lengths,
)

# Nobody writes a place thrice over with all that stands above it; a text of nothing but names shall cost no more.
MOST_NAMES = 9
# So many names are tried in one text. An address that is written twice over, streets and all, needs about twenty; a
# text that goes beyond names so many places that it means none of them.
MOST_TRIED = 30
# Stands for what has been read already: phones and labels, out of the way of names.
TAKEN = "\0"
_GAP = re.compile(
    r"(?:[\s,，、/|\\\-—–>＞:：;；\0]|(?:省|自治区)?直辖县级行政(?:区划|单位)|直辖|市辖区|县辖区|辖区(?![\u4e00-\u9fff]))*"
)
_BREAK = re.compile(r"[\s,，、。;；:：/|\\!！?？()\[\]【】<>「」\"'“”\0]|$")
# What stands behind a short name, pieces with blanks between: 杭州四季青 意法服饰城 3 楼.
_AFTER = re.compile(r"[^,，。;；!！?？\n\0]{0,30}")
_HAN_OR_WORD = re.compile(r"[\u3400-\u9fffA-Za-z0-9]")
# What may stand right before a name in a sentence: 寄到上海, 地址是上海, 中国上海.
_BEFORE_A_NAME = "到在是往去至址为成国寄发给改送于"
# 南京东路, 中山二路, 上海大厦: the name of a division begins the name of something else.
_NAME_OF_ELSE = re.compile(
    r"[东南西北中内外上下前后左右新老旧大小一二三四五六七八九十环横支]{0,3}(?:[路街道巷弄里桥门]|胡同|公路|高速|立交)"
    r"|山庄|大[厦楼学堂酒饭]|学院|师范|饭店|酒店|宾馆|公园|花[园苑]|小区|[市商]场|新村|会馆|银行|医院|[中小]学|火车站|机场"
    r"|[湾湖河江山岛寺港站海](?:[路街道村镇]|大道|\d|$)|[村镇乡菜话货的那这没有仓寄去买店厂客是不怎]|人(?!民)|发(?!展)|[直配来到][接送发]|街道|特产|区号|市民|新[区县]"
)
_OF_A_STREET = re.compile(r"[路街巷弄镇乡村区道坊园苑庄场城栋楼号幢厦]|\d")
_OF_A_TOWN = re.compile(
    r"[\u4e00-\u9fff]{1,6}(?:镇|乡|街道|村|大道|[路街巷]|市场|商[贸品]?城|开发区|工业[园区])"
)
_KINDS = "省市区县州盟旗"
# Behind the kind of a division: 市场, 区域, 省钱 are words.
_WORD_OF_KIND = re.compile(
    r"市(?:[场民面政价值占]|中[街路])|区(?:[域间块别号]|分)|省(?:[钱心事道得略]|着)|县(?:[级令]|太爷)|州(?:[际])"
)


class Chain(NamedTuple):
    """Names one behind the other. `named`: how many there are; `whole`: how many of them with their kind (市, 县)."""

    start: int
    end: int
    meant: frozenset[Division]
    named: int = 0
    whole: int = 0
    first_whole: bool = False
    # The name of a development zone, of which there are many for one: 高新区.
    written: str = ""

    @property
    def division(self) -> Division | None:
        """What it names: the highest that its first name may mean, or nothing if there are several."""
        top = min(each.level for each in self.meant)
        highest = [each for each in self.meant if each.level == top]
        if len(highest) > 1:
            return None
        # 连江县 is of 福建 and of 台湾.
        if self.whole == self.named and not all(highest[0].holds(each) for each in self.meant):
            return None
        if top == PROVINCE:
            # 吉林 is the province and its city; whoever goes on with a street means the city.
            cities = [each for each in self.meant if each.level == CITY and highest[0].holds(each)]
            return cities[0] if len(cities) == 1 and self.whole == 0 else highest[0]
        return highest[0]


class TooManyNames(Exception):
    """A text names more places than anybody looks at."""


@dataclass(slots=True)
class Search:
    """A text (narrow, simplified) with how many of its names may still be tried."""

    text: str
    left: int = MOST_TRIED

    def count(self) -> None:
        """One more name is looked at. Raises TooManyNames."""
        self.left -= 1
        if self.left < 0:
            raise TooManyNames


@dataclass(frozen=True, slots=True)
class Region:
    """Where the text names its division, and whether nothing in the text speaks against it.

    `district` is the division's, or the zone as it was written.
    """

    start: int
    end: int
    division: Division
    district: str
    sure: bool


def load_divisions() -> None:
    """Read the divisions in now (about a tenth of a second), so that no message waits for it."""
    meanings_by_name()
    name_lengths()
    counties_by_city()


def region_in(search: Search) -> Region | None:
    """The division that a text names: the chain that says most and begins highest; of equals, the first."""
    try:
        chains = [(chain, division) for chain in _chains(search) if (division := chain.division)]
    except TooManyNames:
        return None
    if not chains:
        return None
    best, division = max(chains, key=_worth)
    if any(_names_a_province(meant) and not meant.holds(division) for _, meant in chains):
        return None
    end, division = _with_short_county(search.text, best.end, division)
    against = any(
        other.first_whole and not (meant.holds(division) or division.holds(meant))
        for other, meant in chains
        if meant.level < DISTRICT or other.named > 1
    )
    return Region(best.start, end, division, best.written or division.district, sure=not against)


def _names_a_province(division: Division) -> bool:
    """Whether it is one as a whole, as 北京 is as well."""
    return division.level == PROVINCE or (division.level == CITY and division.city == division.province)


def end_of_repetition(search: Search, start: int, division: Division) -> int:
    """Where a repetition of the division's names that begins at `start` ends; `start` if there is none."""
    try:
        chain = _grown(search, Chain(start, start, frozenset((division,)), named=1))
    except TooManyNames:
        return start
    return chain.end if chain.named > 1 and division in chain.meant else start


def _worth(pair: tuple[Chain, Division]) -> tuple[bool, int, int, int, int]:
    chain, division = pair
    high = min(each.level for each in chain.meant) < DISTRICT or chain.named > 1
    return high, division.level if chain.named > 1 else 0, chain.named, chain.whole, -chain.start


def _chains(search: Search) -> Iterator[Chain]:
    """The best chain of each place where one may begin, without those inside an earlier one. Raises TooManyNames."""
    text, known, end = search.text, name_lengths(), 0
    for start in range(len(text) - 1):
        if start < end or text[start : start + 2] not in known:
            continue
        border = _is_border(text, start)
        chain = _grown(search, Chain(start, start, frozenset()))
        if not chain.named or not (border or _stands_alone(chain)):
            continue
        end = chain.end
        yield chain


def _is_border(text: str, place: int) -> bool:
    if place == 0 or not _HAN_OR_WORD.match(text[place - 1]):
        return True
    return text[place - 1] in _BEFORE_A_NAME


def _stands_alone(chain: Chain) -> bool:
    """张三浙江省杭州市: within a run of characters only whole names, from the top down, are believed."""
    return (
        chain.first_whole
        and chain.named > 1
        and chain.whole > 1
        and min(each.level for each in chain.meant) >= CITY
    )


def _grown(search: Search, chain: Chain) -> Chain:
    """The chain with as many names behind it as fit; the longer names are tried first. Raises TooManyNames."""
    text, best = search.text, chain
    if chain.named == MOST_NAMES:
        return best
    start = _GAP.match(text, chain.end).end() if chain.named else chain.start  # type: ignore[union-attr]
    for place in (start, start + 1) if chain.named and text[start : start + 1] == "县" else (start,):
        for size in name_lengths().get(text[place : place + 2], ()):
            meant_by = (
                meanings_by_name().get(text[place : place + size]) if place + size <= len(text) else None
            )
            longer = _with_name(search, chain, place, place + size, meant_by) if meant_by else None
            if longer and (longer.named, longer.whole, longer.end) > (best.named, best.whole, best.end):
                best = longer
    return best


def _with_name(
    search: Search, chain: Chain, start: int, end: int, meant_by: tuple[Named, ...]
) -> Chain | None:
    """The chain with one more name, and what follows it; None if the name does not belong to it."""
    search.count()
    text = search.text
    fitting = [(each, division) for each in meant_by for division in _below(chain, each)]
    if not fitting:
        return None
    if any(each.town for each, _ in fitting):
        return _in_town(chain, start, frozenset(division for each, division in fitting if each.town))
    whole = any(each.whole for each, _ in fitting)
    fitting = [pair for pair in fitting if pair[0].whole == whole]
    longer = Chain(
        start=chain.start if chain.named else start,
        end=end,
        meant=frozenset(division for _, division in fitting),
        named=chain.named + 1,
        whole=chain.whole + whole,
        first_whole=chain.first_whole if chain.named else whole,
        written=text[start:end] if all(each.as_written for each, _ in fitting) else "",
    )
    grown = _grown(search, longer)
    if grown.named > longer.named:
        return grown
    if whole and _is_other_word(text, end):
        return None
    return longer if _may_end(text, chain, longer, whole, start) else None


def _in_town(chain: Chain, start: int, meant: frozenset[Division]) -> Chain | None:
    """A market town says the county, and stays in the street: the chain ends before it."""
    if not chain.named:
        return Chain(start, start, meant, named=1, whole=1)
    says_more = not meant <= chain.meant or len(chain.meant) > len(meant)
    return chain._replace(meant=meant, named=chain.named + 1) if says_more else None


def _is_other_word(text: str, end: int) -> bool:
    """Whether a whole name is the beginning of a word: 海宁市场, 台湾大道."""
    if text[end - 1] not in _KINDS:
        return _NAME_OF_ELSE.match(text, end) is not None
    return _WORD_OF_KIND.match(text, end - 1) is not None


def _below(chain: Chain, named: Named) -> Iterator[Division]:
    """What a name means behind the names before it: something below them, or one of them again."""
    if not chain.named:
        if not named.nested:
            yield named.division
        return
    for before in chain.meant:
        if before.holds(named.division):
            # 高新区 says something below its city only.
            if before.city or not (named.nested and named.as_written):
                yield named.division
        elif named.division.holds(before):
            yield before


def _may_end(text: str, before: Chain, chain: Chain, whole: bool, start: int) -> bool:
    """Whether a name may be the last: with its kind, before a break, or before what can only be a street."""
    if whole or _breaks(text, chain.end):
        # A word of every day that stands alone names nothing: 和平, 平安.
        return whole or before.named > 0 or text[start : chain.end] not in WORDS
    if before.meant == chain.meant or text[start : chain.end] in WORDS:
        return False
    after = _AFTER.match(text, chain.end)[0]  # type: ignore[index]
    if _NAME_OF_ELSE.match(after):
        return False
    if not before.named and min(each.level for each in chain.meant) == DISTRICT:
        return _OF_A_TOWN.match(after) is not None
    return _OF_A_STREET.search(after) is not None


def _breaks(text: str, place: int) -> bool:
    return _BREAK.match(text, place) is not None


def _with_short_county(text: str, end: int, division: Division) -> tuple[int, Division]:
    """南京市雨花区 for 雨花台区, 深圳市龙华新区: inside a city that is named, two characters and the kind are enough."""
    start = _GAP.match(text, end).end()  # type: ignore[union-attr]
    match = re.compile(r"([\u4e00-\u9fff]{2})新?[区县市](?!场)").match(text, start)
    if division.level != CITY or match is None:
        return end, division
    counties = counties_by_city().get((division.province, division.city), ())
    near = [each for each in counties if each.district.startswith(match[1])]
    return (match.end(), near[0]) if len(near) == 1 else (end, division)
