with figures as ({{ kwb_figures('labour_participation') }}),

{{ indicator_mart(numerator='f.figure / 100 * w.weight', measure='labour_participation') }}
