with figures as ({{ crime_figures('alle') }}),

{{ indicator_mart(numerator='f.figure') }}
