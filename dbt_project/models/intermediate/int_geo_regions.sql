-- The regions of every level that lie wholly inside a geo, with the larger ones that do too: from these a cover is chosen.
-- The grain is geo, region.
with geos as (select * from {{ ref('int_geos') }}),

regions as (select * from {{ ref('int_regions') }}),

buurten as (
    select
        g.geo_level,
        g.geo_code,
        g.region_code,
        r.wijk_code,
        r.gemeente_code
    from geos as g
    inner join regions as r on g.region_code = r.region_code
),

-- how many buurten each larger region has
sizes as (
    select
        coalesce(wijk_code, gemeente_code, 'NL00') as region_code,
        count(*) as buurten
    from regions
    where region_level = 'buurt'
    group by grouping sets (wijk_code, gemeente_code, ())
),

held as (
    select
        geo_level,
        geo_code,
        coalesce(wijk_code, gemeente_code, 'NL00') as region_code,
        count(*) as buurten
    from buurten
    group by grouping sets ((geo_level, geo_code, wijk_code), (geo_level, geo_code, gemeente_code), (geo_level, geo_code))
),

whole as (
    select h.geo_level, h.geo_code, h.region_code
    from held as h
    inner join sizes as s on h.region_code = s.region_code and h.buurten = s.buurten
    union all
    select geo_level, geo_code, region_code from buurten
),

inside as (
    select
        w.geo_level,
        w.geo_code,
        w.region_code,
        {{ region_level('w.region_code') }} as region_level,
        case when w.region_code like 'BU%' then {{ wijk_of('w.region_code') }} end as wijk_code,
        case when w.region_code like 'BU%' or w.region_code like 'WK%' then {{ gemeente_of('w.region_code') }} end as gemeente_code
    from whole as w
)

select
    i.geo_level,
    i.geo_code,
    i.region_code,
    i.region_level,
    wk.region_code as inside_wijk,
    gm.region_code as inside_gemeente,
    nl.region_code as inside_land
from inside as i
left join whole as wk
    on i.geo_level = wk.geo_level and i.geo_code = wk.geo_code and i.wijk_code = wk.region_code
left join whole as gm
    on i.geo_level = gm.geo_level and i.geo_code = gm.geo_code and i.gemeente_code = gm.region_code
left join whole as nl
    on i.geo_level = nl.geo_level and i.geo_code = nl.geo_code and nl.region_code = 'NL00' and i.region_code <> 'NL00'
