-- The newest year that any source speaks of: up to there every mart has a row for each year of its calendar.
select max(year) as year
from (
    select max(year) as year from {{ ref('stg_cbs__kwb') }}
    union all
    select max(year) from {{ ref('stg_politie__misdrijven') }}
    union all
    select max(year) from {{ ref('stg_rivm__gezondheid') }}
    union all
    select max(year) from {{ ref('stg_leefbaarometer__buurten') }}
    union all
    select max(year) from {{ ref('stg_cbs__maatwerk') }}
    union all
    select max(year) from {{ ref('stg_eponline__labels') }}
)
