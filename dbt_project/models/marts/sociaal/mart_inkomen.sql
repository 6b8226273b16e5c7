with figures as ({{ kwb_figures('income') }}),

{{ indicator_mart(numerator='f.figure * w.weight', measure='income') }}
