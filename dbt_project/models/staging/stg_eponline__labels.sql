with latest as (
    select
        *,
        row_number() over (
            partition by reference_date, dwelling_id
            order by recorded_on desc, valid_until desc, label asc
        ) as newest
    from {{ source('raw', 'eponline_labels') }}
    where valid_until is null or valid_until >= reference_date
    -- of several files of one year the last one tells the year
    qualify reference_date = max(reference_date) over (partition by year(reference_date))
)

select
    table_key,
    year(reference_date) as year,
    dwelling_id,
    label,
    postcode,
    house_number,
    reference_date
from latest
where newest = 1
