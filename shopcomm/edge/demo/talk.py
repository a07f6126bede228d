"""What people of the demo shop say to each other beside an order."""

from random import Random

# Each dialogue: who speaks (c customer, s sales, n internal note) and what.
BEFORE = (
    (("c", "在吗？想订几个包"), ("s", "在的，您看中哪款？"), ("c", "{name}，{spec} 有现货吗"),
     ("s", "有的，{spec} 现货充足，今天付款今天就能配"), ("c", "好，帮我下 {count} 个 👌")),
    (("c", "{name} 这个颜色会不会掉色"), ("s", "不会的，五金和面料都做过色牢度测试"), ("c", "那就要 {spec}")),
    (("c", "批发价怎么算"), ("s", "10 件起 8 折，50 件起 7 折，可以混色"), ("c", "先来 {count} 个试试，卖得好再补"),
     ("n", "老客户，走批发价，注意包装别压")),
    (("c", "能装下 15.6 寸电脑吗"), ("s", "中号以上都可以，内胆有独立电脑仓"), ("c", "好的，下单了"),
     ("s", "收到，已经给您建好订单，麻烦核对一下地址")),
)  # fmt: skip
PAID = (
    (("c", "钱已经转了，查一下"), ("s", "收到款了，马上安排配货 😊")),
    (
        ("c", "周五之前能到吗"),
        ("s", "今天发的话后天能到，我让仓库优先"),
        ("n", "客户周五开业要用，先别排到明天"),
    ),
)
SHIPPED = (
    (("c", "发货了吗"), ("s", "已经发出了，单号在订单里能看到"), ("c", "好的谢谢")),
    (("c", "物流怎么还没更新"), ("s", "刚揽收，一般晚上会有第一条记录，我帮您盯着"), ("c", "辛苦了 🙏")),
)
DONE = (
    (("c", "收到了，质量不错 👍"), ("s", "谢谢支持，有需要随时找我")),
    (("c", "货收到了，{spec} 比图片好看"), ("s", "您满意就好，色卡下次寄您一份")),
)
REFUND = (
    (
        ("c", "拉杆有点松，想退"),
        ("s", "实在抱歉，您拍个照片发我，马上给您处理"),
        ("n", "退款走原路，货退回后检查拉杆"),
    ),
)
URGENT = (("c", "今天能加急发吗？"), ("s", "可以，已经给您标了加急"))


def demo_dialogue(parts: tuple[str, ...], chance: Random, **words: str) -> list[tuple[str, str]]:
    """Lines for the stages an order went through, filled with its own goods."""
    stages = {"before": BEFORE, "paid": PAID, "shipped": SHIPPED, "done": DONE, "refund": REFUND}
    lines = [line for part in parts for line in chance.choice(stages[part])]
    return [(who, text.format(**words)) for who, text in lines]
