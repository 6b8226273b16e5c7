"""How the NPLV monitor runs: settings, sources, archive, gate, publication, edition, command line.

What is made and what must hold is defined in the packages `assets` and `checks`; the figures are made in
`dbt_project/`. Nothing in here imports those two packages, except `build`, which wires everything.
"""

__version__ = "0.1.0"
