"""What a shop says of itself: its name, its sign, where goods go back to."""

import re
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models.fields.files import FieldFile
from PIL import Image

from shopcomm.core.accounts.services.order_links import link_token, make_link
from shopcomm.core.configuration.models import ShopSettings, shop_settings
from tests.factories import make_order
from tests.setup_form import png

pytestmark = pytest.mark.django_db


def filled_admin_form(client, **changes):
    """The admin's form of the shop as it stands, with what a manager changes."""
    ShopSettings.objects.get_or_create(pk=1)
    page = "/admin/configuration/shopsettings/1/change/"
    form = client.get(page).context["adminform"].form
    kept = {
        name: value
        for name, value in form.initial.items()
        if value not in (None, False, "") and not isinstance(value, FieldFile)
    }
    return client.post(page, kept | changes)


@pytest.fixture
def media(tmp_path, settings):
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def test_a_shop_without_a_name_is_called_this_shop(client) -> None:
    assert shop_settings().shop_name == "本店"
    assert "登录本店工作台" in client.get("/login/").content.decode()


def test_an_uploaded_logo_is_redrawn_and_public(media, log_in, manager, client) -> None:
    # Something hidden behind the picture does not stay with it.
    sent = SimpleUploadedFile("sign.png", png() + b"<script>", "image/png")
    answer = filled_admin_form(log_in(manager), logo=sent, shop_name="长青箱包")
    assert answer.status_code == 302, re.findall(r"errorlist.*", answer.content.decode())
    client.logout()

    kept = shop_settings().logo
    shown = client.get(kept.url)
    content = b"".join(shown.streaming_content)
    assert (shown.status_code, shown["Content-Type"]) == (200, "image/png")
    assert Image.open(BytesIO(content)).size == (64, 64)
    assert b"<script>" not in content
    assert client.get("/media/shop/other.png").status_code == 404


def test_a_file_that_is_no_picture_is_refused_as_a_logo(media, log_in, manager) -> None:
    answer = filled_admin_form(
        log_in(manager), logo=SimpleUploadedFile("sign.png", b"<svg onload=1>", "image/png")
    )

    assert "请上传 JPEG" in answer.content.decode()
    assert not shop_settings().logo


def test_returns_are_sent_to_the_shops_return_address() -> None:
    shop = ShopSettings(pk=1, shop_name="长青箱包", phone="0577-88001234")
    assert shop.return_to == ""

    shop.return_address = "温州市鹿城区黄龙商贸城 3 区 B12"
    assert shop.return_to == "长青箱包 0577-88001234 温州市鹿城区黄龙商贸城 3 区 B12"

    shop.return_receiver, shop.return_phone = "王芳", "13800138000"
    assert shop.return_to == "王芳 13800138000 温州市鹿城区黄龙商贸城 3 区 B12"


def files(folder) -> set[str]:
    return {path.name for path in (folder / "shop").iterdir()}


def logo_bytes(colour: str = "#0f6b52", size: tuple[int, int] = (120, 60)) -> SimpleUploadedFile:
    out = BytesIO()
    Image.new("RGB", size, colour).save(out, "PNG")
    return SimpleUploadedFile("sign.png", out.getvalue(), "image/png")


def manifest_icons(client, start: str = "?start=/my/") -> dict[str, str]:
    found = client.get(f"/manifest.webmanifest{start}").json()
    return {icon["sizes"]: icon["src"] for icon in found["icons"]}


def test_the_web_app_manifest_has_the_shops_name_and_logo(media, log_in, manager, client) -> None:
    assert all("/icons/app-" in src for src in manifest_icons(client).values())

    filled_admin_form(log_in(manager), logo=logo_bytes(), shop_name="长青箱包")
    client.logout()

    assert client.get("/manifest.webmanifest?start=/my/").json()["name"] == "长青箱包"
    for sizes, src in manifest_icons(client).items():
        icon = Image.open(BytesIO(b"".join(client.get(src).streaming_content)))
        side = int(sizes.partition("x")[0])
        assert (icon.format, icon.size) == ("PNG", (side, side))
        # All of the sign in the middle, white around it, where a phone cuts icons round.
        places = ((side // 2, side // 2), (2, 2), (side // 2, side // 4))
        assert [icon.getpixel(place) for place in places] == [(15, 107, 82), (255,) * 3, (255,) * 3]
    order = make_order()
    page = client.get(f"/o/{link_token(make_link(customer=order.customer, order_id=order.pk))}/").text
    assert re.search(r'rel="apple-touch-icon"\s+href="([^"]*)"', page)[1] == manifest_icons(client)["192x192"]
    # The shop's own people install the product.
    assert all("/icons/app-" in src for src in manifest_icons(client, start="").values())


def test_the_file_of_a_replaced_logo_is_deleted_once_the_new_one_is_stored(
    media, log_in, manager, client, django_capture_on_commit_callbacks
) -> None:
    office = log_in(manager)
    with django_capture_on_commit_callbacks(execute=True):
        filled_admin_form(office, logo=logo_bytes(), pay_code=logo_bytes("#000000"))
    first = files(media)
    assert len(first) == 4

    with django_capture_on_commit_callbacks() as waiting:
        filled_admin_form(office, logo=logo_bytes("#aa0000"))
    assert files(media) > first
    for callback in waiting:
        callback()

    shop = shop_settings()
    kept = {shop.logo.name, shop.pay_code.name, shop.icon_192.name, shop.icon_512.name}
    assert {f"shop/{name}" for name in files(media)} == kept
    assert len(first & files(media)) == 1

    with django_capture_on_commit_callbacks(execute=True):
        filled_admin_form(office, **{"logo-clear": "on"})
    assert {f"shop/{name}" for name in files(media)} == {shop.pay_code.name}
    assert all("/icons/app-" in src for src in manifest_icons(client).values())
