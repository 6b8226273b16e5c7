"""What is made, as thin Dagster definitions in the order of the data: raw, models, gate, publication, edition.

What they call lives in `nplv_orchestration`.
"""
