-- The newest year that any source of indicators speaks of: up to there every mart has a row for each year of its calendar. It is taken
-- from what the archive knows of each table, so that an error in the figures of one source does not touch the others' marts. What the
-- programme delivers is of the year of a letter, which says nothing of figures.
select max(newest_year) as year
from {{ ref('stg_nplv__sources') }}
where not starts_with(relation, 'programma_')
