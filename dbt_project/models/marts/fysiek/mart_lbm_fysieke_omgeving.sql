with figures as ({{ leefbaarometer_deviation('fys') }}),

{{ indicator_mart(numerator='f.figure * w.weight') }}
