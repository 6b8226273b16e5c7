-- The buurten of everything that a figure is given for. The grain is geo, buurt.
with municipalities as (
    select distinct municipality_code from {{ ref('focus_areas') }}
),

buurten as (
    select
        r.region_code,
        m.municipality_code is not null as in_municipalities,
        a.area_id,
        f.area_name
    from {{ ref('int_regions') }} as r
    left join municipalities as m on r.gemeente_code = m.municipality_code
    left join {{ ref('focus_area_regions') }} as a on r.region_code = a.region_code
    left join {{ ref('focus_areas') }} as f on a.area_id = f.area_id
    where r.region_level = 'buurt' and r.boundary_year = {{ var('boundary_year') }}
)

select 'nplv' as geo_level, 'NPLV' as geo_code, 'De gebieden samen' as geo_name, region_code
from buurten
where area_id is not null
union all
select 'gebied' as geo_level, area_id as geo_code, area_name as geo_name, region_code
from buurten
where area_id is not null
union all
select 'gemeenten' as geo_level, 'G19' as geo_code, 'Gemeenten van de gebieden' as geo_name, region_code
from buurten
where in_municipalities
union all
select 'rest_19_gemeenten' as geo_level, 'R19' as geo_code, 'Gemeenten zonder de gebieden' as geo_name, region_code
from buurten
where in_municipalities and area_id is null
union all
select 'nederland' as geo_level, 'NL00' as geo_code, 'Nederland, inclusief de gebieden' as geo_name, region_code
from buurten
union all
select 'overig_nederland' as geo_level, 'ONL' as geo_code, 'Nederland zonder de gebieden' as geo_name, region_code
from buurten
where area_id is null
