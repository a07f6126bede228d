"""What a shop says of itself: its name, its sign, where goods go back to."""

import re
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from shopcomm.core.configuration.models import ShopSettings, shop_settings
from tests.first_page import png

pytestmark = pytest.mark.django_db


def typed(client, **changes):
    """The admin's form of the shop as it stands, with what a manager changes."""
    ShopSettings.objects.get_or_create(pk=1)
    page = "/admin/configuration/shopsettings/1/change/"
    form = client.get(page).context["adminform"].form
    kept = {name: value for name, value in form.initial.items() if value not in (None, False, "")}
    return client.post(page, kept | changes)


@pytest.fixture
def media(tmp_path, settings):
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def test_a_shop_that_has_said_nothing_does_not_bear_another_name(client) -> None:
    assert shop_settings().shop_name == "本店"
    assert "登录本店工作台" in client.get("/login/").content.decode()


def test_the_sign_is_drawn_anew_and_everybody_may_see_it(media, log_in, manager, client) -> None:
    # Something hidden behind the picture does not stay with it.
    sent = SimpleUploadedFile("sign.png", png() + b"<script>", "image/png")
    answer = typed(log_in(manager), logo=sent, shop_name="长青箱包")
    assert answer.status_code == 302, re.findall(r"errorlist.*", answer.content.decode())
    client.logout()

    kept = shop_settings().logo
    shown = client.get(kept.url)
    content = b"".join(shown.streaming_content)
    assert (shown.status_code, shown["Content-Type"]) == (200, "image/png")
    assert Image.open(BytesIO(content)).size == (64, 64)
    assert b"<script>" not in content
    assert client.get("/media/shop/other.png").status_code == 404


def test_what_is_no_picture_becomes_no_sign(media, log_in, manager) -> None:
    answer = typed(log_in(manager), logo=SimpleUploadedFile("sign.png", b"<svg onload=1>", "image/png"))

    assert "请上传 JPEG" in answer.content.decode()
    assert not shop_settings().logo


def test_goods_go_back_to_the_address_for_returns() -> None:
    shop = ShopSettings(pk=1, shop_name="长青箱包", phone="0577-88001234")
    assert shop.return_to == ""

    shop.return_address = "温州市鹿城区黄龙商贸城 3 区 B12"
    assert shop.return_to == "长青箱包 0577-88001234 温州市鹿城区黄龙商贸城 3 区 B12"

    shop.return_receiver, shop.return_phone = "王芳", "13800138000"
    assert shop.return_to == "王芳 13800138000 温州市鹿城区黄龙商贸城 3 区 B12"
