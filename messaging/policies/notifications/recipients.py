"""Which members of staff a rule notifies. No database."""

from collections.abc import Mapping


def choose_staff(
    audience: str, staff: Mapping[int, str], *, person_id: int, assigned_id: int, role: str
) -> list[int]:
    """Whoever is named and still works here; else their role, or sales; with nobody there, the managers.

    What nobody has taken yet, and what was somebody's who has left, concerns everybody in sales. `staff` has the roles of
    those who work here now, by id; `person_id` and `role` are named by the rule, `assigned_id` is whose the matter is, 0
    for nobody. Returns the ids of those who are told, in the order of `staff`.
    """
    named = {"person": person_id, "assigned": assigned_id}.get(audience, 0)
    asked = role if audience == "role" else "sales"
    of_role = [[pk for pk, has in staff.items() if has == wanted] for wanted in (asked, "manager")]
    return next(filter(None, ([named] if named in staff else [], *of_role)), [])
