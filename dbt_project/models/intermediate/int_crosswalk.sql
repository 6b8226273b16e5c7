-- From one edition of boundaries to another: which part of the addresses of a region lies in each region of the same level.
-- Made from the addresses that stand in the files of both editions, to every edition that a figure has to be brought to: that
-- of the areas, and those of the tables whose figures need weights of another edition: tables that have none of their own, and
-- Kerncijfers of which a column of them is not out. A region without such an address has no row.
-- The grain is from edition, to edition, from region, to region.
with addresses as (
    select boundary_year, postcode, house_number, region_code from {{ source('raw', 'cbs_addresses') }}
),

wanted as (
    select distinct boundary_year
    from {{ ref('stg_nplv__sources') }}
    where
        is_used and boundary_year is not null
        and case relation
            when 'cbs_addresses' then false
            when 'cbs_kwb'
                then list_has_any(string_split(measures_empty, ','), ['residents', 'residents_0_14', 'residents_65_plus', 'dwellings'])
            else true
        end
),

buurten as (
    select
        f.boundary_year as from_year,
        t.boundary_year as to_year,
        f.region_code as from_code,
        t.region_code as to_code,
        count(*) as addresses
    from addresses as f
    inner join addresses as t
        on f.postcode = t.postcode and f.house_number = t.house_number and f.boundary_year <> t.boundary_year
    inner join wanted as w on t.boundary_year = w.boundary_year
    group by all
),

levels as (
    select from_year, to_year, from_code, to_code, addresses from buurten
    union all
    select from_year, to_year, {{ wijk_of('from_code') }} as from_code, {{ wijk_of('to_code') }} as to_code, addresses from buurten
    union all
    select from_year, to_year, {{ gemeente_of('from_code') }} as from_code, {{ gemeente_of('to_code') }} as to_code, addresses from buurten
    union all
    select from_year, to_year, 'NL00' as from_code, 'NL00' as to_code, addresses from buurten
),

counted as (
    select from_year, to_year, from_code, to_code, sum(addresses)::integer as addresses
    from levels
    group by all
)

select
    *,
    addresses / sum(addresses) over (partition by from_year, to_year, from_code) as share
from counted
