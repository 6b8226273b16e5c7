with figures as (select * from {{ source('release', 'indicator_values') }})

select
    a.indicator_id, a.geo_level, a.geo_code, a.geo_name, a.series, a.year, a.value, a.value_low, a.value_high, a.unit,
    t.value as total_value,
    nl.value as nl_value,
    a.value - t.value as difference_total,
    a.value - nl.value as difference_nl,
    a.denominator / nullif(t.denominator, 0) as part_of_total,
    a.coverage, a.region_quality, a.status, a.status_reason
from figures as a
left join figures as t
    on a.indicator_id = t.indicator_id and a.series = t.series and a.year = t.year and t.geo_level = 'nplv'
left join figures as nl
    on a.indicator_id = nl.indicator_id and a.series = nl.series and a.year = nl.year and nl.geo_level = 'nederland'
where a.geo_level = 'gebied'
