"""Planted mistakes: each is a bug that somebody could write, and the simulation has to find every one.

One that survives shows where the simulation is blind.
"""

from __future__ import annotations

from simulation.mutants.at_brands import AT_BRANDS
from simulation.mutants.at_claims import AT_CLAIMS
from simulation.mutants.at_cloud import AT_CLOUD
from simulation.mutants.at_copies import AT_COPIES
from simulation.mutants.at_counter import AT_COUNTER
from simulation.mutants.at_help import AT_HELP
from simulation.mutants.at_people import AT_PEOPLE
from simulation.mutants.at_restores import AT_RESTORES
from simulation.mutants.at_shelves import AT_SHELVES
from simulation.mutants.at_spending import AT_SPENDING
from simulation.mutants.at_stamps import AT_STAMPS
from simulation.mutants.at_uploads import AT_UPLOADS
from simulation.mutants.planting import Mutant

MUTANTS: tuple[Mutant, ...] = (
    *AT_COUNTER, *AT_CLOUD, *AT_HELP, *AT_SPENDING, *AT_UPLOADS, *AT_CLAIMS, *AT_STAMPS, *AT_COPIES,
    *AT_SHELVES, *AT_RESTORES, *AT_BRANDS, *AT_PEOPLE,
)  # fmt: skip

__all__ = ["MUTANTS", "Mutant"]
