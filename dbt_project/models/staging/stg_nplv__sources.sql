select
    key as table_key,
    relation,
    publisher,
    table_id,
    period,
    boundary_year,
    state,
    reason,
    source_table,
    source_modified,
    newest_year,
    sha256 is not null as is_used,
    measures_empty,
    left(sha256, 12) as version_hash
from {{ source('raw', 'sources') }}
