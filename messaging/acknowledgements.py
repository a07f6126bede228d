"""Short words of a customer that need no answer: 好的, 谢谢, OK, 收到, a thumb, and combinations of them.

What may be a question, a wish, an answer or a greeting is none of them: a customer who is taken for content wrongly
waits for good, one who is not costs a glance.
"""

import re
import unicodedata

LONGEST = 40

_CHINESE = (
    "好好好 好的呢 好的呀 好的啊 好的哦 好的 好嘞 好滴 好哒 好呢 好呀 好啊 好吧 好咧 好 行 没问题 沒問題 没事 收到了 收到啦 收到 "
    "知道了 知道啦 晓得了 明白了 明白啦 明白 了解了 了解 嗯嗯 嗯 哦哦 哦 噢 喔 "
    "谢谢 谢了 谢啦 多谢 感谢 非常感谢 太感谢了 谢谢啦 謝謝 謝了 多謝 感謝 3q "
    "辛苦了 辛苦啦 辛苦您了 辛苦你了 辛苦你们了 辛苦 麻烦了 麻烦您了 麻烦你了 麻煩了 麻煩您了 不客气 不用谢 再见 拜拜 晚安"
)
_ENGLISH = (
    "okay ok okk okey kk thanksalot thankssomuch thanksverymuch thanksagain manythanks thanks thankyouverymuch thankyousomuch "
    "thankyou thanku thx tks ty cheers gotit noted received understood alright allright great perfect noproblem np bye goodbye"
)
# WeChat's own pictures, as they come when they are copied.
_NAMED = "[ok] [强] [抱拳] [玫瑰] [微笑] [愉快] [握手] [鼓掌] [合十] [爱心] [嘿哈] [呲牙]"
_PICTURES = "👍 👌 🙏 🤝 ❤ 🌹 😊 😄 😁 🙂 😃 😀 ☺ 🥰 😘 💐 🌷 💪 👏 🎉 ✅ 🆗 🫡 😉"
_BESIDE = "您 你 你们 大家 老板 老板娘 亲 亲爱的 姐 哥 哈 哈哈 啦 哟 哇 呀 sir boss dear all"

_GAPS = re.compile(r"[\s,，、.。!！~～…;；:：·\-—\ufe0f\u200d\U0001f3fb-\U0001f3ff]+")
# 您好, 老板好 call somebody; 老板好的 answers them.
_GREETING = re.compile(r"(你|您|们|家|亲|哥|姐|老板|老板娘|sir|boss)好(?![的嘞滴哒呢呀啊吧咧])")


def _words(*lists: str) -> str:
    known = sorted({word for each in lists for word in each.split()}, key=len, reverse=True)
    return "|".join(re.escape(word) for word in known)


_CORE = re.compile(_words(_CHINESE, _ENGLISH, _NAMED, _PICTURES))
_FILLER = re.compile(_words(_BESIDE))


def is_acknowledgement(text: str) -> bool:
    """Whether a text only says that its writer has read something, agrees to it or is thankful."""
    if len(text) > LONGEST:
        return False
    said = _GAPS.sub("", unicodedata.normalize("NFKC", text).lower().replace("\ufe0f", ""))
    if _GREETING.search(said):
        return False
    at, thanked = 0, False
    while at < len(said):
        word = _CORE.match(said, at)
        thanked = thanked or word is not None
        word = word or _FILLER.match(said, at)
        if word is None:
            return False
        at = word.end()
    return thanked
