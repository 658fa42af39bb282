select
    posting_id,
    cast(fiscal_year as integer) as fiscal_year,
    cast(period as integer) as period_no,
    to_date(posted_on, 'DD.MM.YYYY') as posted_on,
    {{ account() }} as account_id,
    art,
    case debit_credit when 'K' then -1 else 1 end * cast(replace(amount, ',', '.') as decimal(18, 2)) as amount_dkk,
    case when art = '979' then 'INTERNAL' else supplier_cvr end as party,
    cast(substring(coalesce(payment_reference, substring("text" from 'BOS ([0-9]+)')) from '^[0-9]+$') as bigint) as course_id
from {{ source('raw', 'posting') }}
where to_date(posted_on, 'DD.MM.YYYY') <= {{ as_of() }}
