-- Regions that do not fit: of which a table speaks and its edition of boundaries does not, the reverse, and those of which
-- nothing says where they lie on the boundaries of comparison. The grain is kind of table, edition, region, problem.
with sources as (
    select distinct 'cbs_kwb' as relation, boundary_year, region_code from {{ ref('stg_cbs__kwb') }}
    union all
    select distinct 'politie_misdrijven' as relation, boundary_year, region_code from {{ ref('stg_politie__misdrijven') }}
    union all
    select distinct 'rivm_gezondheid' as relation, boundary_year, region_code from {{ ref('stg_rivm__gezondheid') }}
    union all
    select distinct 'leefbaarometer_buurten' as relation, boundary_year, region_code from {{ ref('stg_leefbaarometer__buurten') }}
    union all
    select distinct 'cbs_addresses' as relation, from_year as boundary_year, from_code as region_code from {{ ref('int_crosswalk') }}
    union
    select distinct 'cbs_addresses' as relation, to_year as boundary_year, to_code as region_code from {{ ref('int_crosswalk') }}
),

regions as (select * from {{ ref('int_regions') }}),

unknown as (
    select s.*, 'niet in de indeling' as problem
    from sources as s
    semi join regions as k on s.boundary_year = k.boundary_year
    anti join regions as r on s.boundary_year = r.boundary_year and s.region_code = r.region_code
),

levels as (
    select distinct relation, boundary_year, {{ region_level('region_code') }} as region_level from sources
),

-- of the levels that a table speaks of
silent as (
    select l.relation, r.boundary_year, r.region_code, 'niet in de bron' as problem
    from levels as l
    inner join regions as r on l.boundary_year = r.boundary_year and l.region_level = r.region_level
    anti join sources as s
        on l.relation = s.relation and l.boundary_year = s.boundary_year and r.region_code = s.region_code
),

-- the country holds every region that lies somewhere
unplaced as (
    select s.*, 'niet over te zetten' as problem
    from sources as s
    anti join {{ ref('int_geo_regions') }} as g
        on s.boundary_year = g.boundary_year and s.region_code = g.region_code and g.geo_level = 'nederland'
),

found as (
    select * from unknown
    union all by name
    select * from silent
    union all by name
    select * from unplaced
)

select relation, boundary_year, region_code, {{ region_level('region_code') }} as region_level, problem
from found
