with figures as ({{ crime_figures('hic') }}),

{{ indicator_mart(numerator='f.figure') }}
