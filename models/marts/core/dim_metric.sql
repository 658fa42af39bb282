-- What a figure is called, what it means and how it is counted: pages, workbooks and the dictionary read it from here.
select * from {{ ref('stg_reference__metric') }}
