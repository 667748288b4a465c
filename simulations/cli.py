"""`mrfed-simulate`: simulated hospitals and studies on one machine."""

from shared.services.terminal import program
from simulations.commands.audit import audit
from simulations.commands.certify import certify
from simulations.commands.cohort import cohort
from simulations.commands.compare import compare
from simulations.commands.run import run
from simulations.commands.tables import tables

app = program(
    "Simulated hospitals, and whole studies on one machine: of simulated patients, or of tables that may be pooled.",
    {
        "Hospitals": (cohort, tables),
        "Studies": (run, compare, certify, audit),
    },
)
