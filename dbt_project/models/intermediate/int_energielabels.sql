-- Dwellings with a valid label, and those of them with label E, F or G. The grain is year, buurt.
select
    l.table_key,
    l.year,
    a.boundary_year,
    a.region_code,
    count(*) as labelled,
    count(*) filter (where l.label in ('E', 'F', 'G')) as efg
from {{ ref('stg_eponline__labels') }} as l
inner join {{ source('raw', 'cbs_addresses') }} as a
    on l.postcode = a.postcode and l.house_number = a.house_number
where a.boundary_year = {{ var('boundary_year') }}
group by all
