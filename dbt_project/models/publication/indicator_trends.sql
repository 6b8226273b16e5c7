select *
from {{ ref('indicator_trends_by_year') }}
where up_to_year = (select max(up_to_year) from {{ ref('indicator_trends_by_year') }})
