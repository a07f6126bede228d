"""A source that is read, made in the stack's database."""

from dataclasses import replace

from shopcomm.edge.integrations.polling.services.sources import WantedSource, create_polled_source
from shopcomm.edge.integrations.services.connections import set_state
from tests.integrations.polling.reading import BY_NUMBER, plain_settings


def main(url: str) -> None:
    settings = replace(plain_settings(url), **BY_NUMBER | {"interval": 10})
    source = create_polled_source(wanted=WantedSource(name="polled", settings=settings))
    set_state(connection_id=source.pk, active=True)
