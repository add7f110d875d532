"""`python -m training data ...`: reads, splits, audits and measures data sets."""

import json
from collections import Counter
from pathlib import Path

import click

from app.config import REPOSITORY
from training.cli.options import data_root_option, out_option, recipe_option
from training.datasets.records import Dataset
from training.datasets.splits import PROTOCOLS
from training.errors import TrainingError
from training.recipe import Recipe


@click.group()
def data() -> None:
    """Reads, splits and preprocesses data sets."""


def read_dataset(name: str, data_root: Path) -> Dataset:
    """Reads a data set and says what its reader left out, and why."""
    from training.datasets.parts import read

    dataset = read(name, data_root)
    for reason, count in Counter(skip.reason for skip in dataset.skipped).items():
        names = [skip.name for skip in dataset.skipped if skip.reason == reason][:3]
        click.echo(f"{name}: {count} left out ({reason}), such as {', '.join(names)}", err=True)
    return dataset


@data.command("split")
@click.option("--dataset", default="ham10000", show_default=True)
@click.option("--name", required=True, help="Name of the manifest in training/splits.")
@click.option("--protocol", type=click.Choice(list(PROTOCOLS)), default="lesion", show_default=True)
@click.option(
    "--groups", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="groups.json of `data audit`."
)
@click.option("--trust-image-ids", is_flag=True, help="Take each image that names no lesion as a lesion of its own.")
@click.option("--seed", type=click.IntRange(min=0, max=2**32 - 1), default=2024, show_default=True)
@data_root_option
def split_command(
    dataset: str,
    name: str,
    protocol: str,
    groups: Path | None,
    trust_image_ids: bool,  # noqa: FBT001
    seed: int,
    data_root: Path,
) -> None:
    """Splits a data set, stratified by class, and writes the manifest."""
    from training.audit.findings import read_groups
    from training.datasets.manifests import SPLITS_FOLDER
    from training.datasets.splits import joined_lesions, make_split

    if (SPLITS_FOLDER / f"{name}.json").exists():
        raise TrainingError(f"a split named {name!r} exists and models may depend on it; choose another name")
    by_lesion = PROTOCOLS[protocol].by == "lesion"
    if groups and not by_lesion:
        raise TrainingError(f"--groups is for splits by lesion; {protocol} splits by image, as its paper did")
    records = read_dataset(dataset, data_root).records
    unnamed = sum(record.lesion_id is None for record in records)
    if by_lesion and unnamed and not groups and not trust_image_ids:
        raise TrainingError(
            f"{unnamed:,} images of {dataset} name no lesion, so that one could stand in training and in test. "
            f"Run `data audit --dataset {dataset}` and give its groups.json with --groups; or say with "
            "--trust-image-ids that each image shows another lesion"
        )
    joined = joined_lesions(records, read_groups(groups, dataset)) if groups else ()
    split = make_split(records, PROTOCOLS[protocol], name=name, seed=seed, joined=joined)
    click.echo(f"{split.save()}: {' / '.join(map(str, split.sizes))} images")
    if by_lesion:
        click.echo(f"{len(joined)} times several lesion ids count as one lesion, as --groups says")


@data.command("audit")
@click.option(
    "--dataset",
    "--datasets",
    "datasets",
    multiple=True,
    default=["ham10000", "kaggle_malignant_vs_benign", "isic2017"],
    show_default=True,
)
@click.option("--document", is_flag=True, help="Also write docs/figures/audit.json, which docs/data.md shows.")
@data_root_option
@out_option
def audit_command(datasets: tuple[str, ...], document: bool, data_root: Path, out: Path) -> None:  # noqa: FBT001
    """Finds the same picture and the same lesion within and across data sets; writes OUT/audit."""
    from training.audit.run import audit
    from training.datasets.manifests import SPLITS_FOLDER, SplitManifest
    from training.report.documents import AUDIT

    manifests = [SplitManifest.load(path.stem) for path in sorted(SPLITS_FOLDER.glob("*.json"))]
    findings = audit([read_dataset(name, data_root) for name in datasets], out / "audit", manifests)
    summary = json.dumps(findings.summary(), indent=2)
    if document:
        (REPOSITORY / AUDIT).write_text(summary + "\n", encoding="utf-8")
    click.echo(summary)
    click.echo(f"{out / 'audit'}: pairs.csv, summary.json, groups.json, index.html")


@data.command("audit-trial")
@click.option("--pictures", default=3000, show_default=True, help="Real pictures, each of another lesion.")
@click.option("--copies", default=100, show_default=True, help="Copies of each kind, hidden among them.")
@click.option("--seed", default=1, show_default=True)
@data_root_option
def audit_trial_command(pictures: int, copies: int, seed: int, data_root: Path) -> None:
    """Measures the audit's precision and recall on HAM10000; writes docs/figures/audit_trial.json."""
    from training.audit.trial import run_trial
    from training.report.documents import AUDIT, AUDIT_TRIAL

    records = read_dataset("ham10000", data_root).records
    joined = json.loads((REPOSITORY / AUDIT).read_text(encoding="utf-8"))["joined_lesions"]["ham10000"]
    trial = run_trial(records, pictures=pictures, copies=copies, seed=seed, joined=joined)
    summary = json.dumps(trial.summary(), indent=1)
    (REPOSITORY / AUDIT_TRIAL).write_text(summary + "\n", encoding="utf-8")
    click.echo(summary)


@data.command("roi")
@data_root_option
@out_option
def roi_command(data_root: Path, out: Path) -> None:
    """Measures Otsu's mask against HAM10000's expert masks; writes docs/figures/roi.json, roi.png and OUT/roi."""
    from training.roi import measure_roi, summarise_roi
    from training.roi_figures import draw_roi, write_failures

    records = read_dataset("ham10000", data_root).records
    measures = measure_roi(records)
    folder = REPOSITORY / "docs" / "figures"
    draw_roi(records, measures, folder / "roi.png")
    write_failures(records, measures, out / "roi" / "index.html")
    summary = summarise_roi(measures)
    (folder / "roi.json").write_text(json.dumps(summary, indent=1) + "\n", encoding="utf-8")
    click.echo(json.dumps(summary, indent=1))
    click.echo(f"{out / 'roi' / 'index.html'}: failures with the experts' outlines")


@data.command("skin-tone")
@data_root_option
def skin_tone_command(data_root: Path) -> None:
    """Measures how light the skin in HAM10000's pictures is; writes docs/figures/skin_tone.json."""
    from training.report.documents import SKIN
    from training.skin_tone import measure_skin

    measured = json.dumps(measure_skin(read_dataset("ham10000", data_root).records), indent=1)
    (REPOSITORY / SKIN).write_text(measured + "\n", encoding="utf-8")
    click.echo(measured)


@data.command("summary")
@click.option(
    "--dataset",
    "--datasets",
    "datasets",
    multiple=True,
    default=["ham10000", "kaggle_malignant_vs_benign"],
    show_default=True,
)
@click.option("--figures", type=click.Path(path_type=Path, file_okay=False), help="Folder to draw the tables into.")
@data_root_option
def summary_command(datasets: tuple[str, ...], figures: Path | None, data_root: Path) -> None:
    """Counts a data set by class, label scheme, age, sex, site and way of diagnosis."""
    from training.datasets.summary import draw, summarise, to_markdown

    for name in datasets:
        dataset = read_dataset(name, data_root)
        summary = summarise(dataset)
        click.echo(to_markdown(name, summary))
        if figures:
            click.echo(draw(name, summary, figures))


@data.command("pipeline")
@recipe_option
@data_root_option
def pipeline_command(recipe: Recipe, data_root: Path) -> None:
    """Measures speed and memory of the input pipeline; writes docs/figures/pipeline.json."""
    from training.pipeline_speed import measure_pipeline
    from training.report.documents import PIPELINE

    measured = json.dumps(measure_pipeline(recipe, read_dataset(recipe.dataset, data_root).records), indent=1)
    (REPOSITORY / PIPELINE).write_text(measured + "\n", encoding="utf-8")
    click.echo(measured)


@data.command("bilateral")
@click.option("--split", "split_name", default="ham10000-audited", show_default=True)
@click.option("--images", default=400, show_default=True)
@click.option("--seed", default=1, show_default=True)
@data_root_option
def bilateral_command(split_name: str, images: int, seed: int, data_root: Path) -> None:
    """Measures bilateral filters on training images and writes docs/figures/bilateral.json."""
    from training.bilateral import as_json, measure_candidates
    from training.datasets.parts import read_split
    from training.report.documents import BILATERAL

    candidates = measure_candidates(read_split(split_name, data_root).train, images=images, seed=seed)
    path = REPOSITORY / BILATERAL
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        json.dumps(as_json(candidates, split=split_name, images=images, seed=seed), indent=1) + "\n", encoding="utf-8"
    )
    click.echo(f"{path}: chosen {as_json(candidates, split=split_name, images=images, seed=seed)['chosen']}")
