-- The keys go when 1.4.0 is undone: until then a parent of another tenant stays refused.
SELECT 1;
