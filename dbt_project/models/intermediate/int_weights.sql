-- The populations that figures are weighted with, or divided by, on each edition of boundaries that a table with figures has.
-- A count of another edition is brought over by the addresses; where these are not known by equal codes, which is a guess. A
-- region whose number is not given stands here without one, but for buurten where nobody lives: when the number of a wijk is that of
-- its other buurten, but for rounding to fives, what is not given is none. The grain is edition, year of the count, region.
{%- set weights = ['residents', 'residents_15_plus', 'residents_15_64', 'dwellings'] %}
with kwb as (
    select
        year,
        region_code,
        {%- for counted in ['residents', 'residents_0_14', 'residents_65_plus', 'dwellings'] %}
        max(value) filter (where measure = '{{ counted }}') as {{ counted }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('stg_cbs__kwb') }}
    group by year, region_code
),

given as (
    select year, {{ wijk_of('region_code') }} as wijk_code, sum(residents) as residents, count(*) as buurten
    from kwb
    where region_code like 'BU%'
    group by all
),

nobody as (
    select k.year, k.region_code
    from kwb as k
    inner join given as g on k.year = g.year and {{ wijk_of('k.region_code') }} = g.wijk_code
    inner join kwb as w on k.year = w.year and {{ wijk_of('k.region_code') }} = w.region_code
    where k.region_code like 'BU%' and k.residents is null and abs(w.residents - coalesce(g.residents, 0)) <= 2.5 * (g.buurten + 1)
),

differences as (
    select
        k.year as weight_year,
        k.region_code,
        case when n.region_code is not null then 0 else k.residents end as residents,
        k.residents - k.residents_0_14 as residents_15_plus,
        k.residents - k.residents_0_14 - k.residents_65_plus as residents_15_64,
        k.dwellings
    from kwb as k
    left join nobody as n on k.year = n.year and k.region_code = n.region_code
),

-- each count is rounded by itself, so a difference can fall just below zero; one of what is missing is missing
counts as (
    select * replace (
        case when residents_15_plus < 0 then 0 else residents_15_plus end as residents_15_plus,
        case when residents_15_64 < 0 then 0 else residents_15_64 end as residents_15_64
    )
    from differences
),

crosswalk as (select * from {{ ref('int_crosswalk') }}),

with_addresses as (
    {{ regions_with_addresses() }}
),

-- Kerncijfers have their own counts, unless a column of them is not out. Those of the boundaries of comparison go with every
-- edition, so that a region which another edition does not know still counts as one of which nothing is known.
complete as (
    select weight_year
    from counts
    group by weight_year
    having
        {%- for w in weights %}
        count({{ w }}) > 0{{ ' and' if not loop.last }}
        {%- endfor %}
),

editions as (
    select boundary_year, bool_and(relation = 'cbs_kwb') as is_kwb
    from {{ ref('stg_nplv__sources') }}
    where is_used and boundary_year is not null and relation <> 'cbs_addresses'
    group by boundary_year
),

weight_years as (select distinct weight_year from counts),

pairs as (
    select e.boundary_year, w.weight_year
    from editions as e
    cross join weight_years as w
    left join complete as c on e.boundary_year = c.weight_year
    where w.weight_year in (e.boundary_year, {{ var('boundary_year') }}) or not e.is_kwb or c.weight_year is null
),

own as (
    select p.boundary_year, c.*, 'exact' as region_quality
    from pairs as p
    inner join counts as c on p.weight_year = c.weight_year
    where p.boundary_year = p.weight_year
),

moved as (
    select
        p.boundary_year,
        p.weight_year,
        x.to_code as region_code,
        {%- for w in weights %}
        case
            when coalesce(sum(x.addresses) filter (where c.{{ w }} is not null), 0) >= {{ var('nearly_all') }} * sum(x.addresses)
                then sum(x.share * c.{{ w }} order by x.from_code)
        end as {{ w }},
        {%- endfor %}
        case when bool_and(x.share = 1) then 'exact' else 'verdeeld' end as region_quality
    from pairs as p
    inner join crosswalk as x on p.weight_year = x.from_year and p.boundary_year = x.to_year
    left join counts as c on x.from_year = c.weight_year and x.from_code = c.region_code
    group by p.boundary_year, p.weight_year, x.to_code
),

equal as (
    select p.boundary_year, c.*, case when c.region_code = 'NL00' then 'exact' else 'geraden' end as region_quality
    from pairs as p
    inner join counts as c on p.weight_year = c.weight_year
    anti join with_addresses as a
        on p.weight_year = a.from_year and p.boundary_year = a.to_year and c.region_code = a.region_code
    where p.boundary_year <> p.weight_year
)

select * from own
union all by name
select * from moved
union all by name
select * from equal
