-- Everything that was said of a gap up to the as-of date, in the order in which it counts: lines of worklists that came
-- back, and the seed `waiver`. Grain: gap x said_no.
with

run as (

    select * from {{ ref('stg_control__run') }}

),

said as (

    select
        gap_id,
        decision,
        case
            when decision = 'WAIVE' and valid_until_on is null
                then concat_ws(' ', comment_da, '(Undtagelsen mangler en slutdato og gælder ikke.)')
            else comment_da
        end as comment_da,
        decided_by,
        -- nobody decides after the sheet is delivered: a mistyped year would stand for ever
        least(decided_on, extract_date) as decided_on,
        valid_until_on,
        extract_date as known_on,
        row_no,
        file_hash
    from {{ ref('stg_plan__steward_decision') }}
    where gap_id is not null

    union all

    select
        waiver.gap_id,
        case when waiver.valid_until_on is null then 'ACCEPT' else 'WAIVE' end as decision,
        waiver.reason_da as comment_da,
        waiver.decided_by,
        waiver.decided_on,
        waiver.valid_until_on,
        waiver.decided_on as known_on,
        0 as row_no,
        'seed' as file_hash
    from {{ ref('stg_reference__waiver') }} as waiver
    inner join run
        on waiver.decided_on <= run.as_of

)

select
    gap_id,
    row_number() over (partition by gap_id order by known_on, decided_on, row_no, file_hash) as said_no,
    decision,
    comment_da,
    decided_by,
    decided_on,
    valid_until_on,
    known_on

from said
