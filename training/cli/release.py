"""`python -m training release`: every verb from the pictures to the bundle that is served."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import click

from app.config import DEFAULT_BUNDLE, REPOSITORY
from training.cli.external import can_be_measured
from training.cli.options import data_root_option, out_option, recipe_option
from training.errors import TrainingError
from training.names import RecipeName
from training.recipe import Recipe, expected_time, load_recipe


@click.command()
@recipe_option
@data_root_option
@out_option
@click.option("--teachers", is_flag=True, help="Train and ask the teachers, even where label_store has their answers.")
def release(recipe: Recipe, data_root: Path, out: Path, *, teachers: bool) -> None:
    """From the publisher's files to model_store: soft labels, train, export, calibrate, gate, evaluate, external, card.

    What was trained before is not trained again. Of a recipe with several seeds, the median one on validation is
    shipped. With --smoke nothing is put into model_store.
    """
    from training.bundles import release as copy_bundle
    from training.bundles import why_not_served
    from training.report.card import write_card
    from training.seeds import median, seeded

    told = RecipeName.parse(recipe.name)
    if not told.smoke:
        click.echo(f"Expected time of {recipe.name}: {expected_time(told.file)}")
    verbs = Verbs(data_root, out)
    members = seeded(recipe)
    if teachers and recipe.distil and recipe.distil.views and recipe.images is None:
        for name in recipe.distil.teachers:
            verbs.learn(load_recipe(name))
        verbs.run("soft-labels", members[0].name)
    for member in members:
        verbs.learn(member)
    shipped = median(recipe, out)
    for verb in ("export", "calibrate", "gate", "evaluate"):
        verbs.run(verb, shipped.name)
    if can_be_measured(shipped, data_root):
        verbs.run("external", shipped.name)
    bundle = out / shipped.name / "bundle"
    write_card(bundle)
    reason = _only_for_study(recipe) or why_not_served(bundle)
    click.echo(f"not put into model_store: {reason}" if reason else copy_bundle(bundle, DEFAULT_BUNDLE.parent))


def _only_for_study(recipe: Recipe) -> str | None:
    """Why nothing of a recipe is served, whatever its bundle is like."""
    told = RecipeName.parse(recipe.name)
    if told.smoke:
        return "--smoke makes nothing that could be served"
    if told.arm or told.unpretrained or told.seed is not None:
        return f"{recipe.name} is a change of {told.file}, for study; `release --recipe {told.file}` ships that"
    return None


@dataclass(frozen=True, slots=True)
class Verbs:
    """Runs verbs in processes of their own: TensorFlow, which trains and exports, must not meet the TFLite runtime.

    Attributes:
        data_root, out: of all of them.
    """

    data_root: Path
    out: Path

    def run(self, verb: str, name: str) -> None:
        """A verb of a recipe. Raises TrainingError where it fails."""
        click.secho(f"{verb} {name}", bold=True)
        # Absolute: the process works in the repository, wherever this one does.
        folders = ["--data-root", str(self.data_root.absolute()), "--out", str(self.out.absolute())]
        command = [sys.executable, "-m", "training", verb, "--recipe", name, *folders]
        if subprocess.run(command, check=False, cwd=REPOSITORY).returncode:
            raise TrainingError(f"`{verb}` of {name} failed; what it said stands above. The same command goes on there")

    def learn(self, recipe: Recipe) -> None:
        """Trains a recipe, and first what it starts from and the teachers whose answers are not kept."""
        from training.label_store import needed_teachers

        for needed in dict.fromkeys([*needed_teachers(recipe), *([recipe.start] if recipe.start else [])]):
            self.learn(load_recipe(needed))
        self.run("distil" if recipe.distil else "train", recipe.name)
