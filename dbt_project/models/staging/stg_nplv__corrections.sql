select
    source_key,
    region_code,
    period,
    measure,
    expected,
    used,
    reason,
    since,
    reference
from {{ source('raw', 'corrections') }}
