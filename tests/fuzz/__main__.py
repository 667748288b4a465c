"""Try a parser on many inputs: `python -m tests.fuzz NAME --inputs 100000`, of all parsers where NAME is left out.

Where atheris is installed it chooses inputs by what they reach in the code; else `tests.fuzz.mutation` draws them. What
breaks a parser is kept under `tests/fuzz/seeds` and tried first from then on.
"""

import argparse
import hashlib
import importlib.util
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

MEMORY_GB = 6
"""Of one process; no input here holds more than a megabyte."""


def main() -> None:
    """Try one parser, or each in a process of its own."""
    words = argparse.ArgumentParser()
    words.add_argument("name", nargs="?")
    words.add_argument("--inputs", type=int, default=100_000)
    words.add_argument("--seed", type=int, default=0)
    words.add_argument("--drawn", action="store_true", help="draw inputs even where atheris is installed")
    asked = words.parse_args()
    if asked.name is None:
        from tests.fuzz.targets import TARGETS

        rest = ["--inputs", str(asked.inputs), "--seed", str(asked.seed), *(["--drawn"] if asked.drawn else [])]
        ended = [subprocess.run([sys.executable, "-m", "tests.fuzz", name, *rest], check=False) for name in TARGETS]
        sys.exit(max(abs(one.returncode) for one in ended))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_GB << 30, MEMORY_GB << 30))
    if asked.drawn or importlib.util.find_spec("atheris") is None:
        _draw(asked.name, asked.inputs, asked.seed)
    else:
        _guide(asked.name, asked.inputs, asked.seed)


def _draw(name: str, count: int, seed: int) -> None:
    from tests.fuzz.mutation import inputs
    from tests.fuzz.targets import KEPT, TARGETS

    target = TARGETS[name]
    kept = [path.read_bytes() for path in sorted((KEPT / name).glob("*"))]
    seeds = target.seeds()
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        for content in (*kept, *seeds, *inputs(seeds, count, seed)):
            try:
                target.parse(content, Path(folder))
            except BaseException:
                path = KEPT / name / hashlib.sha256(content).hexdigest()[:16]
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
                print(f"{name}: broken by {path}", flush=True)
                raise
    print(f"{name}: {count} inputs drawn, {time.monotonic() - started:.0f} s, none broke it", flush=True)


def _guide(name: str, count: int, seed: int) -> None:
    import atheris

    with atheris.instrument_imports(include=["client", "shared", "zipfile", "yaml", "pydicom"]):
        from tests.fuzz.targets import KEPT, TARGETS

    target = TARGETS[name]
    (KEPT / name).mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as corpus:
        for number, content in enumerate(target.seeds()):
            (Path(corpus) / f"seed-{number}").write_bytes(content)

        def parse(content: bytes) -> None:
            target.parse(content, Path(folder))

        options = [f"-runs={count}", f"-seed={seed + 1}", "-max_len=262144", "-timeout=60", "-print_final_stats=0"]
        options += [f"-rss_limit_mb={MEMORY_GB << 10}", f"-artifact_prefix={KEPT / name}{os.sep}"]
        atheris.Setup([sys.argv[0], *options, corpus, str(KEPT / name)], parse)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
