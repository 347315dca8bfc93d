DROP FUNCTION partitions.maintain_as_owner(REGCLASS);
