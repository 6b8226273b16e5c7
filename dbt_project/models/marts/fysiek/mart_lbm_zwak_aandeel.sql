-- The class is the publisher's where the file has one, else it follows from cut-offs that are known for that
-- measurement; a measurement with neither has no figure: a shift of 0.01 would move the share by 2 to 3.5 points.
with buurten as (select * from {{ ref('stg_leefbaarometer__buurten') }}),

cutoffs as (select * from {{ ref('lbm_class_cutoffs') }}),

derived as (
    select b.year, b.region_code, min(c.class) as class
    from buurten as b
    inner join cutoffs as c on b.year = c.measurement_year and b.afw < c.below
    group by b.year, b.region_code
),

classes as (
    select
        b.*,
        coalesce(b.class, d.class) as known_class,
        case when b.class is not null then 'klasse' else 'klasse uit afw' end as measure
    from buurten as b
    left join derived as d on b.year = d.year and b.region_code = d.region_code
),

figures as (
    select
        table_key, year, region_code, boundary_year, true as is_final, measure,
        known_class as figure,
        case when known_class is null then 'de klassegrenzen van de meting ' || year || ' zijn niet bekend' end as missing
    from classes
),

{{ indicator_mart(numerator='case when f.figure <= 4 then w.weight when f.figure > 4 then 0 * w.weight end') }}
