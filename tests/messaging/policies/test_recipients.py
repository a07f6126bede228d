"""Whom of the shop's people a rule tells: a table of cases, without a database."""

import pytest

from messaging.policies.notifications.recipients import choose_staff

# The roles of who works here, by id.
EVERYBODY = {3: "sales", 4: "warehouse", 5: "sales", 7: "manager"}


@pytest.mark.parametrize(
    ("audience", "named", "staff", "told"),
    [
        # Whoever it is assigned to, and nobody beside.
        ("assigned", {"assigned_id": 5}, EVERYBODY, [5]),
        # Nobody's concerns everybody in sales, and so does what was somebody's who has left.
        ("assigned", {}, EVERYBODY, [3, 5]),
        ("assigned", {"assigned_id": 9}, EVERYBODY, [3, 5]),
        ("assigned", {"assigned_id": 4}, EVERYBODY, [4]),
        # A person is told of what is assigned to others.
        ("person", {"person_id": 7, "assigned_id": 5}, EVERYBODY, [7]),
        ("person", {"person_id": 9}, EVERYBODY, [3, 5]),
        ("role", {"role": "warehouse"}, EVERYBODY, [4]),
        # A role is never narrowed to one of its people.
        ("role", {"role": "sales", "assigned_id": 5, "person_id": 5}, EVERYBODY, [3, 5]),
        # Whoever is told of nothing else: the managers.
        ("role", {"role": "warehouse"}, {3: "sales", 7: "manager"}, [7]),
        ("assigned", {}, {4: "warehouse", 7: "manager"}, [7]),
        ("assigned", {}, {4: "warehouse"}, []),
        ("role", {"role": "warehouse"}, {}, []),
    ],
)
def test_a_rule_notifies_the_named_person_else_the_role_else_the_managers(audience, named, staff, told):
    asked = {"person_id": 0, "assigned_id": 0, "role": ""} | named
    assert choose_staff(audience, staff, **asked) == told
