select
    holiday_on,
    name_da
from {{ source('control', 'holiday') }}
