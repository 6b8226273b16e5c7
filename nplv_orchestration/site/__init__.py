"""The documentation site for analysts: one folder of pages that a browser opens without a server.

`pages` writes the pages that follow from the catalogue, the models and the published figures, `texts/` has those that people write, `build` puts them together
with Sphinx. It is made from the public database alone, so it may be shown to anybody.
"""
