"""What every answer carries so that nothing foreign runs in a page, and addresses no page can have."""

import pytest

pytestmark = pytest.mark.django_db
STRICT = [
    "/login/",
    "/healthz",
    "/no/such/page/",
    "/o/forged/",
    "/api/schema/",
    "/api/v1/orders/",
    "/favicon.ico",
]


def policy(answer) -> dict[str, set[str]]:
    parts = answer["Content-Security-Policy"].split("; ")
    return {name: set(sources) for name, *sources in map(str.split, parts)}


@pytest.mark.parametrize("address", STRICT)
def test_the_content_security_policy_forbids_inline_code(client, address: str) -> None:
    said = policy(client.get(address))

    assert not {"'unsafe-inline'", "'unsafe-eval'"} & set().union(*said.values())
    assert said["default-src"] == {"'self'"}


@pytest.mark.parametrize("address", ["/admin/", "/admin/login/", "/admin/orders/order/"])
def test_third_party_pages_may_use_inline_code_but_load_nothing_from_other_hosts(
    log_in, manager, address: str
) -> None:
    said = policy(log_in(manager).get(address))

    assert said["script-src"] >= {"'self'", "'unsafe-inline'"}
    assert said["style-src"] == {"'self'", "'unsafe-inline'"}
    assert (said["object-src"], said["frame-ancestors"], said["base-uri"]) == ({"'none'"},) * 3
    assert (said["connect-src"], said["form-action"], said["default-src"]) == ({"'self'"},) * 3
    assert not any("http" in source for source in set().union(*said.values()))


@pytest.mark.parametrize("address", ["/orders/%00/", "/orders/%00/edit/", "/o/%00/", "/%00"])
def test_a_url_with_a_nul_answers_404(log_in, manager, address: str) -> None:
    assert log_in(manager).get(address).status_code == 404


def test_an_oversized_form_is_refused_with_an_explanation(log_in, manager, settings) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    answer = log_in(manager).post(
        "/orders/new/", {"note": "字" * 2000}, content_type="application/x-www-form-urlencoded"
    )

    assert answer.status_code == 413
    assert "没有保存" in answer.content.decode()
