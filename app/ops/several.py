"""Several pictures in one request: each gets its own answer or its own refusal, and none spoils another's."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from app.ops.errors import Refusal, refusal_of
from app.ops.requests import Upload

Answer = TypeVar("Answer")


def answer_each(uploads: Sequence[Upload], answer: Callable[[int, Upload], Answer]) -> list[Answer | Refusal]:
    """Calls `answer` with the number, from 1, and the bytes of one picture after the other.

    Returns:
        For each upload, in their order, what `answer` gave, or why it gave nothing.
    """
    results: list[Answer | Refusal] = []
    for number, upload in enumerate(uploads, 1):
        try:
            results.append(answer(number, upload))
        except Exception as error:  # noqa: BLE001  # whatever it is, the other pictures get their answers
            results.append(refusal_of(error))
    return results
