"""The demo shop's catalogue: our own styles, in the words of a Chinese bag shop."""

from dataclasses import dataclass
from decimal import Decimal

from orders.models import Product, Variant
from orders.services.catalogue import add_product, add_variant
from orders.services.stock import set_stock
from shopcomm.core.accounts.actors import Actor

COLOURS = {
    "BK": ("曜石黑", "black"),
    "BL": ("雾霾蓝", "blue"),
    "CM": ("焦糖棕", "caramel"),
    "PK": ("樱粉", "pink"),
    "GN": ("灰豆绿", "green"),
    "NV": ("藏青", "navy"),
    "GY": ("云灰", "grey"),
    "BR": ("深棕", "brown"),
}


@dataclass(frozen=True)
class Style:
    """One product: its sizes with retail prices, its colours, where it lies in the stockroom."""

    code: str
    name: str
    category: str
    picture: str
    material: str
    sizes: tuple[tuple[str, str, int], ...]
    colours: tuple[str, ...]
    shelf: str


STYLES = (
    Style("LX", "远行 铝框拉杆箱", "拉杆箱", "suitcase", "铝镁合金框 PC 箱体",
          (("20", "20 寸", 268), ("24", "24 寸", 328), ("28", "28 寸", 398)), ("BK", "BL", "GN", "PK"), "A-03"),
    Style("QX", "轻旅 拉链拉杆箱", "拉杆箱", "suitcase", "PC+ABS",
          (("20", "20 寸", 168), ("24", "24 寸", 208)), ("BK", "NV", "PK"), "A-05"),
    Style("TT", "通勤 头层牛皮托特包", "托特包", "tote", "头层牛皮", (("03", "大号", 396), ("02", "中号", 336)),
          ("CM", "BK", "BR"), "C-11"),
    Style("FB", "简帆 帆布托特包", "托特包", "tote", "12 安帆布", (("01", "均码", 69),), ("GY", "NV", "GN", "CM"), "C-12"),
    Style("XK", "小满 链条斜挎包", "斜挎包", "crossbody", "PU", (("11", "小号", 99), ("12", "中号", 129)),
          ("PK", "BK", "BR", "CM"), "D-02"),
    Style("YL", "月牙 腋下包", "斜挎包", "crossbody", "PU", (("01", "均码", 118),), ("BK", "PK", "GN"), "D-04"),
    Style("YD", "云朵 减压双肩包", "双肩包", "backpack", "防泼水尼龙", (("M", "中号", 358), ("L", "大号", 398)),
          ("PK", "BL", "GY", "BK"), "B-01"),
    Style("XS", "学士 学生书包", "双肩包", "backpack", "牛津布", (("01", "均码", 159),), ("NV", "PK", "GN"), "B-02"),
    Style("LD", "旅途 大容量旅行袋", "旅行袋", "duffel", "尼龙", (("M", "45L", 139), ("L", "65L", 179)),
          ("BK", "NV", "GN", "BR"), "E-01"),
    Style("JS", "健身 干湿分离包", "旅行袋", "duffel", "涤纶", (("01", "均码", 89),), ("GY", "BK", "PK"), "E-02"),
    Style("GW", "行政 牛皮公文包", "公文包", "brief", "头层牛皮", (("14", "14 寸", 458), ("16", "16 寸", 498)),
          ("BK", "BR", "CM"), "F-01"),
    Style("DN", "轻商 电脑包", "公文包", "brief", "防泼水牛津布", (("15", "15.6 寸", 139),), ("BK", "GY", "NV"), "F-02"),
)  # fmt: skip

# From so many pieces on wholesale customers pay this share of the price.
TIERS = ((10, Decimal("0.8")), (50, Decimal("0.7")))

# A few that are nearly gone, so that warnings can be seen.
NEARLY_GONE = {"LX28-GN": 6, "TT03-CM": 9, "YDM-PK": 3}


def open_catalogue(actor: Actor) -> list[Variant]:
    """Make every style with its variants, tier prices and stock. Returns the variants by SKU."""
    for style in STYLES:
        product = add_product(name=style.name, category=style.category, material=style.material)
        for place, (size_code, size, price) in enumerate(style.sizes):
            for colour in style.colours:
                _variant(product, style, place, size_code, size, price, colour)
    for variant in Variant.objects.order_by("sku"):
        pieces = NEARLY_GONE.get(variant.sku, 3000)
        set_stock(actor=actor, sku=variant.sku, on_hand=pieces, reason="期初库存")
    return list(Variant.objects.select_related("product").order_by("sku"))


def _variant(
    product: Product, style: Style, place: int, size_code: str, size: str, price: int, colour: str
) -> None:
    label, picture = COLOURS[colour]
    sku = f"{style.code}{size_code}-{colour}"
    add_variant(
        product=product,
        tiers={pieces: (Decimal(price) * share).quantize(Decimal("0.01")) for pieces, share in TIERS},
        sku=sku,
        barcode=f"69{sum(map(ord, sku)) * 7919 % 10**11:011d}",
        color=label,
        size=size,
        location=f"{style.shelf}-{place + 1}",
        price=Decimal(price),
        static_picture=f"bags/{style.picture}-{picture}.svg",
    )
