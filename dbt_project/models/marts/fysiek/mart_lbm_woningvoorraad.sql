with figures as ({{ leefbaarometer_deviation('won') }}),

{{ indicator_mart(numerator='f.figure * w.weight') }}
