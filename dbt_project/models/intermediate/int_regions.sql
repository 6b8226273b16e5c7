-- Every region of each edition of boundaries, and the regions it lies in: those of Kerncijfers of that year, or where that
-- edition is not out those that have addresses. The grain is edition, region.
with listed as (
    select distinct boundary_year, region_code from {{ ref('stg_cbs__kwb') }}
),

-- the addresses are read where they lie: tens of millions of rows, of which only counts are kept
addressed as (
    select distinct a.boundary_year, a.region_code
    from {{ source('raw', 'cbs_addresses') }} as a
    anti join listed as l on a.boundary_year = l.boundary_year
),

regions as (
    select boundary_year, region_code from listed
    union all
    select boundary_year, region_code from addressed
    union
    select boundary_year, {{ wijk_of('region_code') }} as region_code from addressed
    union
    select boundary_year, {{ gemeente_of('region_code') }} as region_code from addressed
    union
    select boundary_year, 'NL00' as region_code from addressed
)

select
    boundary_year,
    region_code,
    {{ region_level('region_code') }} as region_level,
    case when region_code like 'BU%' then {{ wijk_of('region_code') }} end as wijk_code,
    case when region_code like 'BU%' or region_code like 'WK%' then {{ gemeente_of('region_code') }} end as gemeente_code
from regions
