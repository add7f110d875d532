"""/api/predict/batch: an answer or a problem for each picture."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from app.screening.screener import Screener
from tests.app.test_api import assert_problem, post
from tests.helpers.uploads import multipart, png_lesion, truncated_jpeg

BATCH = "/api/predict/batch"


def send(client: FlaskClient, *uploads: tuple[str, bytes]) -> Any:
    return client.post(BATCH, **multipart([("image", upload) for upload in uploads]))


def test_each_picture_gets_the_answer_that_it_gets_alone_in_the_order_sent(client: FlaskClient) -> None:
    uploads = [(f"{seed}.png", png_lesion(seed)) for seed in (5, 1, 3)]
    body = send(client, *uploads).get_json()
    assert (body["answered"], body["refused"]) == (3, 0)
    assert [entry["number"] for entry in body["results"]] == [1, 2, 3]
    assert [entry["name"] for entry in body["results"]] == ["5.png", "1.png", "3.png"]
    for (_, upload), entry in zip(uploads, body["results"], strict=True):
        alone = post(client, upload).get_json()
        for field in ("prediction", "confidence", "classes", "assessment", "model"):
            assert entry["answer"][field] == alone[field]
        assert entry["problem"] is None


def test_a_bad_file_has_its_own_problem_and_spoils_no_other(client: FlaskClient) -> None:
    response = send(
        client, ("a.png", png_lesion(1)), ("cut.jpg", truncated_jpeg()), ("", b"words"), ("b.png", png_lesion(2))
    )
    body = response.get_json()
    assert response.status_code == 200
    assert (body["answered"], body["refused"]) == (2, 2)
    found = [(entry["answer"] is None, entry["problem"] and entry["problem"]["reason"]) for entry in body["results"]]
    assert found == [(False, None), (True, "undecodable"), (True, "unaccepted_format"), (False, None)]
    problem = body["results"][1]["problem"]
    assert set(problem) == {"type", "title", "status", "detail", "reason", "request_id"}
    assert problem["status"] == 422
    assert problem["request_id"] == body["request_id"] == response.headers["X-Request-ID"]


def test_pictures_that_are_all_refused_are_still_a_batch(client: FlaskClient) -> None:
    body = send(client, ("a", b"words"), ("b", b"words")).get_json()
    assert (body["answered"], body["refused"]) == (0, 2)


def test_a_failure_of_ours_at_one_picture_leaves_the_others_their_answers(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    screen = Screener.screen

    def sometimes(self: Screener, upload: bytes) -> Any:
        if upload == png_lesion(2):
            raise RuntimeError("boom")
        return screen(self, upload)

    monkeypatch.setattr(Screener, "screen", sometimes)
    results = send(client, ("a.png", png_lesion(1)), ("b.png", png_lesion(2))).get_json()["results"]
    assert results[0]["answer"]["prediction"] in ("benign", "malignant")
    assert (results[1]["answer"], results[1]["problem"]["reason"]) == (None, "internal_error")
    assert "boom" not in str(results)


def test_no_picture_too_many_and_too_much_are_refused_as_a_whole(client: FlaskClient) -> None:
    assert_problem(client.post(BATCH), 400, "missing_file")
    assert_problem(send(client, *[("a.png", b"x")] * 21), 400, "too_many_files")
    assert_problem(send(client, *[("a.png", b"\0" * 14_000_000)] * 5), 413, "too_many_bytes")
