-- Crimes per region, offences added up per kind of indicator. Where the publisher has no row of a wijk, its buurten
-- are added up in the publisher's own boundaries, so that a buurt which was renumbered inside its wijk is not lost; where
-- those boundaries are known, only when all its buurten have a figure. `cells` are the publisher's figures that were added up.
-- The grain is kind, year, region.
with offences as (
    select
        *,
        offence = '0.0.0' as is_total,
        { 'region_code': region_code, 'measure': offence, 'value': offences } as cell
    from {{ ref('stg_politie__misdrijven') }}
),

kinds as (
    select 'alle' as kind, table_key, year, boundary_year, region_code, region_level, offences, is_final, missing, [cell] as cells
    from offences
    where is_total
    union all
    -- one kind of offence that is missing makes the sum missing
    select
        'hic' as kind, table_key, year, boundary_year, region_code, region_level,
        case when count(offences) = 6 then sum(offences) end as offences,
        bool_and(is_final) as is_final,
        max(missing) as missing,
        list(cell order by offence) as cells
    from offences
    where offence in ('1.1.1', '1.4.2', '1.4.3', '1.4.5', '1.4.6', '1.4.7')
    group by all
),

buurten_of_wijk as (
    select boundary_year, wijk_code, count(*) as buurten
    from {{ ref('int_regions') }}
    where region_level = 'buurt'
    group by boundary_year, wijk_code
),

wijken as (
    select
        k.kind, k.table_key, k.year, k.boundary_year, {{ wijk_of('k.region_code') }} as region_code, 'wijk' as region_level,
        case when count(*) = count(k.offences) and count(*) = coalesce(any_value(b.buurten), count(*)) then sum(k.offences) end as offences,
        bool_and(k.is_final) as is_final,
        max(k.missing) as missing,
        flatten(list(k.cells order by k.region_code)) as cells
    from kinds as k
    left join buurten_of_wijk as b on k.boundary_year = b.boundary_year and {{ wijk_of('k.region_code') }} = b.wijk_code
    where k.region_level = 'buurt'
    group by k.kind, k.table_key, k.year, k.boundary_year, {{ wijk_of('k.region_code') }}
)

select * from kinds
union all
select w.* from wijken as w
anti join kinds as k on w.kind = k.kind and w.year = k.year and w.region_code = k.region_code
