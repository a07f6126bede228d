import pytest

from shopcomm.core.accounts.models import ApiKey
from shopcomm.core.accounts.services.api_keys import create_api_key, find_api_key

pytestmark = pytest.mark.django_db


def test_an_api_key_is_found_by_its_secret_and_only_its_digest_is_stored():
    key, secret = create_api_key(name="ERP", scopes=["orders:read"])

    assert find_api_key(secret) == key
    # The random part may hold the sign that stands before it, too.
    assert secret.split("_", 2)[2] not in str(ApiKey.objects.values().get())


def test_a_wrong_secret_finds_no_api_key():
    _key, secret = create_api_key(name="ERP", scopes=["*"])

    for text in (secret + "x", secret[:-1], "", "sk_", "sk__", "密钥", "pk_" + secret[3:]):
        assert find_api_key(text) is None


def test_the_secret_of_a_revoked_key_finds_no_api_key(django_user_model):
    from django.utils import timezone

    key, secret = create_api_key(name="ERP", scopes=["*"])
    ApiKey.objects.filter(pk=key.pk).update(revoked_at=timezone.now())

    assert find_api_key(secret) is None


def test_an_unknown_scope_is_refused():
    with pytest.raises(ValueError, match="orders:eat"):
        create_api_key(name="ERP", scopes=["orders:eat"])
    assert not ApiKey.objects.exists()


def test_the_star_covers_every_scope():
    key, _secret = create_api_key(name="ERP", scopes=["*"])

    assert key.allows("orders:write")
