with figures as ({{ crime_figures('hic') }}),

{{ indicator_mart(numerator='f.offences', weight='residents', weight_window=1, is_rate=true) }}
