"""Arguments and options that several commands of a hospital have."""

from pathlib import Path
from typing import Annotated

import typer

SiteFile = Annotated[Path, typer.Option("--site", help="The site file.")]
StudyFile = Annotated[Path, typer.Argument(help="The study file, or the name of a ready-made study.")]
