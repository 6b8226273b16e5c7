-- The regions of each edition of boundaries that lie in a geo, with the larger ones that do too: from these a cover is chosen.
-- A geo is a list of buurten on the boundaries of comparison. On those a region lies in it by its code; on others by its
-- addresses, and where there are none by equal codes, which is a guess. Of buurten a part may lie in a geo; a wijk or gemeente
-- stands here when nearly all of it does. The grain is edition, geo, region.
with geos as (select * from {{ ref('int_geos') }}),

regions as (select * from {{ ref('int_regions') }}),

crosswalk as (
    select * from {{ ref('int_crosswalk') }}
    where to_year = {{ var('boundary_year') }}
),

with_addresses as (
    {{ regions_with_addresses() }}
),

walked as (select distinct from_year from crosswalk),

editions as (
    select distinct boundary_year
    from {{ ref('stg_nplv__sources') }}
    where is_used and boundary_year is not null and relation <> 'cbs_addresses'
),

-- on the boundaries of comparison themselves: how many buurten each larger region has, and has in a geo
sizes as (
    select
        coalesce(wijk_code, gemeente_code, 'NL00') as region_code,
        count(*) as buurten
    from regions
    where region_level = 'buurt' and boundary_year = {{ var('boundary_year') }}
    group by grouping sets (wijk_code, gemeente_code, ())
),

held as (
    select
        geo_level,
        geo_code,
        coalesce(wijk_code, gemeente_code, 'NL00') as region_code,
        count(*) as buurten
    from (select *, {{ wijk_of('region_code') }} as wijk_code, {{ gemeente_of('region_code') }} as gemeente_code from geos)
    group by grouping sets ((geo_level, geo_code, wijk_code), (geo_level, geo_code, gemeente_code), (geo_level, geo_code))
),

whole as (
    select h.geo_level, h.geo_code, h.region_code
    from held as h
    inner join sizes as s on h.region_code = s.region_code and h.buurten = s.buurten
    union all
    select geo_level, geo_code, region_code from geos
),

-- a region of which the crosswalk knows no address: a park, or every region where there is no crosswalk
by_code as (
    select
        e.boundary_year,
        w.geo_level,
        w.geo_code,
        w.region_code,
        1.0::double as share,
        case when e.boundary_year = {{ var('boundary_year') }} or w.region_code = 'NL00' then 'exact' else 'geraden' end as region_quality
    from editions as e
    cross join whole as w
    left join with_addresses as a
        on e.boundary_year = a.from_year and a.to_year = {{ var('boundary_year') }} and w.region_code = a.region_code
    left join regions as r
        on e.boundary_year = r.boundary_year and w.region_code = r.region_code
    left join walked as x
        on e.boundary_year = x.from_year
    where a.region_code is null and (r.region_code is not null or x.from_year is null)
),

buurten_inside as (
    select
        c.from_year as boundary_year,
        g.geo_level,
        g.geo_code,
        c.from_code as buurt_code,
        {{ wijk_of('c.from_code') }} as wijk_code,
        {{ gemeente_of('c.from_code') }} as gemeente_code,
        c.addresses
    from crosswalk as c
    inner join geos as g on c.to_code = g.region_code
),

inside as (
    select
        boundary_year,
        geo_level,
        geo_code,
        coalesce(buurt_code, wijk_code, gemeente_code, 'NL00') as region_code,
        sum(addresses) as addresses
    from buurten_inside
    group by grouping sets (
        (boundary_year, geo_level, geo_code, buurt_code),
        (boundary_year, geo_level, geo_code, wijk_code),
        (boundary_year, geo_level, geo_code, gemeente_code),
        (boundary_year, geo_level, geo_code)
    )
),

-- of the addresses that lie in a buurt which the boundaries of comparison have: all of those lie in the country
by_address as (
    select
        i.boundary_year,
        i.geo_level,
        i.geo_code,
        i.region_code,
        i.addresses / a.addresses as share,
        case when i.addresses = a.addresses then 'exact' else 'verdeeld' end as region_quality
    from inside as i
    inner join inside as a
        on i.boundary_year = a.boundary_year and i.region_code = a.region_code and a.geo_level = 'nederland'
    inner join editions as e on i.boundary_year = e.boundary_year
    where i.region_code like 'BU%' or i.addresses >= {{ var('nearly_all') }} * a.addresses
),

placed as (
    select * from by_code
    union all
    select * from by_address
),

-- with the larger regions that hold each, if these stand here too
parents as (
    select
        *,
        case when region_code like 'BU%' then {{ wijk_of('region_code') }} end as wijk_code,
        case when region_code like 'BU%' or region_code like 'WK%' then {{ gemeente_of('region_code') }} end as gemeente_code,
        case when region_code <> 'NL00' then 'NL00' end as land_code
    from placed
)

select
    i.boundary_year,
    i.geo_level,
    i.geo_code,
    i.region_code,
    {{ region_level('i.region_code') }} as region_level,
    i.share,
    i.region_quality,
    wk.region_code as inside_wijk,
    gm.region_code as inside_gemeente,
    nl.region_code as inside_land
from parents as i
left join placed as wk
    on i.boundary_year = wk.boundary_year and i.geo_level = wk.geo_level and i.geo_code = wk.geo_code and i.wijk_code = wk.region_code
left join placed as gm
    on i.boundary_year = gm.boundary_year and i.geo_level = gm.geo_level and i.geo_code = gm.geo_code and i.gemeente_code = gm.region_code
left join placed as nl
    on i.boundary_year = nl.boundary_year and i.geo_level = nl.geo_level and i.geo_code = nl.geo_code and i.land_code = nl.region_code
