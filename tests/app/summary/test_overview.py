"""One pass over a results file: what is counted and which rows are kept."""

import tracemalloc
from collections.abc import Iterator

from app.screening.table import Cell
from app.summary.overview import MOST_REASONS, SHOWN_REFUSED, SHOWN_RISKIEST, overview, rows_at
from tests.helpers.results import row

ROWS = [
    row("a", 0.97, quality="blurred too_dark"),
    row("b", 0.02, quality="blurred"),
    row("c"),
    row("d", error="The file is empty. Choose it again.", reason="empty_file"),
    row("e", error="Gone.", reason="gone"),
    row("f", error="The file is empty. Choose it again.", reason="empty_file"),
    row("g", 0.97, duplicate_of="a"),
    row("h", 1.0),
]


def test_every_file_has_one_outcome() -> None:
    found = overview(ROWS)
    assert found.files == 8
    assert found.outcomes == {"refer": 3, "low_risk": 1, "undecided": 0, "cannot_assess": 1, "unreadable": 3}
    assert sum(found.outcomes.values()) == found.files
    assert found.assessed == 4 == found.histogram.sum()
    assert (found.histogram[0], found.histogram[-1]) == (1, 3)
    assert found.warnings == {"blurred": 2, "unlike_training": 1, "too_dark": 1}


def test_errors_are_grouped_by_reason_the_most_frequent_first() -> None:
    reasons = overview(ROWS).reasons
    assert list(reasons) == ["empty_file", "gone"]
    assert (reasons["empty_file"].files, reasons["empty_file"].examples) == (2, ["d", "f"])


def test_a_copy_is_counted_and_named_and_not_shown_twice() -> None:
    found = overview(ROWS)
    assert (found.copies, found.pairs) == (1, (("a", "g"),))
    assert [entry["path"] for entry in found.riskiest] == ["h", "a", "b"]


def test_an_answer_without_an_operating_point_is_neither_low_risk_nor_refused() -> None:
    found = overview([row("a", 0.3, assessment=None)])
    assert found.outcomes["undecided"] == 1
    assert found.assessed == 1


def test_the_riskiest_are_kept_in_order_and_of_equal_ones_the_first() -> None:
    found = overview([row(str(number), (number * 7 % 1000) / 1000) for number in range(1000)] + [row("late", 0.999)])
    kept = [entry["p_malignant"] for entry in found.riskiest]
    assert kept == [0.999] + [(1000 - number) / 1000 for number in range(1, SHOWN_RISKIEST)]
    assert [entry["path"] == "late" for entry in found.riskiest[:2]] == [False, True]
    ties = overview([row(str(number), 0.5) for number in range(2 * SHOWN_RISKIEST)]).riskiest
    assert [entry["path"] for entry in ties] == [str(number) for number in range(SHOWN_RISKIEST)]


def test_many_rows_are_held_in_the_memory_of_a_few() -> None:
    def many() -> Iterator[dict[str, Cell]]:
        for number in range(5_000):
            yield row(f"folder/{number}.jpg", (number % 997) / 997)
            yield row(f"folder/{number}.png")
            yield row(f"{number}.txt", error=f"Error {number}.", reason=f"reason {number}", duplicate_of="x")

    tracemalloc.start()
    found = overview(many())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found.files == 15_000
    assert peak < 700_000
    assert len(found.riskiest) == SHOWN_RISKIEST
    assert len(found.refused) == SHOWN_REFUSED
    assert len(found.reasons) <= MOST_REASONS + 1


def test_rows_are_found_again_by_their_place() -> None:
    assert [entry["path"] for entry in rows_at(ROWS, (7, 0, 2))] == ["h", "a", "c"]


def test_an_empty_run_is_counted_too() -> None:
    found = overview([])
    assert (found.files, found.assessed, found.riskiest) == (0, 0, ())
