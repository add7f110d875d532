"""What computes is watched, from the decoder to the last picture of an answer."""

import threading
from typing import Any

import pytest
from flask.testing import FlaskClient

from app.ops import stalls
from tests.helpers.pages import hidden, send
from tests.helpers.uploads import multipart, png_lesion

HANGING = (
    ("app.screening.screener.decode_upload", "/api/predict"),
    ("app.screening.runtime.TFLiteModel.__call__", "/api/predict"),
    ("app.screening.screener.explain", "/api/predict?explain=1"),
    ("app.ops.pictures.encoded", "/api/predict?explain=1"),
    ("app.ops.pictures.encoded", "/result"),
    ("app.web.report.pdf", "/report.pdf"),
)
"""What could hang, and where it is asked for."""


@pytest.mark.parametrize(("place", "address"), HANGING)
def test_whatever_could_hang_holds_back_the_sign_of_life(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, place: str, address: str
) -> None:
    found: list[bool] = []

    def hang(*_: Any, **__: Any) -> None:
        found.append(stalls.stalled())
        raise RuntimeError

    answer = hidden(send(client, ("a.png", png_lesion())).get_data(as_text=True), "answer")
    monkeypatch.setattr(stalls, "LONG_SECONDS", -1.0)
    assert not stalls.stalled()
    monkeypatch.setattr(place, hang)
    if address == "/result":
        response = send(client, ("a.png", png_lesion()))
    else:
        form = {"answer": answer} if address == "/report.pdf" else {"image": ("a.png", png_lesion())}
        response = client.post(address, **multipart(form))
    assert found == [True]
    assert response.status_code == 500
    assert not stalls.stalled(), "what has failed does not count any more"


def test_only_what_takes_long_is_stalled_and_threads_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    begun, ended = threading.Event(), threading.Event()

    def work() -> None:
        with stalls.computing():
            begun.set()
            ended.wait(5)

    thread = threading.Thread(target=work)
    thread.start()
    begun.wait(5)
    assert not stalls.stalled()
    monkeypatch.setattr(stalls, "LONG_SECONDS", -1.0)
    with stalls.computing(), stalls.computing():
        pass
    assert stalls.stalled(), "the other thread still computes"
    ended.set()
    thread.join(5)
    assert not stalls.stalled()
