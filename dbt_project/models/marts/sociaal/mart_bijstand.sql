with figures as ({{ kwb_figures('welfare') }}),

{{ indicator_mart(numerator='f.figure', weight='residents', weight_window=1, is_rate=true, measure='welfare') }}
