-- The register of corrections with what came of each: this is what a reader of the published figures gets to see.
-- The grain is that of the register.
with judged as (
    {{ corrections_judged('cbs_kwb') }}
    union all
    {{ corrections_judged('politie_misdrijven') }}
    union all
    {{ corrections_judged('rivm_gezondheid') }}
    union all
    {{ corrections_judged('leefbaarometer_buurten') }}
)

select
    c.*,
    j.published,
    coalesce(j.outcome, 'geen_tabel') as outcome
from {{ ref('stg_nplv__corrections') }} as c
left join judged as j
    on c.source_key = j.source_key and c.region_code = j.region_code and c.period = j.period and c.measure = j.measure
