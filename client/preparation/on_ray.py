"""Patients prepared as tasks of a Ray cluster, whose machines see the same folders."""

from collections.abc import Iterator, Sequence

from client.preparation.patient import Task, prepare_patient


def run(tasks: Sequence[Task], at_once: int) -> Iterator[Task | None]:
    """Do all tasks, so many at a time; yields after each: None, or the task whose process died.

    Parameters
    ----------
    tasks : what is to be done
    at_once : tasks in the cluster at any time

    Notes
    -----
    The cluster is the one that `RAY_ADDRESS` names; without it Ray starts on this machine.
    """
    import ray
    from ray.exceptions import OutOfMemoryError, WorkerCrashedError

    if not ray.is_initialized():
        ray.init(log_to_driver=False)
    remote = ray.remote(num_cpus=1, max_retries=0)(prepare_patient)
    waiting = list(reversed(tasks))
    running: dict[object, Task] = {}
    while waiting or running:
        while waiting and len(running) < at_once:
            task = waiting.pop()
            running[remote.remote(task)] = task
        (ended,), _ = ray.wait(list(running), num_returns=1)
        task = running.pop(ended)
        try:
            ray.get(ended)
        except (WorkerCrashedError, OutOfMemoryError):
            yield task
        else:
            yield None
