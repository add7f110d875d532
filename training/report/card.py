"""The model card (headings after Mitchell et al. 2019), written from the manifest alone."""

import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from app.screening.decode import DecodeLimits
from training.bundles import read_manifest, write_manifest
from training.report.calibration_tables import calibration_text
from training.report.card_data import (
    data_sentence,
    limits,
    mirrors_sentence,
    network_sentence,
    split_sentence,
    taught_by,
)
from training.report.evidence_tables import evidence_of, evidence_table, seeds_text
from training.report.failure_tables import failures_text, shortcuts_table
from training.report.gate_tables import gate_line, gate_table
from training.report.model_tables import bundle_line, metrics_table, operating_line
from training.report.results import RESULTS
from training.report.worth_tables import external_table, prevalence_table, subgroups_table
from training.subgroups import BY, LEAST_IMAGES, LEAST_OF_A_SIDE

CARD = "MODEL_CARD.md"
WIDTH = 118

ETHICS = (
    (
        "A malignancy that is missed may be found too late; a false alarm may end in an excision for nothing. The "
        "threshold weighs the first higher, and both happen at the rates above."
    ),
    (
        "People of skin types, ages and places on the body that the data hardly have are served worse, or not at all; "
        "for skin types nobody can say how much."
    ),
    (
        "The data are pictures of patients, published without names. None of them is in the bundle: its samples are "
        "drawn. Image ids in this card are those of the public data set."
    ),
)
RECOMMENDED = (
    (
        "Measure it on labelled pictures of your own before anything rests on it: `flask --app wsgi screen FOLDER "
        "--labels FILE`. No study has been made with patients or readers."
    ),
)


def write_card(bundle: Path) -> Path:
    """Writes the bundle's MODEL_CARD.md from its manifest, and its digest into the manifest.

    What `evidence` found about the recipe is taken into the manifest first.
    """
    manifest = read_manifest(bundle)
    manifest["evidence"] = evidence_of(manifest)
    path = bundle / CARD
    path.write_text(card(manifest), encoding="utf-8")
    write_manifest(bundle, manifest)
    return path


def card(manifest: Mapping[str, Any]) -> str:
    """The model card (headings after Mitchell et al. 2019)."""
    training = manifest["training"]
    malignant = ", ".join(entry["code"] for entry in manifest["classes"] if entry["malignant"])
    stages = ", ".join(manifest["preprocess"]["stages"])
    note = f"Note: {manifest['note']}\n" if manifest["note"] else ""
    # Recipes from before there were others have no network in them.
    recipe = {"network": {"name": "three_block"}, **training["recipe"]}
    taught = taught_by((recipe.get("distil") or {"teachers": ()})["teachers"])
    return f"""# Model card: {manifest["name"]} {manifest["version"]}

Written by `python -m training report` from `manifest.json`; do not edit by hand.

## Model details
{bundle_line(manifest)}
{network_sentence(recipe["network"]["name"])} with {len(manifest["classes"])} outputs, {taught}.
{mirrors_sentence(manifest)}{seeds_text(manifest)}
{note}Weights: {manifest["licence"]}, as the training data; not for commercial use. Created {manifest["created"]}.

## Intended use
Research on screening of skin lesions, by people who know what sensitivity is. Not a medical device: not for diagnosis,
not for patients alone, and no answer of it ends an examination.

### What the picture must be
{_picture(manifest)}

{gate_line(manifest)}

## Factors
Subgroups below: by {", ".join(BY)}, as far as the data name them. The data name no skin type. Camera and clinic: see
the external test.

### Known shortcuts
What goes with a class in the data can be used in the place of the lesion.

{shortcuts_table(manifest)}

## Metrics
{operating_line(manifest)}
"Probability 0.5" is where malignant becomes the likelier answer. Intervals are percentiles of a bootstrap that draws
lesions and not images (Efron, Tibshirani 1993).

## Data
{data_sentence(recipe["dataset"])}.
{split_sentence(recipe["split"])}
(split SHA-256 `{training["split_sha256"][:16]}`,
data SHA-256 `{training["data_sha256"][:16]}`). Counted as malignant: {malignant}.
Preprocessing: {stages}.
Trained on the training part; gate limits, calibration and threshold are of the validation part; evaluated on the test
part, each opening of which is logged.

## Quantitative analyses
### On the test part
{metrics_table(manifest)}

{_figures(manifest)}

### What it is worth where malignancy is rarer
{prevalence_table(manifest)}

From sensitivity and specificity on the test part, which may be others elsewhere.

### Calibration
{calibration_text(manifest)}

### What each part of the recipe gives
{evidence_table(manifest)}

### Where it fails
{failures_text(manifest)}

### Subgroups
{subgroups_table(manifest)}

Sensitivity and specificity at the operating point. Subgroups of fewer than {LEAST_IMAGES} images are counted as
"other"; no rate is given for fewer than {LEAST_OF_A_SIDE} images of a side.

### External test
{external_table(manifest)}

### Which pictures are refused
{gate_table(manifest)}

## Ethical considerations
{_bullets(ETHICS)}

## Caveats and recommendations
{_bullets([*limits(recipe), *RECOMMENDED])}
"""


def _picture(manifest: Mapping[str, Any]) -> str:
    """What may be screened, in words, and the limits that the program holds to."""
    side = manifest["preprocess"]["working_size"]
    warnings = (manifest["gate"] or {}).get("warnings", ())
    small = next((limit["below"] for limit in warnings if limit["code"] == "small_picture"), None)
    warned = f"; the gate warns where the shorter side is below {small:g} pixels" if small else ""
    codes = ", ".join(limit["code"] for limit in warnings) or "nothing"
    lines = (
        (
            "**Dermoscopic**: taken through a dermatoscope, as every training picture was. Not a phone snapshot, not a "
            "clinical overview, not a slide."
        ),
        (
            "One lesion, whole, in the middle, with skin all around it; sharp, in the dermatoscope's own light; hair "
            "parted, ink and bubbles wiped off."
        ),
        (
            f"Each side at least {DecodeLimits().min_side} pixels{warned}. All of the picture is squashed to "
            f"{side}×{side} pixels: what is finer is lost."
        ),
        f"Warned of, and answered all the same: {codes}.",
    )
    return _bullets(lines)


def _figures(manifest: Mapping[str, Any]) -> str:
    """The figures that `report` draws of the same evaluation, from where the bundle lies in model_store."""
    # Of a recipe with several seeds, the results are those of the seed that is shipped.
    folder = f"../../{RESULTS.as_posix()}/{manifest['training']['recipe']['name']}"
    test, point = manifest["metrics"]["test"], manifest["operating_point"]
    roc = (
        f"ROC curve on the test part: AUC {test['auc']['value']:.3f}; at the operating point sensitivity "
        f"{point['sensitivity']['value']:.3f} and specificity {point['specificity']['value']:.3f}"
    )
    reliability = (
        f"Reliability diagram on the test part: expected calibration error {test['ece']['value']:.3f}, Brier score "
        f"{test['brier']['value']:.3f}"
    )
    return f"![{roc}]({folder}/roc.png)\n\n![{reliability}]({folder}/reliability.png)"


def _bullets(lines: Sequence[str]) -> str:
    return "\n".join(textwrap.fill(f"- {line}", WIDTH, subsequent_indent="  ") for line in lines)
