"""Nothing that schemathesis can find: every check, on calls that the description allows and on calls that it forbids."""

from typing import Any
from uuid import UUID

import pytest
import schemathesis
from django.core.wsgi import get_wsgi_application
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from schemathesis.core.failures import FailureGroup
from schemathesis.core.parameters import ParameterLocation
from schemathesis.specs.openapi.checks import AcceptedNegativeData

from orders.models import Status
from orders.selectors.items import ItemInput
from orders.services.after_sales import CaseInput, CaseLine, open_case
from orders.services.quotes import QuoteInput, end_of_day, make_quote
from tests.api.test_openapi import delivery, one_connection, tracking  # noqa: F401  (fixtures)
from tests.factories import integration, make_order

pytestmark = pytest.mark.django_db

# A number that can be called; that a text is none, only the rules of numbers know.
schemathesis.openapi.format("phone", st.from_regex(r"1(38|39|86)[0-9]{8}", fullmatch=True))
schemathesis.openapi.format("time-zone", st.sampled_from(["", "Asia/Shanghai", "Europe/Berlin"]))
schema = schemathesis.openapi.from_wsgi("/api/schema/", get_wsgi_application())
# A text with a NUL is refused wherever it stands, names that nobody reads included.
schema.config.generation.update(allow_x00=False)
# Understood and refused: goods that are not there, steps that the state does not allow. The contract has 422 and 423 for it,
# and 413 and 415 for a file whose content says more than a description can.
accepted = schema.config.checks.positive_data_acceptance
accepted.expected_statuses = [
    "2xx", "3xx", "401", "403", "404", "409", "413", "415", "422", "423", "429", "503",
]  # fmt: skip


@pytest.fixture
def there(customer, variant, order, delivery, tracking) -> dict[str, Any]:  # noqa: F811
    """What the parts of addresses name: one of each kind."""
    shipped = make_order(customer=customer, items=[ItemInput(variant.sku, 3)], status=Status.SHIPPED)
    line = shipped.lines.get()
    case = open_case(
        actor=integration(),
        order_id=shipped.pk,
        wanted=CaseInput(kind="return", reason="other", lines=[CaseLine(line.pk, 1)]),
    )
    wanted = QuoteInput(items=[ItemInput(variant.sku, 1)], valid_until=end_of_day(3))
    return {
        "orders": order.number,
        "conversations": order.conversation.pk,
        "products": variant.sku,
        "webhook-endpoints": delivery.endpoint_id,
        "deliveries": delivery.pk,
        "shipments": shipped.shipments.get().pk,
        "returns": case.pk,
        "customers": customer.pk,
        "quotes": make_quote(actor=integration(), customer=customer, wanted=wanted).number,
        "rules": 1,
        "inbound": tracking.slug,
        "attachments": str(UUID(int=7)),
    }


def _is_number_for_text(case: Any) -> bool:
    """Whether all that is wrong with a body is a number where a text is described: it is taken as it is written."""
    if not isinstance(case.body, dict):
        return False
    contents = case.operation.definition.raw["requestBody"]["content"]
    whole = {
        **contents["application/json"]["schema"],
        "components": case.operation.schema.raw_schema["components"],
    }
    return all(map(_takes_number, Draft202012Validator(whole).iter_errors(case.body)))


def _takes_number(error: Any) -> bool:
    if error.context:
        return any(map(_takes_number, error.context))
    number = isinstance(error.instance, int | float) and not isinstance(error.instance, bool)
    return error.validator == "type" and number and "string" in str(error.validator_value)


@schema.parametrize()
@settings(
    max_examples=4,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
def test_schemathesis_finds_no_fault_with_any_check(case, api_key, there) -> None:
    room = case.path.removeprefix("/api/v1/").partition("/")[0]
    if case.meta is None or not case.meta.is_negative_at(ParameterLocation.PATH):
        first = case.path.partition("{")[2].partition("}")[0]
        case.path_parameters = {name: there[room] if name == first else 1 for name in case.path_parameters}
    try:
        case.call_and_validate(headers={"Authorization": f"Bearer {api_key}", "Accept-Encoding": "identity"})
    except FailureGroup as found:
        # Taken because a number may stand for a text: docs/api.md says so.
        real = [each for each in found.exceptions if not isinstance(each, AcceptedNegativeData)]
        if real or not _is_number_for_text(case):
            raise
