"""The annual edition: made from the public database of one published version, and from nothing else.

What stands in the table is in `table`, how it looks in `sheet` and `page`, the evidence in `package`; `build` makes the folder.
"""
