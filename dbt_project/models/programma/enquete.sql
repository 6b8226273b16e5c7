-- The answers of the programme offices, counted: of each question how often each answer was given, and of numbers and scales
-- the mean. The grain is round, question, option. `responded` are the areas that answered anything.
with questions as (
    {{ listed('questions', ['id', 'text_nl', 'type', 'version', 'scale', 'choices']) }}
),

answers as (select * from {{ ref('stg_programmabureaus__enquete') }}),

rounds as (
    select round, version, count(distinct area) as responded
    from answers
    group by all
),

options as (
    select id, unnest(if(type = 'schaal', range(scale[1]::integer, scale[2]::integer + 1)::varchar[], choices)) as option
    from questions
    where type in ('schaal', 'keuze')
),

counted as (
    select r.round, r.version, r.responded, o.id, o.option, count(a.area) as answers, null::double as value
    from rounds as r
    inner join questions as q on r.version = q.version
    inner join options as o on q.id = o.id
    left join answers as a on r.round = a.round and o.id = a.question_id and o.option = a.answer
    group by all
    union all
    select
        r.round, r.version, r.responded, q.id,
        'gemiddelde' as option,
        count(a.area) as answers,
        avg(replace(a.answer, ',', '.')::double) as value
    from rounds as r
    inner join questions as q on r.version = q.version and q.type in ('schaal', 'getal')
    left join answers as a on r.round = a.round and q.id = a.question_id
    group by r.round, r.version, r.responded, q.id
    union all
    select r.round, r.version, r.responded, q.id, 'eigen woorden' as option, count(a.area) as answers, null as value
    from rounds as r
    inner join questions as q on r.version = q.version and q.type = 'open'
    left join answers as a on r.round = a.round and q.id = a.question_id
    group by r.round, r.version, r.responded, q.id
)

select
    c.round, c.version, q.number, c.id as question_id, q.text_nl, q.type, c.option,
    c.answers::integer as answers,
    case when c.option not in ('gemiddelde', 'eigen woorden') then c.answers / nullif(sum(c.answers) over of_question, 0) end as share,
    case when c.answers > 2 then c.value end as value,
    c.responded::integer as responded,
    (select count(*) from {{ ref('focus_areas') }})::integer as areas,
    c.responded >= {{ mart_meta().get('minimum_answers', 0) }} as is_representative
from counted as c
inner join questions as q on c.id = q.id
window of_question as (partition by c.round, c.id, c.option in ('gemiddelde', 'eigen woorden'))
order by c.round, c.id, c.option
