"""The roles of the staff, and the other columns of the rights table in `rights.py`."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    SALES = "sales", _("销售")
    WAREHOUSE = "warehouse", _("仓库")
    MANAGER = "manager", _("经理")


SALES, WAREHOUSE, MANAGER, CUSTOMER = "sales", "warehouse", "manager", "customer"
# The program's own timers and payment providers; another system with a key; a machine that proposes answers.
SYSTEM, API, ASSISTANT = "system", "api", "assistant"

# A manager may do what sales and the warehouse may.
SELLERS = frozenset({SALES, MANAGER})
STOCKROOM = frozenset({WAREHOUSE, MANAGER})
PEOPLE = frozenset({SALES, WAREHOUSE, MANAGER, CUSTOMER})
# Whose work an integration does, wherever a right names the scope that its key must have.
INTEGRATED = frozenset({SALES, WAREHOUSE, MANAGER, SYSTEM})
