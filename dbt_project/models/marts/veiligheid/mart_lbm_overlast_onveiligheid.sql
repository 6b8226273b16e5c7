with figures as ({{ leefbaarometer_deviation('onv') }}),

{{ indicator_mart(numerator='f.deviation * w.weight', weight='dwellings') }}
