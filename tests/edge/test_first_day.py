"""An empty shop: its first page, which opens for nobody else, and the list of what is still to do."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import connections
from django.test import Client

from messaging.models import NotificationRule
from orders.forms.desk import TransitionForm
from orders.models import Variant
from orders.policies.transitions import TRANSITIONS
from orders.selectors.couriers import offered_couriers
from orders.services.stock import set_stock
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.models import SetupCode, Staff
from shopcomm.core.accounts.services.first_manager import (
    GUESS_BURST,
    NewManager,
    SetupRefused,
    make_first_manager,
    make_setup_code,
)
from shopcomm.core.configuration.calendar import hours_text, weekly_hours
from shopcomm.core.configuration.models import ShopSettings, WorkingInterval, shop_settings
from shopcomm.edge.first_day.checklist import checklist_steps
from tests.factories import StaffFactory, VariantFactory, make_order
from tests.setup_form import PASSWORD, filled, png

pytestmark = pytest.mark.django_db


@pytest.fixture
def code() -> str:
    return make_setup_code()


@pytest.fixture(autouse=True)
def unhurried(monkeypatch):
    """Each test has guesses of its own."""
    monkeypatch.setattr("shopcomm.core.accounts.services.first_manager.seconds_to_wait", lambda *a, **k: 0.0)


def test_an_empty_shop_redirects_to_the_setup_page(client, code) -> None:
    assert client.get("/", follow=True).redirect_chain[-1][0] == "/setup/"
    page = client.get("/setup/")
    assert page.status_code == 200
    assert "no-store" in page["Cache-Control"]
    for label in ("店名", "店标", "电话", "退货地址", "营业时间", "第一位经理", "开店码"):
        assert label in page.content.decode()


def test_the_setup_page_creates_the_shop_and_logs_its_manager_in(client, code, tmp_path, settings) -> None:
    settings.MEDIA_ROOT = tmp_path
    # As people type it: small, with blanks.
    typed = code.lower().replace("-", " ")
    answer = client.post(
        "/setup/", filled(typed, logo=SimpleUploadedFile("sign.png", png(), "image/png")), follow=True
    )

    assert answer.redirect_chain[-1][0] == "/first-day/"
    shop, manager = shop_settings(), Staff.objects.get()
    assert (shop.shop_name, shop.phone) == ("长青箱包", "0577-88001234")
    assert shop.return_to == "王芳 13800138000 浙江省温州市鹿城区黄龙商贸城 3 区 B12"
    assert shop.logo.name.startswith("shop/sign")
    assert (manager.username, manager.role, manager.display_name) == ("wangfang", "manager", "王芳")
    assert manager.check_password(PASSWORD)
    weekly = weekly_hours(WorkingInterval.objects.all())
    assert [hours_text(spans) for spans in weekly] == ["09:00–12:00、13:30–18:00"] * 6 + ["休息"]
    for page in ("/orders/", "/warehouse/", "/admin/", "/rights/"):
        assert client.get(page).status_code == 200, page


def test_the_setup_page_is_closed_once_there_is_a_manager(client, code, manager) -> None:
    assert client.get("/setup/")["Location"] == "/login/"
    assert client.post("/setup/", filled(code))["Location"] == "/login/"
    assert Staff.objects.count() == 1
    assert client.get("/login/").status_code == 200


def test_deactivating_the_manager_does_not_reopen_the_setup_page(client) -> None:
    StaffFactory(role="manager", is_active=False)

    assert make_setup_code() == ""
    assert client.get("/setup/")["Location"] == "/login/"


def test_a_wrong_setup_code_is_refused(client, code) -> None:
    for guess in ("", "AAAA-AAAA-AAAA", code[:-1], "' OR 1=1"):
        answer = client.post("/setup/", filled(guess))
        assert answer.status_code == 422, guess
        assert PASSWORD not in answer.content.decode()
    assert (Staff.objects.count(), ShopSettings.objects.count()) == (0, 0)


def test_setup_is_refused_while_no_code_was_printed(client) -> None:
    assert client.post("/setup/", filled("")).status_code == 422
    assert client.post("/setup/", filled("ABCD-EFGH-JKLM")).status_code == 422
    assert not Staff.objects.exists()


def test_a_new_setup_code_invalidates_the_former_and_a_used_one_is_deleted(client, code) -> None:
    newer = make_setup_code()
    assert newer != code
    assert client.post("/setup/", filled(code)).status_code == 422

    client.post("/setup/", filled(newer))
    assert not SetupCode.objects.exists()
    Staff.objects.all().delete()
    assert client.post("/setup/", filled(newer)).status_code == 422


def test_only_a_digest_of_the_setup_code_is_stored(code) -> None:
    kept = SetupCode.objects.get().digest
    assert code not in kept
    assert code.replace("-", "") not in kept
    assert len(kept) == 64


def test_guesses_of_the_setup_code_from_one_network_are_rate_limited(monkeypatch, code) -> None:
    monkeypatch.undo()
    who, refused = NewManager("w", PASSWORD, "W"), []
    for _guess in range(GUESS_BURST + 1):
        with pytest.raises(SetupRefused) as raised:
            make_first_manager(code="AAAA-AAAA-AAAA", who=who, address="203.0.113.77")
        refused.append(raised.value.status)
    assert refused == [422] * GUESS_BURST + [429]
    # Somebody elsewhere does not have to wait.
    assert make_first_manager(code=code, who=who, address="203.0.113.78").role == "manager"


@pytest.mark.django_db(transaction=True)
def test_of_two_simultaneous_setups_only_one_creates_a_manager() -> None:
    code, gate = make_setup_code(), threading.Barrier(4)

    def send(name: str) -> str:
        try:
            client = Client()
            gate.wait()
            return client.post("/setup/", filled(code, username=name, shop_name=f"店{name}"))["Location"]
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        led = sorted(pool.map(send, ["anna", "bert", "carl", "dora"]))

    assert led == ["/first-day/", "/login/", "/login/", "/login/"]
    assert shop_settings().shop_name == f"店{Staff.objects.get().username}"


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("shop_name", " ", "该字段是必填项"),
        ("phone", "call me", "这不像一个电话号码"),
        ("return_address", "", "该字段是必填项"),
        ("return_phone", "123", "这不像一个电话号码"),
        ("hours", "all day", "看不懂"),
        ("hours", "休息", "请写几点到几点"),
        ("days", [], "请至少选一天"),
        ("username", "wang fang", "请输入合法的用户名"),
        ("password", "12345", "两次输入的密码不一样"),
        ("again", "another-one", "两次输入的密码不一样"),
        ("logo", SimpleUploadedFile("x.png", b"no picture", "image/png"), "请上传 JPEG"),
    ],
)
def test_setup_errors_are_shown_by_field_and_the_input_is_kept(client, code, field, value, said) -> None:
    answer = client.post("/setup/", filled(code, **{field: value}))
    page = answer.content.decode()

    assert answer.status_code == 422
    assert said in page
    assert 'aria-invalid="true"' in page or field == "days"
    assert 'value="长青箱包"' in page or field == "shop_name"
    assert PASSWORD not in page
    assert not Staff.objects.exists()


def test_a_weak_password_is_refused_at_setup(client, code) -> None:
    answer = client.post("/setup/", filled(code, password="password", again="password"))

    assert answer.status_code == 422
    assert not Staff.objects.exists()


def test_a_user_name_that_is_taken_is_refused_at_setup(client, code) -> None:
    StaffFactory(username="wangfang", role="sales")

    answer = client.post("/setup/", filled(code))
    assert (answer.status_code, "这个用户名已经有人用了" in answer.content.decode()) == (422, True)
    assert ShopSettings.objects.count() == 0


def test_the_command_prints_a_code_only_for_a_shop_without_a_manager(capsys) -> None:
    call_command("setup_code")
    first = capsys.readouterr().out
    assert first.startswith("code: ")
    assert len(first.split()[1]) == 14

    StaffFactory(role="manager")
    call_command("setup_code")
    assert capsys.readouterr().out == "The shop has a manager: it is set up.\n"


# --- the list ------------------------------------------------------------------------------------


def checklist_states() -> dict[str, tuple[str, bool]]:
    return {step.title: (step.state, step.done) for step in checklist_steps()}


def test_the_checklist_of_an_empty_shop_lists_what_is_missing(client, code) -> None:
    client.post("/setup/", filled(code))

    found = checklist_states()
    enabled, every = NotificationRule.objects.filter(enabled=True).count(), NotificationRule.objects.count()
    assert found == {
        "店铺资料": ("长青箱包，还没有：店标", True),
        "收款": ("没有设置：待付款的订单上只有“联系商家付款”", False),
        "营业时间": ("每周营业 6 天，09:00–12:00、13:30–18:00", True),
        "商品": ("还没有在售的商品", False),
        "库存": ("还没有库存：客户下不了单", False),
        "员工": ("经理 1 人，销售 0 人，仓库 0 人", False),
        "快递": ("没有选：发货时按通常的顺序列出全部快递", False),
        "通知规则": (
            f"{every} 条里启用了 {enabled} 条；没有短信通道，客户在订单页和浏览器里收到",
            enabled > 0,
        ),
    }


def test_the_checklist_ticks_steps_as_they_are_done(client, manager, sales) -> None:
    client.force_login(manager, backend="django.contrib.auth.backends.ModelBackend")
    variant = VariantFactory(on_hand=0)
    assert checklist_states()["商品"] == ("1 款，1 个规格在售", True)
    assert checklist_states()["库存"] == ("还没有库存：客户下不了单", False)

    set_stock(actor=Actor.staff(manager), sku=variant.sku, on_hand=24, reason="开店盘点")
    client.post("/first-day/couriers/", {"couriers": ["zhongtong", "shunfeng", "nobody"]})
    assert client.post("/first-day/couriers/", {"couriers": ["zhongtong", "shunfeng"]}).status_code == 302
    ShopSettings.objects.update(pay_text="农业银行 6228 4800")

    found = checklist_states()
    assert found["收款"] == ("待付款的订单上有：账号", True)
    assert found["库存"] == ("24 件，1 个规格里 1 个有货", True)
    assert found["员工"] == ("经理 1 人，销售 1 人，仓库 0 人", True)
    assert found["快递"] == ("顺丰速运、中通快递", True)
    Variant.objects.update(is_active=False)
    assert checklist_states()["商品"] == ("还没有在售的商品", False)


def test_every_line_of_the_checklist_links_to_an_existing_page(log_in, manager) -> None:
    client = log_in(manager)
    page = client.get("/first-day/")

    links = [step.link for step in page.context["steps"]] + [file.link for file in page.context["files"]]
    assert len(links) == 11
    assert [link for link in links if client.get(link, follow=True).status_code != 200] == []


def test_the_form_for_a_new_product_has_a_row_for_its_first_variant(log_in, manager) -> None:
    client = log_in(manager)
    assert 'name="variants-0-sku"' in client.get("/admin/orders/product/add/").content.decode()

    typed = {
        "name": "云朵双肩包",
        "is_active": "on",
        "variants-TOTAL_FORMS": "1",
        "variants-INITIAL_FORMS": "0",
    }
    row = {"variants-0-sku": "ydb-01-blu", "variants-0-price": "129", "variants-0-is_active": "on"}
    assert client.post("/admin/orders/product/add/", typed | row).status_code == 302

    # As every other door writes it.
    assert list(Variant.objects.values_list("sku", "on_hand")) == [("YDB-01-BLU", 0)]


def test_only_managers_see_the_checklist(log_in, sales, client) -> None:
    assert client.get("/first-day/")["Location"].startswith("/login/")
    assert log_in(sales).get("/first-day/").status_code == 403
    assert client.post("/first-day/couriers/", {"couriers": ["shunfeng"]}).status_code == 403


def test_the_shops_usual_couriers_are_listed_first_when_shipping() -> None:
    assert offered_couriers()[0] == ("shunfeng", "顺丰速运")
    ShopSettings.objects.create(pk=1, couriers=["annengwuliu", "zhongtong"])

    assert offered_couriers()[:3] == [
        ("annengwuliu", "安能物流"),
        ("zhongtong", "中通快递"),
        ("shunfeng", "顺丰速运"),
    ]
    ship = next(each for each in TRANSITIONS if each.key == "T9")
    form = TransitionForm(order=make_order(), transition=ship)
    assert form.fields["carrier"].choices[0] == ("annengwuliu", "安能物流")


def test_a_rare_courier_is_added_by_its_name_or_code_and_offered(log_in, manager) -> None:
    client = log_in(manager)
    refused = client.post(
        "/first-day/couriers/", {"couriers": ["shunfeng"], "others": "百米快运，没有的快递"}
    )
    assert refused.status_code == 422
    assert "不认识的快递：没有的快递" in refused.text
    client.post("/first-day/couriers/", {"couriers": ["shunfeng"], "others": "百米快运，1ziton"})
    assert offered_couriers()[:3] == [
        ("shunfeng", "顺丰速运"),
        ("100mexpress", "百米快运"),
        ("1ziton", "一智通"),
    ]
    assert 'value="百米快运、一智通"' in client.get("/first-day/couriers/").text
