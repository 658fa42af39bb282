-- One supplier is one CVR or one normalised name: the CVRs that share a name and the names that share a CVR get one
-- number, the lowest CVR of the group, so that steps join on equality. Grain: CVR or name.
with

pair as (

    select distinct supplier_cvr, supplier_match_name from {{ ref('int_ledger__posting') }}
    union
    select distinct supplier_cvr, supplier_match_name from {{ ref('int_bos__course') }}

),

by_name as (

    select supplier_match_name, min(supplier_cvr) as lowest_cvr
    from pair
    where supplier_match_name is not null
    group by supplier_match_name

),

by_cvr as (

    select pair.supplier_cvr, min(coalesce(by_name.lowest_cvr, pair.supplier_cvr)) as supplier_no
    from pair
    left join by_name
        on pair.supplier_match_name = by_name.supplier_match_name
    where pair.supplier_cvr is not null
    group by pair.supplier_cvr

),

named as (

    select by_name.supplier_match_name, coalesce(min(by_cvr.supplier_no), by_name.supplier_match_name) as supplier_no
    from by_name
    left join pair
        on by_name.supplier_match_name = pair.supplier_match_name
    left join by_cvr
        on pair.supplier_cvr = by_cvr.supplier_cvr
    group by by_name.supplier_match_name

)

select 'cvr' as written_as, supplier_cvr as written, supplier_no from by_cvr
union all
select 'name' as written_as, supplier_match_name as written, supplier_no from named
