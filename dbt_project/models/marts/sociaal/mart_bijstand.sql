with figures as ({{ kwb_figures('welfare') }}),

{{ indicator_mart(numerator='f.figure', measure='welfare') }}
