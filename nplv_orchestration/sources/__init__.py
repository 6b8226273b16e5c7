"""The publishers: what is asked of them (`registry`), how they answer (`odata_v3`, `odata_v4`, `files`, `inbox`), and
when a table is pulled (`refresh`). What was pulled is kept by `nplv_orchestration.archive`.
"""
