with figures as ({{ leefbaarometer_deviation('fys') }}),

{{ indicator_mart(numerator='f.deviation * w.weight', weight='dwellings') }}
