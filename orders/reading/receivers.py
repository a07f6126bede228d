"""Which piece of a text is a person: by a title, a surname, or its place beside a phone. Texts are simplified."""

import re
from dataclasses import dataclass

_SURNAMES = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付"
    "傅方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤温康施文牛樊葛邢安齐易乔伍庞颜倪庄聂章鲁岳翟殷詹申欧耿关兰焦俞左"
    "柳甘祝包宁尚符舒阮柯纪梅童凌毕单季裴霍涂成苗谷曲盛冉翁蓝骆路游靳管柴蒙鲍华喻祁蒲房滕屈饶解牟艾尤时穆农司阳古车项祖代卜闵全危池宫班仇"
    "门鄢景党甄卓臧娄费敖应郎桑储历占楚明隋冷褚桂慕连居匡晏辛寇修原巩苟鞠边巫鹿惠宗苑麦娘巴区岑冼植利伏仲芦缪干狄丛沙邬邝郁虞闻晋简凤花迟"
    "幸戚年国丘阎萧乐海刁母云皮商付平保佟买米查苍佘麻钮蔺"
)
_DOUBLE = ("欧阳", "上官", "司马", "诸葛", "司徒", "夏侯", "皇甫", "尉迟", "慕容", "令狐", "东方", "端木", "独孤", "南宫", "公孙")  # fmt: skip
_COURTESY = re.compile(
    r"(?:先生|小姐姐?|女士|太太|老师|老板娘?|师傅|阿姨|叔叔?|大哥|大姐|经理|店长|主任|厂长|会计|掌柜)$"
)
_SHORT_COURTESY = re.compile(r"^(?:[\u4e00-\u9fff]|阿[\u4e00-\u9fff]|[小老大][\u4e00-\u9fff]).{0,2}(?:总|姐|哥|工|生|嫂|妹|弟|婶|伯|爷|仔|董|店|收)$")  # fmt: skip
# Words of talk, of places and of goods; none of them is in a name that is only guessed.
_TALK = re.compile(
    r"[的了吗呢吧啊呀哦嘛么不没哪什怎为给寄送到请麻谢我你他她它们错改换帮急要再把别就都也还跟个货]"
    r"|[这那][个边里么儿是样次单批]|[下订]单|[几这那]件|发[到往给错快现]|[别没快不]发|尽快|马上|地址|电话|一下|今天|明天|上次|老客|备注|上午|下午|周末"
    r"|签收|前台|驿站|菜鸟|丰巢|快递|物流|顺丰|圆通|中通|申通|韵达|德邦|京东|[红黑白灰蓝绿]色"
)
_PLEA = re.compile(
    r"[吗呢吧啊呀哦嘛么]|谢谢|麻烦|请|尽快|马上|发货|发错|什么|怎么|为何|多久|几天|什么时候|不要|别发|要送|送货|快点|加急|记得|帮忙|打电话|备注|包装"
)
_GREETING = re.compile(
    r"^(?:你好|您好|老板|亲|在吗|好的?|谢谢|哈喽|hello|hi|ok|嗯|收到|老板娘)+$", re.IGNORECASE
)
_REMARK = re.compile(r"[(（][^)）]*[)）]?$")
_PLACE = re.compile(
    r"\d|[省市区县镇乡村路街道巷弄号楼栋幢座室层苑园厦城店屯庄坊堂队组社厂库档铺门院场港湾桥站库单元口排户湖期都]$|[路街巷弄号栋幢]|大道|街道|胡同|小区|广场|公寓|花园|市场|公司|集团|工业|学校|医院|酒店|仓库|商铺|档口"
)
_MIXED = re.compile(
    r"^[\u4e00-\u9fff]{1,3}[A-Za-z*＊×某]{1,4}$|^[\u4e00-\u9fff][*＊×某]{1,2}[\u4e00-\u9fff]?$"
)
_OF_A_MINORITY = re.compile(r"^[\u4e00-\u9fff]{2,8}[·•・][\u4e00-\u9fff·•・]{2,12}$")
_LATIN = re.compile(r"^[A-Za-z][A-Za-z.'’-]{1,20}(?: [A-Za-z][A-Za-z.'’-]{0,20}){0,3}$")
# How much a piece is worth as a person. What is only possible must stand beside a phone.
_CERTAIN, LIKELY, _POSSIBLE = 50, 40, 10
_BESIDE_A_PHONE = 15


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of characters between breaks: its words in simplified characters, where they stand, and whether a phone
    stands beside them."""

    text: str
    start: int
    end: int
    beside_phone: bool


def is_place(text: str) -> bool:
    """Whether a piece is of a street: has a number or a word of places, or is the single sign of a door or block."""
    # 501 室（电梯口）: the remark is of what it stands behind.
    plain = _REMARK.sub("", text) or text
    return (len(plain) == 1 and (plain.isascii() or plain.isdigit())) or bool(_PLACE.search(plain))


def is_talk(text: str) -> bool:
    """Whether a piece is said to somebody: 谢谢老板, 麻烦尽快发货."""
    return bool(_GREETING.match(text) or _PLEA.search(text))


def is_surname(text: str) -> bool:
    """Whether one character alone can be a surname."""
    return text in _SURNAMES


def likeness_to_name(piece: Piece) -> int:
    """How much a piece looks like a person; 0 is not at all."""
    worth = _likeness(piece.text)
    if worth == _POSSIBLE and not piece.beside_phone:
        return 0
    return worth + (_BESIDE_A_PHONE if worth and piece.beside_phone else 0)


def _likeness(text: str) -> int:
    if not 1 < len(text) <= 30 or _GREETING.match(text):
        return 0
    if _OF_A_MINORITY.match(text):
        return _CERTAIN
    if match := _COURTESY.search(text):
        before = text[: match.start()]
        return (
            _CERTAIN
            if before and len(before) <= 6 and not _TALK.search(before) and not re.search(r"\d", before)
            else 0
        )
    if (
        _SHORT_COURTESY.match(text)
        and text[0] in _SURNAMES | set("阿小老大")
        and not _PLACE.search(text[:-1])
    ):
        return 0 if _TALK.search(text) else _CERTAIN
    if is_place(text) or _TALK.search(text):
        return 0
    if _MIXED.match(text):
        return LIKELY
    if re.fullmatch(r"[\u3400-\u9fff] [\u3400-\u9fff]", text):
        return LIKELY
    if re.fullmatch(r"[\u3400-\u9fff]{2,4}", text):
        double = text[:2] in _DOUBLE and len(text) > 2
        return LIKELY if double or (text[0] in _SURNAMES and len(text) <= 3) else _POSSIBLE
    if _LATIN.match(text):
        return LIKELY - 5 if " " in text else _POSSIBLE
    return _POSSIBLE if len(text) <= 8 and not re.search(r"\d", text) else 0


_GLUED = re.compile(
    r"(?<=[号楼室栋层座档铺库元幢店厦场城园苑村\dA-Za-z])([\u4e00-\u9fff]{1,3}(?:先生|小姐|女士|老师|老板|师傅|阿姨)|[\u4e00-\u9fff]{2,3})$"
)


def glued_to_street(text: str) -> str:
    """The person at the end of a street without a break (…23号何小姐), before a phone; empty if there is none."""
    match = _GLUED.search(text)
    if match is None:
        return ""
    return match[1] if _likeness(match[1]) >= LIKELY else ""
