"""The database that a study lives in: Optuna's, made safe for several workers on SQLite."""

import json
import random
import time
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import optuna
from sqlalchemy import event
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError

from training.ablate.plan import Plan
from training.errors import TrainingError

HEARTBEAT, GRACE = 20, 120
"""Seconds between a worker's signs of life, and without one until its trial is taken up by another."""

LOCK_SECONDS, ATTEMPTS = 60, 5
IDENTITY, GRACE_SECONDS, SOURCES = "identity", "grace_seconds", "sources"
"""User attributes of a study: what its trials have in common, what GRACE was when it was last opened, and digests of
what they learn from."""


def default_storage(out: Path, plan: Plan) -> str:
    """URL of the study's SQLite file, OUT/ablation/NAME.db."""
    return f"sqlite:///{(out / 'ablation' / f'{plan.name}.db').absolute()}"


def open_study(plan: Plan, url: str, *, heartbeat: int = HEARTBEAT, grace: int = GRACE) -> optuna.Study:
    """Opens the study of a plan, or makes it.

    Args:
        plan: what the study is about.
        url: of the database, as SQLAlchemy has it.
        heartbeat, grace: in seconds, as HEARTBEAT and GRACE.

    Raises:
        TrainingError: the database cannot be opened, or the study there is about another base.
    """
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    if url.startswith("sqlite:///"):
        Path(url.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
    try:
        study = optuna.create_study(
            study_name=plan.name, storage=_storage(url, heartbeat, grace), direction="maximize", load_if_exists=True
        )
    except (ArgumentError, SQLAlchemyError, ImportError, optuna.exceptions.StorageInternalError) as error:
        # Not the URL itself, which may hold a password.
        raise TrainingError(
            f"the study's database cannot be opened; mend --storage ({type(error).__name__})"
        ) from error
    identity = plan.identity()
    stored = json.loads(json.dumps(identity))
    if study.user_attrs.get(IDENTITY, stored) != stored:
        raise TrainingError(
            f"the study {plan.name} in this database is about a recipe that has changed since; remove it with its "
            "folder, or name another --out or --storage"
        )
    study.set_user_attr(IDENTITY, identity)
    study.set_user_attr(GRACE_SECONDS, grace)
    return study


def hold_to(study: optuna.Study, sources: Mapping[str, str | None]) -> None:
    """Keeps what the trials of a study learn from when it is first known, and refuses anything else from then on.

    Args:
        study: opened.
        sources: digests, by what they are of; None for what is not used yet.

    Raises:
        TrainingError: earlier trials learnt from something else, so that a table would mix the two.
    """
    before = study.user_attrs.get(SOURCES, {})
    if changed := [name for name, digest in sources.items() if digest and before.get(name) not in (None, digest)]:
        raise TrainingError(
            f"trials of this study learnt from other {' and '.join(changed)}; remove its database and its folder, or "
            "name another --out or --storage"
        )
    study.set_user_attr(SOURCES, {**before, **{name: digest for name, digest in sources.items() if digest}})


def _storage(url: str, heartbeat: int, grace: int) -> optuna.storages.RDBStorage:
    is_sqlite = url.startswith("sqlite")
    settings: dict[str, Any] = {"connect_args": {"timeout": LOCK_SECONDS}} if is_sqlite else {"pool_pre_ping": True}
    for attempt in range(ATTEMPTS):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
                storage = optuna.storages.RDBStorage(
                    url, engine_kwargs=settings, heartbeat_interval=heartbeat, grace_period=grace
                )
            break
        except (DBAPIError, optuna.exceptions.StorageInternalError):
            # Another worker is making the tables at this moment.
            if attempt == ATTEMPTS - 1:
                raise
            time.sleep(random.uniform(0.2, 1.0))
    if is_sqlite:
        _claim_before_reading(storage.engine)
    return storage


def _claim_before_reading(engine: Any) -> None:
    """Makes each transaction take SQLite's write lock at its start.

    Optuna claims a trial by reading its state with SELECT ... FOR UPDATE and then writing it. SQLite knows no FOR
    UPDATE, and two workers can both read "waiting" and then both have the trial. The remedy is SQLAlchemy's own
    (documentation of its SQLite dialect, on serializable isolation).
    """

    @event.listens_for(engine, "connect")
    def leave_transactions_to_us(connection: Any, _: Any) -> None:
        connection.isolation_level = None

    @event.listens_for(engine, "begin")
    def lock(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    engine.dispose()  # of connections from before
