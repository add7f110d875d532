"""`python -m training curves`: what each finished run reached on validation, epoch by epoch."""

from pathlib import Path

import click

from training.cli.options import out_option


@click.command()
@click.option(
    "--document", is_flag=True, help="Also into docs/figures/learning_curves.json, which docs/model.md shows."
)
@out_option
def curves(*, document: bool, out: Path) -> None:
    """Lists the finished runs, with their seeds and arms, and how far each came on validation."""
    from training.learning_curves import learning_curves, write_curves
    from training.report.curve_tables import curves_table

    rows = learning_curves(out)
    if document:
        write_curves(rows)
    click.echo(curves_table(rows))
