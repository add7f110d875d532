"""Screening on a real Dask cluster: scheduler, workers and client are processes of their own, and are killed."""

import os
import signal
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.bulk.cluster import Cluster
from app.bulk.errors import BulkError
from app.bulk.files import Listed
from app.bulk.journal import Journal
from app.bulk.processes import Job
from app.bulk.results import read_results
from app.bulk.setup import setup_of
from app.screening.decode import DecodeLimits
from app.screening.screener import Screener
from app.screening.table import answer_cells
from tests.helpers.archive import PATIENCE_SECONDS, draw_archive, finish, start, wait_for_commit, wait_for_files
from tests.helpers.dask_cluster import DaskCluster, dask_cluster

COUNT = 512
"""Enough that a run is not over before something of it can be killed: the journal commits every half second."""


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return draw_archive(tmp_path_factory.mktemp("archive"), COUNT)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DaskCluster]:
    with dask_cluster(tmp_path_factory.mktemp("dask"), workers=2) as running:
        yield running


@pytest.fixture(scope="module")
def survived(cluster: DaskCluster, archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The results of a run in whose middle a worker was killed, and another one joined."""
    folder = tmp_path_factory.mktemp("survived")
    run = start(archive, "--output", folder / "results.csv", "--cluster", cluster.address, "--explain", folder / "maps")
    wait_for_files(folder / "maps", COUNT // 5)
    cluster.workers[0].kill()
    cluster.add_worker()
    told = finish(run)
    assert f"Screened {COUNT} in" in told
    return folder / "results.csv"


def test_every_file_is_screened_once_although_a_worker_was_killed(survived: Path, archive: Path) -> None:
    assert [row["path"] for row in read_results(survived)] == sorted(map(str, archive.rglob("*.jpg")))
    assert not [row for row in read_results(survived) if row["error"]]


def test_answers_are_those_of_the_screener(survived: Path, screener: Screener) -> None:
    for row in list(read_results(survived))[::20]:
        expected = answer_cells(screener.screen(Path(str(row["path"])).read_bytes()))
        assert {name: row[name] for name in expected} == {name: value or None for name, value in expected.items()}


def test_a_killed_client_goes_on_where_it_stopped_and_gives_the_same_bytes(
    cluster: DaskCluster, archive: Path, survived: Path, tmp_path: Path
) -> None:
    arguments = (
        archive, "--output", tmp_path / "results.csv", "--cluster", cluster.address, "--explain", tmp_path / "maps",
    )  # fmt: skip
    client = start(*arguments)
    wait_for_files(tmp_path / "maps", 1)
    wait_for_commit(tmp_path / "results.csv", time.time_ns())
    os.kill(client.pid, signal.SIGKILL)
    client.communicate()
    assert not (tmp_path / "results.csv").exists()
    told = finish(start(*arguments))
    assert "files have their answers already" in told
    assert f"Screened {COUNT} in" not in told
    assert (tmp_path / "results.csv").read_bytes() == survived.read_bytes()


def test_no_scheduler_is_told_in_a_sentence(monkeypatch: pytest.MonkeyPatch, bundle_folder: Path) -> None:
    monkeypatch.setattr("app.bulk.cluster.CONNECT_SECONDS", 0.2)
    job = Job(setup_of(bundle_folder, DecodeLimits()), bundle_folder, DecodeLimits())
    with pytest.raises(BulkError, match=r"There is no Dask scheduler at tcp://127\.0\.0\.1:1: "):
        Cluster("tcp://127.0.0.1:1", job, Listed("a.png"))


def test_a_worker_that_would_answer_otherwise_is_refused(cluster: DaskCluster, bundle_folder: Path) -> None:
    limits = DecodeLimits()
    other = replace(setup_of(bundle_folder, limits), program="0.0.9")
    with pytest.raises(BulkError, match=r"The worker tcp://\S+ cannot be used\. .*another program \(0\.0\.9 before"):
        Cluster(cluster.address, Job(other, bundle_folder, limits), Listed("a.png"))


def test_a_folder_that_workers_do_not_see_is_found_out_before(
    cluster: DaskCluster, bundle_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits = DecodeLimits()
    monkeypatch.setattr("app.bulk.cluster.os.path.exists", lambda _: True)  # here, and not on the workers
    with pytest.raises(BulkError, match=r"does not see '/elsewhere/a\.png': pictures must lie under the same path"):
        Cluster(
            cluster.address, Job(setup_of(bundle_folder, limits), bundle_folder, limits), Listed("/elsewhere/a.png")
        )


def test_a_scheduler_that_is_lost_is_told_in_a_sentence_and_nothing_is_lost(
    cluster: DaskCluster, archive: Path, tmp_path: Path
) -> None:
    # The last test of this file, since it ends the cluster.
    client = start(
        archive, "--output", tmp_path / "results.csv", "--cluster", cluster.address, "--explain", tmp_path / "maps"
    )
    wait_for_files(tmp_path / "maps", COUNT // 2)
    cluster.scheduler.kill()
    _, told = client.communicate(timeout=PATIENCE_SECONDS)
    assert client.returncode == 1
    assert told.splitlines()[-1] == (
        f"Error: The scheduler at {cluster.address} is gone or has dropped the work; "
        "when it is there again, the same command goes on where it stopped."
    )
    assert "Traceback" not in told
    with Journal(tmp_path / "results.csv.journal") as journal:
        assert 0 < sum(journal.counts().values()) < COUNT
