-- Results by area, and of all areas together. The total is made of the areas where all of them are delivered, or no total is; else it is
-- the total that was delivered. A result is set against the round before only where definition, scheme and window are the same: of what
-- is counted since a first day that day, of what is counted in a period the length of it.
with results as (
    {{ listed('results', ['id', 'name_nl', 'definition_nl', 'actielijn', 'unit', 'kind', 'sentence_nl', 'is_large', 'since']) }}
),

delivered as (
    select d.*, r.kind
    from {{ ref('stg_departementen__resultaten') }} as d
    inner join results as r on d.result_id = r.id
),

areas as (select count(*) as areas_expected from {{ ref('focus_areas') }}),

of_areas as (
    select
        round, result_id, scheme, window_from, window_to, counting, state,
        count(*) filter (where area <> 'totaal') as areas,
        sum(value) filter (where area <> 'totaal') as summed,
        sum(base) filter (where area <> 'totaal') as summed_base,
        count(*) filter (where area <> 'totaal' and value > 0) as with_any,
        max(value) filter (where area = 'totaal') as typed,
        max(base) filter (where area = 'totaal') as typed_base,
        any_value(kind) as kind,
        any_value(department) as department,
        if(bool_and(quality = 'geteld'), 'geteld', 'geschat') as quality,
        max(reference_date) as reference_date,
        max(delivery || ', ' || place) filter (where area = 'totaal') as typed_place
    from delivered
    group by all
),

totals as (
    select
        o.round, o.result_id, o.department, o.scheme, o.window_from, o.window_to, o.counting, o.state,
        'nplv' as geo_level, 'NPLV' as geo_code, 'De gebieden samen' as geo_name,
        o.typed is null or o.areas = a.areas_expected as is_made_of_areas,
        if(is_made_of_areas, if(o.kind = 'gebieden', o.with_any, o.summed), o.typed) as counted,
        if(is_made_of_areas, o.summed_base, o.typed_base) as base,
        if(is_made_of_areas, o.areas, 0) as areas,
        a.areas_expected,
        o.quality, o.reference_date, null::varchar as remark,
        if(is_made_of_areas, null, o.typed_place) as origin,
        case when is_made_of_areas and {{ too_few_areas('o.areas') }} then {{ told_of_too_few() }} end as status_reason
    from of_areas as o
    cross join areas as a
),

by_area as (
    select
        d.round, d.result_id, d.department, d.scheme, d.window_from, d.window_to, d.counting, d.state,
        'gebied' as geo_level, d.area as geo_code, f.area_name as geo_name,
        d.value as counted, d.base,
        1 as areas, 1 as areas_expected,
        d.quality, d.reference_date, d.remark,
        d.delivery || ', ' || d.place as origin,
        null::varchar as status_reason
    from delivered as d
    inner join {{ ref('focus_areas') }} as f on d.area = f.area_id
),

rows_of_both as (
    select * exclude (is_made_of_areas) from totals
    union all by name
    select * from by_area
),

valued as (
    select
        v.*, r.number, r.name_nl, r.definition_nl, r.actielijn, r.unit, r.kind, r.sentence_nl, r.is_large, coalesce(r.since, 0) as since,
        case when v.status_reason is null then if(r.kind = 'percentage', 100 * v.counted / nullif(v.base, 0), v.counted) end as value
    from rows_of_both as v
    inner join results as r on v.result_id = r.id
)

select
    round, number, result_id, name_nl, definition_nl, actielijn, department, unit, kind,
    scheme, window_from, window_to, counting, state, geo_level, geo_code, geo_name,
    value,
    case when status_reason is null and kind = 'percentage' then base end as base,
    areas::integer as areas,
    areas_expected::integer as areas_expected,
    quality, reference_date,
    max(value) filter (where state = 'gepland') over one as planned,
    case when lag(round) over same >= since then lag(value) over same end as previous_value,
    case when lag(round) over same >= since then lag(round) over same end as previous_round,
    status_reason, remark, origin, sentence_nl, is_large
from valued
window one as (
    partition by round, result_id, scheme, window_from, window_to, counting, geo_level, geo_code
),
same as (
    partition by result_id, scheme, counting, state, geo_level, geo_code,
        if(counting = 'cumulatief', window_from, null), if(counting = 'cumulatief', null, datediff('month', window_from, window_to))
    order by round, window_to
)
order by round, result_id, scheme, window_from, window_to, counting, state, geo_level, geo_code
