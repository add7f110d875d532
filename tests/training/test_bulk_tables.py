"""The tables about archives, on made-up measurements with figures computed by hand."""

from training.report.bulk_tables import archive_line, memory_rows, projection_table, speed_table


def round_of(one: float, every: float, local: float, cluster: float) -> dict[str, object]:
    rates = {"one_core": one, "all_cores": every, "local": local, "cluster": cluster}
    return {
        **{name: {"per_second": rate, "cpu_ms": 2000 / rate} for name, rate in rates.items()},
        "load_before": 1.5,
        "same_results": True,
    }


MEASURED = {
    "speed": {"cores": 2, "files": 600, "rounds": [round_of(50, 100, 90, 81), round_of(50, 80, 80, 72)]},
    "memory": [{"files": 100_000, "parent_mb": 120, "workers_mb": 250, "journal_mb": 41.5, "seconds": 9}],
    "ham10000": {
        "files": 10_015,
        "cores": 2,
        "seconds": 100.2,
        "per_second": 100.0,
        "load_before": 0.5,
        "again_seconds": 2.34,
        "sizes": {"224×224": 10_000, "180×180": 15},
    },
}


def test_ratios_are_those_of_the_same_round() -> None:
    table = speed_table(MEASURED)
    assert "| `flask screen --jobs 2` | 85.0 | 23.61 ms |" in table
    # (0.9 + 1.0) / 2 of all cores, (0.9 + 0.8) / 2 of twice one core; 0.9 of --jobs in both rounds.
    assert "- `--jobs 2` has 95% of the rate of 2 cores at once, and 85% of 2 times one core alone;" in table
    assert "- The cluster has 90% of the rate of `--jobs 2`; by processor time 90%." in table
    assert "each pair gave the same results, byte for byte" in table


def test_results_that_differ_are_told() -> None:
    rounds = [{**MEASURED["speed"]["rounds"][0], "same_results": False}]
    assert "NOT each pair gave" in speed_table({"speed": {**MEASURED["speed"], "rounds": rounds}})


def test_days_and_pictures_follow_from_the_rate_of_a_core() -> None:
    parts = {
        size: {"whole": {"median": ms}} for size, ms in (("224×224", 10.0), ("600×450", 12.0), ("4000×3000", 25.0))
    }
    table = projection_table(MEASURED, parts)
    # 50 a second and core: 4.32 million a day; a million in 5.6 hours on one core, in 39 seconds on 512.
    assert "| 1 | 4,300,000 | 5.6 hours | 23 days |" in table
    assert "| 512 | 2,200,000,000 | 39 seconds | 65 minutes |" in table
    assert "with files of 224×224 pixels;" in table
    assert "one of them, as a JPEG, 1.2 times with 600×450, 2.5 times with 4000×3000." in table


def test_memory_and_the_whole_archive_are_told() -> None:
    assert "| 100,000 | 120 MB | 250 MB | 41.5 MB |" in memory_rows(MEASURED)
    assert archive_line(MEASURED).startswith("All of HAM10000 on 2 cores: 10,015 files in 100 s,")
    assert "They are copies of 224×224 pixels (10,000) and 180×180 pixels (15)." in archive_line(MEASURED)
    assert archive_line(MEASURED).endswith("with nothing to do: 2.3 s.")
