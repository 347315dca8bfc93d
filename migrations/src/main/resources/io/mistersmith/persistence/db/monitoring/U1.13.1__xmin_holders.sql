DROP FUNCTION monitoring.xmin_holders();
