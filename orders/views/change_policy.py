"""The change policy page: readable for all staff, editable for managers."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from orders.policies.change_policy import DEFAULTS, PARTS, STAGES, Outcome, outcomes_for
from orders.selectors.change_policy import policy_in_force
from orders.services.change_policy import set_policy
from shopcomm.core.accounts.access import ShopRequest, right_required


@dataclass(frozen=True)
class Cell:
    """One cell of the table."""

    name: str
    outcome: Outcome
    choices: list[Outcome]
    changed: bool


@require_http_methods(["GET", "POST"])
@right_required("orders.view")
def change_policy_page(request: ShopRequest) -> HttpResponseBase:
    """The table; a manager may change it."""
    manager = request.actor.may("changes.set_policy")
    if request.method == "POST":
        if not manager:
            raise PermissionDenied
        set_policy({key: request.POST.get(_name(*key), "") for key in DEFAULTS})
        messages.success(request, _("修改政策已保存"))
        return redirect("orders:change-policy")
    return render(request, "orders/change_policy.html", _context() | {"may_edit": manager})


def _name(stage: str, part: str) -> str:
    return f"{stage}-{part}"


def _context() -> dict[str, Any]:
    table = policy_in_force()
    rows = [
        {
            "stage": stage,
            "label": label,
            "cells": [
                Cell(
                    _name(stage, part),
                    table[stage, part],
                    list(outcomes_for(stage, part)),
                    table[stage, part] != DEFAULTS[stage, part],
                )
                for part in PARTS
            ],
        }
        for stage, label in ((str(stage), label) for stage, label in STAGES.items())
    ]
    return {"active": "orders", "parts": PARTS.values(), "rows": rows}
