select * exclude (boundary_year, table_period) from {{ source('raw', 'programma_mijlpalen') }}
