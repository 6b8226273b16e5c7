select *
from {{ ref('indicator_trends_by_year') }}
qualify up_to_year = max(up_to_year) over ()
