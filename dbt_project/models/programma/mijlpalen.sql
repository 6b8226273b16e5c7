-- What was done that has no number. Public is what has a sentence that somebody approved; who did it and who knows more stays inside.
select
    round, department, actielijn, kind, what, state, day,
    case when approved_by is not null then sentence end as sentence,
    approved_by is not null as is_public,
    who, approved_by, delivery
from {{ ref('stg_departementen__mijlpalen') }}
order by round, department, what
