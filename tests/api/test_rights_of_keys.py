"""What the scopes of a key open: rights of the one table, and no method of the API asks for anything else."""

from shopcomm.api_urls import urlpatterns
from shopcomm.core.accounts.models import ApiKey
from shopcomm.core.accounts.permissions import key_may
from shopcomm.core.accounts.rights import RIGHT, RIGHTS, SCOPES
from shopcomm.edge.integrations.couriers.receiver import InboundTrackingView
from shopcomm.edge.integrations.webhooks_in.receiver import InboundOrdersView

# What comes in signed comes without a key.
SIGNED = (InboundOrdersView, InboundTrackingView)


def test_a_key_may_do_what_its_scopes_allow_and_nothing_else() -> None:
    reader, all_of_it = ApiKey(scopes=["orders:read"]), ApiKey(scopes=["*"])

    opened = {right.key for right in RIGHTS if key_may(reader, right.key)}

    assert opened == {"orders.view_all"}
    assert {right.key for right in RIGHTS if key_may(all_of_it, right.key)} == {
        right.key for right in RIGHTS if "api" in right.holders
    }
    assert not any(key_may(None, right.key) for right in RIGHTS)


def test_every_right_of_an_integration_has_a_scope_and_every_scope_has_a_right() -> None:
    assert {right.scope for right in RIGHTS} - {""} == set(SCOPES)
    assert all(right.scope for right in RIGHTS if "api" in right.holders)


def test_every_api_method_requires_a_right_that_a_key_can_have() -> None:
    views = [each.callback.view_class for each in urlpatterns]
    with_keys = [view for view in views if view not in SIGNED]
    asked = [right for view in with_keys for right in view.rights.values()]

    assert len(asked) >= len(with_keys)
    assert all("api" in RIGHT[right].holders for right in asked)
