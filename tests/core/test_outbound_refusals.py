"""What a person is told of an address that this server must not call."""

import pytest
from django.utils.translation import override

from shopcomm.core.outbound.calls import AddressRefused, check_outbound


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("http://1.1.1.1/", "只能用 https 地址"),
        ("https://1.1.1.1:22/", "不能用 22 端口"),
        ("https://10.0.0.1/", "10.0.0.1 不在公网上"),
        ("ftp://1.1.1.1/", "不是网址"),
        ("https://[::1/", "不是网址"),
        ("https://me:word@1.1.1.1/", "网址里不能带用户名和密码"),
    ],
)
def test_a_refused_url_is_refused_in_the_language_of_whoever_entered_it(url: str, told: str):
    with pytest.raises(AddressRefused) as refused:
        check_outbound(url)
    assert str(refused.value) == told
    with override("en"), pytest.raises(AddressRefused) as refused:
        check_outbound(url)
    assert str(refused.value).isascii()
