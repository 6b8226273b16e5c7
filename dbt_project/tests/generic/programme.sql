{# Tests of what the programme did. Each returns the rows that are wrong. #}

{# where all areas and a total were delivered they agree; where some were, the total is not less #}
{% test areas_make_the_delivered_total(model) %}
with delivered as (
    select
        d.round, d.result_id, d.scheme, d.window_from, d.window_to, d.counting, d.state,
        any_value(m.kind) as kind,
        count(*) filter (where d.area <> 'totaal') as areas,
        if(any_value(m.kind) = 'gebieden', count(*) filter (where d.area <> 'totaal' and d.value > 0), sum(d.value) filter (where d.area <> 'totaal')) as summed,
        max(d.value) filter (where d.area = 'totaal') as typed
    from {{ ref('stg_departementen__resultaten') }} as d
    inner join (select distinct result_id, kind from {{ model }}) as m on d.result_id = m.result_id
    group by all
)

select *
from delivered
where
    typed is not null and areas > 0
    and (summed > typed + 0.5 or (areas = (select count(*) from {{ ref('focus_areas') }}) and summed < typed - 0.5))
{% endtest %}

{# more was realised than planned only where somebody says why #}
{% test realised_within_planned(model) %}
select r.*
from {{ ref('stg_departementen__resultaten') }} as r
inner join {{ ref('stg_departementen__resultaten') }} as p
    on
        r.round = p.round and r.result_id = p.result_id and r.scheme = p.scheme and r.window_from = p.window_from and r.window_to = p.window_to
        and r.counting = p.counting and r.area = p.area and p.state = 'gepland'
where r.state = 'gerealiseerd' and r.value > p.value and r.remark is null
{% endtest %}

{# a later round is of a later day, and what is counted since a first day does not become less #}
{% test rounds_in_order(model) %}
select later.*
from {{ model }} as later
inner join {{ model }} as earlier
    on
        later.result_id = earlier.result_id and later.scheme = earlier.scheme and later.counting = earlier.counting and later.state = earlier.state
        and later.geo_level = earlier.geo_level and later.geo_code = earlier.geo_code and later.round > earlier.round
where later.reference_date < earlier.reference_date
{% endtest %}

{# a number does not change by more than the catalogue finds plausible #}
{% test no_jump_since_the_round_before(model) %}
{%- set results = mart_node(model).get('results', []) %}
with bounds as (
    select * from (values {% for r in results %}('{{ r['id'] }}', {{ r.get('maximum_jump', 1) }}){{ ', ' if not loop.last }}{% else %}('', 1){% endfor %}) as b (id, maximum_jump)
)

select m.*
from {{ model }} as m
inner join bounds as b on m.result_id = b.id
where m.geo_level = 'nplv' and abs(m.value - m.previous_value) > b.maximum_jump * greatest(m.previous_value, 1)
{% endtest %}

{# no more is granted than applied for, spent than granted, or granted in all than there is #}
{% test grant_within_bounds(model) %}
with by_area as (
    select
        round, theme, geo_code,
        coalesce(sum(amount) filter (where item = 'aangevraagd'), 0) as applied,
        coalesce(sum(amount) filter (where item = 'verleend'), 0) as granted,
        coalesce(sum(amount) filter (where item = 'besteed'), 0) as spent
    from {{ model }}
    where geo_level = 'gebied'
    group by all
)

select round, theme, geo_code, 'more is granted than applied for' as problem from by_area where granted > applied
union all
select round, theme, geo_code, 'more is spent than granted' as problem from by_area where spent > granted
union all
select round, 'alle', 'NPLV', 'more is granted than the ceiling' as problem
from by_area
group by round
having sum(granted) > {{ mart_node(model).get('ceiling', 0) }}
{% endtest %}

{# enough areas answered the newest survey to stand for all #}
{% test survey_is_representative(model) %}
select round, responded, areas
from {{ model }}
where round = (select max(round) from {{ model }}) and not is_representative
{% endtest %}

{# an area that answered anything answered all that must be answered in that questionnaire #}
{% test required_questions_answered(model) %}
{%- set questions = mart_node(ref('enquete')).get('questions', []) | rejectattr('is_required', 'false') | list %}
with required as (
    select * from (
        values {% for q in questions %}('{{ q['id'] }}', '{{ q['version'] }}'){{ ', ' if not loop.last }}{% else %}('', ''){% endfor %}
    ) as q (question_id, version)
)

select distinct a.round, a.geo_code, r.question_id
from {{ model }} as a
inner join required as r on a.version = r.version
anti join {{ model }} as given on a.round = given.round and a.geo_code = given.geo_code and r.question_id = given.question_id
{% endtest %}

{# all answers of a round are to one version of the questionnaire, so that they are counted together #}
{% test one_version_in_a_round(model) %}
select round, count(distinct version) as versions
from {{ model }}
group by round
having count(distinct version) > 1
{% endtest %}
