"""A recipe's name and what changes it: NAME, then in this order +ARM, -seedN, -unpretrained, -smoke."""

import re
from dataclasses import dataclass

SMOKE, UNPRETRAINED, ARM = "-smoke", "-unpretrained", "+"

_FORM = re.compile(r"(.+?)(?:\+(\w+))?(?:-seed(\d+))?(-unpretrained)?(-smoke)?")


@dataclass(frozen=True, slots=True)
class RecipeName:
    """Attributes:
    file: the name without its endings, which is that of a file in training/recipes.
    arm: the one thing that is changed (training/arms.py); empty for nothing.
    seed: in the place of the recipe's own; None for that.
    unpretrained: random weights in the place of pretrained ones.
    smoke: in small.
    """

    file: str
    arm: str = ""
    seed: int | None = None
    unpretrained: bool = False
    smoke: bool = False

    @classmethod
    def parse(cls, name: str) -> "RecipeName":
        """Reads what `str` gives; endings in another order, or that are none, stay part of the file's name."""
        found = _FORM.fullmatch(name)
        if not found:
            return cls(name)
        file, arm, seed, unpretrained, smoke = found.groups()
        return cls(file, arm or "", None if seed is None else int(seed), bool(unpretrained), bool(smoke))

    def __str__(self) -> str:
        """The name."""
        endings = [
            f"{ARM}{self.arm}" if self.arm else "",
            "" if self.seed is None else f"-seed{self.seed}",
            UNPRETRAINED if self.unpretrained else "",
            SMOKE if self.smoke else "",
        ]
        return self.file + "".join(endings)
