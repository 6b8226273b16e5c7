with figures as ({{ leefbaarometer_deviation('won') }}),

{{ indicator_mart(numerator='f.deviation * w.weight', weight='dwellings') }}
