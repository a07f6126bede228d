"""Draws docs/drawings/ways/: for each way of joining another system who calls whom, in English and in Chinese.

Run by `make drawings`. A house test says when a picture is not what this draws.
"""

from dataclasses import dataclass
from html import escape
from pathlib import Path

FOLDER = Path(__file__).with_name("ways")
LANGUAGES = ("", ".zh-CN")
# So wide that every text finds room between two lanes.
WIDTHS, LANE, TOP, STEP = {2: 760, 3: 960}, 40, 74, 46
STYLE = """
  .paper { fill: #fff } .box { fill: #f3f1ec; stroke: #b9b2a3 } .ours { fill: #f6e9dd; stroke: #8a4b1f }
  .line { stroke: #c9c3b6; stroke-dasharray: 3 4 } .arrow { stroke: #8a4b1f; fill: none } .head { fill: #8a4b1f }
  text { font: 13px system-ui, "Noto Sans SC", sans-serif; fill: #45413a } .name { font-weight: 600; fill: #1f1c17 }
  @media (prefers-color-scheme: dark) {
    .paper { fill: #141311 } .box { fill: #2b2925; stroke: #57524a } .ours { fill: #3a2a1d; stroke: #e0a377 }
    .line { stroke: #57524a } .arrow { stroke: #e0a377 } .head { fill: #e0a377 }
    text { fill: #c9c4ba } .name { fill: #f2eee6 }
  }
"""


@dataclass(frozen=True)
class Words:
    """The same in English and in Chinese."""

    en: str
    zh: str

    def said(self, language: str) -> str:
        return self.zh if language else self.en


@dataclass(frozen=True)
class Step:
    """An arrow from lane to lane; from a lane to itself it is what happens there."""

    start: int
    end: int
    words: Words


@dataclass(frozen=True)
class Picture:
    """One way: whom it joins, left to right, and what happens from top to bottom. `ours` is ShopComm's lane."""

    title: Words
    lanes: tuple[Words, ...]
    steps: tuple[Step, ...]
    ours: int


SHOPCOMM = Words("ShopComm", "ShopComm")
SYSTEM = Words("the order system", "订单系统")
APPLIED = Words("applied by a worker, in order per order", "后台按订单顺序处理")
STORED = Words("stored, answered at once", "先存好，马上应答")


PICTURES = {
    "webhooks": Picture(
        Words("Webhooks both ways", "双向推送（webhook）"),
        (SYSTEM, SHOPCOMM),
        (
            Step(0, 1, Words("POST inbound/orders/, signed", "POST inbound/orders/，带签名")),
            Step(1, 0, STORED),
            Step(1, 1, APPLIED),
            Step(
                1,
                0,
                Words(
                    "POST to its endpoint, signed: what happened here",
                    "POST 到对方地址，带签名：这里发生的事",
                ),
            ),
            Step(0, 1, Words("2xx, or it is sent again for three days", "回 2xx；否则三天内不断重发")),
        ),
        ours=1,
    ),
    "polling": Picture(
        Words("Polling", "轮询"),
        (SYSTEM, SHOPCOMM),
        (
            Step(
                1,
                0,
                Words("GET orders changed since …, page by page", "GET 自上次以来变化的订单，一页一页读"),
            ),
            Step(
                0,
                1,
                Words("a page; 304, 429 and Retry-After are honoured", "一页；遵守 304、429 和 Retry-After"),
            ),
            Step(1, 1, Words("mapped by the rules of the source, stored", "按来源的字段对应读懂并存好")),
            Step(1, 1, APPLIED),
        ),
        ours=1,
    ),
    "queue-table": Picture(
        Words("A shared queue table", "共享队列表"),
        (SYSTEM, Words("sync_inbox · sync_outbox", "sync_inbox · sync_outbox"), SHOPCOMM),
        (
            Step(0, 1, Words("put", "put 放入")),
            Step(1, 2, Words("NOTIFY, take, acknowledge", "通知、取走、确认")),
            Step(2, 2, Words("applied", "处理")),
            Step(2, 1, Words("what happened here", "这里发生的事")),
            Step(1, 0, Words("take, acknowledge or fail", "取走、确认或退回")),
        ),
        ours=2,
    ),
    "weixin-shop": Picture(
        Words("微信小店 and other platforms", "微信小店等平台"),
        (Words("the buyer", "买家"), Words("the platform", "平台"), SHOPCOMM),
        (
            Step(0, 1, Words("orders, pays, asks for another address", "下单、付款、申请改地址")),
            Step(1, 2, Words("push: the order's number only, encrypted", "推送：只有订单号，已加密")),
            Step(2, 1, Words("success; then fetches the order", "success；随后取订单详情")),
            Step(2, 1, Words("waybills; another address accepted or not", "运单号；同意或拒绝改地址")),
            Step(2, 1, Words("by the clock: the orders that no push told of", "定时：补上没有推送到的订单")),
        ),
        ours=2,
    ),
    "couriers": Picture(
        Words("Couriers", "快递"),
        (Words("the courier or 快递100", "快递公司或快递100"), SHOPCOMM, Words("the customer", "客户")),
        (
            Step(1, 0, Words("subscribes when a parcel leaves", "发货时订阅")),
            Step(0, 1, Words("pushes each scan, signed", "推送每次扫描，带签名")),
            Step(1, 1, Words("in true time order, state by code", "按真实时间排序，状态只看代码")),
            Step(1, 2, Words("collected, out for delivery, signed, problems", "揽收、派件、签收和异常")),
        ),
        ours=1,
    ),
    "files": Picture(
        Words("Files", "文件"),
        (Words("a spreadsheet", "表格文件"), SHOPCOMM),
        (
            Step(0, 1, Words("upload; columns are matched", "上传；对应列")),
            Step(1, 1, Words("a dry run says which rows fail, and why", "试运行：哪些行不行、为什么")),
            Step(1, 1, Words("taken; can be undone while nothing followed", "导入；没有后续时可以撤销")),
            Step(1, 0, Words("any list, as it is filtered: XLSX or CSV", "任何筛选后的列表：XLSX 或 CSV")),
        ),
        ours=1,
    ),
}


def _lane_x(picture: Picture, lane: int) -> int:
    free = WIDTHS[len(picture.lanes)] - 2 * (LANE + 80)
    return LANE + 80 + (free * lane // (len(picture.lanes) - 1))


def _drawn_lane(picture: Picture, lane: int, language: str, height: int) -> str:
    x, name = _lane_x(picture, lane), picture.lanes[lane].said(language)
    kind, width = "ours" if lane == picture.ours else "box", 190
    return (
        f'<rect class="{kind}" x="{x - width // 2}" y="16" width="{width}" height="34" rx="6"/>'
        f'<text class="name" x="{x}" y="38" text-anchor="middle">{escape(name)}</text>'
        f'<path class="line" d="M{x} 50V{height - 14}"/>'
    )


def _drawn_step(picture: Picture, place: int, language: str) -> str:
    step = picture.steps[place]
    y, start, end = TOP + 16 + place * STEP, _lane_x(picture, step.start), _lane_x(picture, step.end)
    words = escape(step.words.said(language))
    if start == end:
        # Beside its lane, on the side where there is room.
        side = -1 if step.start == len(picture.lanes) - 1 else 1
        anchor = "end" if side < 0 else "start"
        mark = f'<path class="arrow" d="M{start} {y - 8}h{side * 18}v14h{-side * 14}"/>'
        head = f'<path class="head" d="M{start + side * 2} {y + 6}l{side * 8} -4v8z"/>'
        return f'{mark}{head}<text x="{start + side * 26}" y="{y + 4}" text-anchor="{anchor}">{words}</text>'
    side = 1 if end > start else -1
    line = f'<path class="arrow" d="M{start} {y}H{end}"/>'
    head = f'<path class="head" d="M{end} {y}l{-side * 9} -4v8z"/>'
    return f'{line}{head}<text x="{(start + end) // 2}" y="{y - 7}" text-anchor="middle">{words}</text>'


def draw(picture: Picture, language: str) -> str:
    """One picture in one language. Nothing in it depends on the machine it is made on."""
    width, height = WIDTHS[len(picture.lanes)], TOP + STEP * len(picture.steps) + 10
    lanes = "\n".join(_drawn_lane(picture, lane, language, height) for lane in range(len(picture.lanes)))
    steps = "\n".join(_drawn_step(picture, place, language) for place in range(len(picture.steps)))
    told = ". ".join(
        f"{picture.lanes[step.start].said(language)} → {picture.lanes[step.end].said(language)}: {step.words.said(language)}"
        for step in picture.steps
    )
    return f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" aria-labelledby="title words">
<title id="title">{escape(picture.title.said(language))}</title>
<desc id="words">{escape(told)}</desc>
<style>{STYLE}</style>
<rect class="paper" width="{width}" height="{height}"/>
{lanes}
{steps}
</svg>
"""


def drawn() -> dict[str, str]:
    """Every picture by the name of its file."""
    return {
        f"{name}{language}.svg": draw(picture, language)
        for name, picture in PICTURES.items()
        for language in LANGUAGES
    }


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for name, text in drawn().items():
        (FOLDER / name).write_text(text)


if __name__ == "__main__":
    main()
