"""The API as its own description has it: Schemathesis sends what it allows and what it does not, to a real server."""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import hypothesis.strategies as st
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    allow_header_conformance,
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from tests.helpers.server import Server, serve
from tests.helpers.uploads import encoded, huge_one_bit_png, lesion, png_lesion, truncated_jpeg

CHECKS: Any = [
    not_a_server_error, status_code_conformance, content_type_conformance, response_headers_conformance,
    response_schema_conformance, negative_data_rejection, allow_header_conformance, unsupported_method,
]  # fmt: skip
FILES = [png_lesion(1), encoded(lesion(2), "JPEG"), truncated_jpeg(), huge_one_bit_png(), b"", b"GIF89a"]

schemathesis.openapi.format("binary", st.one_of(st.sampled_from(FILES), st.binary(max_size=200)))
REFUSALS = schemathesis.Config.from_dict(
    {"checks": {"negative_data_rejection": {"expected-statuses": ["400", "413", "415", "422"]}}}
)
OPERATIONS = [("POST", "/api/predict"), ("POST", "/api/predict/batch"), ("GET", "/api/model")]


@pytest.fixture(scope="module")
def described() -> Iterator[Any]:
    """A server that lets itself be asked as often as Schemathesis likes."""
    with serve(LESION_RATE_LIMIT="off") as running:
        yield schemathesis.openapi.from_url(f"{running.url}/api/openapi.json", config=REFUSALS)


def tried(operation: Any, mode: GenerationMode) -> "Counter[int]":
    """The statuses of the answers to what Schemathesis thinks of, each answer compared with the description."""
    answers: Counter[int] = Counter()

    @settings(max_examples=40, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy(generation_mode=mode))
    def try_one(case: Case) -> None:
        answers[case.call_and_validate(checks=CHECKS, timeout=30).status_code] += 1

    try_one()
    return answers


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_what_is_allowed_gets_no_error_of_the_server_and_no_answer_beyond_the_description(
    described: Any, method: str, path: str
) -> None:
    assert tried(described[path][method], GenerationMode.POSITIVE)[200] >= 1


@pytest.mark.parametrize(("method", "path"), OPERATIONS[:2])
def test_what_is_not_allowed_is_refused_as_the_description_says(described: Any, method: str, path: str) -> None:
    answers = tried(described[path][method], GenerationMode.NEGATIVE)
    assert answers[400] >= 10


def test_the_description_has_no_operation_that_is_not_tried(described: Any) -> None:
    assert [(entry.ok().method.upper(), entry.ok().path) for entry in described.get_all_operations()] == OPERATIONS


def test_a_key_opens_a_running_server_and_its_absence_does_not() -> None:
    digest = "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"  # of "foo"
    with serve(LESION_API_KEYS=f"clinic:{digest}", LESION_RATE_LIMIT="2/minute", WORKERS="1") as running:
        files = {"image": ("a.png", b"\0" * 14_000_000)}
        refused = requests.post(f"{running.url}/api/predict", files=files, timeout=20)
        assert (refused.status_code, refused.json()["reason"]) == (401, "wrong_key")
        headers = {"Authorization": "Bearer foo"}
        found = [
            requests.post(f"{running.url}/api/predict", files=files, headers=headers, timeout=20) for _ in range(3)
        ]
        assert [answer.status_code for answer in found] == [415, 415, 429]
        assert int(found[2].headers["Retry-After"]) >= 1
        assert "foo" not in running.log.read_text()


def test_a_batch_over_http_keeps_its_order_and_its_bad_files_to_themselves(server: Server) -> None:
    files = [("image", (f"{number}", content)) for number, content in enumerate(FILES)]
    body = requests.post(f"{server.url}/api/predict/batch", files=files, timeout=60).json()
    assert [entry["name"] for entry in body["results"]] == [f"{number}" for number in range(len(FILES))]
    reasons = [entry["problem"] and entry["problem"]["reason"] for entry in body["results"]]
    assert reasons == [None, None, "undecodable", "too_many_pixels", "empty_file", "unaccepted_format"]
    alone = requests.post(
        f"{server.url}/api/predict", data=FILES[1], headers={"Content-Type": "image/jpeg"}, timeout=20
    )
    assert json.dumps(body["results"][1]["answer"]["classes"]) == json.dumps(alone.json()["classes"])
