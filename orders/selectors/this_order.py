"""The order of a page, in statements that are prepared once for all orders."""

from typing import cast

from django.db.models import BigIntegerField

from shopcomm.core.database.prepared import Given

# Typed as what it stands for: querysets take either.
THIS_ORDER = cast(int, Given("order", BigIntegerField()))
