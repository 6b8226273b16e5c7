with figures as ({{ leefbaarometer_deviation('onv') }}),

{{ indicator_mart(numerator='f.figure * w.weight') }}
