"""The interface is Chinese, and English is complete."""

import re
from pathlib import Path

from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[2]
CATALOGUE = ROOT / "locale/en/LC_MESSAGES/django.po"
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|\{\w+\}")
BLOCK = re.compile(r"{%\s*blocktranslate\b(?![^%]*\btrimmed\b)[^%]*%}(.*?){%\s*endblocktranslate", re.DOTALL)
BLOCK_VALUE = re.compile(r"{{\s*(\w+)\s*}}")
KEYWORDS = {"gettext": None, "gettext_lazy": None, "_": None, "_t": None, "ngettext": (1, 2)}


def messages() -> dict[str, tuple[str, ...]]:
    with CATALOGUE.open("rb") as lines:
        found = [each for each in read_po(lines) if each.id]
    assert not [each.id for each in found if each.fuzzy]
    return {
        each.id if isinstance(each.id, str) else each.id[0]: (each.string,)
        if isinstance(each.string, str)
        else tuple(each.string)
        for each in found
    }


def said_in_code() -> set[str]:
    """Every Chinese sentence that Python code or a template hands to gettext."""
    said: set[str] = set()
    for folder in ("orders", "messaging", "shopcomm"):
        for _path, _line, found, _comments, _context in extract_from_dir(
            ROOT / folder, method_map=[("**.py", "python")], keywords=KEYWORDS
        ):
            said.add(found if isinstance(found, str) else found[0])
    for template in ROOT.glob("templates/**/*.html"):
        text = template.read_text()
        said |= {match[1] for match in re.findall(r"""{%\s*translate\s+(['"])(.+?)\1""", text)}
        said |= {match[1] for match in re.findall(r"""_\((['"])(.+?)\1\)""", text)}
        said |= {BLOCK_VALUE.sub(r"%(\1)s", each) for each in BLOCK.findall(text) if "{% plural" not in each}
    return said


def test_every_chinese_text_has_an_english_translation() -> None:
    known = messages()

    assert sorted(said_in_code() - set(known)) == []
    assert sorted(each for each, english in known.items() if not all(english)) == []


def test_english_translations_keep_every_placeholder_and_have_no_chinese() -> None:
    wrong = []
    for chinese, english in messages().items():
        for text in english:
            if set(PLACEHOLDER.findall(chinese)) - set(PLACEHOLDER.findall(text)):
                wrong.append(chinese)
            if re.search(r"[\u4e00-\u9fff]", text) and chinese not in SHOWN_AS_IT_IS:
                wrong.append(text)
    assert wrong == []


def test_chinese_texts_use_chinese_punctuation() -> None:
    """（…） and ， ： ； beside Chinese words; the half-width ones belong to English."""
    wrong = [
        chinese
        for chinese in messages()
        if re.search(r"[\u4e00-\u9fff]", chinese)
        and re.search(r"[()]|[\u4e00-\u9fff][,:;?!]", PLACEHOLDER.sub("", chinese))
    ]
    assert wrong == []


# Names of languages are written in their own; so are a template's variables and an announcement to paste.
SHOWN_AS_IT_IS = {
    "简体中文",
    "中文",
    "留空用默认内容；可以写 {{营业时间}}",
    "春节：2月15日至23日放假调休，共9天。2月14日、2月28日上班。",
}

# A number of these may be one: “1 styles”. Such a sentence has plural forms, or says “Styles: 1”.
COUNTED = re.compile(
    r"%\(\w+\)[sd] (?:more |missing )?(?:pieces|styles|variants|colours|changes|orders|days|minutes|hours|attempts|rows|kinds|customers|"
    r"items|messages|lines|people|notices|pictures)\b"
)
# Limits of the product that are never one.
ALWAYS_SEVERAL = {
    "一次最多询价 %(count)d 款",
    "在 %(count)s 款里查找",
    "缺货数量要在 1 到 %(most)s 之间",
    "一个文件最多 %(most)s 行：请分成几个文件再导入",
    "一张单超过 %(most)s 行",
    "一个订单最多 %(most)s 行商品",
}


def test_english_texts_with_a_count_have_a_singular() -> None:
    wrong = {
        chinese for chinese, english in messages().items() if len(english) == 1 and COUNTED.search(english[0])
    }
    assert wrong - ALWAYS_SEVERAL == set()


def test_a_long_text_appears_in_only_one_template() -> None:
    """What two pages explain at length is a partial of both: said twice, it is soon said in two ways."""
    places: dict[str, set[str]] = {}
    for path in ROOT.glob("templates/**/*.html"):
        text = path.read_text()
        said = [found[1] for found in re.findall(r"""{%\s*translate\s+(['"])(.+?)\1""", text)]
        for sentence in said + BLOCK.findall(text):
            if len(BLOCK_VALUE.sub("", sentence)) >= 40:
                places.setdefault(sentence, set()).add(path.name)
    assert {sentence: names for sentence, names in places.items() if len(names) > 1} == {}


def test_every_chinese_text_in_a_template_is_marked_for_translation() -> None:
    """A full-width comma between two translated words is Chinese, too."""
    tags = re.compile(
        r"{%\s*blocktranslate\b.*?{%\s*endblocktranslate\s*%}|{#.*?#}|{%.*?%}|{{.*?}}", re.DOTALL
    )
    wrong = []
    for path in ROOT.glob("templates/**/*.html"):
        bare = tags.sub("", path.read_text())
        for name in sorted(SHOWN_AS_IT_IS, key=len, reverse=True):
            bare = bare.replace(name, "")
        if found := re.search(r"[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]+", bare):
            wrong.append((path.name, found[0]))
    assert wrong == []
