"""Learning curves while a network trains: TensorBoard's files always, an MLflow server where there is one.

    tensorboard --logdir FOLDER OF THE RUN

MLflow is an extra (`pip install mrfed[tracking]`); numbers go there if `MLFLOW_TRACKING_URI` is set.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from shutil import rmtree
from types import TracebackType
from typing import Any, Self


class Tracking:
    """Where numbers of each round go.

    Parameters
    ----------
    folder : of the run
    name : of the study, under which MLflow shows it
    """

    def __init__(self, folder: Path, name: str) -> None:
        from torch.utils.tensorboard import SummaryWriter

        # a run that goes on notes again what its journal holds
        rmtree(folder / "tensorboard", ignore_errors=True)
        self._writer: Any = SummaryWriter(str(folder / "tensorboard"))
        self._mlflow = _mlflow(name)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._writer.close()
        if self._mlflow is not None:
            self._mlflow.end_run("FAILED" if error else "FINISHED")

    def note(self, turn: int, numbers: Mapping[str, float]) -> None:
        """Numbers of one round, by name; `a/b` groups them."""
        for name, value in numbers.items():
            self._writer.add_scalar(name, value, turn)
        self._writer.flush()
        if self._mlflow is not None:
            self._mlflow.log_metrics({name.replace("/", "."): value for name, value in numbers.items()}, step=turn)


def _mlflow(name: str) -> Any:
    if "MLFLOW_TRACKING_URI" not in os.environ:
        return None
    try:
        import mlflow
    except ImportError:
        return None
    mlflow.set_experiment(name)
    mlflow.start_run()
    return mlflow
