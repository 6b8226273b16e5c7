-- The populations that figures are weighted with, or divided by. The grain is weight, year, region.
with kwb as (
    pivot (select year, boundary_year, region_code, measure, value from {{ ref('stg_cbs__kwb') }})
    on measure in ('residents', 'residents_0_14', 'residents_65_plus', 'dwellings')
    using max(value)
    group by year, boundary_year, region_code
),

-- each count is rounded by itself, so a difference can fall just below zero
weights as (
    select 'residents' as weight, year, boundary_year, region_code, residents as value
    from kwb
    union all
    select 'residents_15_plus' as weight, year, boundary_year, region_code, greatest(residents - residents_0_14, 0) as value
    from kwb
    union all
    select 'residents_15_64' as weight, year, boundary_year, region_code, greatest(residents - residents_0_14 - residents_65_plus, 0) as value
    from kwb
    union all
    select 'dwellings' as weight, year, boundary_year, region_code, dwellings as value
    from kwb
)

-- also without a number: the region is in that edition, and its number is not given
select * from weights
