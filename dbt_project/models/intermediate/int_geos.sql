-- The buurten of everything that a figure is given for. The grain is geo, buurt.
with buurten as (
    select
        r.region_code,
        r.gemeente_code,
        a.area_id,
        f.area_name
    from {{ ref('int_regions') }} as r
    left join {{ ref('focus_area_regions') }} as a on r.region_code = a.region_code
    left join {{ ref('focus_areas') }} as f on a.area_id = f.area_id
    where r.region_level = 'buurt'
),

municipalities as (
    select distinct municipality_code from {{ ref('focus_areas') }}
)

select 'nplv' as geo_level, 'NPLV' as geo_code, '20 focusgebieden' as geo_name, region_code
from buurten where area_id is not null
union all
select 'gebied', area_id, area_name, region_code
from buurten where area_id is not null
union all
select 'gemeenten', 'G19', '19 gemeenten', region_code
from buurten where gemeente_code in (select municipality_code from municipalities)
union all
select 'rest_19_gemeenten', 'R19', '19 gemeenten zonder de gebieden', region_code
from buurten where gemeente_code in (select municipality_code from municipalities) and area_id is null
union all
select 'nederland', 'NL00', 'Nederland, inclusief de gebieden', region_code
from buurten
union all
select 'overig_nederland', 'ONL', 'Nederland zonder de gebieden', region_code
from buurten where area_id is null
