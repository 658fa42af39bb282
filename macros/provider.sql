{#- The provider of a course or posting: CVR for companies, a pseudonym of the pseudonym for persons (the payee may be
    the child, whose key is not published), the unit's name for internal ones. NULL where nobody is named. -#}
{% macro provider_id(cvr, person_key, name) -%}
    coalesce({{ cvr }}, 'P' || substr(sha256('provider:' || {{ person_key }}), 1, 16), {{ name }})
{%- endmacro %}

{#- A supplier's name as it compares: lower case, without company form, punctuation and doubled blanks. -#}
{% macro normalised_name(name) -%}
    nullif(trim(regexp_replace(regexp_replace(lower({{ name }}), '\b(aps|a/s|i/s|k/s|ivs|p/s|s/i|fonden|v/.*)\b|[^a-z0-9æøåäöüé ]', ' ', 'g'), ' +', ' ', 'g')), '')
{%- endmacro %}
