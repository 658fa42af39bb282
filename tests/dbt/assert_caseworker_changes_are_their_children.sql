-- The distribution holds every child of a team once and its changes, and the three kinds are all changes.
select
    month,
    team_id
from {{ ref('mart_caseworker_change') }}
where changes <> changes_within_team + changes_from_other_team + changes_team_unknown
    or children_changed > changes
    or children <> children_0_changes + children_1_changes + children_2_changes + children_3_or_more_changes
    or changes_12_months < children_1_changes + 2 * children_2_changes + 3 * children_3_or_more_changes
    or is_year_known <> (changes_12_months is not null)
