select
    key as table_key,
    relation,
    publisher,
    table_id,
    period,
    state,
    reason,
    source_table,
    source_modified,
    measures_empty
from {{ source('raw', 'sources') }}
