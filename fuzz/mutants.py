"""A file with something broken in it: flipped bits, impossible lengths, cut ends, pieces of itself in wrong places."""

from random import Random

EDGES = [
    b"\x00\x00\x00\x00",
    b"\xff\xff\xff\xff",
    b"\x7f\xff\xff\xff",
    b"\x80\x00\x00\x00",
    b"\x00\x00\xff\xff",
    b"\x01\x00\x00\x00",
]


def mutant(chance: Random, sound: bytes) -> bytes:
    """One mutant. Half of them are broken near the beginning, where the lengths stand."""
    broken = bytearray(sound)
    for _ in range(chance.choice((1, 1, 1, 2, 4, 16))):
        reach = min(len(broken), 400) if chance.random() < 0.5 else len(broken)
        if reach < 16:
            break
        place, what = chance.randrange(reach - 8), chance.random()
        if what < 0.35:
            broken[place] ^= 1 << chance.randrange(8)
        elif what < 0.55:
            broken[place] = chance.choice((0, 0xFF, 0x80, chance.randrange(256)))
        elif what < 0.7:
            edge = chance.choice(EDGES)
            broken[place : place + len(edge)] = edge
        elif what < 0.78:
            del broken[place + 8 :]
        elif what < 0.86:
            del broken[place : place + chance.randrange(1, 64)]
        elif what < 0.94:
            broken[place:place] = broken[place : place + chance.randrange(1, 256)]
        else:
            broken[place:place] = chance.randbytes(chance.randrange(1, 64))
    return bytes(broken)
