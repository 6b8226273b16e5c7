-- The mean value of the dwellings over that of the country, which its publisher gives.
with woz as ({{ kwb_figures('woz') }}),

figures as (
    select
        woz.*,
        national.figure as national,
        [
            { 'region_code': woz.region_code, 'measure': 'woz', 'value': woz.figure },
            { 'region_code': 'NL00', 'measure': 'woz', 'value': national.figure }
        ] as cells
    from woz
    inner join woz as national on woz.year = national.year and national.region_code = 'NL00'
),

{{ indicator_mart(numerator='f.figure * w.weight', denominator='f.national * w.weight', measure='woz') }}
