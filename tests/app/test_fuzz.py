"""Damaged uploads and requests without number: an image or a refusal, in bounded time and memory, and nothing else.

`make fuzz` runs the same for minutes, from other seeds. What it finds becomes a case of tests/helpers/hostile.
"""

import json
import sys
import time
import zlib

import numpy as np
import pytest
from flask import Flask

from app import create_app
from app.config import Config
from app.screening.decode import DecodeLimits, decode_upload
from app.screening.errors import RefusedUpload
from tests.helpers.fuzz import explore, mutated
from tests.helpers.hostile import corpus
from tests.helpers.hostile.attack import PROBLEM, forget_peak, peak_bytes
from tests.helpers.uploads import encoded, lesion

LIMITS = DecodeLimits()
DECODE_SECONDS = 2.0
"""Of the processor."""

PEAK_BYTES = LIMITS.decode_bytes + 80_000_000
SEED_BYTES = 12_000
CONTENT_TYPES = (
    "multipart/form-data; boundary=----hostile", "multipart/form-data; boundary=b", "multipart/form-data", "image/png",
    "application/x-www-form-urlencoded", "image/jpeg", "application/json", "",
)  # fmt: skip
PATHS = ("/api/predict", "/api/predict/batch", "/api/predict?explain=1", "/result")


def small_uploads() -> list[bytes]:
    """The seeds: good files of every format, and the small ones of the hostile corpus."""
    picture = lesion(7, 90, 110)
    good = [encoded(picture, file_format) for file_format in ("JPEG", "PNG", "WEBP", "TIFF", "BMP")]
    good += [encoded(picture, "JPEG", progressive=True), encoded(picture.quantize(60), "PNG")]
    good += [encoded(picture.convert("RGBA"), "WEBP"), encoded(picture, "TIFF", compression="tiff_lzw")]
    hostile = {case.upload for case in corpus() if case.upload and len(case.upload) < SEED_BYTES}
    return good * 10 + sorted(hostile)


@pytest.mark.skipif(sys.platform != "linux", reason="measures memory in /proc")
def test_whatever_is_decoded_gives_an_image_or_a_refusal() -> None:
    answers = {"image": 0, "refusal": 0}

    def check(upload: bytes) -> None:
        forget_peak("self")
        before, started = peak_bytes("self"), time.process_time()
        try:
            decoded = decode_upload(upload, LIMITS)
        except RefusedUpload:
            answers["refusal"] += 1
        else:
            answers["image"] += 1
            assert (decoded.image.dtype, decoded.image.ndim, decoded.image.shape[2]) == (np.uint8, 3, 3)
            assert LIMITS.min_side <= min(decoded.image.shape[:2])
            assert decoded.source.pixels <= LIMITS.max_pixels
        assert time.process_time() - started < DECODE_SECONDS
        assert peak_bytes("self") - before < PEAK_BYTES

    tried = explore(mutated(small_uploads()), check, 1000)
    assert answers["refusal"] > tried // 3
    assert answers["image"] > tried // 50


@pytest.fixture(scope="module")
def unlimited() -> Flask:
    return create_app(Config(rate_limit=None))


def test_whatever_is_posted_gets_an_answer_or_a_refusal_in_its_usual_form(unlimited: Flask) -> None:
    client = unlimited.test_client()
    bodies = [body for case in corpus() if len(body := case.request.partition(b"\r\n\r\n")[2]) < SEED_BYTES]
    statuses: set[int] = set()

    def check(body: bytes) -> None:
        number = zlib.crc32(body)  # the same for the same body, so that what is found can be found again
        path, kind = PATHS[number % len(PATHS)], CONTENT_TYPES[number // 4 % len(CONTENT_TYPES)]
        response = client.post(path, data=body, content_type=kind)
        statuses.add(response.status_code)
        assert response.status_code == 200 or 400 <= response.status_code < 500
        if response.status_code != 200 and path.startswith("/api/"):
            assert response.content_type == "application/problem+json"
            assert set(json.loads(response.data)) == PROBLEM

    explore(mutated([body for body in bodies if body]), check, 350)
    assert {200, 400, 415} <= statuses
