"""Patients prepared side by side, each in whatever process is free; the death of one costs that patient alone."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from typing import Literal

import joblib

from client.preparation import on_ray
from client.preparation.patient import Task, prepare_patient
from client.preparation.record import Failure, Record
from shared.errors import Code

Backend = Literal["loky", "ray"]


def run(tasks: Sequence[Task], workers: int, backend: Backend) -> Iterator[None]:
    """Do all tasks; yields after each."""
    if backend == "ray":
        for died in on_ray.run(tasks, workers):
            if died is not None:
                _note_death(died)
            yield
        return
    try:
        with joblib.parallel_config(backend=backend if workers > 1 else "sequential", n_jobs=workers):
            parallel = joblib.Parallel(return_as="generator_unordered")
            yield from parallel(joblib.delayed(prepare_patient)(task) for task in tasks)
    except BrokenProcessPool:
        # One patient took its process down (out of memory, a crash in a library) and the others of the pool
        # with it: those left are done each in a process of its own, which shows which patient it was.
        for task in tasks:
            if not task.done:
                _alone(task)
                yield


def _alone(task: Task) -> None:
    with ProcessPoolExecutor(max_workers=1, mp_context=get_context("spawn")) as pool:
        try:
            pool.submit(prepare_patient, task).result()
        except BrokenProcessPool:
            _note_death(task)


def _note_death(task: Task) -> None:
    text = f"patient {task.identifier}: its process died, most likely out of memory; use fewer --workers"
    Record(task.key, task.name, failure=Failure(Code.INTERNAL, text)).write(task.path)
