-- The grant by area (what was accounted for through SiSa by municipality), and of all together by theme and in all. Where one theme
-- rests on too few areas, no theme of that year and item is told: the one that is missing would follow from the others.
with themes as (
    {{ listed('themes', ['id', 'name_nl', 'department']) }}
),

delivered as (
    select d.*, t.number, t.name_nl as theme_nl, t.department
    from {{ ref('stg_departementen__spuk') }} as d
    inner join themes as t on d.theme = t.id
),

places as (
    select 'gebied' as geo_level, area_id as geo_code, area_name as geo_name from {{ ref('focus_areas') }}
    union
    select 'gemeente' as geo_level, municipality_code as geo_code, municipality_name as geo_name from {{ ref('focus_areas') }}
),

totals as (
    select
        round, if(grouping(theme) = 1, 0, any_value(number)) as number, coalesce(theme, 'alle') as theme,
        if(grouping(theme) = 1, 'Alle thema''s', any_value(theme_nl)) as theme_nl,
        if(grouping(theme) = 1, null, any_value(department)) as department,
        year, item,
        sum(amount) as amount,
        count(distinct geo_code) as areas
    from delivered
    group by grouping sets ((round, year, item), (round, year, item, theme))
),

told as (
    select
        *,
        min(areas) over (partition by round, year, item, theme = 'alle') as fewest
    from totals
)

select
    round, number, theme, theme_nl, department, year, item,
    'nplv' as geo_level, 'NPLV' as geo_code, 'De gebieden samen' as geo_name,
    case when not ({{ too_few_areas('fewest') }}) then amount end as amount,
    areas::integer as areas,
    case when {{ too_few_areas('fewest') }} then {{ told_of_too_few() }} end as status_reason,
    {{ mart_meta().get('ceiling', 0) }} as ceiling,
    null::varchar as remark,
    null::varchar as origin
from told
union all
select
    d.round, d.number, d.theme, d.theme_nl, d.department, d.year, d.item, d.geo_level, d.geo_code, p.geo_name, d.amount,
    1 as areas, null as status_reason, {{ mart_meta().get('ceiling', 0) }} as ceiling, d.remark, d.delivery || ', ' || d.place as origin
from delivered as d
inner join places as p on d.geo_level = p.geo_level and d.geo_code = p.geo_code
order by round, theme, year, item, geo_level, geo_code
