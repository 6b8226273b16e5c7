-- On what a figure rests: parts of its denominator, over the regions that were counted, so that the parts of one kind make 1.
with parts as (
    select
        *,
        case left(region_code, 2) when 'BU' then 'buurt' when 'WK' then 'wijk' when 'GM' then 'gemeente' else 'geheel' end as region_level
    from {{ source('release', 'indicator_components') }}
    where counted
)

select
    f.indicator_id, f.geo_level, f.geo_code, f.geo_name, f.series, f.year, f.value, f.unit, f.regions, f.coverage, f.region_quality,
    {%- for quality in ['exact', 'verdeeld', 'geraden'] %}
    coalesce(sum(p.denominator) filter (where p.region_quality = '{{ quality }}'), 0) / nullif(sum(p.denominator), 0) as share_{{ quality }},
    {%- endfor %}
    {%- for level in ['buurt', 'wijk', 'gemeente', 'geheel'] %}
    coalesce(sum(p.denominator) filter (where p.region_level = '{{ level }}'), 0) / nullif(sum(p.denominator), 0) as share_{{ level }},
    {%- endfor %}
    coalesce(sum(p.denominator) filter (where p.weight_year <> f.year), 0) / nullif(sum(p.denominator), 0) as share_other_weight_year
from {{ source('release', 'indicator_values') }} as f
inner join parts as p
    on
        f.indicator_id = p.indicator_id and f.geo_level = p.geo_level and f.geo_code = p.geo_code and f.series = p.series
        and f.year = p.year
where f.value is not null
group by all
