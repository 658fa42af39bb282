-- Identifiers of persons and companies, and the keyed hash. The connection holds the HMAC pads of the key in the
-- variables kobling_ipad and kobling_opad (64 bytes each): the key itself is in no SQL text.

-- RFC 2104 over SHA-256, first 32 hex digits. NULL stays NULL.
CREATE MACRO pseudonym(domain, value) AS
    left(sha256(getvariable('kobling_opad') || unhex(sha256(getvariable('kobling_ipad') || encode(domain || ':' || value)))), 32);

-- Letters and digits only, upper case: 010203-4567 and 0102034567 are the same person. Nine digits stay nine.
CREATE MACRO id_text(value) AS nullif(upper(regexp_replace(value, '[^0-9A-Za-z]', '', 'g')), '');

-- Birth date in ten CPR digits; NULL when there is no such day. Day + 60 is a replacement number. The century is
-- in the seventh digit: 0-3 1900s; 4 and 9 2000s up to year 36, else 1900s; 5-8 2000s up to 57, else 1800s.
CREATE MACRO cpr_birth_on(digits) AS
    CASE WHEN regexp_full_match(digits, '[0-9]{10}') THEN TRY_CAST(
        CASE
            WHEN digits[7] <= '3' THEN '19'
            WHEN digits[7] IN ('4', '9') THEN CASE WHEN digits[5:6] <= '36' THEN '20' ELSE '19' END
            WHEN digits[5:6] <= '57' THEN '20'
            ELSE '18'
        END || digits[5:6] || '-' || digits[3:4] || '-'
        || CASE WHEN digits[1] >= '6' THEN chr(ascii(digits[1]) - 6) ELSE digits[1] END || digits[2]
    AS DATE) END;

-- `born_on` is cpr_birth_on(digits). Modulus 11 is no test: since 2007 numbers are issued that fail it.
CREATE MACRO cpr_status(digits, born_on) AS CASE
    WHEN digits IS NULL THEN NULL
    WHEN born_on IS NOT NULL THEN 'valid'
    WHEN regexp_full_match(digits, '[0-9]{10}') THEN 'invalid_date'
    ELSE 'invalid_format'
END;

-- DDMMYY as a hint in a text would have it.
CREATE MACRO cpr_birth_text(digits, born_on) AS
    CASE WHEN regexp_full_match(digits, '[0-9]{10}') THEN coalesce(strftime(born_on, '%d%m%y'), digits[1:6]) END;

-- A person's number, also one that lost its leading zero, or two in one field; 13 digits are a unit's (EAN).
CREATE MACRO is_cpr_shaped(digits) AS coalesce(regexp_full_match(digits, '[0-9]{9,10}|[0-9]{18,}'), false);

CREATE MACRO cvr_no(id) AS nullif(regexp_extract(id, '^(?:DK)?([0-9]{8})$', 1), '');

-- Weights 2 7 6 5 4 3 2 1, sum divisible by 11, no leading zero. `cvr`: eight digits or NULL.
CREATE MACRO is_valid_cvr(cvr) AS coalesce(cvr[1] <> '0' AND (
    2 * CAST(cvr[1] AS INTEGER) + 7 * CAST(cvr[2] AS INTEGER) + 6 * CAST(cvr[3] AS INTEGER)
    + 5 * CAST(cvr[4] AS INTEGER) + 4 * CAST(cvr[5] AS INTEGER) + 3 * CAST(cvr[6] AS INTEGER)
    + 2 * CAST(cvr[7] AS INTEGER) + CAST(cvr[8] AS INTEGER)
) % 11 = 0, false);

-- Words that look like a CPR number: a plausible day (also + 60), month and year, perhaps parted, then four digits.
-- Most codes are too short for one: a CASE evaluates the pattern for the others only, which AND would not.
CREATE MACRO has_cpr(value) AS CASE WHEN strlen(value) >= 10 THEN regexp_matches(value,
    '(?:^|[^0-9])(?:[0-2][0-9]|3[01]|6[1-9]|[78][0-9]|9[01])[./-]?(?:0[1-9]|1[0-2])[./-]?[0-9]{2}[ –-]{0,3}[0-9]{4}(?:[^0-9]|$)')
ELSE false END;

CREATE MACRO mask_once(value) AS regexp_replace(value,
    '(^|[^0-9])(?:[0-2][0-9]|3[01]|6[1-9]|[78][0-9]|9[01])[./-]?(?:0[1-9]|1[0-2])[./-]?[0-9]{2}[ –-]{0,3}[0-9]{4}([^0-9]|$)', '\1[CPR]\2', 'g');

-- Twice: neighbours share the character between them.
CREATE MACRO mask_cpr(value) AS CASE WHEN has_cpr(value) THEN mask_once(mask_once(value)) ELSE value END;

-- Our own hashes and row ids come back in worklists: of every 400 one has ten digits that could be somebody's.
CREATE MACRO is_hash(value) AS regexp_full_match(value, '(?:cpr-)?[0-9a-f]{32}|[0-9a-f]{12}-[0-9]+');

-- A reference that looks like a CPR number still meets its like, and the person's key.
CREATE MACRO hide_cpr(value) AS CASE WHEN has_cpr(value)
    THEN CASE WHEN is_hash(value) THEN value ELSE 'cpr-' || pseudonym('person', id_text(value)) END
    ELSE value
END;

-- Names and hints are compared in lower case and one Unicode form.
CREATE MACRO hint_text(value) AS lower(nfc_normalize(regexp_replace(trim(value), '\s+', ' ', 'g')));
CREATE MACRO name_words(value) AS string_split(hint_text(value), ' ');

-- 'august', 'Aug', '08' or '8' as 8; NULL for what is no month.
CREATE MACRO month_no(word) AS coalesce(
    list_position(['jan', 'feb', 'mar', 'apr', 'maj', 'jun', 'jul', 'aug', 'sep', 'okt', 'nov', 'dec'], lower(left(word, 3))),
    list_position(['1', '2', '3', '4', '5', '6', '7', '8', '9', '10', '11', '12'], ltrim(word, '0'))
);

-- First day of the month; without a year the latest such month that does not begin after `reference`.
CREATE MACRO month_start(month_no, year_text, reference) AS make_date(
    coalesce(TRY_CAST(year_text AS INTEGER), year(reference) - CAST(month_no > month(reference) AS INTEGER)), month_no, 1
);
