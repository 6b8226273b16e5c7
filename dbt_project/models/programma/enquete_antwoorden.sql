-- The answer of each area, for who works inside.
select
    a.round, a.version, a.question_id,
    'gebied' as geo_level, a.area as geo_code, f.area_name as geo_name,
    a.answer, a.quote, a.approved_by, a.delivery || ', ' || a.place as origin
from {{ ref('stg_programmabureaus__enquete') }} as a
inner join {{ ref('focus_areas') }} as f on a.area = f.area_id
order by a.round, a.question_id, a.area
