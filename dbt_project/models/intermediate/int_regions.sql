-- Every region of the edition of boundaries on which all years are compared, and the regions it lies in.
select distinct
    region_code,
    region_level,
    case when region_level = 'buurt' then {{ wijk_of('region_code') }} end as wijk_code,
    case when region_level in ('buurt', 'wijk') then {{ gemeente_of('region_code') }} end as gemeente_code
from {{ ref('stg_cbs__kwb') }}
where boundary_year = {{ var('boundary_year') }}
