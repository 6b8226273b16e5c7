"""The annual edition: made from the public database of one published version, and from nothing else.

What stands in the table is in `table`; the words of the overview in `document` and `sentences`, its charts in `chart`; how it looks in `sheet`, `page`
and `pdf`; `build` makes the folder.
"""
