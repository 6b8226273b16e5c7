"""What Dagster loads, and nothing else."""

from nplv_orchestration.build import build_definitions

defs = build_definitions()
