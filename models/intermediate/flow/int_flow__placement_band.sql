-- The stays split where the child passes into the next age band. Private: with the child's key.
with

age_band as (

    select * from {{ ref('stg_reference__age_band') }}

),

banded as (

    select
        stay.*,
        age_band.age_band,
        coalesce({{ birthday('stay.child_birth_on', 'age_band.from_years') }}, stay.start_on) as band_from,
        coalesce({{ birthday('stay.child_birth_on', 'age_band.to_years + 1') }} - 1, stay.end_on) as band_to
    from {{ ref('int_flow__placement_move') }} as stay
    inner join age_band
        on stay.child_birth_on is not null

    union all

    select
        stay.*,
        'Ukendt' as age_band,
        stay.start_on as band_from,
        stay.end_on as band_to
    from {{ ref('int_flow__placement_move') }} as stay
    where stay.child_birth_on is null

)

select
    child_key,
    placement_no,
    placement_type,
    age_band,
    greatest(start_on, band_from) as start_on,
    least(end_on, band_to) as end_on,
    case when start_on >= band_from then entry_kind end as entry_kind,
    case when end_on <= band_to then exit_kind end as exit_kind,
    start_on < band_from as is_shifted_in,
    end_on > band_to as is_shifted_out
from banded
where greatest(start_on, band_from) <= least(end_on, band_to)
