"""What the command line says to a mistake: one sentence, never a traceback."""

import subprocess
import sys
from pathlib import Path

from click.testing import CliRunner

from app.config import REPOSITORY
from training.cli.main import main


def test_the_command_line_names_a_mistake_without_a_traceback(tmp_path: Path) -> None:
    for arguments, words in (
        (["trian"], "No such command 'trian'"),
        (["train"], "Missing option '--recipe'"),
        (["train", "--recipe", "nothing"], "no recipe named 'nothing'"),
        (["train", "--recipe", "three_block_distilled"], "and mobile_short_ham10000: use `distil`"),
        (["distil", "--recipe", "three_block_ham10000"], "three_block_ham10000 has no teachers; use `train`"),
        (["compare", "one", "other", "--out", str(tmp_path)], "`evaluate` that recipe first"),
        (["agree", "one", "other", "--out", str(tmp_path)], "`evaluate` that recipe first"),
        (["ensemble", "--name", "both", "one", "other", "--out", str(tmp_path)], "`evaluate` that recipe first"),
        (["report", "--runs", str(tmp_path)], "holds no evaluated run"),
        (
            ["train", "--recipe", "three_block_ham10000", "--data-root", str(tmp_path)],
            "with --data-root or LESION_DATA_ROOT",
        ),
        (["data", "split", "--name", "x", "--protocol", "islam2024", "--groups", __file__], "splits by image"),
        (["data", "split", "--name", "x", "--seed", "-1"], "Invalid value for '--seed'"),
        (["data", "split", "--name", "x", "--groups", str(tmp_path)], "is a directory"),
        (["data", "audit", "--dataset", "nothing", "--data-root", str(tmp_path)], "is no folder"),
    ):
        result = CliRunner().invoke(main, arguments, prog_name="python -m training")
        assert result.exit_code != 0
        assert words in result.output, result.output
        assert isinstance(result.exception, SystemExit), arguments  # click's way out, no traceback


def test_the_command_line_is_a_module() -> None:
    command = [sys.executable, "-m", "training", "train", "--recipe", "nothing"]
    result = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False, timeout=60)
    assert result.returncode != 0
    assert "no recipe named 'nothing'" in result.stderr
    assert "Traceback" not in result.stderr
