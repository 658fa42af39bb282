-- The development factors that net_inflow rests on, to be read: what was known, what it became, what is believed of it.
select
    run.as_of,
    development.frame_id,
    development.function_no,
    development.is_whole_frame,
    development.months_ahead,
    development.observations,
    development.courses,
    development.known_dkk,
    development.became_dkk,
    development.factor_raw,
    development.factor,
    development.factor_to_end
from {{ ref('int_overrun__development') }} as development
cross join {{ ref('stg_control__run') }} as run
