"""The publishers: what is asked of them (`registry`), how they answer (`statline_v3`, `statline_v4`, `files`, `eponline`, `deliveries`), and
when a table is pulled (`refresh`). What was pulled is kept by `nplv_orchestration.archive`.
"""
