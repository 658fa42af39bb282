-- Er det antallet, serviceniveauet eller prisen? I år til dato mod de samme måneder i fjor.
select
    basis,
    sum(change_dkk) as change_dkk,
    sum(volume) as volume,
    sum(mix) as mix,
    sum(price) as price,
    sum(price_index) as price_index,
    sum(service_level) as service_level,
    sum(rate) as rate,
    sum(new_effect) as new_effect,
    sum(ended_effect) as ended_effect
from marts.mart_unit_price_variance
group by basis
order by basis;
