"""Django's PostgreSQL backend with our pool, which reports an unavailable database at once. Django looks for this name."""

from datetime import UTC
from typing import Any

from django.db.backends.base.base import NO_DB_ALIAS
from django.db.backends.postgresql import base

from shopcomm.core.database.moments import QuickMomentLoader
from shopcomm.core.database.pool import PatientPool


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection of a thread; from the process's pool where `OPTIONS["pool"]` says so."""

    @property
    def pool(self) -> PatientPool | None:
        """The pool that all threads of this process share; None in workers, commands and tests."""
        options = self.settings_dict["OPTIONS"].get("pool")
        if not options or self.alias == NO_DB_ALIAS:
            return None
        # Neither is known to the stubs: pools came with Django 5.1.
        pools: dict[str, PatientPool] = self._connection_pools  # type: ignore[attr-defined]
        configure = self._configure_connection  # type: ignore[attr-defined]
        if self.alias not in pools:
            address = self.get_connection_params() | {"autocommit": True}
            made = PatientPool(kwargs=address, open=False, configure=configure, **options)
            # The first of two threads wins; a pool that is not open holds nothing.
            pools.setdefault(self.alias, made)
        return pools[self.alias]

    def get_connection_params(self) -> dict[str, Any]:
        """How to connect, and how values are read; the context is Django's, one for all connections."""
        params: dict[str, Any] = super().get_connection_params()
        if self.timezone is UTC:
            params["context"].register_loader("timestamptz", QuickMomentLoader)
        return params
