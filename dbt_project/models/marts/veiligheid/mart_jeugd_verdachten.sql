with {{ indicator_mart_maatwerk() }}
