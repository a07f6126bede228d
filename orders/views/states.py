"""The status diagram, drawn from the transition table."""

from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from orders.labels import status_colour
from orders.models import Status
from orders.policies.transitions import TRANSITIONS, Transition
from shopcomm.core.accounts.access import ShopRequest, right_required

WIDTH, HEIGHT, NODE_WIDTH, NODE_HEIGHT = 1180, 420, 132, 48
# Column and row of each status: the way of the goods on top, the ways out below.
PLACES = {
    Status.PENDING_PAYMENT: (0, 0),
    Status.PAID: (1, 0),
    Status.PICKING: (2, 0),
    Status.SHIPPED: (3, 0),
    Status.DELIVERED: (4, 0),
    Status.COMPLETED: (5, 0),
    Status.CANCELLED: (0, 1),
    Status.REFUNDING: (3, 1),
    Status.REFUNDED: (5, 1),
}


@dataclass(frozen=True)
class Edge:
    """An arrow between two statuses and the rows of the table it stands for."""

    path: str
    label: str
    x: float
    y: float


def _corner(status: str) -> tuple[int, int]:
    column, row = PLACES[Status(status)]
    return 24 + column * 200, 120 + row * 210


def _edge(from_: str, to: str, label: str) -> Edge:
    (ax, ay), (bx, by) = _corner(from_), _corner(to)
    middle = NODE_HEIGHT / 2
    if ay == by and bx > ax and (bx - ax == 200 or ay > 120):
        x1, x2, y = ax + NODE_WIDTH, bx, ay + middle
        return Edge(f"M{x1} {y} L{x2} {y}", label, (x1 + x2) / 2, y - 8)
    if ay == by:
        return _arc(ax, bx, ay, label)
    return _between_rows(ax, ay, bx, by, label)


def _arc(ax: int, bx: int, y: int, label: str) -> Edge:
    """Back, or over the head of a neighbour."""
    back = bx < ax
    x1, x2 = ax + NODE_WIDTH * (0.35 if back else 0.65), bx + NODE_WIDTH * (0.65 if back else 0.35)
    height = 46 if back else 84
    return Edge(
        f"M{x1} {y} C{x1} {y - height} {x2} {y - height} {x2} {y}",
        label,
        (x1 + x2) / 2,
        y - height * 0.75 - 5,
    )


def _between_rows(ax: int, ay: int, bx: int, by: int, label: str) -> Edge:
    """Down on the left of the middle, up on the right, so that a pair stays two lines."""
    down = by > ay
    shift = -14 if down else 14
    x1, x2 = ax + NODE_WIDTH / 2 + shift, bx + NODE_WIDTH / 2 + shift
    y1, y2 = (ay + NODE_HEIGHT, by) if down else (ay, by + NODE_HEIGHT)
    # Several arrows meet at the refund: they fan out along its edge.
    spread = max(-44, min(44, ((ax if down else bx) - (bx if down else ax)) * 0.11))
    x1, x2 = (x1, x2 + spread) if down else (x1 + spread, x2)
    bend = (y1 + y2) / 2
    along = 0.3 if down else 0.7
    return Edge(
        f"M{x1} {y1} C{x1} {bend} {x2} {bend} {x2} {y2}",
        label,
        x1 + (x2 - x1) * along + shift,
        y1 + (y2 - y1) * along,
    )


def _pair(row: Transition) -> tuple[str, str]:
    return row.from_, row.to


def states_diagram() -> dict[str, Any]:
    """Nodes and arrows of the picture."""
    moves = sorted((row for row in TRANSITIONS if row.from_ and row.from_ != row.to), key=_pair)
    edges = []
    for (from_, to), rows in groupby(moves, key=_pair):
        keys = dict.fromkeys(row.key for row in sorted(rows, key=lambda row: row.number))
        edges.append(_edge(from_, to, " ".join(keys)))
    nodes = []
    for status in Status:
        x, y = _corner(status)
        nodes.append(
            {"x": x, "y": y, "cx": x + NODE_WIDTH / 2, "cy": y + NODE_HEIGHT / 2 + 1, "label": status.label}
            | {"css": status_colour(status)}
        )
    sizes = {"width": WIDTH, "height": HEIGHT, "node_width": NODE_WIDTH, "node_height": NODE_HEIGHT}
    return {"nodes": nodes, "edges": edges, **sizes}


def _who(row: Transition) -> str:
    names = {"customer": _("客户"), "sales": _("销售"), "warehouse": _("仓库"), "manager": _("经理")}
    names |= {"system": _("系统"), "api": _("接口")}
    return _("、").join(name for key, name in names.items() if key in row.actors)


@require_safe
@right_required("orders.view", "warehouse.view")
def states_page(request: ShopRequest) -> HttpResponse:
    """The picture, and the same as a table."""
    table = [
        {"key": row.key, "from_": row.from_, "to": row.to, "label": row.label, "who": _who(row)}
        for row in TRANSITIONS
    ]
    return render(
        request, "orders/states.html", {"diagram": states_diagram(), "table": table, "active": "orders"}
    )
