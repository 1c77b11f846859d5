"""How a table's width is shared out. Pure."""

from collections.abc import Sequence

LEAST = 0.5  # of its share: so much a column keeps when another needs the room


def share(parts: Sequence[float], needs: Sequence[float], across: float) -> list[float]:
    """Divide `across` by `parts`, then widen the columns that need more at the others' expense.

    `needs`: the width below which a column would be spoilt. What the others can give is taken in
    proportion; if that is too little, each needy column gets its part of it. The widths sum to
    `across`.
    """
    whole = sum(parts)
    widths = [across * part / whole for part in parts]
    pairs = [(width, max(need, width * LEAST)) for width, need in zip(widths, needs, strict=True)]
    lacking = sum(max(0.0, need - width) for width, need in pairs)
    spare = sum(max(0.0, width - need) for width, need in pairs)
    if not lacking or not spare:
        return widths
    moved = min(lacking, spare)
    return [
        width + (need - width) * moved / (lacking if need > width else spare)
        for width, need in pairs
    ]
