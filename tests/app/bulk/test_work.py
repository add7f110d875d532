"""The way of files through a team: what dies with its process is tried again, alone, and then given up."""

from collections import Counter, deque
from collections.abc import Iterator

from app.bulk.files import Listed
from app.bulk.picture import Answer
from app.bulk.work import Chunk, answers

DEADLY, UNLUCKY = "13", "5"


class Mortal:
    """A team whose process dies of one file always and of another once; it takes three chunks at a time."""

    def __init__(self) -> None:
        self.tries: Counter[str] = Counter()
        self.most = 0
        self._given: deque[Chunk] = deque()

    def room(self) -> int:
        return 3 - len(self._given)

    def submit(self, chunk: Chunk) -> None:
        self._given.append(chunk)
        self.most = max(self.most, len(self._given))

    def finished(self) -> list[tuple[Chunk, list[Answer] | None]]:
        chunk, found = self._given.popleft(), []
        for file in chunk.files:
            self.tries[file.path] += 1
            if file.path == DEADLY or (file.path == UNLUCKY and self.tries[file.path] == 1):
                return [(chunk, None)]
            found.append(Answer(file, {"assessment": "low_risk"}))
        return [(chunk, found)]


def test_each_file_has_one_answer_and_the_deadly_one_a_row_with_an_error() -> None:
    team = Mortal()
    found = [entry for batch in answers((Listed(str(number)) for number in range(40)), team, 4) for entry in batch]
    assert sorted(int(entry.file.path) for entry in found) == list(range(40))
    assert {entry.file.path: entry.cells["reason"] for entry in found if "error" in entry.cells} == {
        DEADLY: "worker_died"
    }
    assert team.tries[DEADLY] == team.tries[UNLUCKY] == 2
    assert team.tries["30"] == 1


def test_files_are_read_only_as_the_team_has_room() -> None:
    read = 0

    def stream() -> Iterator[Listed]:
        nonlocal read
        for number in range(100, 1100):
            read += 1
            yield Listed(str(number))

    team = Mortal()
    found = answers(stream(), team, 4)
    first = next(found)
    assert read == 3 * 4
    assert len(first) + sum(map(len, found)) == 1000
    assert team.most == 3
