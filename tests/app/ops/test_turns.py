"""Who computes, who waits, and who is told to come back."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask

from app import create_app
from app.config import Config
from app.ops import metrics
from app.ops.turns import LONGEST_RETRY, TURNS, Busy, Turns
from tests.helpers.pages import send
from tests.helpers.uploads import multipart, png_lesion


def eventually(holds: Callable[[], bool]) -> None:
    """Waits until `holds()`, at most five seconds."""
    deadline = time.monotonic() + 5
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def waiting(turns: Turns) -> int:
    return len(turns._waiting)


@pytest.fixture
def full() -> Iterator[Turns]:
    """One request computes, and the only place is taken."""
    turns = Turns(places=1, patience=5, held_bytes=1000)
    turns.enter()
    thread = threading.Thread(target=turns.enter)
    thread.start()
    eventually(lambda: waiting(turns) == 1)
    yield turns
    turns.leave()
    thread.join(5)


def test_the_first_request_computes_at_once() -> None:
    turns = Turns(places=0, patience=1, held_bytes=0)
    assert turns.enter() < 0.1
    turns.leave()
    assert turns.enter() < 0.1


def test_past_the_last_place_a_request_is_refused_at_once(full: Turns) -> None:
    started = time.perf_counter()
    with pytest.raises(Busy) as refusal:
        full.enter()
    assert time.perf_counter() - started < 0.5
    assert 1 <= refusal.value.retry_after <= LONGEST_RETRY


def test_those_who_wait_are_served_in_the_order_in_which_they_came() -> None:
    turns = Turns(places=3, patience=5, held_bytes=0)
    turns.enter()
    served: list[int] = []

    def wait(number: int) -> None:
        turns.enter()
        served.append(number)
        turns.leave()

    threads = []
    for number in range(3):
        threads.append(threading.Thread(target=wait, args=(number,)))
        threads[-1].start()
        eventually(lambda: waiting(turns) == len(threads))
    turns.leave()
    for thread in threads:
        thread.join(5)
    assert served == [0, 1, 2]
    assert turns.enter() < 0.1


def test_one_who_waits_too_long_is_refused_and_leaves_its_place() -> None:
    turns = Turns(places=1, patience=0.05, held_bytes=0)
    turns.enter()
    for _ in range(2):
        with pytest.raises(Busy):
            turns.enter()
    assert waiting(turns) == 0
    turns.leave()
    assert turns.enter() < 0.05


def test_the_time_to_come_back_grows_with_how_long_an_answer_takes() -> None:
    turns = Turns(places=0, patience=0, held_bytes=0)
    turns._usual = 4.2
    turns.enter()
    with pytest.raises(Busy) as refusal:
        turns.enter()
    assert refusal.value.retry_after == 5
    turns._usual = 1000
    with pytest.raises(Busy) as refusal:
        turns.enter()
    assert refusal.value.retry_after == LONGEST_RETRY


def test_uploads_may_not_occupy_more_memory_than_there_is() -> None:
    turns = Turns(places=1, patience=1, held_bytes=100)
    turns.hold(60)
    with pytest.raises(Busy):
        turns.hold(41)
    turns.hold(40)
    turns.release(60)
    turns.hold(60)


@pytest.fixture
def small(bundle_folder: Path) -> Flask:
    return create_app(Config(bundle=bundle_folder, queue=0, held_bytes=70_000_000))


def test_a_full_queue_is_a_503_problem_with_retry_after_and_no_class(small: Flask) -> None:
    before = metrics.REFUSALS.labels("busy")._value.get()
    small.extensions[TURNS].enter()
    response = small.test_client().post("/api/predict", **multipart({"image": ("a.png", png_lesion())}))
    assert response.status_code == 503
    assert response.content_type == "application/problem+json"
    assert response.headers["Retry-After"] == "1"
    body = response.get_json(force=True)
    assert body["reason"] == "busy"
    assert body["title"] == "Too many pictures are waiting"
    assert "benign" not in response.get_data(as_text=True)
    assert metrics.REFUSALS.labels("busy")._value.get() == before + 1


def test_a_full_queue_refuses_a_page_of_several_pictures_as_a_whole(small: Flask) -> None:
    small.extensions[TURNS].enter()
    pictures = [(f"{number}.png", png_lesion(number)) for number in range(3)]
    response = send(small.test_client(), *pictures)
    assert response.status_code == 503
    assert response.headers["Retry-After"] == "1"
    assert "Too many pictures are waiting" in response.get_data(as_text=True)


def test_every_request_gives_its_turn_and_its_memory_back(small: Flask) -> None:
    client = small.test_client()
    free = small.extensions[TURNS]._free_bytes
    for upload in (png_lesion(), b"no picture", b""):
        client.post("/api/predict", **multipart({"image": ("a.png", upload)}))
    client.post("/api/predict")
    client.post("/sample")
    assert send(client, ("a.png", png_lesion()), ("b.png", b"no picture")).status_code == 200
    assert not small.extensions[TURNS]._taken
    assert small.extensions[TURNS]._free_bytes == free


def test_an_upload_that_finds_no_memory_is_refused_before_it_is_read(small: Flask) -> None:
    small.extensions[TURNS].hold(69_999_000)
    response = small.test_client().post("/api/predict", **multipart({"image": ("a.png", png_lesion())}))
    assert response.status_code == 503
    assert response.get_json(force=True)["reason"] == "busy"
    assert small.test_client().get("/healthz").status_code == 200
