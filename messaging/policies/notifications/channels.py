"""Which channel outside the product a notice uses, and when an attempt counts as delivered. No database."""

from collections.abc import Collection, Hashable, Iterable, Mapping


def usable_channels(
    person: Hashable, channels: Iterable[str], reached: Mapping[str, Collection[Hashable]]
) -> list[str]:
    """The channels of a rule that reach a person, in its order; the first is tried, the others when it fails.

    `reached` has whom each channel reaches at all.
    """
    return [channel for channel in channels if person in reached.get(channel, ())]


def wants_channels(trigger: str, muted: Collection[str]) -> bool:
    """Money is always told in the conversation; whether the phone rings for it is the person's own choice."""
    return trigger not in muted


def counts_as_told(*, taken: int, refused: int, resting: int, every: bool) -> bool:
    """Whether a notice was told: one endpoint is enough, or `every` one has to take it, also those that rest now."""
    return bool(taken) and not (every and (refused or resting))


def fails_for_good(finals: Collection[bool], *, resting: int) -> bool:
    """Whether trying again would not help: each endpoint that was called said so, and none rests that may take it later."""
    return not resting and all(finals)
