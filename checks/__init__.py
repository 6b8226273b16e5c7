"""What must hold, as thin Dagster definitions in the order of the data: raw tables, then the tables of the warehouse.

None of them blocks in Dagster's sense: the gate decides on the evidence that they leave.
"""
