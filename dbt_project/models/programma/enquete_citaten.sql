-- What may be quoted of answers in words, without who said it; in the order of the words, from which no area follows.
select round, question_id, quote
from {{ ref('stg_programmabureaus__enquete') }}
where quote is not null and approved_by is not null
order by round, question_id, quote
