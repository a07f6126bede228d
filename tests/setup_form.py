"""What somebody fills into the first page of an empty shop."""

from io import BytesIO

from PIL import Image

PASSWORD = "blue-suitcase-24"


def filled(code: str, **changes) -> dict:
    return {
        "shop_name": "长青箱包",
        "phone": "0577 8800 1234",
        "return_address": "浙江省温州市鹿城区黄龙商贸城 3 区 B12",
        "return_receiver": "王芳",
        "return_phone": "138 0013 8000",
        "hours": "09:00-12:00, 13:30-18:00",
        "days": ["0", "1", "2", "3", "4", "5"],
        "display_name": "王芳",
        "username": "wangfang",
        "password": PASSWORD,
        "again": PASSWORD,
        "code": code,
        **changes,
    }


def png(side: int = 64) -> bytes:
    out = BytesIO()
    Image.new("RGB", (side, side), "#0f6b52").save(out, "PNG")
    return out.getvalue()
