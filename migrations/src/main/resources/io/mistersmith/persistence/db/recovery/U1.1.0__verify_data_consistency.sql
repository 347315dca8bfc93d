DROP FUNCTION recovery.verify_data_consistency();
